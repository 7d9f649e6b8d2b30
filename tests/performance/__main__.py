"""`scripts/bench`: measures the requested goals, reports which are met, and writes them as JSON."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.performance import legacy_import, offline, reads, start, watch, worker
from tests.performance.goal import GOALS, Measure, Measured, Options
from tests.support import checkout

MEASURES: Mapping[str, Measure] = {
    "P2": reads.measure_postgres,
    "P3": reads.measure_sqlite,
    "P4": reads.measure_batch,
    "P7": worker.measure,
    "P8": legacy_import.measure,
    "P9": watch.measure,
    "P11": offline.measure,
    "P14": start.measure,
}
"""The measurement of each goal; a goal that is missing here is not measured yet."""
IN_PROCESS = frozenset({"P9", "P11"})
"""Goals whose measurement calls this revision's code, so they cannot be compared with another revision."""


def main() -> int:
    """Read the command line, measure, report; exit code 1 if a goal is not met."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--only", help="the goals to measure, for example P2,P8 (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to this file")
    parser.add_argument("--accounts", type=int, default=120_000, help="how many accounts P8 imports")
    parser.add_argument("--rounds", type=int, default=3, help="how often each figure is taken")
    parser.add_argument("--baseline", metavar="REV", help="measure another revision in the same run")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else list(GOALS)
    if unknown := [name for name in names if name not in GOALS]:
        parser.error(f"no such goal: {', '.join(unknown)}")
    options = Options(accounts=arguments.accounts, rounds=arguments.rounds)
    results, before = _measure_all(names, options, arguments.baseline)
    if arguments.json:
        document = {name: _document(name, found) for name, found in results.items() if found}
        for name, found in before.items():
            document[name]["baseline"] = {"revision": arguments.baseline, **_figures(found)}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return _report(results)


def _measure_all(
    names: Sequence[str], options: Options, revision: str | None
) -> tuple[dict[str, Measured | None], dict[str, Measured]]:
    """Return the results of this revision and, goal by goal, of the other one."""
    if revision is None:
        return {name: _measure(name, options) for name in names}, {}
    results: dict[str, Measured | None] = {}
    before: dict[str, Measured] = {}
    with checkout.of_revision(revision) as other:
        for name in names:
            results[name] = _measure(name, options)
            if name in MEASURES and name not in IN_PROCESS:
                print(f"{name} of {revision}:", flush=True)
                before[name] = _print(MEASURES[name](replace(options, checkout=other)))
    return results, before


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
        print(f"  {check.name}: {check.value:.4g} {sign} {check.goal:.4g}: {word}", flush=True)
    for ceiling, value in found.ceilings.items():
        print(f"  {ceiling}: {value:.4g}", flush=True)
    print(f"  spread: {found.spread:.0%}", flush=True)
    return found


def _document(name: str, found: Measured) -> dict[str, object]:
    first, *others = found.checks
    return {
        "value": first.value,
        "goal": first.goal,
        "met": found.met,
        **_figures(found),
        "ceilings": {**found.ceilings, **{check.name: check.value for check in others}},
        "command": f"scripts/bench --only {name}",
    }


def _figures(found: Measured) -> dict[str, object]:
    return {
        "ceilings": dict(found.ceilings),
        "checks": [
            {"name": check.name, "value": check.value, "goal": check.goal, "met": check.met}
            for check in found.checks
        ],
        "spread": found.spread,
    }


def _report(results: Mapping[str, Measured | None]) -> int:
    measured = [found for found in results.values() if found is not None]
    met = sum(found.met for found in measured)
    missed = len(measured) - met
    print(f"bench: {met} goals met, {missed} not met, {len(results) - len(measured)} not measured")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
