"""Rotating a status key in the file of the process that holds it."""

from pathlib import Path

import pytest

from idvault.bootstrap.base import ENTROPY
from idvault.cli.errors import ExitCode
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from tests.support.commands import Commands


@pytest.fixture
def idvault(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Commands:
    """The command, with fresh key files."""
    commands = Commands(monkeypatch, capfd)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("test\n")
    passphrase.chmod(0o600)
    commands.set(
        KEYS=tmp_path / "keys" / "service.keys",
        KEY_PASSPHRASE_FILE=passphrase,
        LOG_ORIGIN="vault.example/log",
    )
    assert commands("keys", "init").code == ExitCode.DONE
    return commands


@pytest.mark.parametrize(
    ("file", "purpose"),
    [
        ("service", Purpose.STATUS_TOKEN),
        ("service", Purpose.MODERATION_TEXT),
        ("work", Purpose.STATUS_LIST),
    ],
)
def test_rotate(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, purpose: Purpose
) -> None:
    """A new key is added as primary, and the old one stays."""
    path = tmp_path / "keys" / f"{file}.keys"
    idvault.set(KEYS=path)
    monkeypatch.delenv("IDVAULT_LOG_ORIGIN")  # a rotation needs no origin
    done = idvault("keys", "rotate", purpose.value)
    assert (done.code, done.last) == (ExitCode.DONE, f"keys: version 1 of {purpose.value} in {path}")
    found = LocalKeyProvider.load(path, passphrase=b"test", entropy=ENTROPY).keys(purpose)
    assert (found.primary, set(found.versions)) == ("1", {"0", "1"})
    assert found.versions["0"] != found.versions["1"]


def test_a_file_of_an_older_version_is_completed(idvault: Commands, tmp_path: Path) -> None:
    """The missing keys are added to the process's own file, and no other file is made or changed."""
    old = tmp_path / "alone" / "service.keys"
    old.parent.mkdir()
    sets = key_set.fresh(Holder.SERVICE, entropy=ENTROPY)
    del sets[Purpose.MODERATION_TEXT]
    LocalKeyProvider.create(old, keys=sets, passphrase=b"test", entropy=ENTROPY)
    idvault.set(KEYS=old)
    done = idvault("keys", "complete")
    assert (done.code, done.last) == (ExitCode.DONE, f"keys: moderation-text added to {old}")
    found = LocalKeyProvider.load(old, passphrase=b"test", entropy=ENTROPY)
    assert {purpose: found.keys(purpose) for purpose in sets} == sets
    assert found.keys(Purpose.MODERATION_TEXT).primary == "0"
    assert idvault("keys", "complete").last == f"keys: nothing added to {old}"
    assert {path.name for path in old.parent.iterdir()} == {"service.keys", "service.keys.lock"}


def test_what_is_not_rotated(idvault: Commands) -> None:
    """Keys that protect stored data are not rotated like this, nor keys that the file does not hold."""
    assert idvault("keys", "rotate", "index").code == ExitCode.WRONG_USAGE
    assert idvault("keys", "rotate", "status-list").code != ExitCode.DONE
