"""Edits of a log in small; `python -m tests.resilience.log` does ten thousand."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.resilience import log as log_tampering
from tests.resilience.log import COUNT, EDITS, Folder, judge
from tests.support import logs
from tests.support.merkle import log_of


def test_every_edit_is_found(tmp_path: Path) -> None:
    """Each kind of edit, in files and tables, left as it is or signed anew by the log's own key, is found."""
    found = log_tampering.run(tmp_path, count=20, dice=random.Random(7))  # noqa: S311 - edits, not keys
    assert found == {(edit.__name__, "found"): 4 for edit in EDITS}
    assert COUNT == 10**4


def test_what_is_not_found_is_told(tmp_path: Path) -> None:
    """A log that nobody changed is what an undetected edit would look like."""
    leaves = log_of(log_tampering.SIZE)
    source = Folder(tmp_path, leaves).edited(leaves, signed=False)
    assert judge(source, logs.signed(leaves), leaves, leaves, signed=False) == "undetected"


def test_an_undetected_edit_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever runs it sees it in the last line and in the exit code."""
    for what, code in (("found", 0), ("undetected", 1), ("misnamed", 1)):
        monkeypatch.setattr(log_tampering, "run", lambda *_, what=what, **__: Counter({("flip", what): 2}))
        assert log_tampering.main(["--count", "2"]) == code
        assert capsys.readouterr().out.splitlines()[0] == f"flip: 2 {what}"
