"""Examines a pair of databases: a backup of both, or what was restored from two backups.

- Every entry of the log is verified against the stored hashes, and against each known checkpoint that it
  reaches. A larger checkpoint only says that the pair is older.
- Every record is looked up among the shred keys, a page at a time, since there may be millions.
- The main database may be from before an epoch that a statement began, and so may the shred database: what
  must match is decided by verify.transparency.restored, and an old copy is called old.
- A witness is asked with the newest checkpoint at hand. The answer tells how much it has seen.
- What a main database has lost is counted from the entries that are still published: if they continue its
  tree to the root of a signed checkpoint, they are exactly that, and the database was cut off and not
  changed.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.erasure.acts import ErasureMemos
from idvault.key.store import version as key_store
from idvault.log.acts import audit, stored_log
from idvault.log.acts import epoch as log_epoch
from idvault.log.ports import Ahead, Cosigned, PublicFiles, Witness, WitnessRefusedError
from idvault.log.store import SIGNED
from idvault.processes.backup import store
from idvault.processes.backup.rules import (
    MAIN,
    SHRED,
    EpochNumbers,
    MainExtent,
    PairContents,
    RecordHolder,
    Seen,
)
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.error import DamagedError, UnavailableError
from idvault_verify.transparency import entry, epoch, note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.restored import EpochPlace
from idvault_verify.transparency.tile import WIDTH, Bundle, MalformedTileError, decode_bundle, grown_bundles
from idvault_verify.transparency.tree import CompactRange, decompose, leaf_hash


async def count_lost_entries(
    files: PublicFiles, *, left: CompactRange, signed: Checkpoint
) -> dict[str, int] | None:
    """Return how many entries of each type are lost, None if the published files do not prove it.

    left: the tree of the entries that are left. signed: a verified checkpoint of what there was.
    """
    if signed.size <= left.size:
        return {}
    tree = CompactRange(left.size, left.nodes)
    types: Counter[str] = Counter()
    for bundle in grown_bundles(left.size - left.size % WIDTH, signed.size):
        raw = await files.read(bundle.path) or await files.read(Bundle(bundle.index).path)
        try:
            entries = decode_bundle(raw or b"", bundle.width)
            for leaf in entries[max(0, left.size - bundle.start) :]:
                tree.append(leaf_hash(leaf))
                types[entry.decode_leaf(leaf).type] += 1
        except (MalformedTileError, DamagedError):
            return None
    return dict(sorted(types.items())) if tree.root() == signed.root else None


@dataclass(frozen=True, slots=True)
class Walked:
    """What a step found. unkeyed: the accounts whose record has no shred key.

    erased: how many others are erased and have none. looked: how many records were looked up. after: where
    the next step begins, "" if this one has reached the end.
    """

    unkeyed: tuple[str, ...]
    erased: int
    looked: int
    after: str


async def walk_records(
    main: Database, shred: Database, *, after: str = "", most: int | None = None
) -> Walked:
    """Look up the records after a token, in order; stop after the page that reaches `most`."""
    unkeyed: list[str] = []
    erased = looked = 0
    while most is None or looked < most:
        page = await _holders(main, after)
        if not page:
            after = ""
            break
        keyed = await _keyed(shred, [each.account_token for each in page])
        missing = [each for each in page if not keyed & {(each.account_token, each.record_id), _shared(each)}]
        # A main database from before an erasure does not know of it; the shred database does.
        tokens = [each.account_token for each in missing if not each.erased]
        known = await ErasureMemos(shred).remembered(tokens) if tokens else set()
        erased += len(missing) - len(tokens) + len(known)
        unkeyed += [token for token in tokens if token not in known]
        looked, after = looked + len(page), page[-1].account_token
    return Walked(tuple(unkeyed), erased, looked, after)


def _shared(holder: RecordHolder) -> tuple[str, str]:
    return holder.account_token, ""


async def _keyed(shred: Database, tokens: Sequence[str]) -> set[tuple[str, str]]:
    """Return the versions of these accounts that have a shred key; see key.store.version.keyed."""
    return await shred.read("backup.keyed", lambda one: key_store.keyed(one, tokens))


async def _holders(main: Database, after: str) -> list[RecordHolder]:
    return await main.read("backup.holders", lambda one: store.holders(one, after=after, limit=_PAGE))


_PAGE = 1_000
_TIME_BYTES = 8
_COSIGNATURE_BYTES = 72
_LAST_TIME = 253_402_300_799
_CONFLICT, _OTHER_EPOCH = 409, 428


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
        return stored_log.parse_note(self.raw)


@dataclass(frozen=True, slots=True)
class ExaminedPair:
    """What was found. tree: of the main database's entries that are still part of the log.

    seen: what the known checkpoints say, by whom. place: of the main database in the log's epochs.
    """

    extent: MainExtent
    contents: PairContents
    tree: CompactRange
    seen: tuple[Seen, ...]
    place: EpochPlace

    @property
    def root(self) -> bytes:
        """The root of the log's entries."""
        return self.tree.root()


