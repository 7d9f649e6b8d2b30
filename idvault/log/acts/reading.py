"""Reads the transparency log: its newest checkpoint, its entries, and proofs (RFC 6962 2.1).

- Nothing beyond the newest checkpoint is returned or proved, because only signed content binds the log.
- A size or an index beyond the newest checkpoint is refused; the error names the field.
"""

from dataclasses import dataclass

from idvault.core.db.database import Database
from idvault.log.acts import notes, tree
from idvault_verify.error import DamagedError, FieldCode, InvalidError, Reason, UnavailableError, Violation
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tree import LogError


def parse(raw: bytes) -> Checkpoint:
    """Return the checkpoint of a note that this service has stored; its signatures are not verified.

    Raises DamagedError (RECORD_DAMAGED).
    """
    try:
        return checkpoint.parse(note.parse(raw).text)
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


def size(newest: bytes | None) -> int:
    """Return the size of the newest checkpoint, 0 before the first one; raises DamagedError."""
    return 0 if newest is None else parse(newest).size


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
    found = await notes.latest(log.shred)
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
    leaves = await tree.leaves(log.main, start=start, limit=count) if count else []
    if len(leaves) != count:
        raise DamagedError(Reason.RECORD_DAMAGED)
    end = start + count
    return Entries(start, tuple(leaves), end if end < signed else None)


async def inclusion(log: StoredLog, *, index: int, tree_size: int) -> tuple[bytes, ...]:
    """Return the audit path of an entry for a tree size; raises InvalidError (INVALID_MESSAGE)."""
    _check(0 < tree_size <= await _size(log), "tree_size")
    _check(0 <= index < tree_size, "index")
    return await tree.inclusion(log.main, index=index, size=tree_size)


async def consistency(log: StoredLog, *, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Return the proof that one size continues another; raises InvalidError (INVALID_MESSAGE)."""
    _check(0 < new_size <= await _size(log), "new_size")
    _check(0 < old_size <= new_size, "old_size")
    return await tree.consistency(log.main, old=old_size, new=new_size)


async def _size(log: StoredLog) -> int:
    """Return the newest checkpoint's size, unverified: readers can verify what depends on it."""
    return size(await notes.latest(log.shred))


def _check(holds: bool, field: str) -> None:
    # LENGTH: a number that is out of range is too long or too short for the log.
    if not holds:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))
