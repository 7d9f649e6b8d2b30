"""The tuning of a server process: it takes effect, and what a system refuses is no error."""

import os
import subprocess
import sys

import pytest

from idvault.core import tuning

_SHOW = """
import os, sys, threading
from idvault.core import tuning
# A test before this one may have tuned the process that starts this one.
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
tuning.tune(cores=frozenset({cores}), batch={batch})
found = []
def look():
    found.append((os.sched_getscheduler(0) == os.SCHED_BATCH, sorted(os.sched_getaffinity(0))))
thread = threading.Thread(target=look)
thread.start()
thread.join()
print(*found[0], os.environ.get("GRPC_EXPERIMENTS"), "grpc" in sys.modules, sep=";")
"""
_ALL = sorted(os.sched_getaffinity(0))


@pytest.mark.process
@pytest.mark.parametrize(
    ("batch", "cores", "before", "shown"),
    [
        (True, (), None, f"True;{_ALL};-event_engine_listener;False"),
        (True, (_ALL[-1],), "operator", f"True;[{_ALL[-1]}];operator;False"),
        (False, (9_999,), None, f"False;{_ALL};-event_engine_listener;False"),
    ],
)
def test_a_process_and_its_threads_are_tuned(
    batch: bool, cores: tuple[int, ...], before: str | None, shown: str
) -> None:
    """Later threads inherit the tuning; an operator's experiments and cores that there are not stay."""
    environment = {name: value for name, value in os.environ.items() if name != "GRPC_EXPERIMENTS"}
    environment |= {"GRPC_EXPERIMENTS": before} if before else {}
    code = _SHOW.format(batch=batch, cores=cores)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == shown


@pytest.mark.process
def test_serve_is_tuned_before_grpc_is_imported() -> None:
    """grpc reads its experiments once: the command must not import it before its settings are known."""
    code = "import sys, idvault.processes.cli.app, idvault.processes.cli.serve; print('grpc' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_a_system_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may forbid both; the process starts all the same."""

    def refuse(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    tuning.tune(cores=frozenset({0}))


_FILES = """
import resource
from idvault.core import tuning
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(tuning.allow_files({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "shown"),
    [(256, 900, 600, "600 600"), (256, 900, 2_000, "900 900"), (700, 900, 600, "700 700")],
)
def test_the_limit_of_open_files_is_raised(soft: int, hard: int, wanted: int, shown: str) -> None:
    """As far as it is needed and the hard limit allows, and never lowered."""
    script = _FILES.format(soft=soft, hard=hard, wanted=wanted)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == shown
