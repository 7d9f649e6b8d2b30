"""A process's memory and file descriptors over time, and whether they still grow."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from tools.support.processes import resident_mib

# How much a heap may grow in a quarter of the run without counting as a leak: caches that fill, arenas.
_SLACK_MIB, _SLACK_PART = 2.0, 0.02
_SLACK_FILES = 8
# Samples that tell a trend.
FEWEST = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of a process. at: seconds since the first measurement."""

    at: float
    mib: float
    files: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A process in the third and last quarter of a run, and its growth in both."""

    mib: tuple[float, float]
    files: tuple[float, float]
    mib_per_minute: float

    @property
    def flat(self) -> bool:
        """Whether the last quarter uses no more than the third, except for the allowed heap growth."""
        (before, after), (few, many) = self.mib, self.files
        return after - before <= _SLACK_MIB + _SLACK_PART * before and many - few <= _SLACK_FILES


@dataclass(slots=True)
class Watch:
    """The samples of several processes by name."""

    pids: dict[str, int]
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)

    @property
    def looks(self) -> int:
        """How many samples each process has at least."""
        return min((len(found) for found in self.samples.values()), default=0)

    def look(self) -> None:
        """Measure each once; raises OSError if a process is gone."""
        at = time.monotonic() - self._begun
        for name, pid in self.pids.items():
            self.samples.setdefault(name, []).append(Sample(at, resident_mib(pid), _files(pid)))

    def trends(self) -> dict[str, Trend]:
        return {name: trend(found) for name, found in self.samples.items()}


def trend(samples: Sequence[Sample]) -> Trend:
    """Return a process's trend; raises ValueError for fewer than FEWEST samples."""
    if len(samples) < FEWEST:
        raise ValueError("too few samples to tell a trend")
    half, last = len(samples) // 2, len(samples) * 3 // 4
    third_quarter, last_quarter = samples[half:last], samples[last:]
    return Trend(
        mib=(median(one.mib for one in third_quarter), median(one.mib for one in last_quarter)),
        files=(median(one.files for one in third_quarter), median(one.files for one in last_quarter)),
        mib_per_minute=60 * _slope(samples[half:]),
    )


def _slope(samples: Sequence[Sample]) -> float:
    """Return the MiB gained per second: the least-squares line through the samples."""
    middle_at = sum(one.at for one in samples) / len(samples)
    middle_mib = sum(one.mib for one in samples) / len(samples)
    spread = sum((one.at - middle_at) ** 2 for one in samples)
    if spread == 0:
        return 0.0
    return sum((one.at - middle_at) * (one.mib - middle_mib) for one in samples) / spread


def _files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - the entries are numbers, not files to look at
