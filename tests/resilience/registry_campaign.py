"""Promise 13: thousands of claims against a registry on fire, by workers and edges that die."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idvault.storage.engine import Database
from tests.resilience.registry import oracle
from tests.resilience.registry.campaign import Campaign
from tests.resilience.registry.oracle import Verdict, WrongError
from tests.resilience.tally import Tally
from tests.support.databases import Databases, SqliteMaker, postgres

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it


@contextmanager
def databases(kind: str) -> Iterator[Databases]:
    """Bring a pair of databases that outlives processes but no power cut, which nothing here simulates."""
    memory = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="idvault-campaign-", dir=memory) as name:
        folder = Path(name)
        if kind == "postgres":
            with postgres() as maker:
                yield maker.fresh(folder)
            return
        (folder / "template").mkdir()
        yield SqliteMaker(folder / "template").fresh(folder)


def run(pair: Databases, *, claims: int, keep_unheard: bool, stop: threading.Event) -> Tally:
    """Run one campaign and count what the oracle says; at stop those who have not begun do not."""
    tally = Tally()
    try:
        verdict = asyncio.run(_campaign(pair.main_url, claims, keep_unheard, stop))
    except WrongError as wrong:
        tally.lose(str(wrong))
        return tally
    tally.faults = verdict.faults + verdict.restarts
    tally.acknowledged = verdict.claims - verdict.never_opened
    tally.figures = {name: float(value) for name, value in verdict.figures().items()}
    return tally


async def _campaign(url: str, claims: int, keep_unheard: bool, stop: threading.Event) -> Verdict:
    database = Database(url=url)
    try:
        campaign = Campaign(database, claims, keep_unheard=keep_unheard)
        await campaign.run(stop=stop.is_set)
        return await oracle.judge(campaign)
    finally:
        await database.close()
