"""Shared by the offline checks: the error of a failed check, and the proof that the log holds an entry."""

from collections.abc import Mapping
from typing import Any

from idvault_verify.event import EventType
from idvault_verify.seal import Part
from idvault_verify.transparency import entry
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.entry import Entry
from idvault_verify.transparency.proof import InclusionError, verify_inclusion


class UnverifiedError(Exception):
    """Something does not verify. reason: a code for programs; the text is for people."""

    def __init__(self, reason: str, text: str) -> None:
        """Initialise with the reason and its text."""
        super().__init__(text)
        self.reason = reason


def check_entry(
    logged: Any, at: Checkpoint, *, type: EventType, account_token: str, fields: Mapping[str, Part]
) -> Entry:
    """Return the log entry of a LoggedEntry message, under a checkpoint that has been verified.

    Raises EntryError unless the leaf commits to exactly these values, then LogError unless the tree holds the
    leaf and the proof is of this tree.
    """
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
