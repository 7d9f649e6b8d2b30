"""Promise 7: random edits of a log, each verified against an outside checkpoint.

Entries of a log, in a public directory and in a SQLite database in turn, are deleted, inserted, reordered,
flipped and truncated. Half of the time the rest is unchanged; half of the time hashes, tiles and head are
rebuilt and signed with the log's key, as a thief of that key would do. Verification is that of
`idvault log verify`. An edit is misnamed if the error does not name the first entry that differs or is
certainly missing.
"""

import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

from idvault.log.store import NEWEST
from idvault.processes import migrations
from idvault.processes.cli import log_source
from idvault.processes.cli.log_source import BundleSource, DatabaseSource, Source
from idvault_verify.transparency.tile import HEIGHT, WIDTH, encode_bundle, grown_bundles
from idvault_verify.transparency.tree import CompactRange, LogError, leaf_hash
from idvault_verify.transparency.verifier import WrongEntryError
from tools.support import folders, logs
from tools.support.merkle import log_of
from tools.torture.campaign import Options
from tools.torture.tally import Tally

SIZE = 2 * WIDTH + 88

Leaves = list[bytes]
Edit = Callable[[Leaves, random.Random], None]


def delete(leaves: Leaves, dice: random.Random) -> None:
    """Delete an entry and close the gap."""
    del leaves[dice.randrange(len(leaves))]


def insert(leaves: Leaves, dice: random.Random) -> None:
    """Insert an entry, which may be a copy of another."""
    leaves.insert(dice.randrange(len(leaves)), dice.choice([*leaves, b"", dice.randbytes(40)]))


def reorder(leaves: Leaves, dice: random.Random) -> None:
    """Exchange two entries."""
    one, two = dice.sample(range(len(leaves)), 2)
    leaves[one], leaves[two] = leaves[two], leaves[one]


def flip(leaves: Leaves, dice: random.Random) -> None:
    """Change one bit of an entry."""
    at = dice.randrange(len(leaves))
    changed = bytearray(leaves[at])
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    leaves[at] = bytes(changed)


def truncate(leaves: Leaves, dice: random.Random) -> None:
    """Drop the newest entries."""
    del leaves[dice.randrange(len(leaves)) :]


EDITS: tuple[Edit, ...] = (delete, insert, reorder, flip, truncate)


class Folder:
    """The log as a public directory."""

    def __init__(self, folder: Path, leaves: Leaves) -> None:
        self._true, self._copy = folder / "true", folder / "copy"
        logs.write_folder(self._true, leaves, logs.signed(leaves))

    def edited(self, leaves: Leaves, *, signed: bool) -> Source:
        """Return a copy with other entries; signed: with matching tiles and checkpoint."""
        shutil.rmtree(self._copy, ignore_errors=True)
        if signed:
            logs.write_folder(self._copy, leaves, logs.signed(leaves))
            return BundleSource(self._copy)
        folders.copy(self._true, self._copy)
        # Uses the file names that the checkpoint needs; entries beyond it are in the last file.
        for bundle in grown_bundles(0, SIZE):
            end = bundle.start + WIDTH if bundle.width == WIDTH else None
            (self._copy / bundle.path).write_bytes(encode_bundle(leaves[bundle.start : end]))
        return BundleSource(self._copy)


class Tables:
    """The log as a pair of SQLite databases."""

    def __init__(self, folder: Path, leaves: Leaves) -> None:
        self._true, self._copy = folder / "true", folder / "copy"
        for place in (self._true, self._copy):
            place.mkdir()
        migrations.upgrade(*map(_url, _files(self._true)))
        _rewrite(self._true, leaves, signed=True)

    def edited(self, leaves: Leaves, *, signed: bool) -> Source:
        """Return a copy with other entries; signed: with matching hashes, head and checkpoint."""
        for true, copy in zip(_files(self._true), _files(self._copy), strict=True):
            shutil.copy(true, copy)
        _rewrite(self._copy, leaves, signed=signed)
        main, shred = map(_url, _files(self._copy))
        return DatabaseSource(database_url=main, shred_database_url=shred)


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "main.sqlite3", folder / "shred.sqlite3"


def _url(file: Path) -> str:
    return f"sqlite:///{file}"


