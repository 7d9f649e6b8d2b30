"""The stored log: head, leaves, notes, proofs under the newest checkpoint; the guard of what waits.

- The main database has the tree: the hashes of every eighth level are stored, and that of any perfect subtree
  is computed from them (RFC 6962 2.1). The shred database has the notes, each by its name.
- Readers get nothing beyond the newest checkpoint, because only signed content binds the log. A size or an
  index beyond it is refused; the error names the field.
- Every change is refused while an entry has waited too long for its index.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.core import caller
from idvault.core.db.database import Database
from idvault.core.log_entry import Proved
from idvault.log import store
from idvault.log.rules import Head, Subtree, Unsequenced
from idvault.log.store import NEWEST
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError, FieldCode, InvalidError, Reason, UnavailableError, Violation
from idvault_verify.transparency import checkpoint, note, proof
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import HEIGHT
from idvault_verify.transparency.tree import LogError, Position, decompose, fold, node_hash


async def head(main: Database) -> Head:
    """Return the head; before the first sequencing its size is 0 and its time is in 1970."""
    return await main.one("log.head", store.HEAD) or store.NO_HEAD


async def unsequenced(main: Database) -> Unsequenced:
    """Return how many entries wait for an index, and when the oldest was recorded."""
    return await main.read("log.unsequenced", store.unsequenced)


async def read_leaves(main: Database, *, start: int, limit: int) -> list[bytes]:
    """Return up to `limit` leaves from index `start`, in order, stopping before the first missing one."""
    return await main.read("log.leaves", lambda one: store.leaves(one, start=start, limit=limit))


async def nodes(main: Database, wanted: Sequence[Subtree]) -> list[bytes]:
    """Return the 32-byte hashes of stored nodes, in order; raises DamagedError if one is missing."""
    found = await main.read("log.nodes", lambda one: store.find(one, store.runs_of(wanted)))
    try:
        return [found[one] for one in wanted]
    except KeyError:
        raise DamagedError(Reason.RECORD_DAMAGED) from None


async def hashes(main: Database, positions: Sequence[Position]) -> list[bytes]:
    """Return the hashes in the order of positions; raises DamagedError if a stored one is missing."""
    wanted = [node for position in positions for node in _stored(position)]
    rest = iter(await nodes(main, wanted) if wanted else [])
    return [_fold([next(rest) for _ in _stored(position)]) for position in positions]


async def root(main: Database, size: int) -> bytes:
    """Return the root of the first size entries."""
    return fold(await hashes(main, decompose(0, size)))


async def inclusion_path(main: Database, *, index: int, size: int) -> tuple[bytes, ...]:
    """Return the audit path of an entry to the root of a size."""
    plan = proof.plan_inclusion(index=index, size=size)
    return plan.assemble(await hashes(main, plan.positions))


async def consistency_proof(main: Database, *, old: int, new: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of one size begins with that of a smaller one."""
    plan = proof.plan_consistency(old=old, new=new)
    return plan.assemble(await hashes(main, plan.positions))


def _stored(position: Position) -> list[Subtree]:
    """Return the stored subtrees to fold: the position itself, or those of the next stored level below."""
    height = position.level % HEIGHT
    first = position.index << height
    return [Subtree(position.level - height, first + place) for place in range(1 << height)]


def _fold(row: Sequence[bytes]) -> bytes:
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


async def latest_note(shred: Database, name: str = NEWEST) -> bytes | None:
    """Return a note, None before the first; raises UnavailableError."""
    return await shred.one("checkpoint.latest", store.NOTE, which=name)


async def replace_note(shred: Database, name: str = NEWEST, *, former: bytes | None, note: bytes) -> bool:
    """Replace a note durably; return False if `former` is not the stored one. Raises UnavailableError."""
    return await shred.act(
        "checkpoint.replace", lambda one: store.replace_note(one, name, former=former, note=note)
    )


def parse_note(raw: bytes) -> Checkpoint:
    """Return the checkpoint of a note that this service has stored; its signatures are not verified.

    Raises DamagedError (RECORD_DAMAGED).
    """
    try:
        return checkpoint.parse(note.parse(raw).text)
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


def size_of(newest: bytes | None) -> int:
    """Return the size of the newest checkpoint, 0 before the first one; raises DamagedError."""
    return 0 if newest is None else parse_note(newest).size


@dataclass(frozen=True, slots=True)
class Entries:
    """A range of entries, as written.

    start: the first entry's index; next: the index to continue from, None at the end.
    """

    start: int
    leaves: tuple[bytes, ...]
    next: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StoredLog:
    """The log in both databases of a vault."""

    main: Database
    shred: Database


async def newest(log: StoredLog) -> bytes:
    """Return the newest signed note; raises UnavailableError (LOG_UNAVAILABLE) before the first one."""
    found = await latest_note(log.shred)
    if found is None:
        raise UnavailableError(Reason.LOG_UNAVAILABLE)
    return found