async def notes(shred: Database) -> list[KnownNote]:
    """Return the shred database's two notes."""
    kept = (await stored_log.latest_note(shred, SIGNED), await stored_log.latest_note(shred))
    return [KnownNote(SHRED, raw) for raw in kept if raw is not None]


async def statements(main: Database, shred: Database) -> dict[str, tuple[EpochStatement, ...]]:
    """Return the statements that each database has; raises DamagedError."""
    return {MAIN: await log_epoch.of_main(main), SHRED: await log_epoch.of_shred(shred)}


async def main_extent(main: Database) -> MainExtent:
    """Return how much a main database holds."""
    return await main.read("backup.extent", store.extent)


async def key_count(shred: Database) -> int:
    """Return how many shred keys a database has."""
    return await shred.read("backup.keys", store.keys)


async def examine(
    main: Database, shred: Database, known: Sequence[KnownNote], chain: Sequence[EpochStatement] = ()
) -> ExaminedPair:
    """Return what the pair holds. known: verified checkpoints from elsewhere. chain: all statements.

    Raises LogError if an entry, a hash, a checkpoint or a statement contradicts another.
    """
    every = [*known, *await notes(shred)]
    place = await log_epoch.find_place(main, chain)
    extent = await audit.extent(main)
    checkpoints = place.expected((one.checkpoint for one in every), entries=extent.size)
    audited = await audit.verify(main, extent=extent, checkpoints=checkpoints, progress=lambda _: None)
    left, found = place.usable(audited.tree.size), audited.tree
    if left < found.size:
        found = CompactRange(left, await stored_log.hashes(main, decompose(0, left)))
    counts, contents = await _contents(main, shred, place, audited.tree.size, left)
    return ExaminedPair(counts, contents, found, _all_seen(known, place), place)


async def _contents(
    main: Database, shred: Database, place: EpochPlace, entries: int, left: int
) -> tuple[MainExtent, PairContents]:
    counts = await main_extent(main)
    walked = await walk_records(main, shred)
    own = newest(await notes(shred))
    signed = None if own is None else place.left(own.checkpoint)
    at = signed_at(own, await stored_log.latest_note(shred))
    ages = EpochNumbers(place.newest.number, place.own, await _epoch_of_shred(shred, own))
    forgotten = await ErasureMemos(shred).forgotten(main)
    # An erasure's times are whole seconds.
    since = (counts.newest or datetime.min.replace(tzinfo=UTC)).replace(microsecond=0)
    return counts, PairContents(
        entries=left,
        former=entries - left,
        newest=counts.newest,
        records=counts.records,
        keys=await key_count(shred),
        signed=Seen(SHRED, 0 if signed is None else signed.size, at),
        unkeyed=walked.unkeyed,
        erased=walked.erased,
        revived=tuple(await _revived(main, shred)),
        epochs=ages,
        forgotten=len(forgotten.known),
        absent=sum(each.erased_at >= since for each in forgotten.absent),
    )


async def _epoch_of_shred(shred: Database, own: KnownNote | None) -> int:
    stated = len(await log_epoch.of_shred(shred)) + epoch.FIRST
    return stated if own is None else max(stated, epoch.of(own.checkpoint).number)


async def _revived(main: Database, shred: Database) -> list[str]:
    """Return the accounts whose keys an erasure has destroyed, and which have a key again."""
    found = await with_key(main, shred, await ErasureMemos(shred).destroyed())
    async for page in _destroyed(main):
        found |= await with_key(main, shred, page)
    return sorted(found)