def _rewrite(folder: Path, leaves: Leaves, *, signed: bool) -> None:
    """Replace all entries, as somebody with access to the files could."""
    main, shred = _files(folder)
    with closing(sqlite3.connect(main)) as database, database:
        # Nothing here must survive a crash, and ten thousand syncs would be slow.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("DELETE FROM log_entries")
        rows = [(f"{at:032x}", at, leaf) for at, leaf in enumerate(leaves)]
        database.executemany(
            "INSERT INTO log_entries (entry_id, log_index, leaf, occurred_at, recorded_at) "
            "VALUES (?, ?, ?, 0, 0)",
            rows,
        )
        if signed:
            _rehash(database, leaves)
    if signed:
        with closing(sqlite3.connect(shred)) as database, database:
            database.execute("PRAGMA synchronous = OFF")
            row = (NEWEST, logs.signed(leaves))
            database.execute("INSERT OR REPLACE INTO log_checkpoints (name, note) VALUES (?, ?)", row)


def _rehash(database: sqlite3.Connection, leaves: Leaves) -> None:
    tree, nodes = CompactRange(), []
    for at, leaf in enumerate(leaves):
        completed = tree.append(leaf_hash(leaf))
        nodes += [(level, at >> level, completed[level]) for level in range(0, len(completed), HEIGHT)]
    database.execute("DELETE FROM log_nodes")
    database.executemany("INSERT INTO log_nodes (level, node_index, hash) VALUES (?, ?, ?)", nodes)
    head = (1, tree.size, tree.to_bytes(), 0)
    database.execute(
        "INSERT OR REPLACE INTO log_head (singleton, size, tree, sequenced_at) VALUES (?, ?, ?, ?)", head
    )


def edits(leaves: Leaves, dice: random.Random) -> Iterator[tuple[str, Leaves]]:
    """Yield edited logs forever, one to three edits of a kind at once; appending is not an edit."""
    for edit in cycle(EDITS):
        edited = list(leaves)
        while edited[: len(leaves)] == leaves:
            for _ in range(dice.randrange(1, 4)):
                # Exchanging entries needs at least two.
                if len(edited) > 1:
                    edit(edited, dice)
        yield edit.__name__, edited


def judge(source: Source, outside: bytes, leaves: Leaves, edited: Leaves, *, signed: bool) -> str:
    """Return the result of verification: found, misnamed, or undetected."""
    trust = log_source.read_trust(public_key=logs.VKEY, witness=[], quorum=None)
    first = next(
        (at for at, (one, other) in enumerate(zip(leaves, edited, strict=False)) if one != other), len(edited)
    )
    if signed and len(edited) < len(leaves):
        # The outside checkpoint covers more entries than there are: the first certainly missing one is named.
        first = len(edited)
    try:
        source.verify(trust, [outside], lambda _total: lambda _done: None)
    except WrongEntryError as error:
        return "found" if error.index <= first <= error.last else "misnamed"
    except LogError:
        return "found"
    return "undetected"


def edit_and_verify(
    folder: Path, *, count: int, dice: random.Random, stop: Callable[[], bool] = lambda: False
) -> Counter[tuple[str, str]]:
    """Edit and verify this often; return how often each kind of edit was found, misnamed or undetected."""
    leaves = log_of(SIZE)
    for name in ("files", "tables"):
        (folder / name).mkdir()
    places: tuple[Folder | Tables, ...] = (
        Folder(folder / "files", leaves),
        Tables(folder / "tables", leaves),
    )
    forms = [(place, signed) for place in places for signed in (False, True)]
    outside, made = logs.signed(leaves), edits(leaves, dice)
    found: Counter[tuple[str, str]] = Counter()
    for at in range(count):
        if stop():
            break
        # Five kinds and four forms have no common factor, so every pair occurs.
        place, signed = forms[at % len(forms)]
        kind, edited = next(made)
        source = place.edited(edited, signed=signed)
        found[kind, judge(source, outside, leaves, edited, signed=signed)] += 1
    return found


def run(options: Options) -> Tally:
    """Edit this often; undetected and misnamed edits are losses."""
    with tempfile.TemporaryDirectory() as folder:
        found = edit_and_verify(
            Path(folder), count=options.count, dice=options.dice(), stop=options.stop.is_set
        )
    tally = Tally(faults=found.total())
    for (kind, what), times in sorted(found.items()):
        tally.figures[f"{kind} {what}"] = times
        if what != "found":
            tally.lose(f"{kind}: {times} {what}", times)
    return tally