async def entries(log: StoredLog, *, start: int, limit: int, field: str = "start_index") -> Entries:
    """Return up to limit entries from an index, none if it is the end of the log.

    Raises InvalidError (INVALID_MESSAGE) naming the field if the index is beyond the log, and DamagedError if
    signed entries are missing.
    """
    signed = await _size(log)
    _check(0 <= start <= signed, field)
    count = min(limit, signed - start)
    leaves = await read_leaves(log.main, start=start, limit=count) if count else []
    if len(leaves) != count:
        raise DamagedError(Reason.RECORD_DAMAGED)
    end = start + count
    return Entries(start, tuple(leaves), end if end < signed else None)


async def inclusion(log: StoredLog, *, index: int, tree_size: int) -> tuple[bytes, ...]:
    """Return the audit path of an entry for a tree size; raises InvalidError (INVALID_MESSAGE)."""
    _check(0 < tree_size <= await _size(log), "tree_size")
    _check(0 <= index < tree_size, "index")
    return await inclusion_path(log.main, index=index, size=tree_size)


async def consistency(log: StoredLog, *, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Return the proof that one size continues another; raises InvalidError (INVALID_MESSAGE)."""
    _check(0 < new_size <= await _size(log), "new_size")
    _check(0 < old_size <= new_size, "old_size")
    return await consistency_proof(log.main, old=old_size, new=new_size)


async def _size(log: StoredLog) -> int:
    """Return the newest checkpoint's size, unverified: readers can verify what depends on it."""
    return size_of(await latest_note(log.shred))


def _check(holds: bool, field: str) -> None:
    # LENGTH: a number that is out of range is too long or too short for the log.
    if not holds:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))


_PERIOD = 0.05


@dataclass(frozen=True, slots=True)
class Proofs:
    """Entries, in the order requested, and the signed checkpoint that their paths lead to."""

    note: bytes
    entries: tuple[Proved, ...]

    @property
    def are_complete(self) -> bool:
        """Whether the checkpoint covers every entry."""
        return all(entry.hashes is not None for entry in self.entries)


@dataclass(kw_only=True, eq=False, repr=False)
class LogProofs:
    """Where inclusion proofs are made from. period: seconds between two looks at the log."""

    main: Database
    shred: Database
    period: float = _PERIOD

    async def wait(self, entry_ids: Sequence[str], *, account_token: str, patience: float) -> Proofs:
        """Return the proofs once a checkpoint covers every entry.

        Raises UnavailableError (LOG_UNAVAILABLE) after `patience` seconds; the caller may then try again.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            proofs = await self.now(entry_ids, account_token=account_token)
            if proofs.are_complete:
                return proofs
            if loop.time() + self.period > end:
                raise UnavailableError(Reason.LOG_UNAVAILABLE)
            await asyncio.sleep(self.period)

    async def now(self, entry_ids: Sequence[str], *, account_token: str) -> Proofs:
        """Return the entries, with proofs for those that the newest checkpoint covers."""
        # Read before the entries, so that every entry it covers already has its index.
        newest = await latest_note(self.shred)
        size = size_of(newest)
        entries = [await self._entry(account_token, entry_id, size) for entry_id in entry_ids]
        return Proofs(newest or b"", tuple(entries))

    async def _entry(self, account_token: str, entry_id: str, size: int) -> Proved:
        found = await self.main.one("disclosure.logged", store.LOGGED, token=account_token, entry_id=entry_id)
        if found is None:
            raise DamagedError(Reason.RECORD_DAMAGED)
        path = None
        if found.index is not None and found.index < size:
            path = await inclusion_path(self.main, index=found.index, size=size)
        return Proved(found.leaf, found.opening_key, found.index, size, path)


PATIENCE = timedelta(seconds=60)
_AGE = timedelta(seconds=1)


def _ignore(_count: int) -> None:
    """No-op observer."""


class LogGuard:
    """The check before every mutation, not before reads. It passes again once no entry waits too long."""

    def __init__(
        self, *, look: Callable[[], Awaitable[Unsequenced]], observe: Callable[[int], None] = _ignore
    ) -> None:
        """Set up. look: reads which entries wait; observe: receives their count at each read."""
        self._look = look
        self._observe = observe
        self._oldest: datetime | None = None
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def check(self, *, now: ClockReading) -> None:
        """Raise UnavailableError (LOG_UNAVAILABLE) if an entry has waited for a minute (real time).

        Raises UnavailableError (STORE_UNAVAILABLE) if the log cannot be read.
        """
        if not self._is_fresh(now):
            await self._read(now)
        if self._oldest is not None and now.real - self._oldest >= PATIENCE:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)

    async def _read(self, now: ClockReading) -> None:
        # Concurrent calls wait for this read instead of starting another.
        async with self._reading:
            if self._is_fresh(now):
                return
            with caller.serving(caller.NOBODY):
                waiting = await self._look()
            self._oldest, self._read_at = waiting.oldest, now.real
            self._observe(waiting.count)

    def _is_fresh(self, now: ClockReading) -> bool:
        return self._read_at is not None and abs(now.real - self._read_at) < _AGE
