"""The benchmark's report: met, missed and unmeasured goals are reported correctly, and by the exit code."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.bench import __main__ as bench
from tools.bench import pages
from tools.bench.goal import Measure, Measured, Options, at_least, at_most, figure, spread
from tools.support import checkout
from tools.support.checkout import Checkout

LEAST = at_least(1.0, "least", "x", [1.0, 2.0, 3.0])
MET = Measured((LEAST, at_most(1.0, "most", "x", [1.0])))
# The first figure is good enough, but the goal is missed because of the second.
MISSED = Measured((LEAST, at_most(1.0, "most", "x", [1.1])), (figure("e0", "us", [9.0]),))


@pytest.fixture
def measures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Measure]:
    """Two measurements with known results."""

    def met(options: Options) -> Measured:
        return MET

    def missed(options: Options) -> Measured:
        return MISSED

    known: dict[str, Measure] = {"P2": met, "P9": missed}
    monkeypatch.setattr(bench, "MEASURES", known)
    return known


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the benchmark with a command line."""
    monkeypatch.setattr(sys, "argv", ["scripts/bench", *arguments])
    return bench.main()


@pytest.mark.usefixtures("measures")
@pytest.mark.parametrize(
    ("only", "code", "line"),
    [
        ("P2", 0, "bench: 1 goals met, 0 not met, 0 not measured"),
        ("P2,P9", 1, "bench: 1 goals met, 1 not met, 0 not measured"),
        ("P2,P13", 0, "bench: 1 goals met, 0 not met, 1 not measured"),
    ],
)
def test_the_last_line_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], only: str, code: int, line: str
) -> None:
    """A goal counts as met only if each of its figures is."""
    assert run(monkeypatch, "--only", only) == code
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == line
    assert ("most: 1.1 <= 1 x: NOT MET" in said) == (code == 1)


