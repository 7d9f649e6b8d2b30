"""A campaign's options, its size in a quick and a full run, and its line in the list."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.torture.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run.

    count: how much, in the campaign's unit. only: a part of the names to run; empty: all. stop: set to end
    the run early. tests: the files or folders of tests to run, for a campaign that runs tests; empty: all.
    """

    count: int
    database: str = "sqlite"
    seed: int = 1
    only: str = ""
    tests: tuple[str, ...] = ()
    stop: threading.Event = field(default_factory=threading.Event)

    def dice(self) -> random.Random:
        return random.Random(self.seed)  # noqa: S311 - to be repeatable, not secret


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. unit: what a count counts. databases: empty if there is no choice.

    is_named_only: a run of all campaigns leaves it out.
    """

    run: Callable[[Options], Tally]
    title: str
    unit: str
    quick: int
    full: int
    databases: tuple[str, ...] = ("sqlite", "postgres")
    is_named_only: bool = False

    def line(self, name: str) -> str:
        """Return its line in the list."""
        kinds = f"; {' or '.join(self.databases)}" if self.databases else ""
        return f"  {name:16} {self.title} ({self.unit}: {self.quick} or {self.full}{kinds})"
