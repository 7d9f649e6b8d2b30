"""`idvault log verify`: databases of both kinds and bundles, unchanged and tampered with."""

import asyncio
import json
import os
import random
import re
import select
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands, Result
from tools.support import logs, people, programs
from tools.support.databases import Databases
from tools.support.logs import VKEY
from tools.support.merkle import log_of, signer, witness

SIZE = 40
WITNESS = witness("witness.example/w1", seed=2)
OTHER = witness("witness.example/w2", seed=3)


def line_of(leaves: list[bytes]) -> str:
    """Return the last line for a log that verifies."""
    root = b64encode(logs.checkpoint_of(leaves).root).decode()
    return f"log: {len(leaves)} entries, root {root}, verified"


def outside(tmp_path: Path, leaves: list[bytes]) -> Path:
    """Write a checkpoint as somebody outside has kept it."""
    path = tmp_path / f"outside-{len(leaves)}"
    path.write_bytes(logs.signed(leaves))
    return path


def verify(idvault: Commands, databases: Databases, *options: object) -> Result:
    """Verify the main database."""
    return idvault("log", "verify", "--database", databases.main_url, "--public-key", VKEY, *options)


def wrong(result: Result) -> int:
    """Return the entry named by a refusal."""
    assert result.code == ExitCode.UNVERIFIED, result
    found = re.fullmatch(r"log: entry (\d+): .+", result.last)
    assert found, result
    return int(found[1])


def test_a_database_verifies(idvault: Commands, databases: Databases, tmp_path: Path) -> None:
    """It verifies against its own checkpoint and an outside one, of the same size or smaller."""
    leaves = asyncio.run(logs.fill(databases, 300))
    for kept in (leaves, leaves[:17], []):
        result = verify(
            idvault,
            databases,
            *("--shred-database", databases.shred_url, "--checkpoint", outside(tmp_path, kept)),
        )
        assert (result.code, result.out, result.err) == (ExitCode.DONE, line_of(leaves) + "\n", "")


def test_what_was_not_shown_is_said(idvault: Commands, databases: Databases, tmp_path: Path) -> None:
    """Without an outside checkpoint, or without any, it says what is not excluded or not covered."""
    leaves = asyncio.run(logs.fill(databases, 30, waiting=2))
    result = verify(idvault, databases, "--shred-database", databases.shred_url)
    assert result.last == line_of(leaves)
    assert "no independent checkpoint was given (--checkpoint): the log may have been truncated" in result.err
    assert "2 entries are not yet in the log" in result.err
    # A checkpoint that is older than the log covers its beginning.
    asyncio.run(logs.edit(databases, "shred", "DELETE FROM log_checkpoints"))
    result = verify(idvault, databases, "--checkpoint", outside(tmp_path, leaves[:21]))
    assert result.last == line_of(leaves[:21])
    assert "9 newer entries are consistent, but no checkpoint covers them yet" in result.err
    result = verify(idvault, databases)
    assert (result.code, result.last) == (ExitCode.DONE, line_of(leaves))
    assert "no signed checkpoint was found" in result.err
    assert "may have been truncated, or rewritten" in result.err


def test_the_second_database_is_found_beside_the_first(
    idvault: Commands, sqlite_databases: Databases
) -> None:
    """SQLite files with the usual names are in one folder; a missing second file is accepted."""
    leaves = asyncio.run(logs.fill(sqlite_databases, 20))
    assert "no signed checkpoint" not in verify(idvault, sqlite_databases).err
    Path(sqlite_databases.shred_url.removeprefix("sqlite:///")).unlink()
    result = verify(idvault, sqlite_databases)
    assert (result.code, result.last) == (ExitCode.DONE, line_of(leaves))
    assert "no signed checkpoint" in result.err


