"""The campaign's parts: what it measures, what it asks for, and what it takes from the operations page."""

import os
import re
import time
from pathlib import Path

import pytest

from idvault.core.config import database
from tools.support import debian
from tools.torture.failover import member, programs
from tools.torture.failover.pulse import Pulse
from tools.torture.tracer import MissingToolError

_PAGE = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")


def test_the_gap_is_the_longest_silence_after_a_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silences before the kill do not count; one that has not ended is no gap yet."""
    watched = Pulse()
    for now in (1.0, 50.0, 61.5, 62.0, 65.0):
        monkeypatch.setattr(time, "monotonic", lambda now=now: now)
        watched.beat()
    assert watched.gap(since=51.0) == 10.5
    assert watched.gap(since=61.7) == 3.0
    assert watched.gap(since=70.0) == 0.0
    assert watched.wait(51.0, 3, patience=0.0)
    assert not watched.wait(51.0, 4, patience=0.0)


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not install them is told which packages to install, and nothing is tried."""
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    monkeypatch.setattr(programs, "_postgresql", lambda: None)
    monkeypatch.setattr(programs, "which", lambda name: "" if name == "patroni" else f"/usr/bin/{name}")
    with pytest.raises(MissingToolError, match=r"apt-get install .*patroni.* postgresql") as missing:
        programs.find()
    assert "only root" in str(missing.value)


def test_a_failed_installation_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The last line of apt-get says why; the programs are still missing."""
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: Unable to locate package patroni' >&2\nexit 100\n")
    apt.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "LOCK", tmp_path / "lock")
    for module in (debian, programs):
        monkeypatch.setattr(module, "which", lambda name: str(apt) if name == "apt-get" else "")
    with pytest.raises(MissingToolError, match=r"Unable to locate package patroni"):
        programs.find()


def test_the_pages_addresses_are_accepted_and_verified() -> None:
    """Both settings of the example of several servers name three and cross the network safely."""
    _, _, section = _PAGE.partition("\n### Several servers, and Patroni\n")
    found = re.findall(r"^IDVAULT_(?:SHRED_)?DATABASE_URL=(.*)$", section, re.MULTILINE)
    assert len(found) == 2
    for url in found:
        assert len(database.parse(url).hosts) == 3
        assert not database.is_exposed(url)


def test_the_pages_configuration_protects_what_was_acknowledged() -> None:
    """The campaign replaces names, places, secrets, sizes and the watchdog, and nothing of this."""
    text = member.documented()
    for line in ("synchronous_mode: true", "synchronous_mode_strict: true", "ttl: 20", "mode: required"):
        assert line in text
    with pytest.raises(AssertionError, match="no such line"):
        member.configured({"no such line": ""})
