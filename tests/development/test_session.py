"""A whole vault as a child process: the errors if it does not become ready."""

from pathlib import Path

import pytest

from idvault.core.process import ProcessError
from idvault_dev import session
from idvault_dev.session import Session
from tools.support import programs


@pytest.mark.process
def test_a_start_that_ends_is_told_with_its_exit_code(tmp_path: Path) -> None:
    """The error contains the exit code and the output."""
    child = Session(
        server=programs.server(),
        state=tmp_path / "state",
        output=tmp_path / "dev.log",
        arguments=["--ports", "neither"],
    )
    with pytest.raises(ProcessError, match=r"did not become ready and ended with 2\n(.|\n)*neither"):
        child.start()


@pytest.mark.process
def test_a_start_that_takes_too_long_is_told_with_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error contains the time limit, and no process is left."""
    monkeypatch.setattr(session, "_START", 0.0)
    child = Session(server=programs.server(), state=tmp_path / "state", output=tmp_path / "dev.log")
    with pytest.raises(ProcessError, match="did not become ready within 0 s"):
        child.start()
    assert child.process.poll() is not None
