"""Starts processes by forking from a process that has already imported their programs.

An import of a server takes most of a second of CPU time, a fork a few hundredths. `idvault dev` forks its
children, `idvault serve` its IDVAULT_PROCESSES, and the tests nearly all of their hundreds of processes.

- The fork server imports and forks and does nothing else. It has one thread and makes no gRPC call: neither
  threads nor gRPC's state survive a fork.
- A child gets environment, folder and files as if it had been started by exec. It ends as an interpreter
  does: its threads are waited for, exit handlers run, output is flushed. Only its memory is not taken apart
  object by object, which would take a tenth of a second of CPU time, more than many a command.
- The fork server ends when its client closes the connection or dies. It ignores SIGINT and SIGTERM: children
  need time to drain, and the kernel kills them when their parent dies (process.end_with_parent).
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import NoReturn

_NUMBER = struct.Struct("!i")
_MOST_FILES = 8
_IGNORED = (signal.SIGINT, signal.SIGTERM)
# As the interpreter's.
_NOT_FLUSHED = 120


class ForkServerError(Exception):
    """The fork server has ended, or could not fork."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a child runs. entry: "module:function", called with the arguments in sys.argv."""

    entry: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: str | None = None
    own_group: bool = False
    pipe_setting: str | None = None
    """The setting that tells the child the number of the passed pipe."""


class ForkedProcess:
    """A child of a fork server; used as subprocess.Popen is."""

    def __init__(self, status: int) -> None:
        """status: the pipe from which process id and exit code are read."""
        self._status = status
        weakref.finalize(self, os.close, status)
        self._lock = threading.Lock()
        self.returncode: int | None = None
        pid = self._read()
        if pid is None:
            raise ForkServerError("the fork server has ended")
        self.pid = pid

    def fileno(self) -> int:
        """Return the file that is readable once the process has ended."""
        return self._status

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the process runs."""
        return self._poll(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended; raises subprocess.TimeoutExpired."""
        code = self._poll(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process."""
        self.send_signal(signal.SIGKILL)

    def _poll(self, timeout: float | None) -> int | None:
        if self.returncode is None and self._has_ended(timeout):
            with self._lock:
                if self.returncode is None:
                    code = self._read()
                    # A fork server that was killed reports nothing; its children are killed with it.
                    self.returncode = -signal.SIGKILL if code is None else code
        return self.returncode

    def _has_ended(self, timeout: float | None) -> bool:
        status = select.poll()
        status.register(self._status, select.POLLIN)
        return bool(status.poll(None if timeout is None else timeout * 1000))

    def _read(self) -> int | None:
        data = os.read(self._status, _NUMBER.size)
        return int(_NUMBER.unpack(data)[0]) if len(data) == _NUMBER.size else None


class ForkServer:
    """The client's end of a fork server."""

    def __init__(self, connection: socket.socket) -> None:
        """connection: a stream socket whose other end `run` serves."""
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def beside(cls, *preload: str) -> "ForkServer":
        """Fork a server from this process, which must have one thread and no open event loop.

        preload: modules that the server imports before it forks. In each child this call does not return.
        """
        ours, theirs = socket.socketpair()
        # Lines that wait in a buffer would be written by every child again.
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            ours.close()
            run(theirs, preload)
        theirs.close()
        return cls(ours)

    def start(
        self, program: Program, *, files: tuple[int, int, int], pipe: int | None = None
    ) -> ForkedProcess:
        """Start a program; raises ForkServerError.

        files: standard input, output and error. pipe: one more file for the child.
        """
        status, theirs = os.pipe()
        data = json.dumps(asdict(program) | {"environment": dict(program.environment)}).encode()
        passed = [theirs, *files, *([] if pipe is None else [pipe])]
        try:
            with self._lock:
                socket.send_fds(self._connection, [_NUMBER.pack(len(data))], passed)
                self._connection.sendall(data)
        except OSError as error:
            os.close(status)
            raise ForkServerError("the fork server has ended") from error
        finally:
            os.close(theirs)
        return ForkedProcess(status)

    def close(self) -> None:
        """End the fork server. Children that end with their parent must have ended before."""
        self._connection.close()


def run(connection: socket.socket, preload: Sequence[str]) -> NoReturn:
    """Serve a connection until it is closed; in a child, run its program, and end the process."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    gc.disable()
    for module in preload:
        import_module(module)
    gc.freeze()
    program, files = _ForkLoop(connection).run()
    gc.enable()
    code = _code_of(_become(program, files))
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    os._exit(_flushed(code))


class _ForkLoop:
    """Forks on request, and reports the end of each child."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._statuses: dict[int, int] = {}
        # The end of a child wakes the loop through this pipe.
        self._ended, self._ending = os.pipe()
        os.set_blocking(self._ended, False)
        os.set_blocking(self._ending, False)

    def run(self) -> tuple[Program, list[int]]:
        """Return, in a child, its program and its files; ends when the client has gone."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._ending, warn_on_full_buffer=False)
        while True:
            readable = select.select([self._connection.fileno(), self._ended], [], [])[0]
            if self._ended in readable:
                os.read(self._ended, 4096)
                self._report()
            if self._connection.fileno() in readable:
                program, (status, *files) = self._receive()
                pid = os.fork()
                if pid == 0:
                    self._leave(status)
                    return program, files
                self._statuses[pid] = status
                _tell(status, pid)
                for file in files:
                    os.close(file)

    def _receive(self) -> tuple[Program, list[int]]:
        head, files, _, _ = socket.recv_fds(self._connection, _NUMBER.size, _MOST_FILES)
        if not head:
            # Nothing to flush, and the exit handlers belong to the client.
            os._exit(0)
        (size,) = _NUMBER.unpack(head)
        data = b""
        while len(data) < size:
            data += self._connection.recv(size - len(data))
        return Program(**json.loads(data)), files

    def _report(self) -> None:
        while self._statuses:
            pid, result = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            status = self._statuses.pop(pid)
            _tell(status, os.waitstatus_to_exitcode(result))
            os.close(status)

    def _leave(self, status: int) -> None:
        """Close what only the fork server uses, and take signals as a new process does."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._connection.close()
        for file in (self._ended, self._ending, status, *self._statuses.values()):
            os.close(file)


def _code_of(entry: Callable[[], int | None]) -> int:
    """Run a program; return its exit code as the interpreter finds it. Ctrl-C leaves as an exception."""
    try:
        told: object = entry()
    except SystemExit as end:
        told = end.code
    except Exception:  # whatever it is, the interpreter shows it
        sys.excepthook(*sys.exc_info())
        return 1
    if told is None or isinstance(told, int):
        return told or 0
    print(told, file=sys.stderr)
    return 1


def _flushed(code: int) -> int:
    """Flush the output; return the exit code, which is another one if nobody can have read all of it."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return _NOT_FLUSHED
    return code


def _tell(status: int, number: int) -> None:
    # A client that has gone needs no answer.
    with suppress(BrokenPipeError):
        os.write(status, _NUMBER.pack(number))


def _become(program: Program, files: list[int]) -> Callable[[], int | None]:
    """Apply a program's environment, folder and files; return its entry."""
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    if program.own_group:
        os.setpgid(0, 0)
    os.environ.clear()
    os.environ.update(program.environment)
    if program.pipe_setting is not None:
        os.environ[program.pipe_setting] = str(files[3])
    time.tzset()
    if program.folder is not None:
        os.chdir(program.folder)
    module, _, function = program.entry.partition(":")
    sys.argv[:] = [module.partition(".")[0], *program.arguments]
    entry: Callable[[], int | None] = getattr(import_module(module), function)
    return entry
