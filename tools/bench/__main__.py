"""`scripts/bench`: measures goals, reports which are met, and writes them as JSON and as pages."""

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tools.bench import (
    capped,
    features,
    hosted,
    legacy_import,
    offline,
    pages,
    reads,
    results,
    several,
    sign_up,
    start,
    supervision,
    tuning,
    watch,
    worker,
)
from tools.bench.goal import GOALS, GROWTH, Measure, Measured, Options
from tools.bench.scale import goal as scale
from tools.support import checkout

MEASURES: Mapping[str, Measure] = {
    "P1": tuning.measure,
    "P2": reads.measure_postgres,
    "P3": reads.measure_sqlite,
    "P4": reads.measure_batch,
    "P5": sign_up.measure,
    "P6": capped.measure,
    "P7": worker.measure,
    "P8": legacy_import.measure,
    "P9": watch.measure,
    "P10": several.measure,
    "P11": offline.measure,
    GROWTH: scale.measure,
    "P13": features.measure,
    "P14": start.measure,
    "P15": hosted.measure,
    "P16": supervision.measure,
}
"""The measurement of each goal; a goal that is missing here is not measured yet."""
IN_PROCESS = frozenset({"P1", "P5", "P9", "P11", "P12", "P13"})
"""Goals whose measurement calls this revision's code, so they cannot be compared with another revision."""
_SIZES = "10000,100000,1000000"
_BIG = (10_000_000,)


def main() -> int:
    """Read the command line, measure, report; exit code 1 if a goal is not met."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.render:
        pages.write(arguments.render, pages.read(arguments.render))
        return 0
    names = _names(arguments)
    if unknown := [name for name in names if name not in GOALS]:
        parser.error(f"no such goal: {', '.join(unknown)}")
    sizes = tuple(int(size) for size in arguments.sizes.split(","))
    options = Options(arguments.accounts, arguments.rounds, sizes=(*sizes, *(_BIG if arguments.big else ())))
    found, before = _measure_all(names, options, arguments.baseline)
    run = results.run_of(options, command=shlex.join(["scripts/bench", *sys.argv[1:]]))
    documents = {name: results.document(name, one, run=run) for name, one in found.items() if one}
    for name, one in before.items():
        documents[name]["baseline"] = {"revision": arguments.baseline, **results.figures(one)}
    if arguments.json:
        arguments.json.write_text(json.dumps(documents, indent=1) + "\n", "utf-8")
    if arguments.write:
        pages.write(arguments.write, {**pages.read(arguments.write), **documents})
    return _report(found)


def _names(arguments: argparse.Namespace) -> list[str]:
    """Return the goals to measure; growth takes longer than all others together, so it is asked for."""
    if arguments.scale:
        return [GROWTH]
    if arguments.only:
        return str(arguments.only).split(",")
    return [name for name in GOALS if name != GROWTH]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--only", help="the goals to measure, for example P2,P8 (default: all but P12)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to this file")
    parser.add_argument(
        "--write", type=Path, metavar="DOCS", help="write pages and charts; other goals' results are kept"
    )
    parser.add_argument(
        "--render", type=Path, metavar="DOCS", help="write pages and charts again, without measuring"
    )
    parser.add_argument("--accounts", type=int, default=120_000, help="how many accounts P8 imports")
    parser.add_argument("--rounds", type=int, default=3, help="how often each figure is taken")
    parser.add_argument("--scale", action="store_true", help="measure P12 only: growth with the accounts")
    parser.add_argument("--sizes", default=_SIZES, help="the numbers of accounts that --scale compares")
    parser.add_argument("--big", action="store_true", help="let --scale load ten million accounts, too")
    parser.add_argument("--baseline", metavar="REV", help="measure another revision in the same run")
    return parser


def _measure_all(
    names: Sequence[str], options: Options, revision: str | None
) -> tuple[dict[str, Measured | None], dict[str, Measured]]:
    """Return the results of this revision and, goal by goal, of the other one."""
    if revision is None:
        return {name: _measure(name, options) for name in names}, {}
    found: dict[str, Measured | None] = {}
    before: dict[str, Measured] = {}
    with checkout.of_revision(revision) as other:
        for name in names:
            found[name] = _measure(name, options)
            if name in MEASURES and name not in IN_PROCESS:
                print(f"{name} of {revision}:", flush=True)
                before[name] = _print(MEASURES[name](replace(options, checkout=other)))
    return found, before


def _measure(name: str, options: Options) -> Measured | None:
    measure = MEASURES.get(name)
    if measure is None:
        print(f"{name}: not measured: {GOALS[name]}", flush=True)
        return None
    print(f"{name}: {GOALS[name]}", flush=True)
    return _print(measure(options))


def _print(found: Measured) -> Measured:
    for check in found.checks:
        sign, word = "<=" if check.less else ">=", "met" if check.met else "NOT MET"
        figure = check.figure
        print(f"  {figure.name}: {check.value:.4g} {sign} {check.goal:.4g} {figure.unit}: {word}", flush=True)
    for each in found.figures:
        print(f"  {each.name}: {each.value:.4g} {each.unit}", flush=True)
    print(f"  spread: {found.spread:.0%}", flush=True)
    return found


def _report(found: Mapping[str, Measured | None]) -> int:
    measured = [one for one in found.values() if one is not None]
    met = sum(one.met for one in measured)
    missed = len(measured) - met
    print(f"bench: {met} goals met, {missed} not met, {len(found) - len(measured)} not measured")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