def test_an_empty_log_verifies(idvault: Commands, databases: Databases, tmp_path: Path) -> None:
    """A log without entries has the empty root."""
    assert verify(idvault, databases).last == line_of([])
    assert verify(idvault, databases, "--checkpoint", outside(tmp_path, [])).last == line_of([])


Rows = list[tuple[int | None, bytes]]


def delete(rows: Rows, rng: random.Random) -> None:
    """Delete an entry and leave the gap."""
    del rows[rng.randrange(len(rows))]


def delete_and_close(rows: Rows, rng: random.Random) -> None:
    """Delete an entry and close the gap."""
    delete(rows, rng)
    rows[:] = list(enumerate(leaf for _, leaf in rows))


def insert(rows: Rows, rng: random.Random) -> None:
    """Insert an entry; later ones move up."""
    leaves = [leaf for _, leaf in rows]
    leaves.insert(rng.randrange(len(leaves) + 1), rng.choice([*leaves, b"forged"]))
    rows[:] = list(enumerate(leaves))


def reorder(rows: Rows, rng: random.Random) -> None:
    """Exchange two entries."""
    one, two = rng.sample(range(len(rows)), 2)
    rows[one], rows[two] = (one, rows[two][1]), (two, rows[one][1])


def flip(rows: Rows, rng: random.Random) -> None:
    """Change one bit of an entry."""
    at = rng.randrange(len(rows))
    changed = bytearray(rows[at][1])
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    rows[at] = at, bytes(changed)


def truncate(rows: Rows, rng: random.Random) -> None:
    """Drop the newest entries."""
    del rows[rng.randrange(len(rows)) :]


def unplace(rows: Rows, rng: random.Random) -> None:
    """Remove an entry's index, as if it were still waiting."""
    at = rng.randrange(len(rows))
    rows[at] = None, rows[at][1]


