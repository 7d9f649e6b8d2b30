"""Faults in system calls with strace: the n-th call of a kind kills the process, or fails as a disk does."""

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
    """A required tool is missing on this host; the text names it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the n-th call of a kind: "error=EIO", "error=ENOSPC" or "signal=SIGKILL"."""

    call: str
    number: int
    kind: str

    def option(self) -> str:
        """Return strace's option for it."""
        return f"inject={self.call}:{self.kind}:when={self.number}"


KINDS = ("error=EIO", "error=ENOSPC", "signal=SIGKILL")


def strace() -> str:
    """Return the path of strace; raises MissingToolError."""
    found = shutil.which("strace")
    if found is None:
        raise MissingToolError("strace is missing on this host; install it, or run campaigns other than disk")
    return found


class Traced:
    """A running process watched by strace, which injects a fault if given."""

    def __init__(self, pid: int, log: Path, fault: Fault | None) -> None:
        """Attach; raises MissingToolError if the system does not allow tracing."""
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
        """Detach; return the trace."""
        self._process.terminate()
        self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        return read(self._log)


@dataclass(frozen=True, slots=True)
class Trace:
    """How often each call was made, and how many calls had an injected fault."""

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
    """Run a command under strace, tracing calls on some paths only; return exit code and trace."""
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
