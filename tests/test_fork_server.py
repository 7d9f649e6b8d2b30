"""The fork server: what its children see, how they end, and how it ends itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault.core.fork_server import ForkServer, ForkServerError
from tools.support import programs
from tools.support.programs import Started

pytestmark = pytest.mark.process
PROGRAMS = "tests.support.forked"
# A process whose output waits in its buffer when it forks a server, which runs one child.
BESIDE = """
import os, sys, time
from idvault.core.fork_server import ForkServer, Program
print("before", end=" ")
server = ForkServer.beside("json")
program = Program(entry="tests.support.forked:end", arguments=["4"], environment=dict(os.environ))
code = server.start(program, files=(0, 1, 2)).wait()
server.close()
print("and then", code)
"""


def _waiting() -> Started:
    started = programs.start(f"{PROGRAMS}:wait")
    assert started.stdout.readline() == "waiting\n"
    return started


def _parent(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[1])


def test_a_child_is_started_as_if_by_exec() -> None:
    """Arguments, environment, folder and files are those of the request; nothing of the server's is left."""
    done = programs.run(f"{PROGRAMS}:describe", "a", "ü", environment={"NAME": "value", "PATH": "/bin"})
    seen = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "told\n")
    assert seen["arguments"] == ["tests", "a", "ü"]
    assert seen["environment"] == {"NAME": "value", "PATH": "/bin"}
    assert seen["folder"] == str(Path(__file__).parents[1])
    assert seen["input"] == ""
    assert seen["own_group"] is False
    assert seen["signals"] == [True, True, True]
    assert not [file for file in seen["files"] if file.startswith(("socket:", "pipe:"))]


def test_the_server_has_one_thread() -> None:
    """A fork copies one thread only: nothing that was imported before may have started another."""
    done = programs.run(f"{PROGRAMS}:describe", environment=dict(os.environ))
    assert json.loads(done.stdout)["threads_of_server"] == 1


@pytest.mark.parametrize("code", [0, 3])
def test_a_child_ends_as_an_interpreter_does(code: int) -> None:
    """The exit code is the program's, its exit handlers run, and its output is flushed."""
    done = programs.run(f"{PROGRAMS}:end", code)
    assert (done.returncode, done.stdout) == (code, "handled")


def test_a_text_ends_a_child_with_1() -> None:
    """The text is on the error output."""
    done = programs.run(f"{PROGRAMS}:refuse")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "refused\n")


def test_a_child_waits_for_its_threads() -> None:
    """A thread that is not a daemon ends before its process does."""
    done = programs.run(f"{PROGRAMS}:leave_a_thread")
    assert (done.returncode, done.stdout) == (0, "from the thread")


def test_output_that_nobody_can_read_is_an_error() -> None:
    """A full device, or a reader that has gone, is told by the exit code, as by an interpreter's."""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    lost = BESIDE.replace("(0, 1, 2)", "(0, os.open('/dev/full', os.O_WRONLY), 2)")
    done = subprocess.run(
        [sys.executable, "-c", lost], env=buffered, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "before and then 120\n")


def test_an_exception_ends_a_child_with_1() -> None:
    """The traceback is on the error output."""
    done = programs.run(f"{PROGRAMS}:fail")
    assert done.returncode == 1
    assert done.stderr.endswith("LookupError: missing\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_a_child(number: int) -> None:
    """A signal reaches the child only, and is its exit code."""
    ended, other = _waiting(), _waiting()
    with pytest.raises(subprocess.TimeoutExpired):
        ended.wait(0)
    ended.send_signal(number)
    assert ended.wait(20) == -number
    # A second signal finds nobody.
    ended.send_signal(number)
    assert other.poll() is None
    other.kill()
    for each in (ended, other):
        each.communicate()


def test_signals_that_reach_everybody_do_not_end_the_server() -> None:
    """Ctrl-C in a terminal and a stop of a whole service reach the server, whose children still drain."""
    child = _waiting()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(_parent(child.pid), number)
    assert programs.run(f"{PROGRAMS}:end", "0").returncode == 0
    child.kill()
    child.communicate()


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    """A fork server for one test."""
    monkeypatch.setattr(programs.Kept, "server", None)
    monkeypatch.setattr(programs.Kept, "process", None)
    server = programs.server()
    yield server
    server.close()


def test_a_server_ends_with_its_client(own_server: ForkServer) -> None:
    """A closed connection ends the server, and a start after that is an error."""
    assert programs.Kept.process is not None
    own_server.close()
    assert programs.Kept.process.wait(60) == 0
    with pytest.raises(ForkServerError, match="has ended"):
        programs.run(f"{PROGRAMS}:end", "0")


def test_a_killed_server_is_told(own_server: ForkServer) -> None:
    """A child of a killed server counts as killed, and the next start is an error."""
    assert programs.Kept.process is not None
    child = _waiting()
    programs.Kept.process.kill()
    programs.Kept.process.wait()
    assert child.wait(20) == -signal.SIGKILL
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    with pytest.raises(ForkServerError, match="has ended"):
        programs.run(f"{PROGRAMS}:end", "0")


def test_a_process_forks_a_server_from_itself() -> None:
    """What was printed before appears once, and parent and child each end with their own code."""
    done = subprocess.run([sys.executable, "-c", BESIDE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "before handledand then 4\n", "")
