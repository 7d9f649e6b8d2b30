"""Mixed load on a whole deployment for minutes: an error, growth, or a log that does not verify is a loss."""

import asyncio
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.support.databases import Databases
from tools.support.durable import durable
from tools.support.whole_vault import WholeVault, clean_environment
from tools.torture.campaign import Options
from tools.torture.soak.load import Counts, Load
from tools.torture.soak.people import People
from tools.torture.soak.sample import FEWEST, Trend, Watch
from tools.torture.tally import Tally

_LOOKS = 200
_SHORTEST_LOOK = 0.5
_DISCLOSURES_EACH = 75.0
# Its memory holds the population that the run adds, so growth is expected.
_NOT_JUDGED = frozenset({"registry"})


@dataclass(frozen=True, slots=True)
class Result:
    """The findings of a run."""

    minutes: float
    database: str
    done: dict[str, int]
    errors: dict[str, int]
    complaints: list[str]
    trends: dict[str, Trend]
    log: str

    @property
    def verified(self) -> bool:
        return self.log.startswith("log: ") and self.log.endswith(", verified")


def run(options: Options) -> Tally:
    """Put load on a deployment for this many minutes, and report."""
    clean_environment()
    with (
        tempfile.TemporaryDirectory(prefix="idvault-soak-") as folder,
        durable(options.database, Path(folder)) as databases,
    ):
        return report(soak(databases, Path(folder), minutes=options.count, stop=options.stop))


def report(result: Result) -> Tally:
    """Print the trend of each process; errors, growth and a log that does not verify are losses."""
    tally = Tally(acknowledged=sum(result.done.values()), details=[asdict(result)])
    for name, count in result.errors.items():
        tally.lose(f"{count} x {name}", count)
    for complaint in result.complaints:
        tally.lose(complaint)
    for name, found in result.trends.items():
        (before, after), (few, many) = found.mib, found.files
        judged = "not judged" if name in _NOT_JUDGED else "flat" if found.flat else "GROWS"
        told = (
            f"{name:10} {before:6.1f} -> {after:6.1f} MiB in the second half "
            f"({found.mib_per_minute:+.2f} MiB/min), {few:.0f} -> {many:.0f} descriptors: {judged}"
        )
        print(told)
        if judged == "GROWS":
            tally.lose(told)
    print(result.log)
    if not result.verified:
        tally.lose(result.log)
    return tally


def soak(databases: Databases, folder: Path, *, minutes: float, stop: threading.Event) -> Result:
    """Run the load on a separate deployment over these databases, at most until stop."""
    vault = WholeVault(folder, databases, processes=2)
    try:
        document = vault.start()
        watch, counts = Watch(vault.pids()), Counts()
        asyncio.run(_loaded(vault, document, watch, counts, folder=folder, seconds=60 * minutes, stop=stop))
        for name in ("custody", "serve", "work"):
            if vault.stop(name) != 0:
                counts.errors[f"{name} did not stop cleanly"] += 1
        return Result(
            minutes=minutes,
            database=databases.kind,
            done=dict(sorted(counts.done.items())),
            errors=dict(counts.errors),
            complaints=vault.complaints(),
            trends=watch.trends(),
            log=vault.verify_log(),
        )
    finally:
        vault.close()


async def _loaded(
    vault: WholeVault,
    document: dict[str, object],
    watch: Watch,
    counts: Counts,
    *,
    folder: Path,
    seconds: float,
    stop: threading.Event,
) -> None:
    load, ended = Load(client=vault.client, registry=vault.registry, counts=counts), asyncio.Event()
    await load.prepare()
    people = People(document, public=vault.public, scratch=folder, load=load)
    running = asyncio.gather(
        load.run(stop=ended),
        load.pace("log page", 1.0, people.read_log, stop=ended),
        load.pace("disclosure", 1 / min(_DISCLOSURES_EACH, seconds), people.disclose, stop=ended),
    )
    end, begun = time.monotonic() + seconds, time.monotonic()
    # A short run on a busy machine goes on until its samples tell a trend.
    while (time.monotonic() < end or watch.looks < FEWEST) and not stop.is_set():
        watch.look()
        await asyncio.sleep(max(_SHORTEST_LOOK, seconds / _LOOKS))
        if int(time.monotonic() - begun) // 60 != int(time.monotonic() - begun - seconds / _LOOKS) // 60:
            _tell(time.monotonic() - begun, watch, counts)
    ended.set()
    await running
    people.close()
    await load.close()


def _tell(seconds: float, watch: Watch, counts: Counts) -> None:
    held = ", ".join(f"{name} {found[-1].mib:.0f} MiB" for name, found in watch.samples.items())
    told = f"{sum(counts.done.values())} calls, {sum(counts.errors.values())} errors"
    print(f"{seconds / 60:.0f} min: {told}; {held}", flush=True)
