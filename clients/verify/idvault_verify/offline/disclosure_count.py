"""Counts the disclosures of all accounts in a public log up to the horizon of one account's history.

An entry of the log shows its type and its minute, but not its account. So nobody can count an account's
openings, but anybody can count those of all accounts: a history that lists none, in a log that has none,
hides none.

- The published checkpoint must have the signatures that the history's checkpoint needs.
- Its log must begin with the history's: otherwise there are two logs (LOG_FORKED).
- It must have, and begin with, what the statements of its losses name (ROLLED_BACK, FORKED).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from idvault_verify.event import EventType
from idvault_verify.offline.disclosure_history import DisclosureHistory, HistoryError, covering
from idvault_verify.offline.log.continuity import RefusedLogError
from idvault_verify.offline.log.files import LogFiles, NotReachedError
from idvault_verify.offline.log.stated_entries import StatedEntries
from idvault_verify.offline.log.tiles import entries_of
from idvault_verify.offline.proof import check_epoch, reason_of
from idvault_verify.transparency import checkpoint, entry, epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.entry import EntryError
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.note import MAX_NOTE_BYTES
from idvault_verify.transparency.tile import CHECKPOINT_PATH, grown_bundles
from idvault_verify.transparency.tree import CompactRange, LogError, leaf_hash

# In the order of LogCount.
_COUNTED = (
    EventType.DISCLOSURE_DISCLOSE,
    EventType.DISCLOSURE_OPEN,
    EventType.DISCLOSURE_APPROVE,
    EventType.DISCLOSURE_RELEASE,
)


@dataclass(frozen=True, slots=True)
class LogCount:
    """How many records were disclosed and opened, and how many shares approved and released, of all accounts.

    No share leaves a custodian's machine without an approval in the log, so a vault cannot hide approvals.
    """

    disclosures: int
    openings: int
    approvals: int
    releases: int


def count(
    history: DisclosureHistory, *, policy: Policy, files: LogFiles, breaks: Sequence[Break] = ()
) -> LogCount:
    """Read a public log and count; raises UnverifiedError, NotReachedError.

    breaks: what the verified statements say by which the log went on after losses.
    """
    at = covering(history, policy=policy, breaks=breaks).checkpoint
    newest = _published(files, policy, breaks)
    stated = StatedEntries(at, newest, breaks)
    if newest.size < at.size:
        _check_epoch(at, newest)
        raise HistoryError("LOG_OLDER", "the public log is older than the history: repeat the command later")
    tree = CompactRange()
    found: dict[str, int] = dict.fromkeys(_COUNTED, 0)
    begins = tree.root()
    for leaf in _leaves(files, newest.size):
        tree.append(leaf_hash(leaf))
        if tree.size == at.size:
            begins = tree.root()
        stated.meet(tree)
        kind = _kind(leaf, before=history.horizon)
        if kind in found:
            found[kind] += 1
    stated.finish()
    if tree.root() != newest.root:
        raise HistoryError("LOG_INVALID", "the public log does not match its checkpoint")
    if begins != at.root:
        _check_epoch(at, newest)
        raise HistoryError("LOG_FORKED", "the history's log and the public log are two different logs")
    return LogCount(*(found[kind] for kind in _COUNTED))


def _check_epoch(at: Checkpoint, newest: Checkpoint) -> None:
    """Raise HistoryError if the log has lost entries of the history's, as its custodians have said."""
    if epoch.of(at) != epoch.of(newest):
        text = "the log has begun a new epoch since, and has not all entries that the history covers"
        raise HistoryError("ENTRIES_LOST", text)


def _published(files: LogFiles, policy: Policy, breaks: Sequence[Break]) -> Checkpoint:
    raw = files.read(CHECKPOINT_PATH, limit=MAX_NOTE_BYTES)
    if raw is None:
        raise NotReachedError("the public directory has no checkpoint")
    try:
        found = checkpoint.verify(raw, policy).checkpoint
        check_epoch(found, breaks)
    except LogError as error:
        raise HistoryError(reason_of(error), f"the public checkpoint does not verify: {error}") from error
    return found


def _leaves(files: LogFiles, size: int) -> Iterator[bytes]:
    for bundle in grown_bundles(0, size):
        try:
            yield from entries_of(files, bundle)
        except RefusedLogError as error:
            raise HistoryError("LOG_INVALID", f"the file {bundle.path} is damaged") from error


def _kind(leaf: bytes, *, before: datetime) -> str:
    """Return the type of an entry that happened before a time, else ""."""
    try:
        found = entry.decode_leaf(leaf)
    except EntryError:
        return ""
    return found.type if found.occurred_at < before else ""
