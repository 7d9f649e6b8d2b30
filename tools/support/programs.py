"""Runs the project's programs as processes, forked from one fork server (idvault/core/fork_server.py)."""

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from idvault.core import fork_server, tuning
from idvault.core.fork_server import ForkedProcess, ForkServer, Program
from idvault.core.process import ENTRY
from tools.support import passphrases

VAULT = ENTRY
CLIENT = "idvault_client.entry:main"
PEOPLE = "idvault_people.commands.app:main"
VERIFY = "idvault_verify.commands.entry:main"
DEMO = "tools.demo.__main__:main"
_ROOT = Path(__file__).resolve().parents[2]
_PAGE = 4096
# Every module that a command imports when it runs.
_PRELOADED = (
    *(
        "idvault.processes.cli.app",
        "idvault.processes.cli.serve",
        "idvault.processes.bootstrap.serve",
        "idvault.processes.cli.work",
        "idvault.processes.cli.witness",
    ),
    *(
        "idvault_dev.commands.mock_registry",
        "idvault.processes.cli.doctor",
        "idvault.processes.cli.database",
        "idvault.processes.cli.key",
    ),
    *(
        "idvault.processes.cli.platform",
        "idvault_people.commands.roster",
        "idvault_people.commands.role",
    ),
    *(
        "idvault.processes.cli.log",
        "idvault_dev.commands.dev",
        "idvault_dev.commands.single_process",
    ),
    *(
        "idvault.processes.cli.report",
        "idvault.processes.cli.web",
        "idvault.web.server",
        "idvault.processes.bootstrap.log_outside",
    ),
    *(
        "idvault.processes.bootstrap.platform_edge",
        "idvault.processes.bootstrap.custody_edge",
        "idvault.processes.shifted_clock",
    ),
    *(
        "alembic.command",
        "uvloop",
        "idvault_client.commands.app",
        "idvault_people.commands.moderator",
        "idvault_verify.commands.app",
        "tools.demo.__main__",
    ),
    *("sqlalchemy.ext.asyncio", "cryptography.hazmat.backends.openssl.backend"),
    *("idvault.processes.cli.key", "typer._adapters", "typer._click.decorators"),
)


class Kept:
    """The fork server of this process, and the process in which it runs if that is not a fork of this one."""

    server: ForkServer | None = None
    process: "subprocess.Popen[bytes] | None" = None
    lock = threading.Lock()


def server() -> ForkServer:
    """Return this process's fork server; it ends with this process."""
    with Kept.lock:
        if Kept.server is None:
            Kept.server, Kept.process = spawn(os.environ)
        return Kept.server


def fork_from_here() -> None:
    """Let the fork server be a fork of this process, which must not have begun anything."""
    Kept.server = ForkServer.beside(*_PRELOADED)


def spawn(environment: Mapping[str, str]) -> "tuple[ForkServer, subprocess.Popen[bytes]]":
    """Start a fork server with an environment, for what a library reads when it is imported."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.support.programs", str(theirs.fileno())],
            cwd=_ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
    return ForkServer(ours), process


class Started:
    """A running program whose output is read from pipes, as text."""

    def __init__(self, process: ForkedProcess, stdout: IO[str], stderr: IO[str]) -> None:
        self._process = process
        self.stdout = stdout
        self.stderr = stderr

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    def poll(self) -> int | None:
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        return self._process.wait(timeout)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return the rest of the output, once the program has ended; it is killed if that takes too long."""
        if self.stdout.closed:
            return "", ""
        with ThreadPoolExecutor(2) as pool, self.stdout, self.stderr:
            try:
                out, err = pool.map(lambda stream: stream.read(), (self.stdout, self.stderr), timeout=timeout)
            except TimeoutError:
                self.kill()
                raise
        self.wait()
        return out, err


def start(
    entry: str, *arguments: object, environment: Mapping[str, str] = os.environ, room: int | None = None
) -> Started:
    """Start a program without input, with pipes for its output.

    room: how many bytes it can write to stderr before it waits for a reader, who then gets empty lines first.
    """
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    if room is not None:
        size = fcntl.fcntl(err_end, fcntl.F_SETPIPE_SZ, _PAGE)
        os.write(err_end, b"\n" * (size - room))
    with Path(os.devnull).open("rb") as nothing:
        process = launch(
            entry, *arguments, environment=environment, files=(nothing.fileno(), out_end, err_end)
        )
    os.close(out_end)
    os.close(err_end)
    return Started(process, os.fdopen(out, encoding="utf-8"), os.fdopen(err, encoding="utf-8"))


def run(
    entry: str,
    *arguments: object,
    environment: Mapping[str, str] = os.environ,
    check: bool = False,
    timeout: float | None = None,
    folder: Path = _ROOT,
) -> "subprocess.CompletedProcess[str]":
    """Run a program without input to its end; raises as subprocess.run does."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        Path(os.devnull).open("rb") as nothing,
    ):
        files = (nothing.fileno(), out.fileno(), err.fileno())
        process = launch(entry, *arguments, environment=environment, files=files, folder=folder)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        for file in (out, err):
            file.seek(0)
        done = subprocess.CompletedProcess(entry, code, out.read().decode(), err.read().decode())
    if check:
        done.check_returncode()
    return done


def launch(
    entry: str,
    *arguments: object,
    environment: Mapping[str, str],
    files: tuple[int, int, int],
    folder: Path = _ROOT,
    by: ForkServer | None = None,
) -> ForkedProcess:
    """Start a program with these files as input, output and error output. by: another fork server."""
    program = Program(
        entry=entry,
        arguments=[str(argument) for argument in arguments],
        environment=dict(environment),
        folder=str(folder),
    )
    return (by or server()).start(program, files=files)


if __name__ == "__main__":
    # As `serve` does: grpc reads this when it is imported.
    tuning.tune(batch=False)
    passphrases.make_cheap()
    fork_server.run(socket.socket(fileno=int(sys.argv[1])), _PRELOADED)
