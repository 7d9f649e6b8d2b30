"""`scripts/torture`: tests the promises about faults, and counts what is lost or doubled.

The last line is `torture: F faults, A acknowledged, L lost, D doubled`. Exit code 0; 1 if anything was lost,
doubled or found; 2 wrong usage; 3 if a tool is missing on this host. Ctrl-C stops and reports the results so
far.
"""

import argparse
import json
import secrets
import signal
import sys
import threading
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from time import monotonic

from tools.torture import (
    disclosure,
    forgeries,
    forks,
    log,
    memory,
    neighbours,
    overload,
    registry_campaign,
    suites,
    swaps,
    timing,
)
from tools.torture.besieged import siege
from tools.torture.bombs import run as bombs
from tools.torture.campaign import Campaign, Options
from tools.torture.crowds import Crowds
from tools.torture.cuts import Cuts
from tools.torture.disk import Disk
from tools.torture.erasures import run as erasures
from tools.torture.failover import run as failover
from tools.torture.flakes import run as flakes
from tools.torture.fuzz import run as fuzz
from tools.torture.http2 import run as http2
from tools.torture.kills import Kills
from tools.torture.notices import run as notices
from tools.torture.setup import run as setup
from tools.torture.soak import run as soak
from tools.torture.tally import Tally
from tools.torture.theft import run as theft
from tools.torture.tracer import MissingToolError, strace

_MISSING = 3

CAMPAIGNS: Mapping[str, Campaign] = {
    "kills": Campaign(siege(Kills), "kill -9 at random times under load", "kills", 3, 200),
    "disk": Campaign(
        siege(Disk), "the disk fails, or the process dies, at each write", "one write in", 40, 1, ("sqlite",)
    ),
    "cuts": Campaign(
        siege(Cuts),
        "the connection to PostgreSQL is cut at each packet",
        "one packet in",
        20,
        1,
        ("postgres",),
    ),
    "failover": Campaign(
        failover.run, "kill -9 of leaders of PostgreSQL under Patroni", "kills", 2, 10, ("postgres",)
    ),
    "crowds": Campaign(siege(Crowds), "64 callers with one request, or of one person", "crowds", 2, 20),
    "theft": Campaign(theft.run, "both databases and every online key are stolen", "people", 4, 20),
    "erasures": Campaign(
        erasures.run, "the files are searched for erased keys while processes die", "kills", 8, 100
    ),
    "notices": Campaign(
        notices.run, "processes that take the registry's notices die", "notices", 100, 10_000
    ),
    "swaps": Campaign(swaps.run, "sealed records are swapped and changed", "accounts", 10, 100, ()),
    "forks": Campaign(forks.run, "a second vault is shown to people's clients", "forks", 50, 1_000, ()),
    "disclosures": Campaign(
        disclosure.run, "one custodian acts badly, in every order", "disclosures", 36, disclosure.ALL, ()
    ),
    "forgeries": Campaign(
        forgeries.run, "evidence, receipts and histories are changed", "changes of each kind", 500, 5_000, ()
    ),
    "timing": Campaign(
        timing.run, "answers about another platform's things are timed against nobody's", "rounds", 50, 1_000
    ),
    "attempts": Campaign(suites.attempts, "guesses of a person's name, many at once", "rounds", 1, 1, ()),
    "keys": Campaign(
        suites.keys, "weak keys, wrong salts, durable files, killed rotations", "rounds", 1, 1, ()
    ),
    "log": Campaign(log.run, "entries of the log are edited", "edits", 100, 10_000, ()),
    "second-factor": Campaign(
        suites.second_factor, "one-time codes are repeated and guessed", "rounds", 1, 1, ()
    ),
    "pgbouncer": Campaign(
        suites.pooler, "acts and reads behind a connection pooler", "rounds", 1, 1, ("postgres",)
    ),
    "fuzz/messages": Campaign(
        fuzz.messages, "messages that nobody should send", "messages to each method", 100, 100_000, ()
    ),
    "fuzz/texts": Campaign(fuzz.texts, "each listed text in each text field", "one text in", 40, 1, ()),
    "fuzz/bombs": Campaign(
        bombs.run, "files, answers and mails that would fill a reader", "one bomb in", 12, 1, ()
    ),
    "roles": Campaign(suites.roles, "each method by each role and certificate", "rounds", 1, 1, ()),
    "registry/keeps": Campaign(
        registry_campaign.keeps, "one registry call in four goes wrong", "claims", 400, 20_000
    ),
    "registry/forgets": Campaign(
        registry_campaign.forgets, "the same, and unheard results are forgotten", "claims", 400, 20_000
    ),
    "overload/cap": Campaign(
        overload.cap, "ten times more claims than the registry's cap", "claims", 400, 20_000
    ),
    "overload/backlog": Campaign(overload.backlog, "more claims than a day's backlog", "claims", 600, 800),
    "overload/reads": Campaign(siege(overload.Reads), "status reads during an overload", "seconds", 5, 30),
    "overload/pace": Campaign(
        siege(overload.Pace), "outages of the registry, under its own cap", "seconds", 20, 600
    ),
    "neighbours": Campaign(
        neighbours.run,
        "one platform loads the vault, its neighbour is measured",
        "seconds beside a load",
        5,
        20,
    ),
    "memory": Campaign(memory.run, "what every process takes under each load", "seconds of each", 5, 20),
    "http2": Campaign(http2.run, "HTTP/2 abuse beside a good client", "percent of the attack", 5, 100, ()),
    "setup": Campaign(
        setup.run,
        "a vault is installed from the documents, and drilled",
        "sign-ups a second",
        2,
        5,
        ("postgres",),
    ),
    "soak": Campaign(soak.run, "mixed load; errors and growth are losses", "minutes", 1, 15),
    "walks": Campaign(
        suites.walks, "random walks and state machines beside a model", "tenths of their length", 1, 10, ()
    ),
    "whole": Campaign(
        suites.whole, "every case of tables of which tests try a sample", "tenths of them", 1, 10, ()
    ),
    "flakes": Campaign(
        flakes.run,
        "all tests, or those named tests/..., while their processes are stopped",
        "seeds",
        1,
        5,
        (),
        is_named_only=True,
    ),
}
"""Every campaign; a name before the stroke stands for all that begin with it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, run the campaigns, report."""
    parser = _parser()
    asked = parser.parse_intermixed_args(arguments)
    tests = tuple(name for name in asked.names if name.startswith("tests/"))
    names = _chosen(parser, asked, {*asked.names} - {*tests})
    if tests and names != ["flakes"]:
        parser.error("only flakes takes files of tests")
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda _number, _frame: stop.set())
    timer = threading.Timer(asked.seconds, stop.set)
    timer.daemon = True
    timer.start()
    quick = asked.quick or not (asked.names or asked.full)
    try:
        if "disk" in names:
            strace()
        results = {}
        for name in names:
            campaign = CAMPAIGNS[name]
            options = Options(
                count=asked.count or (campaign.quick if quick else campaign.full),
                database=asked.database or next(iter(campaign.databases), "sqlite"),
                seed=secrets.randbelow(2**32) if asked.seed is None else asked.seed,
                only=asked.only,
                tests=tests,
                stop=stop,
            )
            results[name] = _run(name, campaign, options)
    except MissingToolError as missing:
        print(f"torture: {missing}")
        return _MISSING
    finally:
        timer.cancel()
    if asked.json:
        document = {name: tally.document() for name, tally in results.items()}
        asked.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return _report(results)


