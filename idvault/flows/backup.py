"""Examines a pair of databases: a backup of both, or what was restored from two backups.

- Every entry of the log is verified against the stored hashes, and against each known checkpoint that it
  reaches. A larger checkpoint only says that the pair is older.
- Every record is looked up among the shred keys, a page at a time.
- A witness is asked with the pair's own checkpoint. The answer tells how much it has seen.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from idvault.domain.backup import PairContents, Seen
from idvault.domain.error import UnavailableError
from idvault.flows import record_walk
from idvault.flows.log import stored
from idvault.flows.log.audit import LogAuditFlow
from idvault.flows.log.epoch import LogEpochs
from idvault.ports.backup import MainContents, MainExtent, ShredContents
from idvault.ports.log.store import CheckpointStore
from idvault.ports.log.witness import Ahead, Witness, WitnessRefusedError
from idvault.transparency import epoch, note
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.epoch import EarlierEpochError
from idvault.transparency.note import VerifierKey
from idvault.transparency.tree import CompactRange

_PAGE = 1_000
_TIME_BYTES = 8
_COSIGNATURE_BYTES = 72
_LAST_TIME = 253_402_300_799
_CONTRADICTS = -1
_CONFLICT = 409


class ContradictedError(Exception):
    """Witnesses have cosigned another history than the pair's; the text names them."""


@dataclass(frozen=True, slots=True)
class KnownNote:
    """A signed checkpoint and who has it, in words."""

    by: str
    raw: bytes

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint; raises DamagedError."""
        return stored.parse(self.raw)


@dataclass(frozen=True, slots=True)
class ExaminedPair:
    """What was found. tree: of the log's entries. seen: what the known checkpoints say, by whom."""

    extent: MainExtent
    contents: PairContents
    tree: CompactRange
    seen: tuple[Seen, ...]

    @property
    def root(self) -> bytes:
        """The root of the log's entries."""
        return self.tree.root()


@dataclass(kw_only=True, eq=False, repr=False)
class PairFlow:
    """One pair of databases. signed, complete, epochs: the notes in the shred database."""

    main: MainContents
    shred: ShredContents
    audit: LogAuditFlow
    signed: CheckpointStore
    complete: CheckpointStore
    epochs: CheckpointStore

    async def own(self) -> KnownNote | None:
        """Return the larger of the shred database's two notes."""
        kept = [raw for raw in (await self.signed.latest(), await self.complete.latest()) if raw is not None]
        notes = [KnownNote("the shred database", raw) for raw in kept]
        return max(notes, key=lambda one: one.checkpoint.size, default=None)

    async def examine(self, known: Sequence[KnownNote]) -> ExaminedPair:
        """Return what the pair holds. known: verified checkpoints from elsewhere.

        Raises LogError if an entry, a hash or a checkpoint contradicts another.
        """
        own = await self.own()
        notes = [*known, *([] if own is None else [own])]
        extent = await self.audit.extent()
        epochs = LogEpochs(store=self.epochs)
        await epochs.refresh()
        reached = [one for one in (_left(note, epochs) for note in notes) if one and one.size <= extent.size]
        audited = await self.audit.verify(extent=extent, checkpoints=reached, progress=lambda _: None)
        counts = await self.main.extent()
        walked = await record_walk.walk(self.main, self.shred)
        at = signed_at(own, await self.complete.latest())
        signed = Seen("the shred database", 0 if own is None else own.checkpoint.size, at)
        contents = PairContents(
            entries=audited.tree.size,
            newest=counts.newest,
            records=counts.records,
            keys=await self.shred.keys(),
            signed=signed,
            unkeyed=walked.unkeyed,
            erased=walked.erased,
            revived=tuple(await self.revived()),
        )
        seen = tuple(_seen(one, _left(one, epochs)) for one in known)
        return ExaminedPair(counts, contents, audited.tree, seen)

    async def revived(self) -> list[str]:
        """Return the accounts whose keys an erasure has destroyed, and which have a key again."""
        found: list[str] = []
        after = ""
        while page := await self.main.destroyed(after=after, limit=_PAGE):
            found += sorted(await self.shred.with_key(page))
            after = page[-1]
        return found


def signed_at(own: KnownNote | None, complete: bytes | None) -> datetime | None:
    """Return when the larger note of the shred database was signed, as far as the complete note tells."""
    # Only that one has cosignatures, and with them times. It may be one entry older; while witnesses are away
    # it stays further behind, and its time says nothing of the signed one.
    if complete is None or own is None or stored.parse(complete).size + 1 < own.checkpoint.size:
        return None
    return cosigned_at(complete)


def _left(known: KnownNote, epochs: LogEpochs) -> Checkpoint | None:
    """Return what is left of a checkpoint in the pair's epoch; None if the pair is from before its epoch."""
    found = known.checkpoint
    try:
        return epoch.carry(found, epochs.probe(found.origin), epochs.breaks).checkpoint
    except EarlierEpochError:
        return None


def _seen(known: KnownNote, left: Checkpoint | None) -> Seen:
    return Seen(known.by, (left or known.checkpoint).size, cosigned_at(known.raw))


async def ask(witnesses: Mapping[VerifierKey, Witness], own: KnownNote) -> list[Seen]:
    """Return how much each reachable witness has seen; raises ContradictedError."""
    names = [f"the witness {key.name}" for key in witnesses]
    found = await asyncio.gather(*(_ask(each, own) for each in witnesses.values()))
    against = [name for name, size in zip(names, found, strict=True) if size == _CONTRADICTS]
    if against:
        raise ContradictedError(
            f"{', '.join(against)} cosigned another history of this log than the shred database has signed"
        )
    return [Seen(name, size) for name, size in zip(names, found, strict=True) if size is not None]


async def _ask(witness: Witness, own: KnownNote) -> int | None:
    size = own.checkpoint.size
    try:
        answer = await witness.add_checkpoint(old=size, proof=(), note=own.raw)
    except WitnessRefusedError as error:
        # A conflict is another root at this size. Any other refusal tells nothing of what it has seen.
        return _CONTRADICTS if error.status == _CONFLICT else None
    except UnavailableError:
        return None
    return answer.size if isinstance(answer, Ahead) else size


def cosigned_at(raw: bytes) -> datetime | None:
    """Return the time of a note's newest cosignature as written, None without one."""
    times = [
        int.from_bytes(line.value[:_TIME_BYTES], "big")
        for line in note.parse(raw).signatures
        if len(line.value) == _COSIGNATURE_BYTES
    ]
    # Lines that nobody has verified may have any time.
    usable = [time for time in times if time <= _LAST_TIME]
    return datetime.fromtimestamp(max(usable), UTC) if usable else None