@pytest.mark.parametrize(
    "change", [delete, delete_and_close, insert, reorder, flip, truncate, unplace], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("rebuilt", [False, True], ids=["rows", "rows-and-hashes"])
def test_tampering_with_rows_is_found(
    idvault: Commands,
    databases: Databases,
    tmp_path: Path,
    change: Callable[[Rows, random.Random], None],
    rebuilt: bool,
) -> None:
    """Deleted, inserted, moved, changed or truncated rows do not pass an outside checkpoint.

    If the stored hashes are unchanged, exactly the entry is named; if they are rebuilt to match, the first
    entry that can be wrong. `scripts/torture log` makes ten thousand such edits.
    """
    leaves = asyncio.run(logs.fill(databases, SIZE))
    kept = outside(tmp_path, leaves)
    rng = random.Random(f"{change.__name__}/{rebuilt}")  # noqa: S311 - edits, not keys
    rows: Rows = list(enumerate(leaves))
    while rows == list(enumerate(leaves)):
        change(rows, rng)
    placed = [leaf for index, leaf in rows if index is not None]
    asyncio.run(logs.rewrite(databases, rows, rebuilt=rebuilt and change is not unplace))
    first = next(at for at, leaf in enumerate([*leaves, b""]) if at >= len(placed) or placed[at] != leaf)
    for options in (("--checkpoint", kept), ("--shred-database", databases.shred_url)):
        named = wrong(verify(idvault, databases, *options))
        assert named <= first
        if not rebuilt and change not in (truncate, insert):
            assert named == first
    asyncio.run(logs.rewrite(databases, list(enumerate(leaves)), rebuilt=True))
    assert verify(idvault, databases, "--checkpoint", kept).code == ExitCode.DONE


def test_a_log_that_is_rewritten_and_signed_anew_is_a_fork(
    idvault: Commands, databases: Databases, tmp_path: Path
) -> None:
    """An attacker with the key and both databases still fails the outside checkpoint."""
    leaves = asyncio.run(logs.fill(databases, SIZE))
    kept = outside(tmp_path, leaves[:20])
    forged = [*leaves[:7], b"forged", *leaves[8:]]
    asyncio.run(logs.rewrite(databases, list(enumerate(forged)), rebuilt=True))
    asyncio.run(logs.replace_checkpoint(databases, logs.signed(forged)))
    options = ("--shred-database", databases.shred_url)
    assert verify(idvault, databases, *options).code == ExitCode.DONE
    result = verify(idvault, databases, *options, "--checkpoint", kept)
    assert wrong(result) <= 7
    assert "the log has forked" in result.last


def test_rolled_back_databases_are_found(idvault: Commands, databases: Databases, tmp_path: Path) -> None:
    """If both databases are rolled back, they are smaller than the outside checkpoint."""
    newer = log_of(SIZE + 5)
    asyncio.run(logs.fill(databases, SIZE))
    options = ("--shred-database", databases.shred_url)
    result = verify(idvault, databases, *options, "--checkpoint", outside(tmp_path, newer))
    assert wrong(result) == SIZE
    assert "the checkpoint of size 45 covers more than these 40 entries" in result.last


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "UPDATE log_head SET size = size + 1",
            "entry 40: it is missing: the head of the log says 41 entries",
        ),
        ("UPDATE log_head SET size = size - 1", "entry 39: is beyond the head of the log"),
        ("DELETE FROM log_head", "entry 0: is beyond the head of the log"),
        (
            "UPDATE log_entries SET log_index = -1 WHERE log_index = 39",
            "entry -1: is a duplicate or out of order",
        ),
        ("DELETE FROM log_nodes WHERE level = 0 AND node_index = 9", "entry 9: does not match its stored"),
        (
            "UPDATE log_nodes SET hash = (SELECT leaf FROM log_entries WHERE log_index = 4) "
            "WHERE level = 0 AND node_index = 3",
            "entry 3: does not match its stored hash",
        ),
    ],
)
def test_the_rest_of_the_log_is_held_against_its_entries(
    idvault: Commands, databases: Databases, statement: str, named: str
) -> None:
    """Head and stored hashes must match the entries, even without a checkpoint."""
    asyncio.run(logs.fill(databases, SIZE, note=False))
    asyncio.run(logs.edit(databases, "main", statement))
    result = verify(idvault, databases)
    assert result.code == ExitCode.UNVERIFIED
    assert result.last.startswith(f"log: {named}")


def test_a_head_of_another_tree(idvault: Commands, databases: Databases) -> None:
    """If all entries are covered, the head is reported as wrong, not an entry."""
    asyncio.run(logs.fill(databases, SIZE))
    asyncio.run(logs.edit(databases, "main", "UPDATE log_head SET tree = (SELECT max(hash) FROM log_nodes)"))
    result = verify(idvault, databases, "--shred-database", databases.shred_url)
    assert (result.code, result.last) == (
        ExitCode.UNVERIFIED,
        "log: the head of the log is not that of its entries",
    )


def test_text_in_the_place_of_bytes(idvault: Commands, sqlite_databases: Databases) -> None:
    """SQLite accepts any type in a column; this is reported as a wrong entry, not as a program error."""
    asyncio.run(logs.fill(sqlite_databases, SIZE))
    asyncio.run(logs.edit(sqlite_databases, "main", "UPDATE log_entries SET leaf = 'x' WHERE log_index = 6"))
    assert wrong(verify(idvault, sqlite_databases)) == 6
    asyncio.run(
        logs.edit(sqlite_databases, "main", "UPDATE log_entries SET log_index = 'x' WHERE log_index = 2")
    )
    assert wrong(verify(idvault, sqlite_databases)) == 2


def bundle(idvault: Commands, folder: Path, *options: object) -> Result:
    """Verify a folder."""
    return idvault("log", "verify", "--bundle", folder, "--public-key", VKEY, *options)


