"""Root does not write what a process of another user then cannot read."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from idvault.cli.errors import ExitCode
from tests.support.commands import Commands


def test_root_creates_no_database_for_another_user(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said which user must run the command, and nothing is created."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "owner", lambda _: "idvault")
    real = Path.stat

    def stat(path: Path, **options: bool) -> object:
        if path == tmp_path:
            return SimpleNamespace(st_uid=1000, st_mode=real(path).st_mode)
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    for name in ("DATABASE_URL", "SHRED_DATABASE_URL"):
        idvault.set(**{name: f"sqlite:///{tmp_path / name}"})
    refused = idvault("db", "upgrade")
    assert (refused.code, "run this as idvault" in refused.err) == (ExitCode.REFUSED, True)
    assert list(tmp_path.iterdir()) == []


def test_the_owner_of_new_key_files_is_said(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root is told to give the files away; a rotation leaves them to their owners."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("test\n")
    passphrase.chmod(0o600)
    for user, is_told in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        monkeypatch.setattr(os, "fchown", lambda *_: None)
        folder = tmp_path / str(user)
        idvault.set(
            KEYS=folder / "service.keys", KEY_PASSPHRASE_FILE=passphrase, LOG_ORIGIN="vault.example/log"
        )
        made = idvault("keys", "init")
        assert (made.code, "the files are root's" in made.err) == (0, is_told)
