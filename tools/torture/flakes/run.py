"""Runs the suite while its processes are stopped at random, and tells of each failure what was stopped.

One run for each seed. A stop counts as a fault, a failed test as lost. A test that hangs is ended: its worker
gets SIGABRT, prints where each thread stood, and is replaced by another.
"""

import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.torture.campaign import Options
from tools.torture.flakes import tree
from tools.torture.flakes.disturber import Disturber, Stop
from tools.torture.tally import Tally

_ROOT = Path(__file__).parents[3]
_LONGEST_TEST = float(os.environ.get("IDVAULT_FLAKES_LONGEST_TEST", "1200"))
"""Seconds after which a test counts as hung; the longest takes two minutes on a quiet machine."""
_LONGEST_WAIT = 0.05  # seconds between two looks: an orphan that ended is reaped
_SHOWN_STOPS = 12
_PATIENCE = 30.0


@dataclass(slots=True)
class Book:
    """What the workers noted: which test each runs since when, and how the tests ended."""

    file: Path
    running: dict[str, tuple[str, int, float]] = field(default_factory=dict)
    spans: dict[str, tuple[float, float, str]] = field(default_factory=dict)
    outcomes: dict[str, list[str]] = field(default_factory=dict)
    workers: dict[int, str] = field(default_factory=dict)
    _read: int = 0

    def read(self) -> None:
        """Read what was noted since the last time."""
        with self.file.open(encoding="utf-8") as notes:
            notes.seek(self._read)
            while (line := notes.readline()).endswith("\n"):
                self._take(json.loads(line))
                self._read = notes.tell()

    def passed(self) -> int:
        return sum(outcomes == ["passed"] for outcomes in self.outcomes.values())

    def failed(self) -> list[str]:
        return sorted(test for test, outcomes in self.outcomes.items() if "failed" in outcomes)

    def hung(self, now: float) -> Iterator[tuple[str, str, int]]:
        """Yield workers whose test takes too long, with the test and the pid."""
        for worker, (test, pid, began) in list(self.running.items()):
            if now - began > _LONGEST_TEST:
                del self.running[worker]
                yield worker, test, pid

    def _take(self, note: dict[str, Any]) -> None:
        if "outcome" in note:
            self.outcomes.setdefault(note["test"], []).append(note["outcome"])
            began, _, worker = self.spans.get(note["test"], (note["at"], 0.0, "?"))
            self.spans[note["test"]] = (began, note["at"], worker)
        elif "begun" in note:
            self.running[note["worker"]] = (note["begun"], note["pid"], note["at"])
            self.workers[note["pid"]] = note["worker"]
            self.spans[note["begun"]] = (note["at"], note["at"], note["worker"])
        else:
            self.running.pop(note["worker"], None)
            self.spans[note["ended"]] = (*self.spans[note["ended"]][:1], note["at"], note["worker"])


def run(options: Options) -> Tally:
    """Run the suite once for each seed, from the given one on."""
    tally = Tally()
    for seed in range(options.seed, options.seed + options.count):
        if not options.stop.is_set():
            tally.add(_once(options, seed))
    tally.figures = {"passed": tally.acknowledged, "failed": tally.lost, "stops": tally.faults}
    return tally


def _once(options: Options, seed: int) -> Tally:
    folder = Path(tempfile.mkdtemp(prefix=f"idvault-flakes-{seed}-"))
    book, output = Book(folder / "notes"), folder / "output"
    book.file.touch()
    disturber = Disturber(dice=random.Random(seed))  # noqa: S311 - to be repeatable, not secret
    began = time.time()
    with _terminated(options.stop), output.open("wb") as out:
        code = _disturbed(_command(options, seed, book.file), disturber, book, out.fileno(), options.stop)
    book.read()
    tally = Tally(faults=len(disturber.stops), acknowledged=book.passed())
    for test in book.failed():
        tally.lose(told(test, book, disturber.stops, seed=seed, since=began))
    if code and not tally.lost and not options.stop.is_set():
        tally.lose(f"seed {seed}: pytest ended with {code}")
    minutes, counts = (time.time() - began) / 60, f"{tally.faults} stops, {tally.acknowledged} passed"
    print(f"seed {seed}: {counts}, {tally.lost} failed, {minutes:.0f} min; output: {output}", flush=True)
    return tally


def _command(options: Options, seed: int, notes: Path) -> list[str]:
    """Return the command: scripts/test, so that there are as many workers as everywhere."""
    command = ["scripts/test", "-q", "-p", "tools.torture.flakes.plugin", "-p", "no:cacheprovider"]
    command += [f"--order-seed={seed}", f"--hypothesis-seed={seed}", f"--notes={notes}"]
    return [*command, *(["-k", options.only] if options.only else []), *(options.tests or ("tests",))]


def _disturbed(
    command: list[str], disturber: Disturber, book: Book, output: int, stop: threading.Event
) -> int:
    """Run a command and disturb it until it ends; return its exit code."""
    tree.adopt_orphans()
    disturber.open()
    process = subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )
    try:
        while process.poll() is None and not stop.is_set():
            tree.reap(without={process.pid, *disturber.spared})
            book.read()
            for worker, test, pid in book.hung(time.time()):
                print(f"{test} on {worker} has run for {_LONGEST_TEST:.0f} s and is ended", flush=True)
                disturber.continue_all()
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGABRT)
            stop.wait(min(_LONGEST_WAIT, disturber.turn()))
    finally:
        disturber.continue_all()
        _end(process, disturber.spared)
        disturber.close()
    return process.returncode


def _end(process: subprocess.Popen[bytes], spared: set[int]) -> None:
    """Interrupt pytest if it still runs; end what is left of its tree."""
    if process.poll() is None:
        for each in tree.descendants(os.getpid(), without=spared):
            tree.send_once(each, signal.SIGCONT)
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
    end = time.monotonic() + _PATIENCE
    while left := tree.descendants(os.getpid(), without=spared):
        tree.reap(without={process.pid, *spared})
        if time.monotonic() > end:
            for each in left:
                tree.send_once(each, signal.SIGKILL)
        time.sleep(_LONGEST_WAIT)
    process.wait()


def told(test: str, book: Book, stops: list[Stop], *, seed: int, since: float) -> str:
    """Return a failure in one line: the test, what was stopped while it ran, and how it is repeated."""
    began, ended, worker = book.spans[test]
    during = [stop for stop in stops if stop.began <= ended and stop.ended >= began]
    longest = sorted(during, key=lambda stop: stop.began - stop.ended)[:_SHOWN_STOPS]
    shown = sorted(longest, key=lambda stop: stop.began)
    some = ", ".join(stop.told(since, workers=book.workers) for stop in shown) or "nothing"
    more = f"{len(during)} stops, the longest {_SHOWN_STOPS}: " if len(during) > _SHOWN_STOPS else ""
    again = f"scripts/torture flakes --seed {seed} --count 1 {test.partition('::')[0]}"
    when = f"failed on {worker} from {began - since:.1f} to {ended - since:.1f} s"
    return f"{test} {when}; stopped: {more}{some}; {again}"


@contextmanager
def _terminated(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the run as Ctrl-C does: what stands still is continued first.

    What is ignored, as SIGHUP under nohup, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        each: signal.signal(each, lambda _number, _frame: stop.set())
        for each in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(each) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