def test_a_bundle_verifies(idvault: Commands, tmp_path: Path) -> None:
    """It verifies against its own checkpoint, an outside one, or only that one."""
    leaves = log_of(600)
    folder = tmp_path / "bundle"
    logs.write_folder(folder, leaves, logs.signed(leaves))
    result = bundle(idvault, folder)
    assert (result.code, result.last) == (ExitCode.DONE, line_of(leaves))
    assert "may have been truncated" in result.err
    for size in (0, 1, 256, 300, 600):
        result = bundle(idvault, folder, "--checkpoint", outside(tmp_path, leaves[:size]))
        assert (result.code, result.out, result.err) == (ExitCode.DONE, line_of(leaves) + "\n", "")
    (folder / "checkpoint").unlink()
    result = bundle(idvault, folder, "--checkpoint", outside(tmp_path, leaves))
    assert (result.code, result.last) == (ExitCode.DONE, line_of(leaves))
    assert bundle(idvault, folder).code == ExitCode.UNREACHABLE
    assert bundle(idvault, tmp_path / "none").code == ExitCode.UNREACHABLE


def test_tampering_with_a_bundle_is_found(idvault: Commands, tmp_path: Path) -> None:
    """One changed byte names the entry; a missing file names its first entry."""
    leaves = log_of(600)
    folder = tmp_path / "bundle"
    logs.write_folder(folder, leaves, logs.signed(leaves))
    entries = folder / "tile" / "entries" / "001"
    whole = entries.read_bytes()
    entries.write_bytes(whole.replace(b"entry 300", b"entry 30O"))
    result = bundle(idvault, folder)
    assert (wrong(result), result.last) == (300, "log: entry 300: does not match its stored hash")
    entries.unlink()
    assert wrong(bundle(idvault, folder)) == 256
    entries.write_bytes(whole)
    assert bundle(idvault, folder).code == ExitCode.DONE


def test_a_bundle_that_was_cut_or_rewritten(idvault: Commands, tmp_path: Path) -> None:
    """A shorter bundle lacks entries of the outside checkpoint; another history is a fork."""
    leaves = log_of(600)
    cut, forked = tmp_path / "cut", tmp_path / "forked"
    logs.write_folder(cut, leaves[:300], logs.signed(leaves[:300]))
    result = bundle(idvault, cut, "--checkpoint", outside(tmp_path, leaves))
    assert wrong(result) == 300
    assert "the checkpoint of size 600 covers more than these 300 entries" in result.last
    forged = [*leaves[:7], b"forged", *leaves[8:]]
    logs.write_folder(forked, forged, logs.signed(forged))
    for size in (20, 300, 600):
        result = bundle(idvault, forked, "--checkpoint", outside(tmp_path, leaves[:size]))
        assert wrong(result) == 0
        assert f"signed at size {size}: the log has forked" in result.last
    assert bundle(idvault, forked, "--checkpoint", outside(tmp_path, leaves[:7])).code == ExitCode.DONE


def test_partial_files_that_are_gone_are_not_missed(idvault: Commands, tmp_path: Path) -> None:
    """For an older checkpoint the full tiles replace deleted partial ones."""
    leaves = log_of(600)
    folder = tmp_path / "bundle"
    logs.write_folder(folder, leaves, None)
    partial = folder / "tile" / "1" / "000.p" / "1"
    partial.parent.mkdir(exist_ok=True)
    partial.write_bytes((folder / "tile" / "1" / "000.p" / "2").read_bytes()[:32])
    (folder / "checkpoint").write_bytes(logs.signed(leaves[:300]))
    result = bundle(idvault, folder, "--checkpoint", outside(tmp_path, leaves[:260]))
    assert (result.code, result.last) == (ExitCode.DONE, line_of(leaves[:300]))


