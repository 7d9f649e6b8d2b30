"""The disturber of a test run: what it may stop, what it tells, and that nothing stands still afterwards."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tools.support import cores
from tools.support.sandbox import wait_for
from tools.torture.flakes import run, tree
from tools.torture.flakes.disturber import LONGEST, Disturber, Stop
from tools.torture.flakes.plugin import drawn
from tools.torture.flakes.run import Book

ROOT = Path(__file__).parents[2]
SLEEPER = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
)
"""A program with a child; each sleeps until it is killed."""
DISTURBED = """
import random, signal, sys, threading
from pathlib import Path
from tools.torture.flakes import run
from tools.torture.flakes.disturber import Disturber
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also if the tests run under nohup
stop, command = threading.Event(), [sys.executable, "-c", "import time; time.sleep(600)"]
with run._terminated(stop):
    run._disturbed(command, Disturber(dice=random.Random(7)), run.Book(Path(sys.argv[1])), 2, stop)
"""
"""A run of a command that sleeps."""


@pytest.fixture
def parent() -> Iterator["subprocess.Popen[bytes]"]:
    """A process with a child of its own."""
    process = subprocess.Popen([sys.executable, "-c", f"{SLEEPER}; time.sleep(600)"])
    assert wait_for(lambda: len(tree.descendants(process.pid)) == 1)
    yield process
    for each in (*tree.descendants(process.pid), *_itself(process)):
        os.kill(each.pid, signal.SIGKILL)
    process.wait()


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - to be repeatable, not secret


def _itself(process: "subprocess.Popen[bytes]") -> list[tree.Process]:
    return [each for each in tree.descendants(os.getpid()) if each.pid == process.pid]


def _states(process: "subprocess.Popen[bytes]") -> list[str]:
    return [each.state for each in (*_itself(process), *tree.descendants(process.pid))]


def _others(process: "subprocess.Popen[bytes]") -> set[int]:
    """Return this test process's other children, which must be left alone."""
    own = {process.pid, *(each.pid for each in tree.descendants(process.pid))}
    return {each.pid for each in tree.descendants(os.getpid())} - own


def test_stopped_at_most_two_seconds_and_continued(parent: "subprocess.Popen[bytes]") -> None:
    """Every stop is noted with its name and length; after the end nothing stands still."""
    disturber = Disturber(dice=dice(3), spared=_others(parent))
    disturber.open()
    seen: set[str] = set()
    try:
        assert wait_for(lambda: _turn(disturber, parent, seen) >= 5 and "T" in seen)
    finally:
        disturber.close()
    assert wait_for(lambda: "T" not in _states(parent))
    assert all(stop.name.startswith("python") for stop in disturber.stops)
    own = {parent.pid, *(each.pid for each in tree.descendants(parent.pid))}
    assert {stop.pid for stop in disturber.stops} <= own


def _turn(disturber: Disturber, process: "subprocess.Popen[bytes]", seen: set[str]) -> int:
    """Let the disturber do what is due; return how many stops have ended."""
    assert disturber.turn() <= LONGEST
    seen |= {*_states(process)}
    return len(disturber.stops)


def test_whom_a_test_stopped_stays_stopped(parent: "subprocess.Popen[bytes]") -> None:
    """A process that a test stopped itself is neither stopped nor continued."""
    os.kill(parent.pid, signal.SIGSTOP)
    (child,) = tree.descendants(parent.pid)
    os.kill(child.pid, signal.SIGSTOP)
    assert wait_for(lambda: _states(parent) == ["T", "T"])
    disturber = Disturber(dice=dice(4), spared=_others(parent))
    end = time.monotonic() + 3
    while time.monotonic() < end:
        disturber.turn()
        time.sleep(0.01)
    disturber.close()
    assert (disturber.stops, _states(parent)) == ([], ["T", "T"])


def test_whom_a_test_stops_meanwhile_stays_stopped(parent: "subprocess.Popen[bytes]") -> None:
    """A process that stands still already, and that a test then stops, is the test's to continue."""
    disturber = Disturber(dice=dice(5))
    (found,) = _itself(parent)
    (child,) = tree.descendants(parent.pid)
    for each in (found, child):
        disturber._stop(each, time.time() + 60)
    assert wait_for(lambda: _states(parent) == ["T", "T"])
    os.kill(child.pid, signal.SIGSTOP)
    for each in (found, child):
        disturber._continue(each.pid)
    assert wait_for(lambda: _states(parent) == ["S", "T"])


