"""Does the time of an answer tell another platform's thing from one that does not exist?

A platform calls every method that takes a token or an id, with another platform's and with nobody's, again
and again in drawn order, in one process without a network. Nothing hides a difference there: what is not
found here is not found from afar. A difference is significant if the Mann-Whitney test gives less than 1 %
divided by the number of comparisons (Bonferroni). That decides for one run only; what holds always is that
the statements are the same (tests/test_house_party.py).
"""

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter_ns

from idvault.core.db.database import Database
from tools.support import durable
from tools.support.databases import Databases
from tools.support.namings import NAMINGS, Naming
from tools.support.two_platforms import ASKS, OWNS, Things, TwoPlatforms, of_nobody
from tools.torture import rank_test
from tools.torture.campaign import Options
from tools.torture.rank_test import Comparison
from tools.torture.tally import Tally

LEVEL = 0.01
"""How likely a run finds a difference where there is none."""
_WARM = 10
_MICROSECOND = 1_000.0


class Times:
    """The times of one naming, in microseconds: of another platform's thing, and of nobody's."""

    def __init__(self) -> None:
        """Begin without times."""
        self.foreign: list[float] = []
        self.unknown: list[float] = []

    def compared(self) -> Comparison:
        """Compare both; above: that another's takes longer."""
        return rank_test.compare(self.foreign, self.unknown)


@asynccontextmanager
async def _stage(databases: Databases, folder: Path) -> AsyncIterator[TwoPlatforms]:
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    stage = TwoPlatforms(main, shred, folder)
    yield stage
    await stage.drain()
    await main.close()
    await shred.close()


async def measure(stage: TwoPlatforms, namings: Sequence[Naming], options: Options) -> dict[Naming, Times]:
    """Return the times of each naming after some rounds that do not count."""
    own, foreign = await stage.things(ASKS), await stage.things(OWNS)
    found, dice = {naming: Times() for naming in namings}, options.dice()
    gc.disable()
    try:
        for number in range(_WARM + options.count):
            if options.stop.is_set():
                break
            # Between the rounds, so that it interrupts no call.
            gc.collect()
            # Nobody's id is another one each time, as in a search for ids.
            nobody = of_nobody(foreign, number)
            todo = [(naming, things) for naming in namings for things in (foreign, nobody)]
            dice.shuffle(todo)
            for naming, things in todo:
                taken = await _time(stage, naming, own, things)
                if number >= _WARM:
                    times = found[naming]
                    (times.foreign if things is foreign else times.unknown).append(taken)
    finally:
        gc.enable()
    return found


async def _time(stage: TwoPlatforms, naming: Naming, own: Things, named: Things) -> float:
    vault = stage.client()
    begun = perf_counter_ns()
    await naming.told(vault, own, named)
    return (perf_counter_ns() - begun) / _MICROSECOND


def report(found: dict[Naming, Times]) -> Tally:
    """Return what the times tell; each significant difference is a loss."""
    tally, limit = Tally(), LEVEL / len(found)
    compared = {naming: times.compared() for naming, times in found.items()}
    for naming, result in compared.items():
        tally.faults += len(found[naming].foreign) + len(found[naming].unknown)
        tally.details.append({"call": str(naming), "p": result.p, "above": result.above, "us": result.by})
        if result.p < limit:
            tally.lose(f"{naming}: p {result.p:.1e}, above {result.above:.3f}, {result.by:+.1f} us")
    tally.figures["comparisons"] = len(compared)
    tally.figures["smallest p"] = min(result.p for result in compared.values())
    tally.figures["significant below"] = limit
    farthest = max(compared.values(), key=lambda result: abs(result.above - 0.5))
    tally.figures["farthest from 0.5"] = farthest.above
    return tally


def run(options: Options) -> Tally:
    """Call each method as often as requested in both ways, and compare."""
    chosen = [naming for naming in NAMINGS if options.only in str(naming)]

    async def work(databases: Databases, folder: Path) -> dict[Naming, Times]:
        async with _stage(databases, folder) as stage:
            return await measure(stage, chosen, options)

    # A sync to disk would hide what a statement takes.
    with (
        tempfile.TemporaryDirectory(prefix="idvault-timing-") as name,
        durable.in_memory(options.database) as databases,
    ):
        return report(asyncio.run(work(databases, Path(name))))