def test_witnesses_must_have_cosigned(idvault: Commands, tmp_path: Path) -> None:
    """The newest checkpoint needs the required cosignatures; an older outside one does not."""
    leaves = log_of(20)
    folder = tmp_path / "bundle"
    logs.write_folder(folder, leaves, logs.signed(leaves, WITNESS, time=1_800_000_000))
    demanded = ("--witness", WITNESS.key, "--checkpoint", outside(tmp_path, leaves[:9]))
    assert bundle(idvault, folder, *demanded).code == ExitCode.DONE
    both = ("--witness", WITNESS.key, "--witness", OTHER.key)
    result = bundle(idvault, folder, *both)
    assert (result.code, result.last) == (
        ExitCode.UNVERIFIED,
        "log: 1 of 2 witnesses cosigned the checkpoint",
    )
    assert bundle(idvault, folder, *both, "--quorum", 1).code == ExitCode.DONE
    assert bundle(idvault, folder, *both, "--quorum", 3).code == ExitCode.WRONG_USAGE
    # The same checkpoint with the cosignature may come from outside.
    (folder / "checkpoint").write_bytes(logs.signed(leaves))
    assert bundle(idvault, folder, "--witness", WITNESS.key).code == ExitCode.UNVERIFIED
    kept = tmp_path / "cosigned"
    kept.write_bytes(logs.signed(leaves, WITNESS, time=1_800_000_000))
    assert bundle(idvault, folder, "--witness", WITNESS.key, "--checkpoint", kept).code == ExitCode.DONE


def test_a_witness_cannot_have_cosigned_nothing(idvault: Commands, sqlite_databases: Databases) -> None:
    """Without any checkpoint a required witness fails the check."""
    asyncio.run(logs.fill(sqlite_databases, 3, note=False))
    result = verify(idvault, sqlite_databases, "--witness", WITNESS.key)
    assert (result.code, result.last) == (
        ExitCode.UNVERIFIED,
        "log: there is no checkpoint that a witness could have cosigned",
    )


@pytest.mark.parametrize("by", [signer(logs.ORIGIN, seed=9), signer("log.example/other")])
def test_a_checkpoint_of_somebody_else(idvault: Commands, tmp_path: Path, by: object) -> None:
    """A checkpoint signed by another key is refused."""
    leaves = log_of(5)
    folder = tmp_path / "bundle"
    logs.write_folder(folder, leaves, logs.signed(leaves, by=by))  # type: ignore[arg-type]
    result = bundle(idvault, folder)
    assert (result.code, result.last) == (ExitCode.UNVERIFIED, "log: no known key signed the note")
    assert bundle(idvault, folder, "--checkpoint", outside(tmp_path, leaves)).code == ExitCode.UNVERIFIED


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--public-key", VKEY), "--database"),
        (("--public-key", VKEY, "--bundle", "x", "--database", "sqlite:///x"), "--database"),
        (("--public-key", VKEY, "--bundle", "x", "--shred-database", "sqlite:///x"), "--database"),
        (("--public-key", "no key", "--bundle", "x"), "--public-key"),
        (("--public-key", VKEY, "--bundle", "x", "--witness", "no key"), "--witness"),
        (("--public-key", VKEY, "--bundle", "x", "--witness", VKEY), "--witness"),
        (("--public-key", VKEY, "--database", "mysql://x/y"), "--database"),
    ],
)
def test_wrong_usage(idvault: Commands, options: tuple[str, ...], field: str) -> None:
    """Invalid options end with 2 and are named."""
    result = idvault("--json", "log", "verify", *options)
    error = json.loads(result.err)["error"]
    assert (result.code, error["code"], error["field"]) == (ExitCode.WRONG_USAGE, "WRONG_USAGE", field)


def test_what_cannot_be_reached_is_3(idvault: Commands, tmp_path: Path) -> None:
    """A missing database or checkpoint ends with 3 and creates no file."""
    missing = tmp_path / "none.sqlite3"
    result = idvault("log", "verify", "--database", f"sqlite:///{missing}", "--public-key", VKEY)
    assert (result.code, missing.exists()) == (ExitCode.UNREACHABLE, False)
    result = bundle(idvault, tmp_path, "--checkpoint", tmp_path / "none")
    assert result.code == ExitCode.UNREACHABLE
    assert "none" in result.err


