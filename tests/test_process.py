"""Ready files, child processes, and their end with the parent."""

import asyncio
import gc
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault.core import process
from idvault.core.process import Child, PortBusyError, ProcessError
from tools.support import programs

pytestmark = pytest.mark.process

CHILD = """
import time
from idvault.core import process
process.end_with_parent()
print("up", flush=True)
time.sleep(60)
"""
# A parent that starts one child as `Child` does, prints its process id, and waits to be killed.
PARENT = f"""
import os, subprocess, sys, time
read_end, write_end = os.pipe()
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], pass_fds=(read_end,), stdout=subprocess.PIPE,
                         env={{**os.environ, "IDVAULT_PARENT_PIPE": str(read_end)}}, process_group=0)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def _wait_gone(pid: int, descriptor: int) -> None:
    """Wait up to 2 s for the end of a process that is not our child."""
    poll = select.poll()
    poll.register(descriptor)
    assert poll.poll(2_000), f"{pid} lives on"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _address(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


def test_child_ends_when_the_pipe_does() -> None:
    """A child ends at once when its parent's end of the pipe closes."""
    read_end, write_end = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdout=subprocess.PIPE,
        env={**os.environ, process.PARENT_PIPE: str(read_end)},
        pass_fds=(read_end,),
    ) as child:
        os.close(read_end)
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        assert child.poll() is None
        os.close(write_end)
        assert child.wait(30) == 1


def test_child_ends_when_the_parent_is_killed() -> None:
    """After kill -9 of a parent its child ends within two seconds."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        descriptor = os.pidfd_open(pid)
        parent.kill()
        _wait_gone(pid, descriptor)
        os.close(descriptor)


def test_process_without_parent_pipe_lives_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process started from a shell does not end with a parent."""
    monkeypatch.delenv(process.PARENT_PIPE, raising=False)
    process.end_with_parent()
    monkeypatch.setenv(process.PARENT_PIPE, "-1")
    process.end_with_parent()
    assert process.PARENT_PIPE not in os.environ


def test_ready_file_is_private_whole_and_removed(tmp_path: Path) -> None:
    """A ready file is for its owner only, replaces a former one, and leaves no draft."""
    path = tmp_path / "ready.json"
    path.write_text("old")
    path.chmod(0o644)
    process.write_ready(path, {"grpc": "127.0.0.1:1"})
    assert json.loads(path.read_text()) == {"grpc": "127.0.0.1:1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    process.remove_ready(path)
    process.remove_ready(path)
    assert not path.exists()


def test_no_ready_file_is_fine(tmp_path: Path) -> None:
    """Without a ready file nothing is written."""
    process.write_ready(None, {})
    process.remove_ready(None)
    assert not list(tmp_path.iterdir())


async def test_busy_port_is_named_with_its_setting(listener: socket.socket) -> None:
    """A port in use is refused with its number and the setting that names it."""
    address = _address(listener)
    with pytest.raises(PortBusyError, match=rf"port {address.split(':')[1]} is in use \(IDVAULT_LISTEN\)"):
        await process.check_free({"IDVAULT_METRICS_LISTEN": "127.0.0.1:0", "IDVAULT_LISTEN": address})


async def test_port_that_becomes_free_is_waited_for(listener: socket.socket) -> None:
    """The ports of children that are about to end are waited for."""
    waiting = asyncio.ensure_future(process.check_free({"x": _address(listener)}, patience=10))
    await asyncio.sleep(0)
    assert not waiting.done()
    listener.close()
    await waiting


async def test_free_ipv6_port_is_free() -> None:
    """An address in brackets is checked as IPv6."""
    if not socket.has_ipv6:
        raise AssertionError("this host has no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        with pytest.raises(PortBusyError):
            await process.check_free({"x": "[::1]:0"})
    else:
        await process.check_free({"x": "[::1]:0"})


class Registry:
    """A mock registry as a child: the smallest real program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ready = folder / "ready.json"
        self.log = folder / "log.jsonl"
        self._key = folder / "key"
        self._key.write_text("00" * 16)

    async def start(self, *more: str) -> Child:
        arguments = ["--json", "mock-registry", "--population", str(self.folder / "population.json")]
        arguments += ["--secret-key-file", str(self._key), "--listen", "127.0.0.1:0"]
        arguments += ["--admin-listen", "127.0.0.1:0", *more]
        return Child.start(
            server=programs.server(),
            name="registry",
            arguments=arguments,
            environment=os.environ,
            log=self.log,
            ready=self.ready,
        )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


async def test_child_becomes_ready_and_stops(registry: Registry) -> None:
    """A child writes its ready file; a stop ends it with exit code 0 and removes the file."""
    registry.ready.write_text("of a former start")
    child = await registry.start()
    document = await child.wait_ready(patience=30)
    assert set(document) == {"base_url", "admin_url", "notice_key"}
    await child.stop(patience=5)
    assert child.ended
    assert await child.wait_end() == 0
    assert not registry.ready.exists()
    await child.stop(patience=5)


async def test_child_that_ends_too_early_says_why(registry: Registry) -> None:
    """If a child dies before it is ready, the error has its name, exit code and last log lines."""
    child = await registry.start("--latency-ms", "fast")
    with pytest.raises(ProcessError, match=r"(?s)registry ended with 2.*--latency-ms"):
        await child.wait_ready(patience=30)


async def test_child_that_is_late_is_an_error(registry: Registry) -> None:
    """A child that is not ready in time raises an error, and can still be stopped."""
    child = await registry.start()
    with pytest.raises(ProcessError, match="registry was not ready within 0 s"):
        await child.wait_ready(patience=0)
    await child.stop(patience=5)
    assert child.ended


async def test_child_that_does_not_listen_is_killed(registry: Registry) -> None:
    """A child that does not end when asked is killed."""
    child = await registry.start()
    await child.wait_ready(patience=30)
    os.kill(child.pid, signal.SIGSTOP)
    await child.stop(patience=0.2)
    assert await child.wait_end() == -signal.SIGKILL


async def test_watch_tells_of_a_death_and_of_a_stop(registry: Registry) -> None:
    """`watch` returns when a stop is requested, and raises an error when a child dies."""
    child = await registry.start()
    await child.wait_ready(patience=30)
    stop = asyncio.Event()
    watching = asyncio.ensure_future(process.watch([child], stop=stop))
    await asyncio.sleep(0)
    assert not watching.done()
    stop.set()
    await watching
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(ProcessError, match="registry ended with -9"):
        await process.watch([child], stop=asyncio.Event())


async def test_child_without_a_log_file_prints_where_we_do(
    registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a log file a child's output goes to our output, and the error refers to it."""
    child = Child.start(
        server=programs.server(),
        name="x",
        arguments=["no-such"],
        environment=os.environ,
        log=None,
        ready=registry.ready,
    )
    with pytest.raises(ProcessError, match="see its log"):
        await child.wait_ready(patience=30)
    assert "no-such" in capfd.readouterr().err


def test_full_collections_are_put_off() -> None:
    """Frozen objects do not count as old ones, for which the interpreter would put them off by itself."""
    before = gc.get_threshold()
    try:
        with process.without_collector():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_threshold() == (*before[:2], 1_000)
    finally:
        gc.set_threshold(*before)
