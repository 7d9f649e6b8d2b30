"""A disclosure history, and its offline check: was this identity ever disclosed?

A disclosure is the release of M custodians' shares: from then on the record could be opened, also if no
opening follows or the request was cancelled.

A history is valid if, in this order,
* its checkpoint is signed by the log, and by the witnesses if any are given,
* each disclosure's entry is of the type disclosure:record:disclose, each opening's of disclosure:record:open,
  and both commit to this account and these details,
* each entry is in the tree of the checkpoint, at its own index, and happened before the horizon,
* it lists as many of each as the vault states, and the vault's signature is of all of it: account, horizon,
  entries, checkpoint and when the vault stated that. The log's key vouches for the key that signed,
* the disclosure of each opening is listed, too: a disclosure comes first, so the vault has left it out.

The log proves what is listed, and the signature that it is what the vault told. That the vault left none out
is its statement: a history is "valid as far as the vault told". How many disclosures the log has for all
accounts: disclosure_count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from google.protobuf import json_format

from idvault_verify import strict_message
from idvault_verify.attest import history as statement
from idvault_verify.attest.history import HistorySignatureError, ListedEntry
from idvault_verify.event import EventType
from idvault_verify.offline import proof
from idvault_verify.offline.proof import UnverifiedError, check_entry
from idvault_verify.seal import Part
from idvault_verify.strict_json import JsonSizeError
from idvault_verify.transparency import statement_key
from idvault_verify.transparency.checkpoint import Checkpoint, SignedCheckpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.entry import Entry, EntryError
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.tree import LogError
from idvault_verify.v1 import disclosure_pb2, status_pb2

MOST_BYTES = 8 * 1024 * 1024
"""The longest history file: an answer of the vault has at most 4 MiB, and its JSON text is longer."""
# By how much the clocks of two processes may differ; times in the log are to the minute.
_CLOCKS_DIFFER = timedelta(minutes=1)


class HistoryError(UnverifiedError):
    """A history that does not verify."""


@dataclass(frozen=True, slots=True)
class DisclosureHistory:
    """Every disclosure of an account's records before the horizon, as stated by the vault.

    disclosures, openings: how many there are.
    """

    account_token: str
    horizon: datetime
    disclosures: int
    openings: int
    message: bytes = field(repr=False)

    def to_json(self) -> str:
        """Return the text of a history file."""
        return json_format.MessageToJson(status_pb2.DisclosureHistory.FromString(self.message)) + "\n"


@dataclass(frozen=True, slots=True)
class ProvedDisclosure:
    """One disclosure that the log proves. disclosed_at: to the minute, UTC; index: its place in the log.

    actor_id: of the auditor. legal_basis: as the auditor signed it.
    """

    disclosure_id: str
    disclosed_at: datetime
    actor_id: str
    legal_basis: str
    index: int


@dataclass(frozen=True, slots=True)
class ProvedOpening:
    """One opening that the log proves. opened_at: to the minute, UTC; index: its place in the log."""

    disclosure_id: str
    opened_at: datetime
    actor_id: str
    index: int


@dataclass(frozen=True, slots=True)
class ProvedHistory:
    """What the log proves of a history. stated_at: when the vault stated it, by its own clock, UTC.

    roster_version: of the roster whose witnesses cosigned the checkpoint, None without one.
    """

    disclosures: tuple[ProvedDisclosure, ...]
    openings: tuple[ProvedOpening, ...]
    checkpoint: Checkpoint
    stated_at: datetime
    roster_version: int | None = None


def read_answer(data: bytes) -> DisclosureHistory:
    """Return an answer of the vault; raises DecodeError, ValueError."""
    answer = status_pb2.DisclosureHistory.FromString(data)
    if not answer.account_token or not answer.HasField("horizon_time"):
        raise ValueError("a history without account or horizon")
    horizon = answer.horizon_time.ToDatetime(tzinfo=UTC)
    disclosures, openings = len(answer.disclosures), len(answer.openings)
    return DisclosureHistory(answer.account_token, horizon, disclosures, openings, data)


def parse(text: str | bytes) -> DisclosureHistory:
    """Return the content of a history file; raises HistoryError (NOT_A_HISTORY, TOO_LONG)."""
    try:
        message = strict_message.parse(text, status_pb2.DisclosureHistory(), limit=MOST_BYTES)
        return read_answer(message.SerializeToString(deterministic=True))
    except JsonSizeError as error:
        raise HistoryError("TOO_LONG", "the file is longer than a disclosure history can be") from error
    except ValueError as error:
        raise HistoryError("NOT_A_HISTORY", "the file is not a disclosure history") from error


def check(history: DisclosureHistory, *, policy: Policy, breaks: Sequence[Break] = ()) -> ProvedHistory:
    """Return what a history lists after proving each entry; raises HistoryError for what does not verify.

    breaks: what the verified statements say by which the log went on after losses.
    """
    answer = status_pb2.DisclosureHistory.FromString(history.message)
    signed = covering(history, policy=policy, breaks=breaks)
    newest = signed.checkpoint
    disclosures = tuple(
        _disclosure(history, each, newest, number) for number, each in enumerate(answer.disclosures, start=1)
    )
    openings = tuple(
        _opening(history, each, newest, number) for number, each in enumerate(answer.openings, start=1)
    )
    proved: tuple[ProvedDisclosure | ProvedOpening, ...] = (*disclosures, *openings)
    if len({each.index for each in proved}) != len(proved):
        raise HistoryError("LISTED_TWICE", "one log entry is listed twice")
    stated_at = _stated_at(answer, policy)
    _check_disclosed(answer, disclosures, openings)
    return ProvedHistory(disclosures, openings, newest, stated_at, signed.version)


def _check_disclosed(
    answer: status_pb2.DisclosureHistory,
    disclosures: Sequence[ProvedDisclosure],
    openings: Sequence[ProvedOpening],
) -> None:
    """Raise HistoryError for two disclosures of one id, and for an opening without its disclosure.

    The disclosure is of the same record and came first; not by its place in the log, where what happened at
    two processes at once is in the order of their clocks.
    """
    listed: dict[tuple[str, bytes], ProvedDisclosure] = {}
    for told, disclosure in zip(answer.disclosures, disclosures, strict=True):
        if any(disclosure.disclosure_id == known for known, _ in listed):
            raise HistoryError("LISTED_TWICE", f"disclosure {disclosure.disclosure_id} is listed twice")
        listed[disclosure.disclosure_id, told.record_digest] = disclosure
    for number, (seen, opening) in enumerate(zip(answer.openings, openings, strict=True), start=1):
        found = listed.get((opening.disclosure_id, seen.record_digest))
        if found is None or found.disclosed_at > opening.opened_at + _CLOCKS_DIFFER:
            text = f"the vault has left out the disclosure of opening {number}, {opening.disclosure_id}"
            raise HistoryError("DISCLOSURE_LEFT_OUT", text)


def signed_bytes(answer: status_pb2.DisclosureHistory) -> bytes:
    """Return what the vault signs of a history."""
    return statement.signed_bytes(
        account_token=answer.account_token,
        horizon=answer.horizon_time.ToDatetime(tzinfo=UTC),
        made_at=answer.statement.make_time.ToDatetime(tzinfo=UTC),
        note=answer.checkpoint.note,
        disclosures=[
            _listed(
                each.entry, each.disclosure_id, each.record_digest, each.auditor_actor_id, each.legal_basis
            )
            for each in answer.disclosures
        ],
        openings=[_listed(each.entry, each.disclosure_id, each.record_digest) for each in answer.openings],
    )


def covering(history: DisclosureHistory, *, policy: Policy, breaks: Sequence[Break] = ()) -> SignedCheckpoint:
    """Return the verified checkpoint of a history; raises HistoryError (LOG_INVALID, EPOCH_INVALID)."""
    answer = status_pb2.DisclosureHistory.FromString(history.message)
    try:
        return proof.covering(answer.checkpoint.note, policy, breaks=breaks)
    except LogError as error:
        text = f"the checkpoint does not verify: {error}"
        raise HistoryError(proof.reason_of(error), text) from error


def _stated_at(answer: status_pb2.DisclosureHistory, policy: Policy) -> datetime:
    """Return when the vault stated a history; raises HistoryError unless it is whole and signed."""
    stated = answer.statement
    if not stated.signature or not stated.key_note or not stated.HasField("make_time"):
        raise HistoryError("NOT_SIGNED", "the vault has not signed the history")
    if any(each.nanos for each in (answer.horizon_time, stated.make_time)):
        raise HistoryError("SIGNATURE_INVALID", "a time of the history is not in whole seconds")
    _check_counts(answer)
    made_at = stated.make_time.ToDatetime(tzinfo=UTC)
    try:
        # No witness signs it, so a former key counts only until the next one signs.
        key = statement_key.read(stated.key_note, policy.keys(at=made_at.timestamp()))
        statement.verify(signed_bytes(answer), stated.signature, public_key=key.public_key)
    except (LogError, HistorySignatureError) as error:
        text = f"the history is not as the vault signed it: {error}"
        raise HistoryError("SIGNATURE_INVALID", text) from error
    if not key.counts(made_at):
        text = "the log's key does not vouch for the key that signed the history at that time"
        raise HistoryError("SIGNATURE_INVALID", text)
    return made_at


def _check_counts(answer: status_pb2.DisclosureHistory) -> None:
    listed = (len(answer.disclosures), len(answer.openings))
    told = (answer.statement.disclosure_count, answer.statement.opening_count)
    if listed != told:
        text = f"the file lists {listed[0]} disclosures and {listed[1]} openings, of {told[0]} and {told[1]}"
        raise HistoryError("NOT_WHOLE", f"{text} that the vault told")


def _listed(logged: disclosure_pb2.LoggedEntry, *fields: Part) -> ListedEntry:
    its = logged.proof
    return ListedEntry(fields, logged.leaf, logged.opening_key, its.index, its.tree_size, its.hashes)


def _disclosure(
    history: DisclosureHistory, listed: status_pb2.RecordDisclosure, at: Checkpoint, number: int
) -> ProvedDisclosure:
    fields: dict[str, Part] = {
        "disclosure_id": listed.disclosure_id,
        "record_digest": listed.record_digest,
        "auditor_actor_id": listed.auditor_actor_id,
        "legal_basis": listed.legal_basis,
    }
    what = f"disclosure {number}"
    found = _entry(history, listed.entry, at, type=EventType.DISCLOSURE_DISCLOSE, fields=fields, what=what)
    index = listed.entry.proof.index
    return ProvedDisclosure(
        listed.disclosure_id, found.occurred_at, listed.auditor_actor_id, listed.legal_basis, index
    )


def _opening(
    history: DisclosureHistory, listed: status_pb2.DisclosureOpening, at: Checkpoint, number: int
) -> ProvedOpening:
    fields: dict[str, Part] = {"disclosure_id": listed.disclosure_id, "record_digest": listed.record_digest}
    what = f"opening {number}"
    found = _entry(history, listed.entry, at, type=EventType.DISCLOSURE_OPEN, fields=fields, what=what)
    return ProvedOpening(listed.disclosure_id, found.occurred_at, found.actor_id, listed.entry.proof.index)


def _entry(
    history: DisclosureHistory,
    logged: disclosure_pb2.LoggedEntry,
    at: Checkpoint,
    *,
    type: EventType,
    fields: Mapping[str, Part],
    what: str,
) -> Entry:
    """Return a listed entry that the log holds; what: its name in errors."""
    try:
        found = check_entry(logged, at, type=type, account_token=history.account_token, fields=fields)
    except EntryError as error:
        text = f"the log entry of {what} does not commit to what is listed"
        raise HistoryError("OTHER_ENTRY", text) from error
    except LogError as error:
        raise HistoryError("NOT_IN_LOG", f"{what} is not in the log") from error
    if found.occurred_at >= history.horizon:
        raise HistoryError("PAST_HORIZON", f"{what} is later than the history's horizon")
    return found