def test_json(idvault: Commands, tmp_path: Path) -> None:
    """With --json the answer is one object on stdout, and a refusal one on stderr."""
    leaves = log_of(5)
    folder = tmp_path / "bundle"
    logs.write_folder(folder, leaves, logs.signed(leaves))
    result = bundle(idvault, folder, "--json")
    assert result.err == ""
    assert json.loads(result.out) == {
        "size": 5,
        "root": b64encode(logs.checkpoint_of(leaves).root).decode(),
        "verified": True,
        "signed": True,
        "outside_checkpoint": False,
        "uncovered": 0,
        "unsequenced": 0,
    }
    entries = folder / "tile" / "entries" / "000.p" / "5"
    entries.write_bytes(entries.read_bytes().replace(b"entry 3", b"entry E"))
    result = bundle(idvault, folder, "--json")
    error = json.loads(result.err)["error"]
    assert (result.code, result.out) == (ExitCode.UNVERIFIED, "")
    assert (error["code"], error["reason"], error["field"]) == ("UNVERIFIED", "WRONG_ENTRY", "entries[3]")
    assert error["text"] == "log: entry 3: does not match its stored hash"
    (folder / "checkpoint").write_bytes(b"no note")
    error = json.loads(bundle(idvault, folder, "--json").err)["error"]
    assert error["reason"] == "MalformedNoteError"