async def with_key(main: Database, shred: Database, tokens: Sequence[str]) -> set[str]:
    """Return those of any number of accounts that have a shred key besides those of held versions."""
    found: set[str] = set()
    for at in range(0, len(tokens), _PAGE):
        page = tokens[at : at + _PAGE]
        held = await main.read("backup.held", partial(store.held, tokens=page))
        shared = {(token, "") for token, _ in held}
        found |= {token for token, _ in await _keyed(shred, page) - held - shared}
    return found


async def _destroyed(main: Database) -> AsyncIterator[list[str]]:
    after = ""

    async def page(connection: Connection) -> list[str]:
        return await store.destroyed(connection, after=after, limit=_PAGE)

    while found := await main.read("backup.destroyed", page):
        yield found
        after = found[-1]


def signed_at(own: KnownNote | None, complete: bytes | None) -> datetime | None:
    """Return when the larger note of the shred database was signed, as far as the complete note tells."""
    # Only that one has cosignatures, and with them times. It may be one entry older; while witnesses are away
    # it stays further behind, and its time says nothing of the signed one.
    if complete is None or own is None or stored_log.parse_note(complete).size + 1 < own.checkpoint.size:
        return None
    return cosigned_at(complete)


def newest(notes: Sequence[KnownNote]) -> KnownNote | None:
    """Return the latest of some notes: a later epoch may have fewer entries. None without any."""
    return max(notes, key=lambda one: (epoch.of(one.checkpoint).number, one.checkpoint.size), default=None)


def _all_seen(known: Sequence[KnownNote], place: EpochPlace) -> tuple[Seen, ...]:
    """Return what the known checkpoints, and the newest statement, say of the newest epoch."""
    found = [_seen(one, place.left(one.checkpoint)) for one in known]
    if place.breaks:
        last = place.breaks[-1]
        found.append(Seen(f"the statement of epoch {last.epoch.number}", last.kept.size))
    return tuple(found)


def _seen(known: KnownNote, left: Checkpoint | None) -> Seen:
    """Return what is left of a note, with its epoch if no statement says what that is."""
    if left is None:
        return Seen(known.by, 0, unknown_epoch=epoch.of(known.checkpoint).number)
    return Seen(known.by, left.size, cosigned_at(known.raw))


@dataclass(frozen=True, slots=True)
class WitnessReplies:
    """What witnesses answered. cosigned: the signature lines of those that have seen no more than the note.

    elsewhere: the names of those that follow another epoch than the note's.
    """

    seen: tuple[Seen, ...]
    cosigned: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


async def ask(witnesses: Mapping[VerifierKey, Witness], own: KnownNote) -> WitnessReplies:
    """Return how much each reachable witness has seen; raises ContradictedError."""
    names = [f"the witness {key.name}" for key in witnesses]
    found = await asyncio.gather(*(_ask(each, own) for each in witnesses.values()))
    answers = list(zip(names, found, strict=True))
    against = [name for name, answer in answers if answer == _CONFLICT]
    if against:
        raise ContradictedError(
            f"{', '.join(against)} cosigned another history of this log than {own.by} has signed"
        )
    size = own.checkpoint.size
    ahead = [Seen(name, answer.size) for name, answer in answers if isinstance(answer, Ahead)]
    agreed = [(name, answer.lines) for name, answer in answers if isinstance(answer, Cosigned)]
    return WitnessReplies(
        (*ahead, *(Seen(name, size) for name, _ in agreed)),
        tuple(lines for _, lines in agreed),
        tuple(name for name, answer in answers if answer == _OTHER_EPOCH),
    )


async def _ask(witness: Witness, own: KnownNote) -> Cosigned | Ahead | int | None:
    """Return a witness's answer, the status of a refusal, None if it cannot be reached."""
    try:
        return await witness.add_checkpoint(old=own.checkpoint.size, proof=(), note=own.raw)
    except WitnessRefusedError as error:
        # A conflict is another root at this size. Any other refusal tells nothing of what it has seen.
        return error.status
    except UnavailableError:
        return None


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
