"""The performance goals, and how a measurement meets them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from tools.support.checkout import HERE, Checkout

GOALS: Mapping[str, str] = {
    "P1": "E1 >= 1.4 x E0; paced echo >= 2.0 x E0 at 64 in flight, p50 at 1 in flight <= 1.15 x unpaced",
    "P2": "GetStatus from PostgreSQL >= 1.0 x E1 and >= 1.5 x E0, <= 190 us of server CPU; p50 at 1 in "
    "flight <= 1.2 x (E1 + one bare prepared look-up)",
    "P3": "GetStatus from SQLite >= 0.75 x E1",
    "P4": "BatchGetStatuses of 1,000: CPU per status <= 1/80 of an E1 call; the feed <= 1/300 of one",
    "P5": "VerifyIndividual, durable: CPU <= 1.35 x (E1 + sealing + registry call + its statements bare) and "
    "<= 10 x E1; PostgreSQL <= 1.5 ms; <= 14 statements and <= 3 commits at the edge",
    "P6": "sign-ups with the registry at 300 ms: settled at the registry's cap while >= 1,000 claims wait, "
    "and reads lose <= 10 %",
    "P7": "worker: CPU per log entry sequenced, hashed and published <= 60 us in batches, and it keeps up "
    "with 2,000 sign-ups a second",
    "P8": "legacy import: CPU per row <= 1/100 of VerifyIndividual, >= 30,000 durable rows a second",
    "P9": "chunked streams >= 15 x one item a message; idle watch <= 30 KiB",
    "P10": "second process: CPU per call <= 1.1 x; the less loaded one gets >= 35 % at >= 32 connections",
    "P11": "offline check of a status: 0 calls, look-up <= 0.5 us, token <= 1.2 x an Ed25519 verify; list "
    "<= 0.25 B and <= 250 ns per account",
    "P12": "each operation costs at the largest number of accounts <= 1.15 x what it costs at 10^4",
    "P13": "authentication, validation, metrics and logs cost <= 15 % of a bare read",
    "P14": "a process is ready <= 0.8 s of CPU after its start",
    "P15": "hosted pages: a page <= 60 kB in all, first answer <= 5 ms of CPU of pages and edge; 1,000 open "
    "sessions <= 20 MB",
    "P16": "CPU of edge and PostgreSQL: a report <= 1 sign-up, a registry's notice for ten platforms <= 2",
}
GROWTH = "P12"
"""The goal that `scripts/bench --scale` measures: it takes longer than all others together."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much to measure. accounts: rows of an import. rounds: how often each figure is measured.

    checkout: the checkout whose processes are measured. sizes: numbers of accounts to compare, in order.
    """

    accounts: int
    rounds: int
    checkout: Checkout = HERE
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and what it was in each round. name: what was measured. unit: "us", "x", "a second" ..."""

    name: str
    unit: str
    rounds: tuple[float, ...]

    @property
    def value(self) -> float:
        return median(self.rounds)


@dataclass(frozen=True, slots=True)
class Check:
    """A figure and its goal; less: whether the goal is a maximum, else it is a minimum."""

    figure: Figure
    goal: float
    less: bool

    @property
    def value(self) -> float:
        return self.figure.value

    @property
    def met(self) -> bool:
        return self.value <= self.goal if self.less else self.value >= self.goal


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a measurement: the figures with goals, and what they were compared with."""

    checks: tuple[Check, ...]
    figures: tuple[Figure, ...] = ()

    @property
    def met(self) -> bool:
        return all(check.met for check in self.checks)

    @property
    def spread(self) -> float:
        """Return the largest deviation of a round from its median, as a share of the median."""
        return max((spread(check.figure.rounds) for check in self.checks), default=0.0)


Measure = Callable[[Options], Measured]


def figure(name: str, unit: str, rounds: Iterable[float]) -> Figure:
    return Figure(name, unit, tuple(rounds))


def at_most(goal: float, name: str, unit: str, rounds: Iterable[float]) -> Check:
    """Return a figure that must not exceed its goal."""
    return Check(figure(name, unit, rounds), goal, less=True)


def at_least(goal: float, name: str, unit: str, rounds: Iterable[float]) -> Check:
    """Return a figure that must reach its goal."""
    return Check(figure(name, unit, rounds), goal, less=False)


def spread(values: Iterable[float]) -> float:
    """Return the largest deviation from the median, as a share of it."""
    known = list(values)
    mid = median(known)
    return max(abs(value - mid) for value in known) / abs(mid) if mid else 0.0