@pytest.mark.process
def test_progress_is_for_terminals_only(tmp_path: Path) -> None:
    """A terminal shows progress; a file gets only the last line."""
    leaves = log_of(300)
    folder = tmp_path / "bundle"
    logs.write_folder(folder, leaves, logs.signed(leaves))
    kept = outside(tmp_path, leaves)
    command = [programs.VAULT, "log", "verify", "--bundle", str(folder)]
    command += ["--public-key", VKEY, "--checkpoint", str(kept)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    quiet = programs.run(*command, check=True, environment=environment)
    assert (quiet.stdout, quiet.stderr) == (line_of(leaves) + "\n", "")
    ours, theirs = os.openpty()
    try:
        with tempfile.TemporaryFile() as out, Path(os.devnull).open("rb") as nothing:
            files = (nothing.fileno(), out.fileno(), theirs)
            assert programs.launch(*command, environment=environment, files=files).wait() == 0
            out.seek(0)
            told = out.read().decode()
        shown = b""
        while select.select([ours], [], [], 0)[0]:
            shown += os.read(ours, 65_536)
    finally:
        os.close(ours)
        os.close(theirs)
    assert told == line_of(leaves) + "\n"
    assert b"300/300" in shown


def test_a_copied_folder_is_as_good(idvault: Commands, tmp_path: Path) -> None:
    """A bundle can be verified in any folder."""
    leaves = log_of(5)
    logs.write_folder(tmp_path / "one", leaves, logs.signed(leaves))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    assert bundle(idvault, tmp_path / "two").last == line_of(leaves)


@pytest.fixture
def exporting(idvault: Commands, databases: Databases) -> Commands:
    """Commands with the settings of both databases."""
    idvault.set(DATABASE_URL=databases.main_url, SHRED_DATABASE_URL=databases.shred_url)
    return idvault


def test_export_writes_what_verifies(exporting: Commands, databases: Databases, tmp_path: Path) -> None:
    """The files follow the layout up to the newest checkpoint; a repeat adds what is new."""
    leaves = asyncio.run(logs.fill(databases, 600, waiting=40))
    folder = tmp_path / "made" / "export"
    assert exporting("log", "export", folder, "--public-key", VKEY).last == "log: 600 entries exported"
    assert bundle(exporting, folder).last == line_of(leaves)
    expected = tmp_path / "expected"
    logs.write_folder(expected, leaves, logs.signed(leaves))
    assert files_of(folder) == files_of(expected)
    asyncio.run(logs.grow(databases, log_of(640)))
    assert exporting("log", "export", folder, "--public-key", VKEY).last == "log: 640 entries exported"
    assert bundle(exporting, folder).last == line_of(log_of(640))


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file that a web server would serve."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_export_reads_the_key_of_the_worker(
    idvault: Commands, sqlite_databases: Databases, tmp_path: Path
) -> None:
    """Without --public-key the log's key is read from the worker's key file."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_bytes(b"development")
    passphrase.chmod(0o600)
    idvault.set(
        DATABASE_URL=sqlite_databases.main_url,
        SHRED_DATABASE_URL=sqlite_databases.shred_url,
        KEYS=tmp_path / "keys" / "service.keys",
        KEY_PASSPHRASE_FILE=passphrase,
        LOG_ORIGIN=logs.ORIGIN,
    )
    assert idvault("keys", "init").code == ExitCode.DONE
    asyncio.run(logs.fill(sqlite_databases, 5))
    result = idvault("log", "export", tmp_path / "export")
    assert result.code == ExitCode.UNVERIFIED
    assert "one that another key signed" in result.err
    assert not (tmp_path / "export" / "checkpoint").exists()


def test_export_needs_a_checkpoint_and_a_sound_log(
    exporting: Commands, databases: Databases, tmp_path: Path
) -> None:
    """Without a checkpoint nothing is written; a damaged log is not exported."""
    asyncio.run(logs.fill(databases, 20, note=False))
    options = ("log", "export", tmp_path / "export", "--public-key", VKEY)
    result = exporting(*options)
    assert (result.code, "no checkpoint yet" in result.err) == (ExitCode.UNREACHABLE, True)
    asyncio.run(logs.grow(databases, log_of(20)))
    asyncio.run(logs.edit(databases, "main", "UPDATE log_nodes SET hash = (SELECT max(hash) FROM log_nodes)"))
    result = exporting(*options)
    assert (result.code, "does not verify" in result.err) == (ExitCode.UNVERIFIED, True)
    assert not (tmp_path / "export" / "checkpoint").exists()


def test_export_needs_its_settings(idvault: Commands, tmp_path: Path) -> None:
    """Missing settings are named, and a wrong key is wrong usage."""
    result = idvault("log", "export", tmp_path / "export")
    assert (result.code, "IDVAULT_DATABASE_URL is missing" in result.err) == (ExitCode.WRONG_USAGE, True)
    idvault.set(DATABASE_URL="sqlite:///a", SHRED_DATABASE_URL="sqlite:///b")
    result = idvault("log", "export", tmp_path / "export")
    assert (result.code, "IDVAULT_KEYS is missing" in result.err) == (ExitCode.WRONG_USAGE, True)
    assert idvault("log", "export", tmp_path, "--public-key", "x").code == ExitCode.WRONG_USAGE
    assert idvault("log", "export", tmp_path, "--public-key", VKEY).code == ExitCode.UNREACHABLE


def test_a_file_of_statements_has_a_greatest_length(idvault: Commands, tmp_path: Path) -> None:
    """A longer one is refused before it is read whole."""
    logs.write_folder(tmp_path / "bundle", log_of(5), logs.signed(log_of(5)))
    chain = people.signed(people.roster(), *people.NAMES)
    (tmp_path / "roster.json").write_bytes(chain.to_bytes())
    with (tmp_path / "epochs.json").open("wb") as file:
        file.truncate(1 << 40)
    options = ("--epochs", tmp_path / "epochs.json", "--roster", tmp_path / "roster.json")
    result = idvault("log", "verify", "--bundle", tmp_path / "bundle", "--public-key", VKEY, *options)
    assert (result.code, "longer than 4194304 bytes" in result.err) == (ExitCode.UNREACHABLE, True)