def _chosen(parser: argparse.ArgumentParser, asked: argparse.Namespace, named: Set[str]) -> list[str]:
    """Return the campaigns to run, in the order of the list; wrong names end the program."""
    names = [
        name
        for name, campaign in CAMPAIGNS.items()
        if {name, name.partition("/")[0]} & named or not (named or campaign.is_named_only)
    ]
    if unknown := named - {part for name in names for part in (name, name.partition("/")[0])}:
        parser.error(f"no such campaign: {', '.join(sorted(unknown))}")
    if strangers := [name for name in names if not _fits(CAMPAIGNS[name], asked.database)]:
        if named:
            parser.error(f"{', '.join(strangers)}: not with {asked.database}")
        names = [name for name in names if name not in strangers]
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/torture",
        description=__doc__,
        epilog="campaigns (what --count counts: quick or full):\n"
        + "\n".join(campaign.line(name) for name, campaign in CAMPAIGNS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="run it in full; without a name: all, quick")
    parser.add_argument("--database", choices=("sqlite", "postgres"), help="default: the first one listed")
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--quick", action="store_true", help="a short run of some minutes")
    much.add_argument("--full", action="store_true", help="as much as the promise states")
    much.add_argument("--count", type=_positive, metavar="N", help="how much, in the campaign's unit")
    parser.add_argument(
        "--seconds",
        type=float,
        default=threading.TIMEOUT_MAX,
        metavar="S",
        help="stop after this time and report",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the random seed (default: drawn; always printed)"
    )
    parser.add_argument(
        "--only", default="", metavar="WORD", help="only methods, attacks or tests with this in their name"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to this file")
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _fits(campaign: Campaign, database: str | None) -> bool:
    return not database or not campaign.databases or database in campaign.databases


def _run(name: str, campaign: Campaign, options: Options) -> Tally:
    begun = monotonic()
    tally = campaign.run(options)
    tally.figures |= {"seed": options.seed, "minutes": round((monotonic() - begun) / 60, 1)}
    figures = ", ".join(f"{key} {value:.10g}" for key, value in tally.figures.items())
    where = f", {options.database}" if campaign.databases else ""
    print(f"{name}{where}: {tally.last_line().removeprefix('torture: ')}", flush=True)
    for line in (figures, *tally.complaints):
        print(f"  {line}", flush=True)
    return tally


def _report(results: Mapping[str, Tally]) -> int:
    total = Tally()
    for tally in results.values():
        total.add(tally)
    print(total.last_line())
    return 1 if total.lost or total.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
