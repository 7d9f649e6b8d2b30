"""Root starts no process of another user."""

import os
from pathlib import Path

import pytest

from idvault.core import secret_file
from idvault.core.config import ConfigError, Process, load

USER = 4242


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a key file of a user without a name."""
    path = tmp_path / "work.keys"
    path.touch(mode=0o600)
    real = Path.stat

    def stat(place: Path, **options: bool) -> os.stat_result:
        found = real(place, **options)
        return os.stat_result((*found[:4], USER, *found[5:])) if place == path else found

    monkeypatch.setattr(Path, "stat", stat)
    return path


def test_root_is_told_whose_process_it_is(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root wrote, the process's own user could not read at its next start."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert list(secret_file.owner_problems("IDVAULT_KEYS", keys)) == [
        "IDVAULT_KEYS is another user's, who could not read what root writes: run this as its owner"
    ]
    monkeypatch.setattr(Path, "owner", lambda _: "idvault-work")
    assert next(iter(secret_file.owner_problems("IDVAULT_KEYS", keys))).endswith("run this as idvault-work")
    assert list(secret_file.owner_problems("IDVAULT_KEYS", keys.with_name("none.keys"))) == []


def test_everybody_else_may(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner of the file, and who can read it for another reason."""
    monkeypatch.setattr(os, "geteuid", lambda: USER)
    assert list(secret_file.owner_problems("IDVAULT_KEYS", keys)) == []


def test_each_process_with_keys_asks(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges and worker refuse; a command such as keys rotate leaves the file to its owner."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("IDVAULT_KEYS", str(keys))
    for process in (Process.PLATFORM_EDGE, Process.CUSTODY_EDGE, Process.WORK, Process.KEY_FILE):
        with pytest.raises(ConfigError) as refused:
            load(process)
        told = [each for each in refused.value.problems if "another user's" in each]
        assert len(told) == (process is not Process.KEY_FILE)
