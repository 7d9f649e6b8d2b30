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
tuning.tune(batch={batch})
found = []
def look():
    found.append(os.sched_getscheduler(0) == os.SCHED_BATCH)
thread = threading.Thread(target=look)
thread.start()
thread.join()
print(found[0], os.environ.get("GRPC_EXPERIMENTS"), "grpc" in sys.modules, sep=";")
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("batch", "before", "shown"),
    [
        (True, None, "True;-event_engine_listener;False"),
        (True, "operator", "True;operator;False"),
        (False, None, "False;-event_engine_listener;False"),
    ],
)
def test_a_process_and_its_threads_are_tuned(batch: bool, before: str | None, shown: str) -> None:
    """Later threads inherit the tuning; an operator's experiments stay."""
    environment = {name: value for name, value in os.environ.items() if name != "GRPC_EXPERIMENTS"}
    environment |= {"GRPC_EXPERIMENTS": before} if before else {}
    code = _SHOW.format(batch=batch)
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
    """A container may forbid it; the process starts all the same."""

    def refuse(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    tuning.tune()


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
