"""The demo: the whole product end to end, each step checked."""

from pathlib import Path

import pytest

from tools.demo import browsing
from tools.demo.__main__ import Demo
from tools.demo.step import DemoStep, StepError, check, run
from tools.support import browser, programs
from tools.support.sampling import sampled

ROOT = Path(__file__).resolve().parents[2]


def test_demo_passes(tmp_path: Path) -> None:
    """The demo passes every step, skips none, and keeps the state folder; in full it passes on it again."""
    browser.chromium()
    for _ in sampled(("on a new state", "on the same"), 1):
        done = programs.run(programs.DEMO, "--state", tmp_path / "state")
        lines = done.stdout.splitlines()
        assert done.returncode == 0, done.stdout + done.stderr
        assert lines[-1] == f"demo: {len(lines) - 1} steps passed, 0 skipped"
        assert all(line.startswith(f"ok {number} ") for number, line in enumerate(lines[:-1], start=1))
    assert (tmp_path / "state" / "main.sqlite3").exists()


def test_failing_step_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failing step ends the demo with exit code 1 and is named in the last line."""

    class Broken(Demo):
        """A demo whose second step shows the wrong thing."""

        def start(self) -> None:
            """Start nothing."""

        def sign_up(self) -> None:
            """Fail because nothing was started."""
            check(False, "nobody is verified")

    assert run(Broken(state=tmp_path / "state", scratch=tmp_path).steps()) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1].startswith("demo: step 2 failed: a person signs up")
    assert "nobody is verified" in captured.err


def test_unforeseen_failure_is_named_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unexpected exception in a step ends the demo in the same way."""

    class Broken(Demo):
        """A demo whose first step finds no port."""

        def start(self) -> None:
            """Fail as the system does."""
            raise OSError("no such port")

    assert run(Broken(state=tmp_path / "state", scratch=tmp_path).steps()) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1].startswith("demo: step 1 failed: the vault starts")
    assert "no such port" in captured.err


def test_a_step_that_is_not_shown_is_skipped_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without a browser its line says skip and why, and the last line counts it."""
    monkeypatch.setattr(browser, "found", lambda: None)

    class Short(Demo):
        """A demo of two steps, one of which needs a browser."""

        def start(self) -> None:
            """Start nothing."""

        def steps(self) -> list[DemoStep]:
            """Return a step of each kind."""
            return [("it starts", self.start), ("by clicks", self.click), ("it goes on", self.start)]

        def click(self) -> None:
            """Use a browser."""
            browsing.by_clicks(lambda _page: None)

    assert run(Short(state=tmp_path / "state", scratch=tmp_path).steps()) == 0
    first, second, third, last = capsys.readouterr().out.splitlines()
    assert (first, third) == ("ok 1 it starts", "ok 3 it goes on")
    assert second.startswith("skip 2 by clicks (there is no browser: ")
    assert last == "demo: 2 steps passed, 1 skipped"


def test_check_raises() -> None:
    """A condition that does not hold raises an error."""
    check(True, "fine")
    with pytest.raises(StepError, match="not fine"):
        check(False, "not fine")
