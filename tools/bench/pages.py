"""Writes the pages of docs/benchmarks and its index from the results: no figure in them is typed by hand."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.bench import chart, results
from tools.bench.goal import GROWTH, spread
from tools.bench.peer import PEER
from tools.bench.results import Results
from tools.bench.scale import estimate
from tools.bench.unmet import NOTES

Result = Mapping[str, Any]
_FOLDER, _INDEX, _RESULTS = "benchmarks", "benchmarks.md", "results.json"
# How many figures of a goal stand in the index; more are on its page only.
_MANY = 10
# A figure of one database at one number of accounts.
_SIZED = re.compile(r"(\w+), ([\d,]+): .*")
_BLOCK = "<!-- {mark} {name}: written by scripts/bench -->"
_INTRODUCTION = """# Benchmarks

`scripts/bench` measures how far each operation is from its ceiling: an echo over the same transport, the
act's own statements bare on the driver, sealing alone, the registry call alone. Every goal is a ratio within
one run, because absolute figures differ between hosts. The server has one core; load generator, database and
worker have the other. Each figure is the median of several rounds, and every answer's grpc-status is checked.
E0 is an echo on stock gRPC over mutual TLS, E1 the same with process tuning.

This page and those behind it are written by `scripts/bench --write docs` from
[results.json](benchmarks/results.json). A goal's page has the command, its number of rounds, the host, the
versions, all figures and a chart.

| Goal | Figure | Value | Target | Met | Spread |
|---|---|---|---|---|---|
"""
_PEER = f"""
## A peer
{PEER.name} was measured on {PEER.conditions}.
{PEER.caution} Its figures are not measured by
`scripts/bench`: compare orders of magnitude only.

| CPU of the server | idvault | {PEER.name} |
|---|---|---|
"""


def write(docs: Path, found: Results) -> None:
    """Write results, pages, charts and index, and fill the blocks of the pages that state figures."""
    folder = docs / _FOLDER
    results.write(folder / _RESULTS, found)
    for name, result in results.read(folder / _RESULTS).items():
        (folder / f"{name}.md").write_text(page(name, result), "utf-8")
        (folder / f"{name}.svg").write_text(chart.svg(result), "utf-8")
    write_texts(docs)


def write_texts(docs: Path) -> None:
    """Write everything but the charts from the results in the folder."""
    found = results.read(docs / _FOLDER / _RESULTS)
    (docs / _INDEX).write_text(index(found), "utf-8")
    for name, result in found.items():
        (docs / _FOLDER / f"{name}.md").write_text(page(name, result), "utf-8")
    fill(docs.parent / "README.md", "figures", beside_peer(found))
    fill(docs / "scale.md", "estimate", estimate.tables(found))


def read(docs: Path) -> Results:
    return results.read(docs / _FOLDER / _RESULTS)


def index(found: Results) -> str:
    """Return the index: one row per figure with a goal, or one for all figures of a goal that has many."""
    rows = [row for name, result in found.items() for row in _rows(name, result["checks"])]
    return _INTRODUCTION + "\n".join(rows) + "\n" + _PEER + beside_peer(found)


def _rows(name: str, checks: Sequence[Result]) -> list[str]:
    link = f"[{name}]({_FOLDER}/{name}.md)"
    if len(checks) > _MANY:
        met = sum(check["met"] for check in checks)
        values = sorted(check["value"] for check in checks)
        targets = " or ".join(sorted({_target(check) for check in checks}))
        farthest = max(spread(check["rounds"]) for check in checks)
        return [
            f"| {link} | {len(checks)} figures "
            f"| {number(values[0])} to {number(values[-1])} {checks[0]['unit']} "
            f"| {targets} | {met} of {len(checks)} | at most {farthest:.0%} |"
        ]
    return [
        f"| {link if not place else ''} | {check['name']} | {_value(check)} | {_target(check)} "
        f"| {_met(check)} | {spread(check['rounds']):.0%} |"
        for place, check in enumerate(checks)
    ]


def page(name: str, result: Result) -> str:
    """Return the page of a goal."""
    run = result["run"]
    host = run["host"]
    versions = ", ".join(f"{package} {version}" for package, version in run["versions"].items())
    outcome = "Met" if result["met"] else "Not met"
    parts = [
        f"# {name}\n",
        f"Goal: {_code(result['goal'])}.\n",
        f"**{outcome}** in the run of {run['measured_at']} at revision `{run['revision']}`.\n",
        f"![The figures of {name} as multiples of their goals, and what was compared]({name}.svg)\n",
        *(_growth(result) if name == GROWTH else _figures(result)),
        *_why(name, result),
        "\n## How it was measured\n",
        f"- Command: `{run['command']}`, {run['rounds']} rounds",
        f"- Host: {host['processor']}, {host['cores']} cores, {host['memory_gib']} GiB, {host['system']}",
        f"- Versions: {versions}",
        *_baseline(result),
        *result.get("notes", []),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _figures(result: Result) -> list[str]:
    return [
        "## Figures with a goal\n",
        "| Figure | Value | Target | Met | Rounds | Spread |\n|---|---|---|---|---|---|",
        *(
            f"| {each['name']} | {_value(each)} | {_target(each)} | {_met(each)} | {_rounds(each)} |"
            for each in result["checks"]
        ),
        *_compared(result),
    ]


def _growth(result: Result) -> list[str]:
    """Return a row for each operation and each part of an account, with the databases beside each other."""
    found = {each["name"]: each for each in (*result["checks"], *result["figures"])}
    sized = [hit for hit in map(_SIZED.fullmatch, found) if hit]
    databases, size = dict.fromkeys(hit[1] for hit in sized), sized[0][2]
    names = dict.fromkeys(name.partition(": ")[2] for name in found if name.partition(":")[0] in databases)
    rows = {name: [found.get(f"{database}: {name}") for database in databases] for name in names}
    ratios = {name: row for name, row in rows.items() if any(each and each["unit"] == "x" for each in row)}
    return [
        "## Figures with a goal\n",
        f"Target: {_target(result['checks'][0])}; **bold** figures miss it. What grows by its nature comes "
        "last, without a target. Spreads are in brackets, the rounds in [results.json](results.json).\n",
        f"| Operation |{''.join(f' {each} | at {size} |' for each in databases)}",
        f"|---|{'---|---|' * len(databases)}",
        *(
            f"| {name} | {' | '.join(_pair(found, each, name, size) for each in databases)} |"
            for name in ratios
        ),
        "\n## Other figures of the same run\n",
        f"| Figure | {' | '.join(databases)} |\n|---|{'---|' * len(databases)}",
        *(f"| {name} | {' | '.join(map(_short, row))} |" for name, row in rows.items() if name not in ratios),
        *(
            f"\n{name}: {_short(each)}."
            for name, each in found.items()
            if re.split("[:,]", name)[0] not in databases
        ),
    ]


def _pair(found: Mapping[str, Result], database: str, name: str, size: str) -> str:
    """Return two cells: an operation's ratio, and its cost at the largest number of accounts."""
    cost = found.get(f"{database}, {size}: {name.partition(' (')[0]}")
    return f"{_short(found.get(f'{database}: {name}'))} | {_value(cost) if cost else ''}"


