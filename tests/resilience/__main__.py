"""`scripts/torture`: puts the promises about faults to the test, and counts what is lost or doubled."""

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

from tests.resilience import overload, registry_campaign
from tests.resilience import suites as elsewhere
from tests.resilience.besieged import Besieged, databases
from tests.resilience.crowds import Crowd
from tests.resilience.cuts import Cuts
from tests.resilience.disk import Disk
from tests.resilience.kills import Kills
from tests.resilience.tally import Tally
from tests.resilience.tracer import MissingToolError, strace

_MISSING = 3
_CROWDS = 20
_READ_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. stop: set when the run is to be summed up early."""

    database: str
    kills: int
    every: int
    claims: int
    messages: int
    stop: threading.Event


Torture = Callable[[Options], Tally]


def main() -> int:
    """Read the command line, torture, report; exit code 1 if anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), required=True)
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="how often promise 1 kills")
    parser.add_argument("--claims", type=int, default=20_000, metavar="N", help="the claims of promise 13")
    parser.add_argument(
        "--messages", type=int, default=100_000, metavar="N", help="how many promise 10 sends to each method"
    )
    parser.add_argument("--only", metavar="1,3", help="the promises to test (default: all)")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="hit only each N-th write of promise 2"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was counted to this file")
    arguments = parser.parse_args()
    of_database = PROMISES[arguments.database]
    wanted = arguments.only.split(",") if arguments.only else list(of_database)
    if unknown := [name for name in wanted if name not in of_database]:
        parser.error(f"with {arguments.database} there is no promise {', '.join(unknown)} to test")
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda _number, _frame: stop.set())
    options = Options(
        arguments.database, arguments.kills, arguments.every, arguments.claims, arguments.messages, stop
    )
    try:
        if "2" in wanted:
            strace()
        results = {name: _torture(name, of_database[name], options) for name in wanted}
    except MissingToolError as missing:
        print(f"torture: {missing}")
        return _MISSING
    if arguments.json:
        document = {name: tally.document() for name, tally in results.items()}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return _report(results)


def _torture(name: str, torture: Torture, options: Options) -> Tally:
    begun = monotonic()
    tally = torture(options)
    tally.figures["minutes"] = round((monotonic() - begun) / 60, 1)
    figures = ", ".join(f"{key} {value:g}" for key, value in tally.figures.items())
    print(f"promise {name}, {options.database}: {tally.last_line().removeprefix('torture: ')}", flush=True)
    print(f"  {figures}", flush=True)
    for complaint in tally.complaints:
        print(f"  {complaint}", flush=True)
    return tally


def _report(results: Mapping[str, Tally]) -> int:
    total = Tally()
    for tally in results.values():
        total.add(tally)
    print(total.last_line())
    return 1 if total.lost or total.doubled else 0


@contextmanager
def _besieged(database: str) -> Iterator[Besieged]:
    with (
        tempfile.TemporaryDirectory(prefix="idvault-torture-") as name,
        databases(database, Path(name)) as pair,
    ):
        besieged = Besieged(Path(name), pair)
        try:
            yield besieged
        finally:
            besieged.close()


def _kills(options: Options) -> Tally:
    with _besieged(options.database) as besieged:
        return Kills(besieged, dice=random.SystemRandom(), stop=options.stop).run(options.kills)


def _crowds(options: Options) -> Tally:
    with _besieged(options.database) as besieged:
        return Crowd(besieged, stop=options.stop).run(_CROWDS)


def _cuts(options: Options) -> Tally:
    with _besieged(options.database) as besieged:
        return Cuts(besieged, stop=options.stop).run()


def _disk(options: Options) -> Tally:
    with _besieged(options.database) as besieged:
        return Disk(besieged, stop=options.stop).run(step=options.every)


def _registry_campaign(options: Options, *, keep_unheard: bool) -> Tally:
    with registry_campaign.databases(options.database) as pair:
        return registry_campaign.run(
            pair, claims=options.claims, keep_unheard=keep_unheard, stop=options.stop
        )


def _overload(options: Options) -> Tally:
    with registry_campaign.databases(options.database) as pair:
        return overload.simulate(pair, claims=options.claims, stop=options.stop)


def _full(options: Options) -> Tally:
    with registry_campaign.databases(options.database) as pair:
        return overload.fill(pair, stop=options.stop)


def _reads(options: Options) -> Tally:
    with _besieged(options.database) as besieged:
        return overload.Reads(besieged, stop=options.stop).run(seconds=_READ_SECONDS)


# A registry that keeps what nobody heard, and one that does not; then overloads.
_CAMPAIGNS: Mapping[str, Torture] = {
    "13": partial(_registry_campaign, keep_unheard=True),
    "13b": partial(_registry_campaign, keep_unheard=False),
    "13c": _overload,
    "13d": _full,
    "13e": _reads,
}

# All one for which database is tortured otherwise.
_ELSEWHERE: Mapping[str, Torture] = {
    "6": lambda _: elsewhere.tampering().run(),
    "7": lambda _: elsewhere.log_tampering().run(),
    "10": lambda options: elsewhere.fuzz(messages=options.messages).run(),
    "11": lambda _: elsewhere.role_matrix().run(),
}

PROMISES: Mapping[str, Mapping[str, Torture]] = {
    "sqlite": {"1": _kills, "2": _disk, "4": _crowds, **_ELSEWHERE, **_CAMPAIGNS},
    "postgres": {"1": _kills, "3": _cuts, "4": _crowds, **_ELSEWHERE, **_CAMPAIGNS},
}
"""Which promise of the security design is tested how, by the kind of database."""


if __name__ == "__main__":
    sys.exit(main())
