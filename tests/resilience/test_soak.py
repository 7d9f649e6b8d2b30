"""The soak: a short one on a real deployment, and how it recognises growth and errors."""

import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tools.support.databases import Databases
from tools.torture.soak.run import Result, report, soak
from tools.torture.soak.sample import Sample, Trend, trend

FLAT = Trend((100.0, 100.5), (20, 20), 0.1)
RESULT = Result(
    minutes=0.1,
    database="sqlite",
    done={"status": 7},
    errors={},
    complaints=[],
    trends={"work": FLAT},
    log="log: 9 entries, root AA, verified",
)


def test_a_short_soak_meets_no_error(sqlite_databases: Databases, tmp_path: Path) -> None:
    """Every kind of call succeeds, no process logs an error, the log verifies; memory needs a longer run."""
    found = soak(sqlite_databases, tmp_path, minutes=0.1, stop=threading.Event())
    assert (found.errors, found.complaints) == ({}, [])
    assert found.verified
    served = {"serve", "serve-forking", "serve-0", "serve-1"}
    assert set(found.trends) == served | {"custody", "work", "registry"}
    done = Counter(found.done)
    for name in ("sign-up", "status", "batch", "watch", "token", "invitation", "campaign batch", "log page"):
        assert done[name] > 0, name


def test_growth_is_told_from_a_heap_that_settles() -> None:
    """A leak grows in the last quarter as before; a heap that filled up early does not."""
    leak = [Sample(at, 100 + at / 10, 20) for at in range(200)]
    settled = [Sample(at, 100 + min(at, 100) / 5, 20) for at in range(200)]
    files = [Sample(at, 100, 20 + at) for at in range(200)]
    assert not trend(leak).flat
    assert trend(leak).mib_per_minute == pytest.approx(6)
    assert trend(settled).flat
    assert not trend(files).flat
    with pytest.raises(ValueError, match="too few"):
        trend(leak[:7])


GROWS = Trend((100.0, 140.0), (20, 20), 9.0)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({}, None),
        ({"trends": {"registry": GROWS}}, None),
        ({"errors": {"status: Unavailable": 1}}, "1 x status: Unavailable"),
        ({"complaints": ["work: a line"]}, "work: a line"),
        ({"trends": {"work": GROWS}}, "GROWS"),
        ({"log": "log: entry 3: changed"}, "log: entry 3: changed"),
    ],
)
def test_what_is_wrong_is_a_loss(changes: dict[str, Any], complaint: str | None) -> None:
    """An error, a growing process other than the registry, and an unverified log each are a loss."""
    tally = report(replace(RESULT, **changes))
    assert (tally.acknowledged, tally.lost) == (7, complaint is not None)
    assert "".join(tally.complaints).endswith(complaint or "")