def _short(each: Result | None) -> str:
    """Return a figure with its spread, in bold if it misses its goal."""
    if each is None:
        return ""
    wide = spread(each["rounds"])
    text = f"{_value(each)} ({wide:.0%})" if wide else _value(each)
    return text if each.get("met", True) else f"**{text}**"


def _why(name: str, result: Result) -> list[str]:
    """Return what is known about a goal that is not met."""
    if result["met"] or name not in NOTES:
        return []
    return ["\n## Why it is not met\n", NOTES[name].rstrip("\n")]


def _compared(result: Result) -> list[str]:
    if not result["figures"]:
        return []
    return [
        "\n## Other figures of the same run\n",
        "| Figure | Value | Rounds | Spread |\n|---|---|---|---|",
        *_plain(result["figures"]),
    ]


def _plain(figures: Sequence[Result]) -> list[str]:
    return [f"| {each['name']} | {_value(each)} | {_rounds(each)} |" for each in figures]


def _baseline(result: Result) -> list[str]:
    before = result.get("baseline")
    if before is None:
        return []
    return [
        f"\n## Revision `{before['revision']}` in the same run\n",
        "| Figure | Value | Rounds | Spread |\n|---|---|---|---|",
        *_plain([*before["checks"], *before["figures"]]),
    ]


def beside_peer(found: Results) -> str:
    """Return the rows that set idvault's costs beside the peer's."""
    rows = [
        ("one read, over PostgreSQL", "P2", "CPU of a GetStatus (P2b)", PEER.read_us),
        ("the same, in PostgreSQL", "P2", "PostgreSQL, CPU of a GetStatus", PEER.read_database_us),
        ("one read, over SQLite", "P3", "GetStatus, CPU of a call", PEER.read_sqlite_us),
        ("one new person (idvault also asks the registry, seals and logs)", "P5",
         "VerifyIndividual, CPU of the edge", PEER.create_us),
        ("the same, in PostgreSQL", "P5", "PostgreSQL's CPU of a sign-up, worker included",
         PEER.create_database_us),
    ]  # fmt: skip
    return "".join(
        f"| {said} | {_of(found, goal, name)} | {theirs:,.0f} us |\n" for said, goal, name, theirs in rows
    )


def fill(file: Path, name: str, text: str) -> None:
    """Replace what stands between a page's two marks of this name; leaves a page without them alone."""
    if not file.exists():
        return
    begin, end = (re.escape(_BLOCK.format(mark=mark, name=name)) for mark in ("begin", "end"))
    found = file.read_text("utf-8")
    put: Callable[[re.Match[str]], str] = lambda hit: f"{hit[1]}\n{text}{hit[2]}"  # noqa: E731
    file.write_text(re.sub(f"({begin})\n.*?({end})", put, found, flags=re.DOTALL), "utf-8")


def _of(found: Results, goal: str, name: str) -> str:
    """Return a figure of a goal, or that it was not measured."""
    result = found.get(goal, {"checks": [], "figures": []})
    for each in (*result["checks"], *result["figures"]):
        if each["name"] == name:
            return _value(each)
    return "not measured"


def number(value: float) -> str:
    """Return a figure with three digits that count."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _value(each: Result) -> str:
    return f"{number(each['value'])} {each['unit']}".strip()


def _target(check: Result) -> str:
    return f"{'at most' if check['less'] else 'at least'} {number(check['goal'])}"


def _met(check: Result) -> str:
    return "yes" if check["met"] else "**no**"


def _rounds(each: Result) -> str:
    return f"{', '.join(map(number, each['rounds']))} | {spread(each['rounds']):.0%}"


def _code(goal: str) -> str:
    return goal.replace("<=", "≤").replace(">=", "≥")
