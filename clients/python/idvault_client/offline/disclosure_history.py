"""A disclosure history, and its check without a call: was this identity ever opened?

A history is valid, in this order, if
* its checkpoint is signed by the log, and by its witnesses where they are given,
* each opening's entry is of the type disclosure:record:open and commits to this account and these details,
* each is in the tree of the checkpoint, in a place of its own, and happened before the horizon.

That no opening was left out is what the vault says; the log proves those that are listed.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from idvault.domain.event import EventType
from idvault.transparency import checkpoint, entry
from idvault.transparency.checkpoint import Checkpoint, Policy
from idvault.transparency.entry import EntryError
from idvault.transparency.proof import verify_inclusion
from idvault.transparency.tree import LogError
from idvault.v1 import status_pb2


class HistoryError(Exception):
    """A history that does not verify. reason: a word for machines; the text says why."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep both."""
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DisclosureHistory:
    """Every opening of an account's records before the horizon, as the vault tells it."""

    account_token: str
    horizon: datetime
    openings: int
    message: bytes = field(repr=False)

    def to_json(self) -> str:
        """Return the text of a history file."""
        return json_format.MessageToJson(status_pb2.DisclosureHistory.FromString(self.message)) + "\n"


@dataclass(frozen=True, slots=True)
class ProvedOpening:
    """One opening that the log proves. opened_at: to the minute, UTC; index: its place in the log."""

    disclosure_id: str
    opened_at: datetime
    actor_id: str
    index: int


def read_answer(data: bytes) -> DisclosureHistory:
    """Return an answer of the vault; raises DecodeError, ValueError."""
    answer = status_pb2.DisclosureHistory.FromString(data)
    if not answer.account_token:
        raise ValueError("a history without account")
    horizon = answer.horizon_time.ToDatetime(tzinfo=UTC)
    return DisclosureHistory(answer.account_token, horizon, len(answer.openings), data)


def parse(text: str | bytes) -> DisclosureHistory:
    """Return the content of a history file; raises HistoryError (NOT_A_HISTORY)."""
    try:
        message = json_format.Parse(text, status_pb2.DisclosureHistory())
        return read_answer(message.SerializeToString(deterministic=True))
    except (json_format.ParseError, DecodeError, ValueError) as error:
        raise HistoryError("NOT_A_HISTORY", "the file is no disclosure history") from error


def check(history: DisclosureHistory, *, policy: Policy) -> tuple[ProvedOpening, ...]:
    """Return the openings, each of them proved; raises HistoryError that says what does not verify."""
    answer = status_pb2.DisclosureHistory.FromString(history.message)
    try:
        newest = checkpoint.verify(answer.checkpoint.note, policy).checkpoint
    except LogError as error:
        raise HistoryError("LOG_INVALID", f"the checkpoint does not verify: {error}") from error
    proved = tuple(
        _check(history, opening, newest, number) for number, opening in enumerate(answer.openings, start=1)
    )
    if len({opening.index for opening in proved}) != len(proved):
        raise HistoryError("LISTED_TWICE", "one entry of the log is listed as two openings")
    return proved


def _check(
    history: DisclosureHistory, opening: status_pb2.DisclosureOpening, at: Checkpoint, number: int
) -> ProvedOpening:
    logged = opening.entry
    try:
        found = entry.check_opened(
            logged.leaf,
            type=EventType.DISCLOSURE_OPEN,
            opening_key=logged.opening_key,
            account_token=history.account_token,
            fields={"disclosure_id": opening.disclosure_id, "record_digest": opening.record_digest},
        )
    except EntryError as error:
        text = f"opening {number} is not what its log entry commits to"
        raise HistoryError("OTHER_ENTRY", text) from error
    try:
        verify_inclusion(
            leaf_hash=entry.leaf_hash(logged.leaf),
            index=logged.proof.index,
            size=at.size,
            root=at.root,
            proof=logged.proof.hashes,
        )
    except LogError as error:
        raise HistoryError("NOT_IN_LOG", f"opening {number} is not in the log") from error
    if found.occurred_at >= history.horizon:
        raise HistoryError("PAST_HORIZON", f"opening {number} is later than the history's horizon")
    return ProvedOpening(opening.disclosure_id, found.occurred_at, found.actor_id, logged.proof.index)
