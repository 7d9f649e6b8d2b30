"""Starts processes as their systemd units say, where no systemd is: commands, settings, readiness."""

import os
import re
import shlex
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from idvault.core.fork_server import ForkedProcess, ForkServer
from tools.support import programs

_PATIENCE = 90.0
_STOP = 40.0
_GIVEN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""What systemd gives every process of a host."""


class UnitError(Exception):
    """A unit does not start; the text has the end of its output."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit file says of one unit. before, start: command lines with the variables replaced."""

    name: str
    before: list[str]
    start: list[str]
    environment: dict[str, str]

    @classmethod
    def read(cls, folder: Path, name: str) -> "Unit":
        """Read the file of a unit or of its template."""
        base, instance = name.partition("@")[::2]
        text = (
            (folder / f"{base}{'@' if instance else ''}.service").read_text("utf-8").replace("%i", instance)
        )
        settings: dict[str, str] = {}
        for file in re.findall(r"^EnvironmentFile=(.+)$", text, re.MULTILINE):
            settings |= environment_file(Path(file))
        lines = dict(re.findall(r"^(ExecStartPre|ExecStart)=(.+)$", text, re.MULTILINE))
        return cls(
            name, _words(lines["ExecStartPre"], settings), _words(lines["ExecStart"], settings), settings
        )


def environment_file(path: Path) -> dict[str, str]:
    """Read a file of settings as systemd does: a name and a value a line, the value perhaps quoted."""
    pairs = (
        line.partition("=") for line in path.read_text("utf-8").splitlines() if line[:1] not in ("", "#")
    )
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def _words(line: str, settings: dict[str, str]) -> list[str]:
    """Return the words of a command: ${NAME} is a part of a word, $NAME becomes as many words as it has."""
    words: list[str] = []
    for word in line.split():
        if word.startswith("$") and not word.startswith("${"):
            words += settings.get(word[1:], "").split()
        else:
            words.append(re.sub(r"\$\{(\w+)\}", lambda found: settings.get(found[1], ""), word))
    return words


class Systemd:
    """Runs the units of one host; output goes to NAME.log of a folder.

    With `is_forking` a fork server starts them, which is quicker than their program would be.
    """

    def __init__(self, units: Path, *, logs: Path, is_forking: bool) -> None:
        self._units = units
        self._logs = logs
        self._is_forking = is_forking
        self._own: tuple[ForkServer, subprocess.Popen[bytes]] | None = None
        self._running: dict[str, ForkedProcess | subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start a unit: first what it checks, then the process, until that says that it serves."""
        unit = Unit.read(self._units, name)
        self._run(unit, unit.before).wait_for_end()
        started = self._run(unit, unit.start)
        started.wait_until_ready()
        self._running[name] = started.process

    def stop(self, name: str, *, number: int = signal.SIGTERM) -> int:
        """Stop a unit; return the exit code of its process."""
        process = self._running.pop(name)
        process.send_signal(number)
        return process.wait(_STOP)

    def settings(self, file: str) -> dict[str, str]:
        """Return the settings of a file in the folder of settings beside the units."""
        return environment_file(self._units.parents[1] / "idvault" / file)

    @property
    def running(self) -> list[str]:
        """The names of the units that were started and not stopped."""
        return list(self._running)

    def close(self) -> None:
        """Leave no process behind."""
        for process in self._running.values():
            process.kill()
            process.wait()
        self._running.clear()
        if self._own is not None:
            self._own[0].close()
            self._own[1].wait()

    def _run(self, unit: Unit, words: list[str]) -> "_Run":
        program = Path(words[0])
        if not os.access(program, os.X_OK):
            raise UnitError(f"{unit.name}: {program} is no program")
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{unit.name}.log"
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # An abstract name: a path of a test may be too long.
        channel.bind(f"\0idvault-notify-{os.getpid()}-{id(channel)}")
        notify = {"NOTIFY_SOCKET": f"@{channel.getsockname()[1:].decode()}"}
        environment = {**_GIVEN, **unit.environment, **notify}
        with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
            files = (nothing.fileno(), output.fileno(), output.fileno())
            process = self._launch(words, environment, files)
        return _Run(unit.name, process, channel, log)

    def _launch(
        self, words: list[str], environment: dict[str, str], files: tuple[int, int, int]
    ) -> ForkedProcess | subprocess.Popen[bytes]:
        if not self._is_forking:
            return subprocess.Popen(
                words, cwd="/", env=environment, stdin=files[0], stdout=files[1], stderr=files[2]
            )
        if "SSL_CERT_FILE" in environment and self._own is None:
            # A library reads it when it is imported.
            self._own = programs.spawn(environment)
        arguments, by = words[1:], None if self._own is None else self._own[0]
        return programs.launch(
            programs.VAULT, *arguments, environment=environment, files=files, folder=Path("/"), by=by
        )


@dataclass(frozen=True, slots=True)
class _Run:
    """A process of a unit, and the socket at which it tells of its state."""

    name: str
    process: "ForkedProcess | subprocess.Popen[bytes]"
    channel: socket.socket
    log: Path

    def wait_for_end(self) -> None:
        """Wait until a check has passed."""
        self.channel.close()
        if self.process.wait(_PATIENCE):
            raise UnitError(f"{self.name}: {self._output()}")

    def wait_until_ready(self) -> None:
        """Wait until the process serves."""
        self.channel.settimeout(0.1)
        deadline = time.monotonic() + _PATIENCE
        with self.channel:
            while True:
                with suppress(TimeoutError):
                    if self.channel.recv(256) == b"READY=1":
                        return
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    self.process.wait()
                    raise UnitError(f"{self.name}: {self._output()}")

    def _output(self) -> str:
        return self.log.read_text("utf-8", "replace")[-2_000:]
