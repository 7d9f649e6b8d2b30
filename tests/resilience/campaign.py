"""What a campaign is: what it is told, how much it does when quick and when full, how it is listed."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.resilience.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for.

    count: how much, in the campaign's own unit. only: a part of the names of what is done; empty: all.
    stop: set when the run is to be summed up early.
    """

    count: int
    database: str = "sqlite"
    seed: int = 1
    only: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    def dice(self) -> random.Random:
        return random.Random(self.seed)  # noqa: S311 - to be repeatable, not secret


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. unit: what a count counts. databases: empty where there is no choice."""

    run: Callable[[Options], Tally]
    title: str
    unit: str
    quick: int
    full: int
    databases: tuple[str, ...] = ("sqlite", "postgres")

    def line(self, name: str) -> str:
        """Return how it is listed."""
        kinds = f"; {' or '.join(self.databases)}" if self.databases else ""
        return f"  {name:16} {self.title} ({self.unit}: {self.quick} or {self.full}{kinds})"
