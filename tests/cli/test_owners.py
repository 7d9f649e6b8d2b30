"""Root does not write what a process of another user then cannot read."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tools.support.logs import VKEY


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


def _owned_by_another(place: Path, monkeypatch: pytest.MonkeyPatch, *, name: str | None) -> None:
    """Let a folder be another user's. name: what the system calls the user, None if it knows none."""
    real = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        found = real(path, **options)
        return os.stat_result((*found[:4], 1000, *found[5:])) if path == place else found

    def owner(_: Path) -> str:
        if name is None:
            raise KeyError
        return name

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(Path, "owner", owner)
    monkeypatch.setattr(os, "fchown", lambda *_: None)


@pytest.mark.parametrize("below", ["", "new/export"])
@pytest.mark.parametrize(("user", "name"), [(0, "idvault"), (0, None), (1000, "idvault")])
def test_an_export_of_root_says_whose_it_is(  # noqa: PLR0917 - two parametrizations
    idvault: Commands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    below: str,
    user: int,
    name: str | None,
) -> None:
    """The worker could not add tiles to a public folder in which root wrote, nor in a new one of root's."""
    idvault.set(**{each: f"sqlite:///{tmp_path / each}" for each in ("DATABASE_URL", "SHRED_DATABASE_URL")})
    public = tmp_path / "public"
    public.mkdir()
    _owned_by_another(public, monkeypatch, name=name)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    done = idvault("log", "export", public / below, "--public-key", VKEY)
    # There is no log yet: what a refused export has written is root's, too.
    assert done.code != ExitCode.DONE
    whose = name or f"the owner of {public}"
    told = f"root's: a worker of another user cannot add to it; run this as {whose}, or give"
    assert (told in done.err) is (user == 0)


def test_an_export_to_roots_own_folder_needs_no_word(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else writes there."""
    idvault.set(**{each: f"sqlite:///{tmp_path / each}" for each in ("DATABASE_URL", "SHRED_DATABASE_URL")})
    real = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        found = real(path, **options)
        return os.stat_result((*found[:4], 0, *found[5:])) if path == tmp_path else found

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(os, "fchown", lambda *_: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "root's" not in idvault("log", "export", tmp_path, "--public-key", VKEY).err


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
