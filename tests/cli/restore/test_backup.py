"""`idvault backup` and `idvault restore --check`: what they print, and their exit codes."""

import asyncio
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from idvault.core.tables.log import log_entries
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tests.support.pair_world import PairWorld
from tools.support.databases import Databases
from tools.support.log_world import KEY


class Vault:
    """A deployment between two commands: each of its acts opens the files itself."""

    def __init__(self, databases: Databases, folder: Path, idvault: Commands) -> None:
        self.databases, self.folder = databases, folder
        self.run = idvault
        idvault.set(DATABASE_URL=databases.main_url, SHRED_DATABASE_URL=databases.shred_url)

    def sign_up(self, count: int = 1, *, forget: bool = False, erase: bool = False) -> list[str]:
        """Sign people up; lose the shred key of the last, or erase it."""

        async def work() -> list[str]:
            world = await PairWorld(self.databases, self.folder).begin()
            tokens = await world.sign_up(count)
            if forget or erase:
                await world.forget_key(tokens[-1], erased=erase)
            await world.close()
            return tokens

        return asyncio.run(work())

    def files(self) -> tuple[Path, Path]:
        main, shred = (url.removeprefix("sqlite:///") for url in _urls(self.databases))
        return Path(main), Path(shred)

    def bring_back(self, backup: Path, *names: str) -> None:
        """Restore some files of a backup as docs/operations.md says."""
        for path in self.files():
            if path.name in names:
                for beside in path.parent.glob(f"{path.name}-*"):
                    beside.unlink()
                shutil.copy(backup / path.name, path)


def _urls(databases: Databases) -> tuple[str, str]:
    return databases.main_url, databases.shred_url


@pytest.fixture
def vault(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> Vault:
    return Vault(sqlite_databases, tmp_path, idvault)


def test_a_backup_says_what_is_in_it_and_what_is_not(vault: Vault, tmp_path: Path) -> None:
    """Counts, the last day of the shred keys' copy, and the key files by name; the files are private."""
    vault.sign_up(3)
    made = vault.run("backup", tmp_path / "b")
    assert made.code == ExitCode.DONE, made.err
    lines = made.out.splitlines()
    day = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    assert lines[:3] == [
        "backup: main: 6 entries, 3 accounts, 3 records",
        f"backup: shred: 3 keys; destroy shred.sqlite3 after {day}",
        "backup: not in it: service.keys, custody.keys, work.keys, their passphrases, report/: "
        "keep them apart",
    ]
    names = sorted(path.name for path in (tmp_path / "b").iterdir())
    assert names == ["main.sqlite3", "manifest.json", "shred.sqlite3"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "b").iterdir())
    found = json.loads((tmp_path / "b" / "manifest.json").read_text("utf-8"))
    assert (found["entries"], found["signed"], found["keys"]) == (6, 6, 3)
    checked = vault.run("restore", "--check", "--backup", tmp_path / "b")
    assert (checked.code, checked.last) == (
        ExitCode.DONE,
        "restore: complete: 3 records, and nothing that is known is missing",
    )
    # The check has changed nothing: it passes again.
    assert vault.run("restore", "--check", "--backup", tmp_path / "b").code == ExitCode.DONE
    assert vault.run("backup", tmp_path / "b").code == ExitCode.UNREACHABLE


def test_the_shred_keys_copy_can_be_elsewhere_and_is_missed_after_its_time(
    vault: Vault, tmp_path: Path
) -> None:
    """Backups of the main database are kept; that of the shred database is destroyed after a week."""
    vault.sign_up()
    assert vault.run("backup", tmp_path / "b", "--shred-to", tmp_path / "s").code == ExitCode.DONE
    assert vault.run("restore", "--check", "--backup", tmp_path / "b").code == ExitCode.DONE
    (tmp_path / "s" / "shred.sqlite3").unlink()
    manifest = tmp_path / "b" / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"destroy_after": "20', '"destroy_after": "10'))
    gone = vault.run("restore", "--check", "--backup", tmp_path / "b")
    assert gone.code == ExitCode.CHECK_FAILED
    assert "shred.sqlite3 is not there, which was due after 10" in gone.out
    assert gone.last == "restore: incomplete: 1 findings"


