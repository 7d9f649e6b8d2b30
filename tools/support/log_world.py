"""A log over two real databases and a real folder: it writes, sequences, signs and publishes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ClauseElement, delete, insert, select, update

from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.public_files import LocalPublicFiles
from idvault.core.tables.log import log_checkpoints, log_entries, log_head, log_nodes
from idvault.log.acts import stored_log
from idvault.log.acts.publication import Publisher
from idvault.log.acts.sequencing import Sequencer
from idvault.log.ports import Witness
from idvault.sealing.key_set import KeySet
from idvault.sealing.signing import Ed25519Signer
from idvault_verify.clock import ClockReading
from idvault_verify.transparency import checkpoint, verifier
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner, VerifierKey
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tools.support import merkle, sql
from tools.support.databases import Databases
from tools.support.fakes.flaky import Flaky, FlakyDatabase, FlakyNotes

ORIGIN = "log.example/idvault"
SIGNER = Ed25519Signer(keys=KeySet("0", {"0": bytes([1]) * 32}))
KEY = VerifierKey(ORIGIN, SIGNER.public_key)
LOG_SIGNER = NoteSigner(KEY, SIGNER.sign)
PLAIN = CosignaturePolicy(ORIGIN, (KEY,))
COSIGNER = merkle.witness("witness.example", seed=2)
START = datetime(2026, 3, 1, tzinfo=UTC)


def demanding(quorum: int) -> CosignaturePolicy:
    """Return a policy with a witness, required or not."""
    return CosignaturePolicy(ORIGIN, (KEY,), (COSIGNER.key,), quorum)


def at(seconds: float) -> ClockReading:
    """Return a clock reading whose two clocks differ by a day."""
    real = START + timedelta(seconds=seconds)
    return ClockReading(real + timedelta(days=1), real)


@dataclass
class Worker:
    """The log tasks of one worker process; only its memory is lost with it."""

    main: Database
    shred: Database
    folder: Path
    policy: CosignaturePolicy = PLAIN
    witness: Witness | None = None
    witnesses: Mapping[VerifierKey, Witness] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set up as bootstrap does, with databases and files that can fail."""
        self.entries, self.notes = FlakyDatabase(self.main), FlakyNotes(self.shred)
        self.files = Flaky(LocalPublicFiles(directory=self.folder))
        main, shred = cast(Database, self.entries), cast(Database, self.notes)
        files = cast(LocalPublicFiles, self.files)
        self.log = Sequencer(
            main=main,
            shred=shred,
            files=files,
            signer=SIGNER,
            policy=lambda: self.policy,
            witnesses=self.witnesses or self._one(),
            alarm=self.alarms.append,
        )
        self.publication = Publisher(main=main, shred=shred, files=files, policy=lambda: self.policy)

    def _one(self) -> dict[VerifierKey, Witness]:
        return {} if self.witness is None else {self.policy.witness_keys[0]: self.witness}

    async def step(self, seconds: float = 0) -> None:
        await self.log.run(now=at(seconds))
        await self.publication.run(now=at(seconds))


@dataclass
class LogWorld:
    """One deployment's databases and public folder."""

    databases: Databases
    folder: Path
    written: int = 0
    clock: float = START.timestamp()

    def __post_init__(self) -> None:
        self.main = Database(url=self.databases.main_url)
        self.shred = Database(url=self.databases.shred_url)

    def worker(self, **options: Any) -> Worker:
        """Return a worker with no memory."""
        return Worker(self.main, self.shred, options.pop("folder", self.folder), **options)

    async def write(self, count: int, *, seconds: float = 0) -> None:
        """Write entries as acts do, not yet indexed."""
        rows = [self._row(self.written + number, seconds) for number in range(count)]
        self.written += count
        await self.do(insert(log_entries), rows)

    def _row(self, number: int, seconds: float) -> dict[str, Any]:
        real = at(seconds).real + timedelta(microseconds=number)
        return {
            "entry_id": f"{number:032x}",
            "log_index": None,
            "leaf": b"entry %d" % number,
            "occurred_at": real,
            "recorded_at": real,
        }

    async def do(self, clause: ClauseElement, rows: Sequence[Mapping[str, Any]] = ({},)) -> None:
        """Change the main database directly, once for each row of parameters."""
        change = statement(clause)
        await self.main.act("test", lambda connection: connection.many(change, rows))

    async def placed(self) -> list[bytes]:
        """Return the leaves in index order; the indices must be 0, 1, 2 and so on."""
        query = select(log_entries.c.log_index, log_entries.c.leaf).where(
            log_entries.c.log_index.is_not(None)
        )
        rows = await sql.rows(self.main, query.order_by(log_entries.c.log_index))
        assert [row.log_index for row in rows] == list(range(len(rows)))
        return [row.leaf for row in rows]

    async def newest(self, name: str = "newest") -> Checkpoint | None:
        """Return a verified checkpoint from the shred database."""
        raw = await stored_log.latest_note(self.shred, name)
        return None if raw is None else checkpoint.verify(raw, PLAIN).checkpoint

    def published(self, folder: Path | None = None) -> Checkpoint:
        """Return the published checkpoint after every file of the directory verifies against it."""
        place = folder or self.folder
        shown = checkpoint.verify((place / "checkpoint").read_bytes(), PLAIN).checkpoint
        verifier.verify_files(lambda path: read(place / path), shown)
        return shown

    async def close(self) -> None:
        await self.main.close()
        await self.shred.close()


def read(path: Path) -> bytes | None:
    """Return a file's content, or None if it does not exist."""
    return path.read_bytes() if path.exists() else None


def of(leaves: Sequence[bytes]) -> Checkpoint:
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return Checkpoint(ORIGIN, tree.size, tree.root())


def assert_one_history(checkpoints: Sequence[Checkpoint], leaves: Sequence[bytes]) -> None:
    """Fail unless every checkpoint covers a prefix of these leaves."""
    for one in checkpoints:
        assert one == of(leaves[: one.size])


async def cut_short(work: Any, *, at: Flaky) -> None:
    """Run something until a port hangs, and end it there as a crash does."""
    task = asyncio.ensure_future(work)
    async with asyncio.timeout(30):
        await at.hung.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def set_back(world: LogWorld, size: int = 4) -> None:
    """Reset the main database to an earlier, smaller size."""
    tree = CompactRange()
    for leaf in (await world.placed())[:size]:
        tree.append(leaf_hash(leaf))
    await world.do(delete(log_entries).where(log_entries.c.log_index >= size))
    await world.do(delete(log_nodes).where(log_nodes.c.node_index >= size))
    await world.do(update(log_head).values(size=size, tree=tree.to_bytes()))


async def forget(world: LogWorld, *, folder: bool) -> None:
    """Reset the shred database, and the folder if requested, to an older checkpoint, like a backup."""
    for path in sorted(world.folder.rglob("*"), reverse=True) if folder else ():
        path.rmdir() if path.is_dir() else path.unlink()
    small = checkpoint.sign(of((await world.placed())[:4]), [NoteSigner(KEY, SIGNER.sign)])
    await sql.change(world.shred, update(log_checkpoints).values(note=small))
