"""Promise 13: thousands of claims against a failing registry, by workers and edges that die."""

import asyncio
from collections.abc import Awaitable, Callable

from idvault.core.db.database import Database
from tools.support.durable import in_memory
from tools.torture.campaign import Options
from tools.torture.registry import oracle
from tools.torture.registry.campaign import Campaign
from tools.torture.registry.oracle import WrongError
from tools.torture.tally import Tally


def keeps(options: Options) -> Tally:
    """Use a registry that keeps unheard results; at stop no new claim starts."""
    return _campaign(options, keep_unheard=True)


def forgets(options: Options) -> Tally:
    return _campaign(options, keep_unheard=False)


def _campaign(options: Options, *, keep_unheard: bool) -> Tally:
    async def run(database: Database, tally: Tally) -> None:
        campaign = Campaign(database, options.count, options.seed, keep_unheard=keep_unheard)
        await campaign.run(stop=options.stop.is_set)
        verdict = await oracle.judge(campaign)
        tally.faults = verdict.faults + verdict.restarts
        tally.acknowledged = verdict.claims - verdict.never_opened
        tally.figures = {name: float(value) for name, value in verdict.figures().items()}

    return simulated(options, run)


def simulated(options: Options, run: Callable[[Database, Tally], Awaitable[None]]) -> Tally:
    """Run something in simulated time on a separate database; each violation it finds is a loss."""

    async def on(url: str) -> None:
        database = Database(url=url)
        try:
            await run(database, tally)
        finally:
            await database.close()

    tally = Tally()
    with in_memory(options.database) as pair:
        try:
            asyncio.run(on(pair.main_url))
        except WrongError as wrong:
            tally.lose(str(wrong))
    return tally
