"""Drills: each custodian opens the own share of a record of nobody, so that a lost key is noticed in time.

- A quorum has one drill record. Its token is made of the quorum id and is no account token, and its relying
  party is one that no platform can have: nothing that is bound to it fits to a record of a person.
- A custodian's drill is due 90 days after the last one, or after the first drill record for the same key.
- What a custodian signs must have been signed just now, in real time, and later than the time before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.domain.claim import Consent, Identity
from idvault.domain.document import Document, DocumentType
from idvault.domain.error import FieldCode, InvalidError, Reason, Violation

RELYING_PARTY = "drill"
PERIOD = timedelta(days=90)
CLOCK_DIFFERENCE = timedelta(minutes=10)  # between the custodian's machine and the service
_PREFIX = "drill_"
_TOKEN_LENGTH = 31  # that of an account token, which is what a column holds
# The number can be nobody's: no region and no birth date is zero.
_NAME = "演练记录（合成数据）"
_NUMBER = "0" * 18


@dataclass(frozen=True, slots=True)
class DrillStanding:
    """When a custodian last passed a drill, None for never; due_at: until when the next one must be."""

    custodian: str
    passed_at: datetime | None
    due_at: datetime

    def is_overdue(self, now: datetime) -> bool:
        """Whether the time for the next drill is over."""
        return now >= self.due_at


def token(*, quorum_id: str) -> str:
    """Return what stands for an account token in the drill record of a quorum."""
    return (_PREFIX + quorum_id)[:_TOKEN_LENGTH]


def identity() -> Identity:
    """Return what is sealed in a drill record; it is synthetic, and says so."""
    return Identity(_NAME, Document(DocumentType.RESIDENT_ID, _NUMBER))


def consent(*, now: datetime) -> Consent:
    """Return the terms of a drill record, which nobody agreed to."""
    return Consent(RELYING_PARTY, now)


def check_platform(name: str) -> None:
    """Raise InvalidError (INVALID_MESSAGE) for a platform that is called as the drill's relying party is."""
    if name == RELYING_PARTY:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("name", FieldCode.CHARACTER))


def check_fresh(*, signed_at: datetime, now: datetime) -> None:
    """Raise InvalidError (INVALID_MESSAGE, sign_time) for what was not signed just now, in real time."""
    if abs(now - signed_at) > CLOCK_DIFFERENCE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("sign_time", FieldCode.CHARACTER))


def standing(*, custodian: str, made: Iterable[datetime], passed: Iterable[datetime]) -> DrillStanding | None:
    """Return how a custodian stands, None while there was no drill record yet.

    made: when the drill records of the quorums in which the custodian holds shares with the present key were
    made; passed: when the custodian passed a drill of one of them.
    """
    first, last = min(made, default=None), max(passed, default=None)
    since = last or first
    return None if since is None else DrillStanding(custodian, last, since + PERIOD)
