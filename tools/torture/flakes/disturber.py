"""Stops processes of a tree at random, and lets busy neighbours come and go.

A stop lasts at most 2 s: as long as a busy or paused machine may keep any process from running. Which kind is
stopped, when, for how long, and how many neighbours are busy is drawn by the seed; which processes there are
at that moment is up to the run.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from tools.torture.flakes import tree
from tools.torture.flakes.tree import Process

LONGEST = 2.0
_EVERY = 0.7  # seconds between two stops, on average
_USUAL = 0.6  # seconds of a stop, on average
_WHOLE = 0.3  # how often everything that the process started is stopped with it
_NEIGHBOURS_STAY = (0.5, 12.0)
_KINDS = ("tests", "postgres", "other")
# Each ends with its parent, also if that one is killed.
_BUSY = "import ctypes; ctypes.CDLL(None).prctl(1, 9)\nwhile True: pass"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop. began and ended: seconds since the epoch, as pytest tells when a test ran."""

    began: float
    ended: float
    pid: int
    name: str

    def told(self, since: float, *, workers: Mapping[int, str]) -> str:
        """Return who was stopped, how long and when. workers: the names of pytest's workers by pid."""
        name = workers.get(self.pid, self.name)
        return f"{name} for {self.ended - self.began:.1f} s at {self.began - since:.1f} s"


@dataclass(slots=True)
class _Held:
    opened: int
    name: str
    began: float
    until: float


@dataclass(kw_only=True, eq=False)
class Disturber:
    """Disturbs the descendants of this process; must be closed, which continues them all.

    spared: processes that are left alone with what they start.
    """

    dice: random.Random
    spared: set[int] = field(default_factory=set)
    stops: list[Stop] = field(default_factory=list)
    _held: dict[int, _Held] = field(default_factory=dict)
    _neighbours: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _next_stop: float = 0.0
    _next_change: float = 0.0

    def open(self) -> None:
        """Start the neighbours, one for each core, all at rest."""
        for _ in range(len(os.sched_getaffinity(0))):
            neighbour = subprocess.Popen([sys.executable, "-c", _BUSY], start_new_session=True)
            neighbour.send_signal(signal.SIGSTOP)
            self._neighbours.append(neighbour)
            self.spared.add(neighbour.pid)

    def turn(self) -> float:
        """Do what is due; return after how many seconds something is due again."""
        now = time.time()
        for pid, held in list(self._held.items()):
            if held.until <= now:
                self._continue(pid)
        if self._next_stop <= now:
            self._stop_one(now)
            self._next_stop = now + self.dice.expovariate(1 / _EVERY)
        if self._next_change <= now:
            self._change_neighbours()
            self._next_change = now + self.dice.uniform(*_NEIGHBOURS_STAY)
        due = min([self._next_stop, self._next_change, *(held.until for held in self._held.values())])
        return max(0.0, due - time.time())

    def continue_all(self) -> None:
        """Continue whatever was stopped here, also what somebody else stopped meanwhile."""
        for pid, held in list(self._held.items()):
            tree.send(held.opened, signal.SIGCONT)
            self._forget(pid)

    def close(self) -> None:
        """Continue everything and end the neighbours."""
        self.continue_all()
        for neighbour in self._neighbours:
            neighbour.kill()
            neighbour.wait()
        self._neighbours.clear()

    def _stop_one(self, now: float) -> None:
        # Drawn first and always: which processes there are does not change what is drawn later.
        kind, place = self.dice.choice(_KINDS), self.dice.random()
        seconds, is_whole = self.dice.expovariate(1 / _USUAL), self.dice.random() < _WHOLE
        found = tree.descendants(os.getpid(), without=self.spared)
        kinds: dict[str, list[Process]] = {}
        for process in found:
            kinds.setdefault(_kind(process), []).append(process)
        some = kinds.get(kind, found)
        if not some:
            return
        chosen = some[int(place * len(some))]
        until = now + min(LONGEST, seconds)
        for process in (chosen, *(tree.descendants(chosen.pid) if is_whole else ())):
            self._stop(process, until)

    def _stop(self, process: Process, until: float) -> None:
        # A test may have stopped it itself: continued here, it would not be what the test is about.
        if process.pid in self._held or process.is_stopped:
            return
        name = tree.name(process)
        opened = tree.handle(process, root=os.getpid())
        if opened is not None:
            self._held[process.pid] = _Held(opened, name, time.time(), until)
            tree.send(opened, signal.SIGSTOP)

    def _continue(self, pid: int) -> None:
        # A test that stopped it meanwhile continues it itself.
        if not tree.was_stopped_again(pid):
            tree.send(self._held[pid].opened, signal.SIGCONT)
        self._forget(pid)

    def _forget(self, pid: int) -> None:
        held = self._held.pop(pid)
        os.close(held.opened)
        self.stops.append(Stop(held.began, time.time(), pid, held.name))

    def _change_neighbours(self) -> None:
        busy = self.dice.randint(0, len(self._neighbours))
        for place, neighbour in enumerate(self._neighbours):
            with suppress(ProcessLookupError):
                neighbour.send_signal(signal.SIGCONT if place < busy else signal.SIGSTOP)


def _kind(process: Process) -> str:
    words = process.words()
    if words and (words[0].startswith("postgres") or "/postgres" in words[0]):
        return "postgres"
    # What execnet starts a worker with; the test run itself waits for these.
    return "tests" if any("sys.stdin.readline" in word for word in words) else "other"
