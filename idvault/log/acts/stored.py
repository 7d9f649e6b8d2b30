"""Reads a checkpoint that this service has stored; its signatures are not verified."""

from idvault.verify.error import DamagedError, Reason
from idvault.verify.transparency import checkpoint, note
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.tree import LogError


def parse(raw: bytes) -> Checkpoint:
    """Return the checkpoint of a signed note; raises DamagedError (RECORD_DAMAGED)."""
    try:
        return checkpoint.parse(note.parse(raw).text)
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


def size(newest: bytes | None) -> int:
    """Return the size of the newest checkpoint, 0 before the first one; raises DamagedError."""
    return 0 if newest is None else parse(newest).size
