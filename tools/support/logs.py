"""Synthetic logs in real databases and folders, signed by made-up keys."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, text

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.log import log_entries, log_head, log_nodes
from idvault.log.acts import stored_log
from idvault.log.acts.sequencing import sequence as sequence_log
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.tile import encode_bundle, encode_tile, grown, grown_bundles
from idvault_verify.transparency.tree import CompactRange, Position, leaf_hash
from tools.support.databases import Databases
from tools.support.merkle import log_of, signer

ORIGIN = "log.example/idvault"
SIGNER = signer(ORIGIN)
VKEY = str(SIGNER.key)
POLICY = CosignaturePolicy(ORIGIN, (SIGNER.key,))
START = datetime(2026, 3, 1, tzinfo=UTC)
_BATCH = 5_000
# Many tests begin with the same entries.
_KEPT = 16
_ADD = statement(insert(log_entries))
_CLEAR = statement(delete(log_entries))
_CLEAR_TREE = [statement(delete(table)) for table in (log_head, log_nodes)]


def checkpoint_of(leaves: Sequence[bytes]) -> Checkpoint:
    """Return the checkpoint of these entries."""
    return _checkpoint_of(tuple(leaves))


@lru_cache(_KEPT)
def _checkpoint_of(leaves: tuple[bytes, ...]) -> Checkpoint:
    tree = _grown(leaves).tree
    return Checkpoint(ORIGIN, tree.size, tree.root())


class _Grown:
    """The tree of some entries, and all its hashes."""

    def __init__(self) -> None:
        self.leaves: tuple[bytes, ...] = ()
        self.tree = CompactRange()
        self.nodes: dict[Position, bytes] = {}

    def grow(self, leaves: tuple[bytes, ...]) -> None:
        for leaf in leaves[len(self.leaves) :]:
            for level, value in enumerate(self.tree.append(leaf_hash(leaf))):
                self.nodes[Position(level, (self.tree.size - 1) >> level)] = value
        self.leaves = leaves


_latest = [_Grown()]


def _grown(leaves: tuple[bytes, ...]) -> _Grown:
    """Return the tree of these entries, until the next call.

    A log that grows is not hashed from its beginning each time.
    """
    if _latest[0].leaves != leaves[: len(_latest[0].leaves)]:
        _latest[0] = _Grown()
    _latest[0].grow(leaves)
    return _latest[0]


def signed(leaves: Sequence[bytes], *witnesses: NoteSigner, time: int = 0, by: NoteSigner = SIGNER) -> bytes:
    """Return the signed checkpoint of these entries, cosigned at a time in seconds."""
    made = checkpoint_of(leaves)
    signature_lines = [note.sign(witness, made.text, time=time) for witness in witnesses]
    return note.parse(checkpoint.sign(made, [by])).with_signatures(signature_lines).encode()


def write_folder(folder: Path, leaves: Sequence[bytes], raw: bytes | None) -> None:
    """Write a log's files in the C2SP tlog-tiles layout, with or without a checkpoint."""
    files = _files(tuple(leaves)) | ({} if raw is None else {"checkpoint": raw})
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        # Files are written atomically, as a publisher does; the checkpoint comes last.
        draft = place.with_name(f".{place.name}")
        draft.write_bytes(data)
        draft.replace(place)


@lru_cache(_KEPT)
def _files(leaves: tuple[bytes, ...]) -> dict[str, bytes]:
    """Return the files of these entries without the checkpoint; not to be changed."""
    nodes = _grown(leaves).nodes
    files = {
        tile.path: encode_tile([nodes[position] for position in tile.positions])
        for tile in grown(0, len(leaves))
    }
    for bundle in grown_bundles(0, len(leaves)):
        files[bundle.path] = encode_bundle(leaves[bundle.start : bundle.start + bundle.width])
    return files


async def append(database: Database, leaves: Sequence[bytes], *, first: int = 0) -> None:
    """Write entries without an index, as acts do; first: distinguishes them from others."""

    rows = [_row(first + at, leaf) for at, leaf in enumerate(leaves)]
    await database.act("test", lambda connection: connection.many(_ADD, rows))


def _row(number: int, leaf: bytes) -> dict[str, Any]:
    at = START + timedelta(milliseconds=number)
    return {
        "entry_id": f"{number:032x}",
        "log_index": None,
        "leaf": leaf,
        "occurred_at": at,
        "recorded_at": at,
    }


async def sequence(database: Database) -> None:
    while await sequence_log(database, limit=_BATCH, now=START):
        pass


async def fill(databases: Databases, size: int, *, waiting: int = 0, note: bool = True) -> list[bytes]:
    """Fill a fresh pair with a sequenced log, its checkpoint, and some entries that are not sequenced yet."""
    leaves = log_of(size + waiting)
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    try:
        for at in range(0, size, _BATCH):
            await append(main, leaves[at : min(at + _BATCH, size)], first=at)
        await sequence(main)
        await append(main, leaves[size:], first=size)
        if note:
            await stored_log.replace_note(shred, former=None, note=signed(leaves[:size]))
    finally:
        await main.close()
        await shred.close()
    return leaves[:size]


async def rewrite(databases: Databases, rows: Sequence[tuple[int | None, bytes]], *, rebuilt: bool) -> None:
    """Replace all rows with others; rebuilt: with matching head and hashes."""
    database = Database(url=databases.main_url)
    values = [{**_row(number, leaf), "log_index": index} for number, (index, leaf) in enumerate(rows)]

    async def work(connection: Connection) -> None:
        await connection.run(_CLEAR)
        if rebuilt:
            for clear in _CLEAR_TREE:
                await connection.run(clear)
            for value in values:
                value["log_index"] = None
        await connection.many(_ADD, values)

    try:
        await database.act("test", work)
        if rebuilt:
            await sequence(database)
    finally:
        await database.close()


async def edit(databases: Databases, which: str, sql: str) -> None:
    """Change rows of the main or the shred database directly."""
    database = Database(url=databases.main_url if which == "main" else databases.shred_url)
    change = statement(text(sql))
    try:
        await database.act("test", lambda connection: connection.all(change))
    finally:
        await database.close()


async def replace_checkpoint(databases: Databases, raw: bytes) -> None:
    """Replace the newest checkpoint with another note."""
    database = Database(url=databases.shred_url)
    try:
        assert await stored_log.replace_note(
            database, former=await stored_log.latest_note(database), note=raw
        )
    finally:
        await database.close()


async def grow(databases: Databases, leaves: Sequence[bytes]) -> None:
    """Sequence every waiting entry and sign the result."""
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    try:
        await sequence(main)
        assert await stored_log.replace_note(
            shred, former=await stored_log.latest_note(shred), note=signed(leaves)
        )
    finally:
        await main.close()
        await shred.close()
