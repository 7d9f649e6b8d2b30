"""The commands on key files."""

import asyncio
import json
import shutil
import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.sanction import appeals
from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault_verify.attest import passphrase
from idvault_verify.commands.errors import ExitCode
from tests.support import hardware
from tests.support.commands import Commands
from tests.support.sealed_rows import TEXTS_OF_A_CASE, SealedRows
from tools.support.databases import Databases
from tools.support.people import CHEAP


@pytest.fixture
def idvault(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Commands:
    """The command, with fresh key files that one passphrase file opens."""
    commands = Commands(monkeypatch, capfd)
    words = tmp_path / "passphrase"
    words.write_text("test\n")
    words.chmod(0o600)
    commands.set(
        KEYS=tmp_path / "keys" / "service.keys",
        KEY_PASSPHRASE_FILE=words,
        LOG_ORIGIN="vault.example/log",
    )
    assert commands("keys", "init").code == ExitCode.DONE
    return commands


@pytest.mark.parametrize(
    ("file", "purpose"),
    [
        ("service", Purpose.STATUS_TOKEN),
        ("service", Purpose.MODERATION_TEXT),
        ("service", Purpose.INDEX),
        ("service", Purpose.REQUEST),
        ("custody", Purpose.CASE_TEXT),
        ("custody", Purpose.SECOND_FACTOR),
        ("custody", Purpose.PERSON_REQUEST),
        ("work", Purpose.STATUS_LIST),
    ],
)
def test_rotate(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, purpose: Purpose
) -> None:
    """A new key is added; it is not the primary one until processes have announced it."""
    path = tmp_path / "keys" / f"{file}.keys"
    idvault.set(KEYS=path)
    monkeypatch.delenv("IDVAULT_LOG_ORIGIN")  # a rotation needs no origin
    done = idvault("keys", "rotate", purpose.value)
    assert (done.code, done.last) == (ExitCode.DONE, f"keys: version 1 of {purpose.value} in {path}")
    found = LocalKeyProvider.load(path, passphrase=b"test", entropy=ENTROPY).keys(purpose)
    assert (found.primary, set(found.versions)) == ("0", {"0", "1"})
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
    """Keys from which published or stored ids are derived for ever, and keys that the file does not hold."""
    for purpose in ("pairwise", "reference", "intake"):
        assert idvault("keys", "rotate", purpose).code == ExitCode.WRONG_USAGE
    assert idvault("keys", "rotate", "status-list").code != ExitCode.DONE


def test_each_file_gets_a_passphrase_of_its_own(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a passphrase file, three are made, and each opens one key file; a repeat changes nothing."""
    monkeypatch.delenv("IDVAULT_KEY_PASSPHRASE_FILE")
    folder = tmp_path / "own"
    idvault.set(KEYS=folder / "service.keys")
    first = idvault("keys", "init")
    words = {holder: (folder / f"{holder.value}.passphrase").read_text().strip() for holder in Holder}
    assert len(set(words.values())) == 3
    assert [line for line in first.out.splitlines() if line.startswith("passphrase: ")] == [
        f"passphrase: {folder / holder.value}.passphrase" for holder in Holder
    ]
    for holder in Holder:
        path = folder / f"{holder.value}.keys"
        assert LocalKeyProvider.load(path, passphrase=words[holder].encode(), entropy=ENTROPY).purposes
        assert passphrase.is_generated(words[holder].encode())
        assert len(set(urlsafe_b64decode(words[holder][-48:])[:32])) > 16  # 32 random bytes, and no fewer
        assert passphrase.cost_of(path.read_bytes()) == passphrase.LEAST_COST
        assert path.with_suffix(".passphrase").stat().st_mode & 0o077 == 0
    assert idvault("keys", "init").out == "".join(
        line for line in first.out.splitlines(keepends=True) if not line.startswith("passphrase: ")
    )
    idvault.set(KEY_PASSPHRASE_FILE=folder / "service.passphrase", DATABASE_URL=f"sqlite:///{folder}/m")
    assert idvault("keys", "init").code == ExitCode.DONE  # each is found beside the one that is set


def test_words_of_a_person_are_made_slow_to_try(idvault: Commands, tmp_path: Path) -> None:
    """`keys init` writes each file at the full cost if the operator gives the passphrase."""
    for holder in Holder:
        assert passphrase.cost_of((tmp_path / "keys" / f"{holder.value}.keys").read_bytes()) == CHEAP


def test_an_interrupted_init_leaves_no_empty_passphrase(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A passphrase file that a crash has left empty is named, and no key file is made under it."""
    monkeypatch.delenv("IDVAULT_KEY_PASSPHRASE_FILE")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "service.passphrase").touch(0o600)
    idvault.set(KEYS=folder / "service.keys")
    refused = idvault("keys", "init")
    assert refused.code != ExitCode.DONE
    assert f"the passphrase for {folder / 'service.keys'} is empty" in refused.err
    assert not (folder / "service.keys").exists()


def test_list(idvault: Commands, tmp_path: Path) -> None:
    """Each version with its check value, which is the same in a copy and another one for another key."""
    idvault("keys", "rotate", "moderation-text")
    found = idvault("keys", "list")
    assert (found.code, found.last) == (0, f"keys: 8 in {tmp_path / 'keys' / 'service.keys'}")
    listed = [json.loads(line) for line in idvault("--json", "keys", "list").out.splitlines()]
    texts = [one for one in listed if one["purpose"] == "moderation-text"]
    assert [(one["version"], one["primary"]) for one in texts] == [("0", True), ("1", False)]
    assert len({one["check"] for one in listed}) == 8
    assert all(one["check"] in found.out for one in listed)


def test_a_new_passphrase(idvault: Commands, tmp_path: Path) -> None:
    """One file is encrypted again, its passphrase file follows, and a repeat after a crash mends the rest."""
    path, new, old = tmp_path / "keys" / "service.keys", tmp_path / "new", tmp_path / "passphrase"
    _split(tmp_path)
    new.write_text("better words\n")
    before = path.with_name("work.keys").read_bytes()
    for _ in range(2):
        done = idvault("keys", "passphrase", "--new", new)
        assert (done.code, done.last) == (ExitCode.DONE, f"keys: {path} has the new passphrase")
        assert LocalKeyProvider.load(path, passphrase=b"better words", entropy=ENTROPY).purposes
        assert old.read_text() == "better words\n"
        old.write_text("test\n")  # as if the command had ended in between
    assert path.with_name("work.keys").read_bytes() == before
    old.write_text("neither")
    new.write_text("third")
    assert idvault("keys", "passphrase", "--new", new).code == ExitCode.UNREACHABLE


def _split(folder: Path) -> None:
    """Give the other key files copies of the passphrase that they had in common."""
    for name in ("custody", "work"):
        shutil.copy2(folder / "passphrase", folder / f"{name}.passphrase")


def test_a_passphrase_that_opens_other_key_files_stays(idvault: Commands, tmp_path: Path) -> None:
    """Nobody would open them any more: nothing changes until each has a copy, which a link is not."""
    keys, new, old = tmp_path / "keys", tmp_path / "new", tmp_path / "passphrase"
    new.write_text("better words\n")
    before = (keys / "service.keys").read_bytes()

    def refused() -> str:
        done = idvault("keys", "passphrase", "--new", new)
        assert (done.code, old.read_text()) == (ExitCode.REFUSED, "test\n")
        assert (keys / "service.keys").read_bytes() == before
        return done.err

    assert "opens custody.keys, work.keys: first copy it to custody.passphrase, work.passphrase" in refused()
    _split(tmp_path)
    (tmp_path / "work.passphrase").unlink()
    (tmp_path / "work.passphrase").symlink_to(old)
    assert "opens work.keys:" in refused()
    (tmp_path / "work.passphrase").unlink()
    (keys / "work.keys").chmod(0o640)  # so it is not opened
    assert "opens work.keys:" in refused()
    _split(tmp_path)
    assert idvault("keys", "passphrase", "--new", new).code == ExitCode.DONE
    for name in ("custody", "work"):
        idvault.set(KEYS=keys / f"{name}.keys", KEY_PASSPHRASE_FILE=tmp_path / f"{name}.passphrase")
        (keys / f"{name}.keys").chmod(0o600)
        assert idvault("keys", "list").code == ExitCode.DONE


def test_a_key_file_with_a_passphrase_elsewhere_is_no_obstacle(idvault: Commands, tmp_path: Path) -> None:
    """It is not opened by this passphrase file, wherever its own is; one in a module might be."""
    new, other = tmp_path / "new", tmp_path / "keys" / "other.keys"
    new.write_text("better words\n")
    _split(tmp_path)
    made = key_set.fresh(Holder.WORK, entropy=ENTROPY)
    LocalKeyProvider.create(other, keys=made, passphrase=b"elsewhere", entropy=ENTROPY, cost=CHEAP)
    assert idvault("keys", "passphrase", "--new", new).code == ExitCode.DONE
    locked = {"format": "idvault/pkcs11/v1", "token": "t", "label": "k", "nonce": "", "ciphertext": ""}
    other.write_text(json.dumps(locked))
    assert "opens other.keys:" in idvault("keys", "passphrase", "--new", new).err


def test_a_passphrase_file_that_cannot_be_written(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator is told to write it; a new passphrase that is missing or empty changes nothing."""
    new, folder = tmp_path / "new", tmp_path / "mounted"
    folder.mkdir()
    (tmp_path / "passphrase").rename(folder / "passphrase")
    _split(folder)
    idvault.set(KEY_PASSPHRASE_FILE=folder / "passphrase")
    assert idvault("keys", "passphrase", "--new", new).code == ExitCode.WRONG_USAGE
    new.write_text("\n")
    assert "empty" in idvault("keys", "passphrase", "--new", new).err
    new.write_bytes(b"words\r\r\n")  # would be read back without the second one
    assert "two carriage returns" in idvault("keys", "passphrase", "--new", new).err
    assert idvault("keys", "list").code == ExitCode.DONE
    new.write_text("words")
    (folder / ".passphrase.draft").mkdir()  # where the new content would be written
    refused = idvault("keys", "passphrase", "--new", new)
    assert (refused.code, "put the new passphrase there" in refused.err) == (ExitCode.REFUSED, True)
    (folder / "passphrase").write_text("words")
    assert idvault("keys", "list").code == ExitCode.DONE


@pytest.fixture
def stored(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> Commands:
    """The command, with databases whose texts are under the first version of their keys."""
    idvault.set(DATABASE_URL=sqlite_databases.main_url, SHRED_DATABASE_URL=sqlite_databases.shred_url)
    assert idvault("db", "upgrade").code == ExitCode.DONE
    assert idvault("keys", "rewrap").last == "rewrap: 0 sealed anew, 0 not opened, 0 keys destroyed"
    keys = LocalKeyProvider.load(tmp_path / "keys" / "service.keys", passphrase=b"test", entropy=ENTROPY)
    asyncio.run(_on_main(tmp_path, lambda rows: rows.file_texts(keys, 1)))
    return idvault


async def _on_main(folder: Path, work: Callable[[SealedRows], Awaitable[None]]) -> None:
    database = Database(url=f"sqlite:///{folder}/main.sqlite3")
    try:
        await work(SealedRows(database))
    finally:
        await database.close()


def _age(folder: Path) -> None:
    """Let two hours pass for what is announced."""
    with closing(sqlite3.connect(folder / "main.sqlite3")) as database, database:
        database.execute("UPDATE key_versions SET announced_at = announced_at - 7200000000")


def test_a_rotation_from_beginning_to_end(stored: Commands, tmp_path: Path) -> None:
    """Announced, in use, sealed anew, destroyed: `list` says how far it is, and `rewrap` what it did."""

    def states() -> list[tuple[str, str, int | None]]:
        listed = [json.loads(line) for line in stored("--json", "keys", "list").out.splitlines()]
        texts = [one for one in listed if one["purpose"] == "moderation-text"]
        return [(one["version"], one["state"], one["stored"]) for one in texts]

    assert states() == [("0", "in use", TEXTS_OF_A_CASE)]
    stored("keys", "rotate", "moderation-text")
    _age(tmp_path)
    assert states() == [("0", "in use", TEXTS_OF_A_CASE), ("1", "announced", None)]
    assert "announced" in stored("keys", "list").out
    assert "version 0 is kept" not in stored("keys", "rewrap").out
    _age(tmp_path)
    assert states() == [("0", "former", TEXTS_OF_A_CASE), ("1", "in use", None)]
    done = stored("keys", "rewrap", "moderation-text")
    assert done.code == ExitCode.DONE
    assert done.out.splitlines()[:2] == [
        f"moderation-text: {TEXTS_OF_A_CASE} sealed anew, 0 left",
        "  version 0 is destroyed in this file",
    ]
    assert done.last == f"rewrap: {TEXTS_OF_A_CASE} sealed anew, 0 not opened, 1 keys destroyed"
    assert states() == [("1", "in use", TEXTS_OF_A_CASE)]
    (again,) = stored("--json", "keys", "rewrap", "moderation-text").out.splitlines()
    assert json.loads(again) == {
        "purpose": "moderation-text",
        "sealed_anew": 0,
        "left": 0,
        "not_opened": 0,
        "kept": {},
        "over": [0],
        "destroyed": [],
    }


def test_what_does_not_open_is_said(stored: Commands, tmp_path: Path) -> None:
    """The exit code is 1, and the version is kept."""
    stored("keys", "rotate", "moderation-text")
    for _ in range(2):
        _age(tmp_path)
        stored("keys", "list")
    damaged = statement(update(appeals).values(text=b"damaged"))

    async def damage(rows: SealedRows) -> None:
        await rows.database.act("test.damage", lambda connection: connection.run(damaged))

    asyncio.run(_on_main(tmp_path, damage))
    done = stored("keys", "rewrap")
    assert done.code == ExitCode.CHECK_FAILED
    assert "  version 0 is kept: 1 are under it" in done.out.splitlines()
    assert done.last == f"rewrap: {TEXTS_OF_A_CASE - 1} sealed anew, 1 not opened, 0 keys destroyed"


def test_the_first_key_of_reports_is_kept(stored: Commands, tmp_path: Path) -> None:
    """Although nobody has reported yet: who does so later gets an id under it."""
    stored("keys", "rotate", "tip-off")
    stored("keys", "list")
    _age(tmp_path)
    done = stored("keys", "rewrap", "tip-off")
    assert done.code == ExitCode.DONE
    assert "  version 0 is kept: it is needed for ever" in done.out.splitlines()


def test_a_lost_version_is_withdrawn(stored: Commands, tmp_path: Path) -> None:
    """The file of before is back; what it lacks is withdrawn once, and can be made again."""
    path = tmp_path / "keys" / "service.keys"
    before = path.read_bytes()
    stored("keys", "rotate", "moderation-text")
    stored("keys", "list")  # announces it
    kept = stored("keys", "withdraw", "moderation-text")
    assert (kept.code, "has version 1" in kept.err) == (ExitCode.REFUSED, True)
    path.write_bytes(before)
    done = stored("keys", "withdraw", "moderation-text")
    assert (done.code, done.last) == (ExitCode.DONE, "keys: version 1 of moderation-text is withdrawn")
    assert stored("keys", "withdraw", "moderation-text").code == ExitCode.REFUSED
    assert stored("keys", "rotate", "moderation-text").last == f"keys: version 1 of moderation-text in {path}"
    assert stored("keys", "list").code == ExitCode.DONE


@pytest.mark.process
def test_a_hardware_module_opens_a_key_file(idvault: Commands, tmp_path: Path) -> None:
    """The PIN takes the place of the passphrase; a repeat after a crash mends the rest."""
    module, pin, path = hardware.module(), tmp_path / "pin", tmp_path / "keys" / "service.keys"
    pin.write_bytes(hardware.PIN)
    _split(tmp_path)
    refused = idvault("keys", "into-module", "--pin", pin)
    assert (refused.code, "IDVAULT_PKCS11_URI is missing" in refused.err) == (ExitCode.REFUSED, True)
    idvault.set(PKCS11_URI=hardware.uri(module))
    for _ in range(2):
        done = idvault("keys", "into-module", "--pin", pin)
        assert done.err == ""
        assert (done.code, done.last) == (ExitCode.DONE, f"keys: the module opens {path}")
        assert (tmp_path / "passphrase").read_bytes().strip() == hardware.PIN
        assert idvault("keys", "list").code == ExitCode.DONE
        assert idvault("keys", "rotate", "index").code == ExitCode.DONE
        (tmp_path / "passphrase").write_text("test\n")  # as if the command had ended in between
    folder = tmp_path / "mounted"
    (folder / ".passphrase.draft").mkdir(parents=True)
    (folder / "passphrase").write_bytes(hardware.PIN)
    (folder / "passphrase").chmod(0o600)
    idvault.set(KEY_PASSPHRASE_FILE=folder / "passphrase")
    assert "put the PIN there" in idvault("keys", "into-module", "--pin", pin).err
