"""The campaign of memory, small: its loads run, its peaks are read, and it notices what does not hold."""

from pathlib import Path

import pytest

from idvault.core.capacity import DEFAULT_MEMORY
from tools.support.cluster import running
from tools.support.databases import Databases
from tools.torture import memory
from tools.torture.memory import PROCESSES, Asked, Deployment, Peaks
from tools.torture.tally import Tally

LOADS = ("large messages", "health streams", "idle sockets")


@pytest.mark.parametrize("direct", [False, True])
def test_small_loads_leave_everybody_answered(tmp_path: Path, databases: Databases, *, direct: bool) -> None:
    """Under a fiftieth of each load all processes stay within their memory, and nobody waits for ever."""
    tally = Tally()
    with running(tmp_path, databases) as cluster:
        deployment = Deployment(cluster, direct=direct)
        for load in LOADS:
            peaks = memory.under(deployment, load, seconds=1.0, scale=0.02)
            assert set(peaks.peaks) == set(PROCESSES)
            assert min(*peaks.peaks.values(), *peaks.before.values()) > 0
            peaks.judge(tally)
    assert tally.complaints == []
    assert tally.faults == len(LOADS)
    assert tally.acknowledged >= 2 * len(LOADS)


def test_what_does_not_hold_is_lost() -> None:
    """A process beyond its memory, one that ended, and somebody who was never answered."""
    peaks = dict.fromkeys(PROCESSES, 100.0) | {"serve": DEFAULT_MEMORY + 1.0}
    del peaks["web"]
    found = Peaks("a load", "done", dict(peaks), peaks, Asked([0.1]), Asked([], ["refused"]))
    tally = Tally()
    found.judge(tally)
    assert tally.lost == 3
    assert [line.split(": ")[1] for line in tally.complaints] == [
        f"serve took {DEFAULT_MEMORY + 1} MiB of {DEFAULT_MEMORY}",
        "web ended",
        "the visitor was never answered",
    ]
    assert len(list(found.rows())) == len(peaks) + 1