@pytest.mark.usefixtures("measures")
def test_what_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each measured goal is written with every figure and its goal; unmeasured ones are omitted."""
    file = tmp_path / "bench.json"
    assert run(monkeypatch, "--only", "P9,P12", "--json", str(file)) == 1
    (found,) = json.loads(file.read_text("utf-8")).items()
    name, document = found
    assert (name, document["met"], document["spread"]) == ("P9", False, 0.5)
    assert document["checks"] == [
        {
            "name": "least",
            "unit": "x",
            "value": 2.0,
            "rounds": [1.0, 2.0, 3.0],
            "goal": 1.0,
            "less": False,
            "met": True,
        },
        {"name": "most", "unit": "x", "value": 1.1, "rounds": [1.1], "goal": 1.0, "less": True, "met": False},
    ]
    assert document["figures"] == [{"name": "e0", "unit": "us", "value": 9.0, "rounds": [9.0]}]
    assert document["run"]["command"].startswith("scripts/bench --only P9,P12 --json ")
    assert document["run"]["versions"]["grpcio"]


def test_another_revision_is_measured_in_the_same_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each goal is measured of both, its report and the exit code stay those of this revision."""
    other, file = Checkout(tmp_path, tmp_path / "python"), tmp_path / "bench.json"

    def measure(options: Options) -> Measured:
        return MISSED if options.checkout == other else MET

    @contextmanager
    def of_revision(revision: str) -> Iterator[Checkout]:
        assert revision == "v0"
        yield other

    monkeypatch.setattr(bench, "MEASURES", {"P2": measure, "P11": measure})
    monkeypatch.setattr(checkout, "of_revision", of_revision)
    assert run(monkeypatch, "--only", "P2,P11,P12", "--baseline", "v0", "--json", str(file)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "P2 of v0:" in lines
    assert "P11 of v0:" not in lines
    written = json.loads(file.read_text("utf-8"))
    assert (written["P2"]["met"], written["P2"]["baseline"]["revision"]) == (True, "v0")
    assert written["P2"]["baseline"]["checks"][1]["met"] is False
    assert "baseline" not in written["P11"]


def test_a_goal_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown goal is wrong usage, and nothing is measured."""
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "--only", "P99")
    assert ended.value.code == 2


def test_a_spread_is_a_share_of_the_median() -> None:
    """The round farthest from the median counts."""
    assert spread([10.0, 10.0, 13.0]) == pytest.approx(0.3)
    assert spread([0.0, 0.0]) == 0


@pytest.mark.usefixtures("measures")
def test_pages_are_written_from_the_results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run writes its goals' pages and charts, keeps other goals' results, and --render repeats them."""
    docs = tmp_path / "docs"
    docs.mkdir()
    readme = tmp_path / "README.md"
    marks = [f"<!-- {mark} figures: written by scripts/bench -->\n" for mark in ("begin", "end")]
    readme.write_text(f"Before\n{marks[0]}old\n{marks[1]}After\n", "utf-8")
    run(monkeypatch, "--only", "P2", "--write", str(docs))
    run(monkeypatch, "--only", "P9", "--write", str(docs))
    written = {path: path.read_text("utf-8") for path in docs.rglob("*.*")}
    names = {str(path.relative_to(docs)) for path in written}
    assert names == {"benchmarks.md", "benchmarks/results.json"} | {
        f"benchmarks/{name}.{kind}" for name in ("P2", "P9") for kind in ("md", "svg")
    }
    page = written[docs / "benchmarks" / "P9.md"]
    assert "| most | 1.1 x | at most 1 | **no** | 1.1 | 0% |" in page
    assert "| e0 | 9 us | 9 | 0% |" in page
    assert (
        "| [P9](benchmarks/P9.md) | least | 2 x | at least 1 | yes | 50% |" in written[docs / "benchmarks.md"]
    )
    text = readme.read_text("utf-8")
    assert text.startswith("Before\n<!-- begin")
    assert text.endswith("-->\nAfter\n")
    assert "| one read, over PostgreSQL | not measured | 239 us |\n" in text
    run(monkeypatch, "--render", str(docs))
    assert {path: path.read_text("utf-8") for path in written} == written


def test_a_missed_goal_says_why() -> None:
    """Its page has the profile, what was tried and what would be next; the page of a met goal has not."""
    result = pages.read(checkout.HERE.folder / "docs")["P2"]
    for is_met in (False, True):
        text = pages.page("P2", {**result, "met": is_met})
        assert all((f"**{word}**" in text) != is_met for word in ("Cost", "Tried", "Next"))


def test_a_goal_of_many_figures_has_one_row() -> None:
    """The index has the range of its figures and how many are met; its page has each of them."""
    many = pages.read(checkout.HERE.folder / "docs")["P12"]
    values = [each["value"] for each in many["checks"]]
    (row,) = [line for line in pages.index({"P12": many}).splitlines() if "(benchmarks/P12.md)" in line]
    met = sum(each["met"] for each in many["checks"])
    assert f"| {len(values)} figures | {min(values):.3g} to {max(values):.3g} x |" in row
    assert f"| {met} of {len(values)} |" in row
    page = pages.page("P12", many)
    for each in many["checks"]:
        assert f"| {each['name'].partition(': ')[2]} |" in page
        assert f"{pages.number(each['value'])} x" in page


def test_the_committed_pages_are_those_of_the_results(tmp_path: Path) -> None:
    """No figure of the benchmarks is typed by hand, neither on its own page nor in the README."""
    root = checkout.HERE.folder
    shutil.copytree(root / "docs", tmp_path / "docs")
    shutil.copy(root / "README.md", tmp_path)
    pages.write_texts(tmp_path / "docs")
    changed = [
        path.relative_to(tmp_path).as_posix()
        for path in tmp_path.rglob("*.md")
        if path.read_text("utf-8") != (root / path.relative_to(tmp_path)).read_text("utf-8")
    ]
    assert not changed, "run scripts/bench --render docs"
