"""Shared by the offline checks: the error of a failed check, the checkpoint, and the proof of an entry."""

from collections.abc import Mapping, Sequence
from typing import Any

from idvault_verify.event import EventType
from idvault_verify.seal import Part
from idvault_verify.transparency import checkpoint, entry, epoch
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy, SignedCheckpoint
from idvault_verify.transparency.entry import Entry, EntryError
from idvault_verify.transparency.epoch import Break, EpochError, UnknownEpochError
from idvault_verify.transparency.proof import InclusionError, verify_inclusion
from idvault_verify.transparency.tree import LogError

_KEY_BYTES = 32


class UnverifiedError(Exception):
    """Something does not verify. reason: a code for programs; the text is for people."""

    def __init__(self, reason: str, text: str) -> None:
        """Initialise with the reason and its text."""
        super().__init__(text)
        self.reason = reason


class ForgedReportError(UnverifiedError):
    """The log contradicts the report, or the file of its platforms."""


def covering(note: bytes, policy: CosignaturePolicy, *, breaks: Sequence[Break] = ()) -> SignedCheckpoint:
    """Return the checkpoint of a paper, if it meets the policy or one of a former version of the roster.

    breaks: what the verified statements of the log say. Raises LogError; EpochError if the checkpoint is of
    an epoch that none of them begins.
    """
    found = signed_by_any(note, policy)
    check_epoch(found.checkpoint, breaks)
    return found


def signed_by_any(note: bytes, policy: CosignaturePolicy) -> SignedCheckpoint:
    """Return a checkpoint that meets the policy or one of a former version, of any epoch; raises LogError."""
    refused: LogError | None = None
    for each in (policy, *policy.former):
        try:
            return checkpoint.verify(note, each)
        except LogError as error:
            refused = refused or error
    raise refused or LogError("no signature is demanded")


def check_epoch(found: Checkpoint, breaks: Sequence[Break]) -> None:
    """Raise LogError unless a checkpoint is of the first epoch, or of one that a statement begins."""
    its = epoch.of(found)
    if its.number != epoch.FIRST and its not in [each.epoch for each in breaks]:
        raise UnknownEpochError(its.number)


def reason_of(error: LogError) -> str:
    """Return the published reason for a checkpoint that does not verify."""
    return "EPOCH_INVALID" if isinstance(error, EpochError) else "LOG_INVALID"


def check_entry(
    logged: Any, at: Checkpoint, *, type: EventType, account_token: str, fields: Mapping[str, Part]
) -> Entry:
    """Return the log entry of a LoggedEntry message, under a checkpoint that has been verified.

    Raises EntryError unless the leaf commits to exactly these values, then LogError unless the tree holds the
    leaf and the proof is of this tree.
    """
    if len(logged.opening_key) != _KEY_BYTES:
        raise EntryError
    found = entry.check_opened(
        logged.leaf, type=type, opening_key=logged.opening_key, account_token=account_token, fields=fields
    )
    if logged.proof.tree_size != at.size:
        raise InclusionError("the proof is of another size than the checkpoint")
    verify_inclusion(
        leaf_hash=entry.leaf_hash(logged.leaf),
        index=logged.proof.index,
        size=at.size,
        root=at.root,
        proof=logged.proof.hashes,
    )
    return found
