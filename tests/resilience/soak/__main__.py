"""`scripts/soak`: mixed load on a whole vault; fails on any error, on growth, or if the log does not verify.

The last line is `soak: M minutes, C calls, E errors, memory flat, log verified`, with "NOT flat" or
"log NOT verified" where it is so. Exit code 0, or 1 unless all of it is well; 2 wrong usage.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.resilience.soak.load import Load, Tally
from tests.resilience.soak.people import People
from tests.resilience.soak.sample import Trend, Watch
from tests.resilience.soak.vault import WholeVault, clean_environment
from tests.support import durable_postgres as postgres
from tests.support.databases import Databases, SqliteMaker

_LOOKS = 200
_SHORTEST_LOOK = 0.5
_DISCLOSURES_EACH = 75.0
# Its memory is the population that the run itself puts into it, so it grows by what it is for.
_NOT_JUDGED = frozenset({"registry"})


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found."""

    minutes: float
    database: str
    done: dict[str, int]
    errors: dict[str, int]
    complaints: list[str]
    trends: dict[str, Trend]
    log: str

    @property
    def flat(self) -> bool:
        """Whether no process of the vault grows."""
        return all(found.flat for name, found in self.trends.items() if name not in _NOT_JUDGED)

    @property
    def verified(self) -> bool:
        """Whether the log verifies."""
        return self.log.startswith("log: ") and self.log.endswith(", verified")

    @property
    def mistakes(self) -> int:
        """How many calls and log lines were errors."""
        return sum(self.errors.values()) + len(self.complaints)

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return self.flat and self.verified and not self.mistakes

    def last_line(self) -> str:
        """Return the line that others read."""
        flat = "memory flat" if self.flat else "memory NOT flat"
        log = "log verified" if self.verified else "log NOT verified"
        calls = sum(self.done.values())
        return f"soak: {self.minutes:g} minutes, {calls} calls, {self.mistakes} errors, {flat}, {log}"


def main() -> int:
    """Read the command line, run, report."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0, help="how long the load lasts (default: 15)")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    arguments = parser.parse_args()
    clean_environment()
    with (
        tempfile.TemporaryDirectory(prefix="idvault-soak-") as folder,
        _databases(arguments.database, Path(folder)) as databases,
    ):
        result = soak(databases, Path(folder), minutes=arguments.minutes)
    _report(result)
    if arguments.json:
        document = {**asdict(result), "flat": result.flat, "passed": result.passed}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    print(result.last_line())
    return 0 if result.passed else 1


def soak(databases: Databases, folder: Path, *, minutes: float) -> Result:
    """Run the load on a vault of its own over these databases."""
    vault = WholeVault(folder, databases, processes=2)
    try:
        document = vault.start()
        watch, tally = Watch(vault.pids()), Tally()
        asyncio.run(_loaded(vault, document, watch, tally, folder=folder, seconds=60 * minutes))
        for name in ("custody", "serve", "work"):
            if vault.stop(name) != 0:
                tally.errors[f"{name} did not stop cleanly"] += 1
        return Result(
            minutes=minutes,
            database=databases.kind,
            done=dict(sorted(tally.done.items())),
            errors=dict(tally.errors),
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
    tally: Tally,
    *,
    folder: Path,
    seconds: float,
) -> None:
    load, stop = Load(client=vault.client, registry=vault.registry, tally=tally), asyncio.Event()
    await load.prepare()
    people = People(document, public=vault.public, scratch=folder, load=load)
    running = asyncio.gather(
        load.run(stop=stop),
        load.pace("log page", 1.0, people.read_log, stop=stop),
        load.pace("disclosure", 1 / min(_DISCLOSURES_EACH, seconds), people.disclose, stop=stop),
    )
    end, begun = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end:
        watch.look()
        await asyncio.sleep(max(_SHORTEST_LOOK, seconds / _LOOKS))
        if int(time.monotonic() - begun) // 60 != int(time.monotonic() - begun - seconds / _LOOKS) // 60:
            _tell(time.monotonic() - begun, watch, tally)
    stop.set()
    await running
    people.close()
    await load.close()


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[Databases]:
    if kind == "postgres":
        with postgres.durable() as databases:
            yield databases
        return
    (folder / "template").mkdir()
    yield SqliteMaker(folder / "template").fresh(folder)


def _tell(seconds: float, watch: Watch, tally: Tally) -> None:
    held = ", ".join(f"{name} {found[-1].mib:.0f} MiB" for name, found in watch.samples.items())
    counts = f"{sum(tally.done.values())} calls, {sum(tally.errors.values())} errors"
    print(f"{seconds / 60:.0f} min: {counts}; {held}", flush=True)


def _report(result: Result) -> None:
    print(f"calls: {', '.join(f'{name} {count}' for name, count in result.done.items())}")
    for text in (*(f"{count} x {name}" for name, count in result.errors.items()), *result.complaints[:20]):
        print(f"ERROR {text}")
    for name, found in result.trends.items():
        (before, after), (few, many) = found.mib, found.files
        judged = "not judged" if name in _NOT_JUDGED else "flat" if found.flat else "GROWS"
        print(
            f"{name:10} {before:6.1f} -> {after:6.1f} MiB in the second half "
            f"({found.mib_per_minute:+.2f} MiB/min), {few:.0f} -> {many:.0f} descriptors: {judged}"
        )
    print(result.log)


if __name__ == "__main__":
    sys.exit(main())
