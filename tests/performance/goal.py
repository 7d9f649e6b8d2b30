"""The performance goals, and how a measurement meets them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median

from tests.support.checkout import HERE, Checkout

GOALS: Mapping[str, str] = {
    "P1": "E1 >= 1.4 x E0; paced echo >= 2.0 x E0 at 64 in flight, p50 at 1 in flight <= 1.15 x unpaced",
    "P2": "GetStatus from PostgreSQL >= 1.5 x E0 and >= 1.0 x E1; p50 at 1 in flight <= 1.2 x (E1 + look-up)",
    "P3": "GetStatus from SQLite >= 0.75 x E1",
    "P4": "BatchGetStatuses of 1,000: CPU per status <= 1/80 of unary, <= 1/300 from cached items",
    "P5": "VerifyIndividual, durable: CPU <= 1.35 x (E1 + sealing + registry call + statements), <= 10 x E1",
    "P6": "the same at 300 ms of registry: sustained at the cap, reads lose <= 10 %",
    "P7": "worker: CPU per log entry sequenced, hashed and published <= 60 us in batches",
    "P8": "legacy import: CPU per row <= 1/10 of VerifyIndividual, >= 20,000 durable rows/s",
    "P9": "chunked streams >= 15 x one item a message; idle watch <= 30 KiB",
    "P10": "second process: CPU per call <= 1.1 x, the less loaded one gets >= 35 %",
    "P11": "offline check of a status: 0 calls, look-up <= 0.5 us, token <= 1.2 x an Ed25519 verify",
    "P12": "read cost at 10^6 accounts <= 1.15 x that at 10^4",
    "P13": "features cost <= 15 % of a bare read",
    "P14": "a process is ready <= 0.8 s of CPU after its start",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How much to measure. accounts: rows of an import. rounds: how often each figure is measured.

    checkout: the checkout whose processes are measured.
    """

    accounts: int
    rounds: int
    checkout: Checkout = HERE


@dataclass(frozen=True, slots=True)
class Check:
    """One figure and its goal; less: whether the goal is a maximum, else it is a minimum."""

    name: str
    value: float
    goal: float
    less: bool

    @property
    def met(self) -> bool:
        return self.value <= self.goal if self.less else self.value >= self.goal


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a measurement: the figures with goals, other figures, and the ceilings.

    spread: the largest deviation of a round's figure from the median, as a share of the median.
    """

    checks: tuple[Check, ...]
    ceilings: Mapping[str, float] = field(default_factory=dict)
    spread: float = 0.0

    @property
    def met(self) -> bool:
        return all(check.met for check in self.checks)


Measure = Callable[[Options], Measured]


def middle(values: list[float]) -> float:
    return median(values)


def spread(values: list[float]) -> float:
    """Return the largest deviation from the median, as a share of it."""
    mid = median(values)
    return max(abs(value - mid) for value in values) / mid if mid else 0.0
