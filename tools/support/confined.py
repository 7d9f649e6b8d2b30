"""Runs a piece of Python in a process with a limited address space, and measures what it took.

The process reads its own peak, because the kernel counts that of a parent for a child, too. CPU is counted
from the first line of the piece on.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MOST_MIB = 200
"""What a reader may take, whatever it reads."""
_GUARD = 1536 << 20
"""The address space: enough for libraries and threads, and too little to stop this host."""
_PATIENCE = 300


@dataclass(frozen=True, slots=True)
class Confined:
    """What a piece did. code: its exit code; told: what it printed, with its errors. cpu: seconds."""

    code: int
    told: str
    peak_mib: float
    cpu: float


def run(piece: str, *arguments: object, patience: float = _PATIENCE) -> Confined:
    """Run a piece of Python, which finds the arguments in sys.argv[1:]; it may fail or be stopped."""
    with tempfile.TemporaryDirectory(prefix="idvault-confined-") as folder:
        report = Path(folder) / "report"
        command = [sys.executable, __file__, str(report), piece, *map(str, arguments)]
        path = os.pathsep.join(each for each in sys.path if each)
        try:
            process = subprocess.run(
                command,
                env={**os.environ, "PYTHONPATH": path},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Confined(-signal.SIGKILL, f"still running after {patience:.0f} s", 0.0, patience)
        measured = json.loads(report.read_text()) if report.exists() else {"peak": float("inf"), "cpu": 0.0}
    return Confined(process.returncode, process.stdout, measured["peak"], measured["cpu"])


def _main(report: str, piece: str, *arguments: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_GUARD, _GUARD))
    sys.argv = ["piece", *arguments]
    begun = time.process_time()
    try:
        exec(compile(piece, "piece", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own text
    finally:
        measured = {"peak": _peak_kib() / 1024, "cpu": time.process_time() - begun}
        Path(report).write_text(json.dumps(measured))


def _peak_kib() -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose modules have names of others
    _main(*sys.argv[1:])
