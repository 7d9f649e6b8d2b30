"""Edits of a small log; `scripts/torture log` makes ten thousand."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tools.support import logs
from tools.support.merkle import log_of
from tools.torture import log as log_tampering
from tools.torture.__main__ import CAMPAIGNS
from tools.torture.campaign import Options
from tools.torture.log import EDITS, Folder, judge


def test_every_edit_is_found(tmp_path: Path) -> None:
    """Each kind of edit is found in files and tables, unchanged or signed again with the log's key."""
    found = log_tampering.edit_and_verify(tmp_path, count=20, dice=random.Random(7))  # noqa: S311 - edits, not keys
    assert found == {(edit.__name__, "found"): 4 for edit in EDITS}
    assert CAMPAIGNS["log"].full == 10**4


def test_what_is_not_found_is_told(tmp_path: Path) -> None:
    """An unchanged log stands for an undetected edit."""
    leaves = log_of(log_tampering.SIZE)
    source = Folder(tmp_path, leaves).edited(leaves, signed=False)
    assert judge(source, logs.signed(leaves), leaves, leaves, signed=False) == "undetected"


@pytest.mark.parametrize(("what", "lost"), [("found", 0), ("undetected", 2), ("misnamed", 2)])
def test_an_undetected_edit_is_a_loss(monkeypatch: pytest.MonkeyPatch, what: str, lost: int) -> None:
    """Undetected and misnamed edits count as lost, by kind."""
    monkeypatch.setattr(log_tampering, "edit_and_verify", lambda *_, **__: Counter({("flip", what): 2}))
    tally = log_tampering.run(Options(count=2))
    assert (tally.faults, tally.lost) == (2, lost)
    assert tally.figures == {f"flip {what}": 2}