def test_what_was_stopped_once_is_continued(parent: "subprocess.Popen[bytes]") -> None:
    """Also if it had no time to take notice, and everything at the end, whoever stopped it too."""
    disturber = Disturber(dice=dice(6))
    (found,) = _itself(parent)
    (child,) = tree.descendants(parent.pid)
    for _ in range(200):
        disturber._stop(found, time.time() + 60)
        disturber._continue(found.pid)
    assert wait_for(lambda: _states(parent) == ["S", "S"])
    disturber._stop(child, time.time() + 60)
    assert wait_for(lambda: _states(parent) == ["S", "T"])
    os.kill(child.pid, signal.SIGSTOP)
    disturber.close()
    assert wait_for(lambda: _states(parent) == ["S", "S"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_nothing_stands_still_after_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    """A run that is ended, or whose terminal is closed, continues what it stopped, and ends it."""
    notes = tmp_path / "notes"
    notes.touch()
    process = subprocess.Popen(
        [sys.executable, "-c", DISTURBED, str(notes)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    seen: list[tree.Process] = []
    try:
        assert wait_for(lambda: any(each.state == "T" for each in _look(process, seen)))
        process.send_signal(number)
        assert wait_for(lambda: process.poll() is not None)
        assert process.returncode == 0
        assert wait_for(lambda: not _left(seen))
    finally:
        process.kill()
        process.wait()
        for each in _left(seen):
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)


def _look(process: "subprocess.Popen[bytes]", seen: list[tree.Process]) -> list[tree.Process]:
    """Return what a process started, and keep it."""
    found = tree.descendants(process.pid)
    seen += found
    return found


def _left(seen: list[tree.Process]) -> list[tree.Process]:
    """Return those that have not ended, whoever is their parent now."""
    known = {(each.pid, each.start) for each in seen}
    return [each for each in tree._all() if (each.pid, each.start) in known and each.state not in "ZX"]


@pytest.mark.parametrize(("before", "ends"), [("SIG_DFL", "True"), ("SIG_IGN", "False")])
def test_what_is_ignored_stays_so(before: str, ends: str) -> None:
    """A run under nohup outlives its terminal."""
    code = (
        f"import os, signal, threading; signal.signal(signal.SIGHUP, signal.{before})\n"
        "from tools.torture.flakes import run\n"
        "stop = threading.Event()\n"
        "with run._terminated(stop): os.kill(os.getpid(), signal.SIGHUP)\n"
        "print(stop.is_set())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout == f"{ends}\n"


def test_strangers_are_not_in_the_tree(parent: "subprocess.Popen[bytes]") -> None:
    """Neither this process nor its parents, and none that is spared or started by one that is."""
    found = {each.pid for each in tree.descendants(os.getpid(), without={parent.pid})}
    (child,) = tree.descendants(parent.pid)
    assert not found & {os.getpid(), os.getppid(), 1, parent.pid, child.pid}


def test_a_number_of_another_process_is_not_signalled(parent: "subprocess.Popen[bytes]") -> None:
    """A process whose number was given to another since then has no handle."""
    (found,) = _itself(parent)
    opened = tree.handle(found, root=os.getpid())
    assert opened is not None
    os.close(opened)
    former = tree.Process(found.pid, found.parent, found.start - 1, found.state)
    assert tree.handle(former, root=os.getpid()) is None


def test_the_order_is_drawn_and_files_stay_together(request: pytest.FixtureRequest) -> None:
    """One seed gives one order, of a file also when it runs alone; no file is begun twice."""
    items = request.session.items
    first, again, other = (drawn(items, seed) for seed in (1, 1, 2))
    assert first == again
    assert sorted(first, key=id) == sorted(items, key=id)
    assert len(items) < 6 or first != other
    alone = [item for item in items if item.path == first[0].path]
    assert drawn(alone, 1) == [item for item in first if item.path == first[0].path]
    files = [item.path for item in first]
    begun = [path for path, before in zip(files, [None, *files], strict=False) if path != before]
    assert len(begun) == len({*begun})


def test_a_failure_is_told_in_one_line(tmp_path: Path) -> None:
    """It names the worker, what was stopped while the test ran, and how to repeat it."""
    book = Book(tmp_path / "notes")
    book.file.write_text(
        '{"begun": "tests/a.py::b", "worker": "gw1", "pid": 7, "at": 110.0}\n'
        '{"outcome": "failed", "test": "tests/a.py::b", "when": "call", "at": 112.5}\n'
        '{"ended": "tests/a.py::b", "worker": "gw1", "at": 112.0}\n'
        '{"outcome": "passed", "test": "tests/a.py::c", "when": "call", "at": 113.0}\n'
        '{"begun": "unfin'
    )
    book.read()
    stops = [Stop(1.0, 2.0, 7, "early"), Stop(109.5, 111.0, 7, "python"), Stop(111.0, 111.5, 8, "postgres")]
    assert (book.passed(), book.failed(), book.running) == (1, ["tests/a.py::b"], {})
    assert run.told("tests/a.py::b", book, stops, seed=3, since=100.0) == (
        "tests/a.py::b failed on gw1 from 10.0 to 12.0 s; "
        "stopped: gw1 for 1.5 s at 9.5 s, postgres for 0.5 s at 11.0 s; "
        "scripts/torture flakes --seed 3 --count 1 tests/a.py"
    )


def test_a_test_that_takes_too_long_is_hung(tmp_path: Path) -> None:
    """It is told once, with the process to end."""
    book = Book(tmp_path / "notes")
    book.file.write_text('{"begun": "tests/a.py::b", "worker": "gw1", "pid": 7, "at": 110.0}\n')
    book.read()
    assert list(book.hung(111.0)) == []
    assert list(book.hung(110.0 + 86_400)) == [("gw1", "tests/a.py::b", 7)]
    assert list(book.hung(110.0 + 86_400)) == []


def test_a_small_suite_runs_disturbed() -> None:
    """Tests run as always, in a drawn order; the counts are those of pytest, and no process is left."""
    # On one core there are half as many workers, each with all that tests import, and one neighbour.
    command = ["taskset", "--cpu-list", f"{min(cores.ALL)}", sys.executable, "-m", "tools.torture", "flakes"]
    command += ["--seed", "5", "--count", "1"]
    done = subprocess.run(
        [*command, "tests/domain/test_document.py", "tests/test_printable.py"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 0, done.stdout
    assert last.endswith("0 lost, 0 doubled")
    assert int(last.split()[3]) > 20
