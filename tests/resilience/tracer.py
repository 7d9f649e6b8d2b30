"""Faults in system calls, by strace: the n-th call of a kind kills the process, or fails as a disk does."""

import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "rename")
"""What writes to a disk here; write is not among them, since sockets and pipes are written by it too."""
WRITE = "write"
_ATTACH = 30.0


class MissingToolError(Exception):
    """Something that a promise needs is not on this machine; the text names it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the n-th call of a kind: "error=EIO", "error=ENOSPC" or "signal=SIGKILL"."""

    call: str
    number: int
    kind: str

    def option(self) -> str:
        """Return it as strace takes it."""
        return f"inject={self.call}:{self.kind}:when={self.number}"


KINDS = ("error=EIO", "error=ENOSPC", "signal=SIGKILL")


def strace() -> str:
    """Return where strace is; raises MissingToolError."""
    found = shutil.which("strace")
    if found is None:
        raise MissingToolError("strace is not on this machine; install it, or name other campaigns than disk")
    return found


class Traced:
    """A running process while strace watches it, and injects a fault if there is one."""

    def __init__(self, pid: int, log: Path, fault: Fault | None) -> None:
        """Attach; raises MissingToolError where the system does not let one process trace another."""
        self._log = log
        log.unlink(missing_ok=True)
        arguments = [strace(), "-f", "-y", "-p", str(pid), "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
        arguments += ["-e", fault.option()] if fault else []
        self._process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
        watchdog = threading.Timer(_ATTACH, self._process.kill)
        watchdog.start()
        told = self._process.stderr.readline() if self._process.stderr else ""
        watchdog.cancel()
        if "attached" not in told:
            self.stop()
            raise MissingToolError(f"strace cannot attach here: {told.strip()}")

    def stop(self) -> "Trace":
        """Detach; return what was seen."""
        self._process.terminate()
        self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        return read(self._log)


@dataclass(frozen=True, slots=True)
class Trace:
    """How often each call was made, and how many calls a fault was injected into."""

    calls: Counter[str]
    injected: int


def run(
    arguments: Sequence[str],
    log: Path,
    fault: Fault | None,
    *,
    paths: Sequence[Path],
    environment: dict[str, str],
) -> tuple[int, Trace]:
    """Run a command under strace, looking at its calls on some paths only; return exit code and trace."""
    log.unlink(missing_ok=True)
    tracing = [strace(), "-f", "-y", "-o", str(log), "-e", f"trace={','.join((*CALLS, WRITE))}"]
    tracing += [part for path in paths for part in ("-P", str(path))]
    tracing += ["-e", fault.option()] if fault else []
    done = subprocess.run([*tracing, *arguments], env=environment, capture_output=True, check=False)
    return done.returncode, read(log)


def read(log: Path) -> Trace:
    text = log.read_text("utf-8", errors="replace") if log.exists() else ""
    calls = Counter(re.findall(rf"^\d+ +({'|'.join((*CALLS, WRITE))})\(", text, re.MULTILINE))
    killed = text.count("+++ killed by SIGKILL")
    return Trace(calls, text.count("(INJECTED)") + min(killed, 1))