def test_a_damaged_backup_is_not_complete(vault: Vault, tmp_path: Path) -> None:
    """A changed byte is found by the digest; a folder without a manifest is no backup."""
    vault.sign_up()
    vault.run("backup", tmp_path / "b")
    path = tmp_path / "b" / "main.sqlite3"
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    found = vault.run("restore", "--check", "--backup", tmp_path / "b", "--json")
    assert found.code == ExitCode.CHECK_FAILED
    assert json.loads(found.out) == {
        "complete": False,
        "missing": ["main.sqlite3 is not the file that was copied: its size or its digest differs"],
    }
    for content_of in (None, "{}", "no json"):
        manifest = tmp_path / "b" / "manifest.json"
        manifest.unlink() if content_of is None else manifest.write_text(content_of)
        assert vault.run("restore", "--check", "--backup", tmp_path / "b").code == ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("names", "older", "unkeyed"),
    [
        (("main.sqlite3",), ["the main database is older"], 0),
        (("shred.sqlite3",), ["the shred database is older"], 2),
        (("main.sqlite3", "shred.sqlite3"), ["the main database is older", "the shred database is older"], 0),
    ],
)
def test_restored_files_of_different_ages_are_told_apart(
    vault: Vault, tmp_path: Path, names: tuple[str, ...], older: list[str], unkeyed: int
) -> None:
    """Which database is old, by how many entries, and whose records have lost their keys."""
    vault.sign_up(2)
    vault.run("backup", tmp_path / "b")
    late = vault.sign_up(2)
    vault.bring_back(tmp_path / "b", *names)
    outside = tmp_path / "public" / "checkpoint"
    found = vault.run(
        *("restore", "--check", "--checkpoint", outside, "--public-key", KEY, "--list", tmp_path / "l")
    )
    assert found.code == ExitCode.CHECK_FAILED, found
    missing = [line for line in found.out.splitlines() if line.startswith("restore: missing:")]
    assert len(missing) == len(older) + bool(unkeyed)
    for line, said in zip(missing, older, strict=False):
        assert said in line
        assert "4 entries more" in line
    assert sorted((tmp_path / "l").read_text("utf-8").split()) == (sorted(late) if unkeyed else [])
    assert sum(token in found.out for token in late) == unkeyed
    assert found.last == f"restore: incomplete: {len(missing)} findings"
    assert "tamper" not in found.out


def test_a_lost_key_is_missed_and_an_erased_one_is_not(vault: Vault) -> None:
    """The record of an erased account has no key, as meant: it is counted apart."""
    vault.sign_up(2, erase=True)
    fine = vault.run("restore", "--check")
    assert fine.code == ExitCode.DONE
    assert "restore: 1 records of erased accounts have no shred key, as meant" in fine.out
    lost = vault.sign_up(2, forget=True)[-1]
    found = vault.run("restore", "--check", "--json")
    assert found.code == ExitCode.CHECK_FAILED
    told = json.loads(found.out)
    assert (told["without_key"], told["erased"], told["complete"]) == ([lost], 1, False)


def test_many_names_go_to_a_file(vault: Vault) -> None:
    """Ten are printed, the others are counted."""

    async def work() -> None:
        world = await PairWorld(vault.databases, vault.folder).begin()
        for token in await world.sign_up(12):
            await world.forget_key(token)
        await world.close()

    asyncio.run(work())
    found = vault.run("restore", "--check")
    assert "restore: no shred key: 2 more (--list FILE)" in found.out


def test_a_contradiction_is_no_difference_of_age(vault: Vault, tmp_path: Path) -> None:
    """An entry that a signed checkpoint contradicts is named, with exit code 5."""
    vault.sign_up(2)
    outside = tmp_path / "kept"
    shutil.copy(tmp_path / "public" / "checkpoint", outside)

    async def edit() -> None:
        world = PairWorld(vault.databases, vault.folder)
        changed = update(log_entries).where(log_entries.c.log_index == 1).values(leaf=b"another")
        await world.people.do(changed)
        await world.close()

    asyncio.run(edit())
    found = vault.run("restore", "--check", "--checkpoint", outside)
    assert found.code == ExitCode.UNVERIFIED
    assert "restore: log: entry 1" in found.err


def test_what_a_command_needs_is_said(vault: Vault, tmp_path: Path) -> None:
    """PostgreSQL has its own tools, and a restore without a verb does nothing."""
    assert vault.run("restore").code == ExitCode.WRONG_USAGE
    vault.run.set(DATABASE_URL="postgresql:///vault", SHRED_DATABASE_URL="postgresql:///shred")
    refused = vault.run("backup", tmp_path / "b")
    assert refused.code == ExitCode.WRONG_USAGE
    assert "pg_basebackup" in refused.err


def test_a_backup_of_another_tool_is_noted(idvault: Commands, tmp_path: Path) -> None:
    """The last step of a job leaves the time in the worker's folder; without the folder nothing is noted."""
    assert idvault("backup-ended", "main").err.startswith("idvault: IDVAULT_BACKUP_DIR is missing: ")
    idvault.set(BACKUP_DIR=tmp_path)
    done = idvault("backup-ended", "shred")
    assert (done.code, done.last) == (
        ExitCode.DONE,
        f"backup-ended: shred: noted in {tmp_path}/shred.backup-ended",
    )
    ended = datetime.fromisoformat((tmp_path / "shred.backup-ended").read_text().strip())
    assert abs(ended - datetime.now(UTC)) < timedelta(minutes=5)
    assert idvault("backup-ended", "both").code == ExitCode.WRONG_USAGE
    idvault.set(BACKUP_DIR=tmp_path / "gone")
    refused = idvault("backup-ended", "main")
    assert refused.code == ExitCode.REFUSED
    assert "the folder in IDVAULT_BACKUP_DIR cannot be written to: No such file or directory" in refused.err


def test_root_is_told_whose_the_copies_are(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker reads the newest backup's age, and has another user."""
    vault.sign_up()
    for user, is_told in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        made = vault.run("backup", tmp_path / str(user))
        assert made.code == ExitCode.DONE, made.err
        assert (made.code, "the copies are root's" in made.err) == (ExitCode.DONE, is_told)
