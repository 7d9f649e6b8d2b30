"""Drills: each custodian opens its share of a synthetic record, which reveals a lost key in time.

- A quorum has one drill record. Its token is derived from the quorum id and is not a valid account token. No
  platform can have its relying party. So nothing bound to a drill record fits the record of a person.
- A custodian's drill is due 90 days after the last one passed, or after the first drill record for the same
  key.
- A custodian's signature must be recent (real time) and later than the one of the drill before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault_verify.attest.drill import RELYING_PARTY
from idvault_verify.claim import Consent, Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.record import SealedRecord

PERIOD = timedelta(days=90)
CLOCK_DIFFERENCE = timedelta(minutes=10)  # between the custodian's computer and the service
# The number cannot belong to a person: neither a region nor a birth date is all zeros.
_NAME = "演练记录（合成数据）"
_NUMBER = "0" * 18


@dataclass(frozen=True, slots=True)
class DrillRecord:
    """A quorum's drill record. entry_id: the log entry of its creation."""

    record: SealedRecord
    entry_id: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DrillHistory:
    """When each quorum's drill record was created, and when each custodian of it last passed."""

    made: Mapping[str, datetime]
    passed: Mapping[tuple[str, str], datetime]


@dataclass(frozen=True, slots=True)
class DrillStanding:
    """When a custodian last passed a drill (None: never), and when the next one is due."""

    custodian: str
    passed_at: datetime | None
    due_at: datetime

    def is_overdue(self, now: datetime) -> bool:
        """Return whether the next drill is overdue."""
        return now >= self.due_at


def identity() -> Identity:
    """Return the identity in a drill record; its name says that it is synthetic."""
    return Identity(_NAME, Document(DocumentType.RESIDENT_ID, _NUMBER))


def consent(*, now: datetime) -> Consent:
    """Return the placeholder consent of a drill record."""
    return Consent(RELYING_PARTY, now)


def check_fresh(*, signed_at: datetime, now: datetime) -> None:
    """Raise InvalidError (INVALID_MESSAGE, sign_time) unless the signature is recent (real time)."""
    if abs(now - signed_at) > CLOCK_DIFFERENCE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("sign_time", FieldCode.CHARACTER))


def standing(*, custodian: str, made: Iterable[datetime], passed: Iterable[datetime]) -> DrillStanding | None:
    """Return a custodian's standing, None if there is no drill record yet.

    made: creation times of the drill records of those quorums in which the custodian has its present key;
    passed: when the custodian passed a drill of one of them.
    """
    first, last = min(made, default=None), max(passed, default=None)
    since = last or first
    return None if since is None else DrillStanding(custodian, last, since + PERIOD)
