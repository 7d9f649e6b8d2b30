"""The benchmark's report: met, missed and unmeasured goals are reported correctly, and by the exit code."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.performance import __main__ as bench
from tests.performance.goal import Check, Measure, Measured, Options, spread
from tests.support import checkout
from tests.support.checkout import Checkout

MET = Measured((Check("least", 2.0, 1.0, less=False), Check("most", 1.0, 1.0, less=True)))
# The first figure is good enough, but the goal is missed because of the second.
MISSED = Measured(
    (Check("least", 2.0, 1.0, less=False), Check("most", 1.1, 1.0, less=True)), {"e0": 9.0}, 0.5
)


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
    assert ("most: 1.1 <= 1: NOT MET" in said) == (code == 1)


@pytest.mark.usefixtures("measures")
def test_what_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each measured goal is written with every figure and its goal; unmeasured ones are omitted."""
    file = tmp_path / "bench.json"
    assert run(monkeypatch, "--only", "P9,P13", "--json", str(file)) == 1
    (found,) = json.loads(file.read_text("utf-8")).items()
    name, document = found
    assert (name, document["value"], document["goal"], document["met"]) == ("P9", 2.0, 1.0, False)
    assert document["checks"] == [
        {"name": "least", "value": 2.0, "goal": 1.0, "met": True},
        {"name": "most", "value": 1.1, "goal": 1.0, "met": False},
    ]
    assert (document["ceilings"]["e0"], document["spread"]) == (9.0, 0.5)
    assert document["command"] == "scripts/bench --only P9"


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
    assert run(monkeypatch, "--only", "P2,P11,P13", "--baseline", "v0", "--json", str(file)) == 0
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
