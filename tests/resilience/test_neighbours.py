"""The campaign of neighbours in small: loads are made, calls are measured beside them, verdicts follow."""

import threading
from pathlib import Path

import pytest

from tools.support.databases import Databases
from tools.torture import loads
from tools.torture.neighbours import LEAST_LIMIT, Outcome, Seen, Times, observe, street

MINE = ("distinct claims", "repeats", "forms", "wrong secrets")


def test_every_load_is_made_and_the_neighbour_is_measured_beside_it(
    tmp_path: Path, sqlite_databases: Databases
) -> None:
    """With real processes, for a moment; nothing is said about times."""
    with street(sqlite_databases, tmp_path) as made:
        for load in MINE:
            outcome = observe(made, load, seconds=1, stop=threading.Event(), scale=0.005)
            assert all(times.seconds for times in outcome.loaded.kinds.values())
            assert "at once" in outcome.told
            assert len(outcome.lines()) == 2


def test_on_postgresql(tmp_path: Path, postgres_databases: Databases) -> None:
    """The same over the other database."""
    with street(postgres_databases, tmp_path) as made:
        outcome = observe(made, "distinct claims", seconds=1, stop=threading.Event(), scale=0.005)
    assert all(times.seconds for times in outcome.loaded.kinds.values())


@pytest.mark.parametrize(
    ("quiet", "loaded", "failed", "complains"),
    [
        (0.01, 0.9, 0, False),
        (0.01, 1.1, 0, True),
        (0.5, 1.4, 0, False),
        (0.5, 1.6, 0, True),
        (0.01, 0.02, 1, True),
    ],
)
def test_the_verdict(quiet: float, loaded: float, failed: int, complains: bool) -> None:
    """The limit is a second or three times the quiet p99; a call that was not answered is late, too."""
    fine = Times([0.01] * 200)
    outcome = Outcome(
        "distinct claims",
        Seen(Times([quiet] * 200), fine),
        Seen(Times([loaded] * 200, failed), fine),
        "made",
    )
    assert bool(outcome.complaints) is complains
    assert ("late" in outcome.lines()[0]) is complains
    assert "in time" in outcome.lines()[1]


def test_the_slowest_of_a_few_stands_for_the_percentile() -> None:
    """Without any answer it is as long as is waited."""
    assert Times([0.1, 2.0]).p99 == 2.0
    assert Times().p99 > LEAST_LIMIT


def test_each_load_has_a_module() -> None:
    """A name that the campaigns list can be loaded."""
    for name in MINE:
        assert callable(loads.load(name))
