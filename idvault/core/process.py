"""Manages processes: ready files, child processes, and their end with the parent.

- A child holds the read end of a pipe whose write end only its parent has. The end of the pipe means that the
  parent has died, and the child ends at once. On Linux the kernel also kills the child.
- A ready file appears complete (by rename), is readable only by its owner, and is removed on a clean stop.
- Children run in separate process groups: Ctrl-C reaches only the parent, which stops them in order.
"""

import asyncio
import ctypes
import gc
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idvault.core.fork_server import ForkedProcess, ForkServer, Program
from idvault_verify import durable_file
from idvault_verify.address import split_address

PARENT_PIPE = "IDVAULT_PARENT_PIPE"
ENTRY = "idvault.processes.cli.__main__:main"
_PR_SET_PDEATHSIG = 1
# Children are ready within a second, one stage after the other.
_POLL = 0.01


class ProcessError(Exception):
    """A required process has ended or did not become ready."""


_YOUNGER = 1_000
"""How many collections of younger objects there are between two full ones; the interpreter's is 10."""


class PortBusyError(Exception):
    """A port that a setting names is in use."""


@contextmanager
def without_collector() -> Iterator[None]:
    """Suspend the garbage collector while modules are imported and a process starts.

    Objects created in that time live until the process ends, so they are frozen and later collections skip
    them. This saves a tenth of the CPU time of a start, and time in each full collection. The interpreter
    puts full collections off while few objects are new beside the old ones, but knows no frozen ones: a busy
    edge stood still for a tenth of a second, every two seconds. So they are put off by their number.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*gc.get_threshold()[:2], _YOUNGER)
        gc.enable()


def end_with_parent() -> None:
    """Make this process end when its parent dies, if the parent requested it.

    A child must call this first: until then the parent's death does not end it.
    """
    descriptor = os.environ.pop(PARENT_PIPE, "")
    if not descriptor.isdecimal():
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_exit_at_end, args=(int(descriptor),), daemon=True, name="parent").start()


def _exit_at_end(descriptor: int) -> None:
    with suppress(OSError):
        while os.read(descriptor, 1):
            pass
    # Nothing is flushed or drained: the parent died without a stop, and no state depends on it.
    os._exit(1)


def write_ready(path: Path | None, document: Mapping[str, Any]) -> None:
    """Write a ready file, if one was requested."""
    if path is not None:
        durable_file.replace(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())


def tell_systemd(state: str) -> None:
    """Send a state such as READY=1 to the supervisor that named a socket for it (sd_notify(3))."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    # A supervisor that does not listen must not end the process.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, suppress(OSError):
        channel.sendto(state.encode(), f"\0{name[1:]}" if name[0] == "@" else name)


def remove_ready(path: Path | None) -> None:
    """Remove a ready file on a clean stop."""
    if path is not None:
        path.unlink(missing_ok=True)


async def check_free(addresses: Mapping[str, str], *, patience: float = 0.0) -> None:
    """Raise PortBusyError unless each address is free; the keys name the setting of each address.

    Checked before the start because gRPC servers share a port silently. patience: how many seconds to wait
    for the children of a parent that has just died.
    """
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        busy = [(name, address) for name, address in addresses.items() if not _is_free(address)]
        if not busy:
            return
        if asyncio.get_running_loop().time() >= deadline:
            name, address = busy[0]
            raise PortBusyError(f"port {split_address(address)[1]} is in use ({name})")
        await asyncio.sleep(_POLL)


def _is_free(address: str) -> bool:
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@dataclass(kw_only=True, eq=False, repr=False)
class Child:
    """A child process with its log file and ready file; made by `start`."""

    name: str
    process: ForkedProcess
    log: Path | None
    ready: Path
    _end: asyncio.Future[int]

    @classmethod
    def start(
        cls,
        *,
        server: ForkServer,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path | None,
        ready: Path,
    ) -> "Child":
        """Start `idvault ARGUMENTS --ready-file READY`; its output is appended to the log file.

        Without a log file it uses this process's output. The write end of the parent pipe stays open only in
        this process, until it ends.
        """
        remove_ready(ready)
        program = Program(
            entry=ENTRY,
            arguments=[*arguments, "--ready-file", str(ready)],
            environment=environment,
            own_group=True,
            pipe_setting=PARENT_PIPE,
        )
        read_end, _write_end = os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        output = None if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            files = (nothing, 1, 2) if output is None else (nothing, output, output)
            started = server.start(program, files=files, pipe=read_end)
        finally:
            for file in (read_end, nothing, *(() if output is None else (output,))):
                os.close(file)
        return cls(name=name, process=started, log=log, ready=ready, _end=_end_of(started))

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    async def wait_ready(self, *, patience: float) -> dict[str, Any]:
        """Return the content of the child's ready file; raises ProcessError if it ends or takes too long."""
        deadline = asyncio.get_running_loop().time() + patience
        while not self.ready.exists():
            if self.ended:
                raise ProcessError(self.obituary())
            if asyncio.get_running_loop().time() > deadline:
                raise ProcessError(f"{self.name} was not ready within {patience:.0f} s\n{self._last_lines()}")
            await asyncio.sleep(_POLL)
        document: dict[str, Any] = json.loads(self.ready.read_text(encoding="utf-8"))
        return document

    async def wait_end(self) -> int:
        """Wait until the child has ended; return its exit code, negative for a signal."""
        return await asyncio.shield(self._end)

    @property
    def ended(self) -> bool:
        """Whether the child has ended."""
        return self._end.done()

    def obituary(self) -> str:
        """Return the child's name, exit code and last log lines."""
        return f"{self.name} ended with {self._end.result()}\n{self._last_lines()}"

    async def stop(self, *, patience: float) -> None:
        """Ask the child to stop, and kill it if it has not ended after `patience` seconds."""
        self.process.terminate()
        try:
            await asyncio.wait_for(self.wait_end(), patience)
        except TimeoutError:
            self.process.kill()
            await self.wait_end()
        remove_ready(self.ready)

    def _last_lines(self) -> str:
        if self.log is None:
            return "see its log"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
        return "\n".join((f"the last lines of {self.log}:", *lines))


def _end_of(process: ForkedProcess) -> asyncio.Future[int]:
    """Return the future of a process's exit code."""
    loop = asyncio.get_running_loop()
    end: asyncio.Future[int] = loop.create_future()

    def ended() -> None:
        loop.remove_reader(process.fileno())
        end.set_result(process.wait())

    loop.add_reader(process.fileno(), ended)
    return end


async def watch(children: Sequence[Child], *, stop: asyncio.Event) -> None:
    """Wait until stop is set; raises ProcessError as soon as a child ends before that."""
    waits = [asyncio.ensure_future(child.wait_end()) for child in children]
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([*waits, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in (*waits, stopped):
            wait.cancel()
    if not stop.is_set():
        raise ProcessError("\n".join(child.obituary() for child in children if child.ended))
