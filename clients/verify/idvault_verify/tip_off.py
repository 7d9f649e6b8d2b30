"""A report's values: channel, state, outcome and target."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from idvault_verify.sanction import SanctionCategory

TEXT_LENGTH, CONTACT_LENGTH, REPLY_LENGTH, NOTE_LENGTH = 5_000, 200, 2_000, 2_000
SUPPLEMENT_LENGTH = 2_000


class ReporterStanding(StrEnum):
    """How a reporter's reports are treated."""

    ORDINARY = "ORDINARY"
    TRUSTED = "TRUSTED"
    WARNED = "WARNED"
    LIMITED = "LIMITED"


REFERENCE_DIGITS, SECRET_DIGITS = 12, 16


class Reminder(StrEnum):
    """How much of the time of a report has passed."""

    HALF = "HALF"
    FOUR_FIFTHS = "FOUR_FIFTHS"
    OVERDUE = "OVERDUE"


class TargetKind(StrEnum):
    """What kind of thing a report is about."""

    ACCOUNT = "ACCOUNT"
    PUBLIC_ACCOUNT = "PUBLIC_ACCOUNT"
    CONTENT = "CONTENT"


@dataclass(frozen=True, slots=True)
class TipOffTarget:
    """A thing that a report is about. key: account token, public account id, or reference of content."""

    kind: TargetKind
    key: str = field(repr=False)


class TipOffChannel(StrEnum):
    """How a report arrived."""

    APP = "APP"
    WEB = "WEB"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    MAIL = "MAIL"
    COUNTER = "COUNTER"


TAKEN_DOWN = (TipOffChannel.PHONE, TipOffChannel.MAIL, TipOffChannel.COUNTER)
"""The channels of what a moderator takes down, in the words of somebody who was not signed in."""


class TipOffState(StrEnum):
    """How far the platform is with a report."""

    RECEIVED = "RECEIVED"
    ASSIGNED = "ASSIGNED"
    ANSWERED = "ANSWERED"
    MERGED = "MERGED"
    RESOLVED = "RESOLVED"


class TipOffOutcome(StrEnum):
    """What was decided about a report."""

    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"
    DUPLICATE = "DUPLICATE"
    ABUSIVE = "ABUSIVE"
    REFERRED = "REFERRED"


class ReferralState(StrEnum):
    """What became of a report's referral to an authority."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    LAPSED = "LAPSED"


class Dismissal(StrEnum):
    """Why a report was dismissed."""

    NO_VIOLATION = "NO_VIOLATION"
    NOT_ESTABLISHED = "NOT_ESTABLISHED"
    NOT_COMPETENT = "NOT_COMPETENT"
    GONE = "GONE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class TipOff:
    """A report; tip_off_id is 32 lower-case hex digits, reference the 12 digits that its reporter gets.

    reporter_id: None for an anonymous report, and once its texts are deleted. trusted: whether the reporter
    was a trusted flagger at filing. assignee: a moderator id. reminder: the last one that was written.
    secret_hash, secret_key: keyed hash of the reporter's secret, and the version of its key. operation_id:
    the operation that it belongs to. flooded: whether it came by a flooded form (tip_off.flood.rules).
    proposal_id: the sanction with which it is decided once a second moderator confirms that, until
    proposal_until. measure_id: the measure on content of the decision, or of its proposal. referral_id: the
    last referral to an authority, None if there was none; authority, authority_id: its name and actor id in
    the roster; referral_state: what became of it; referral_until: until when it can be accepted, None if it
    is not OPEN. supplemented_at: when the reporter answered the reply.
    """

    tip_off_id: str
    relying_party: str
    reference: str
    channel: TipOffChannel
    target: TipOffTarget
    category: SanctionCategory
    evidence: tuple[bytes, ...] = field(repr=False)
    reporter_id: str | None = field(repr=False)
    trusted: bool
    filed_at: datetime
    due_at: datetime
    secret_hash: bytes = field(repr=False)
    secret_key: str
    state: TipOffState = TipOffState.RECEIVED
    assignee: str | None = None
    answered_at: datetime | None = None
    resolved_at: datetime | None = None
    outcome: TipOffOutcome | None = None
    dismissal: Dismissal | None = None
    merged_into: str | None = None
    sanction_id: str | None = None
    reminder: Reminder | None = None
    deleted_at: datetime | None = None
    operation_id: str | None = None
    flooded: bool = False
    proposal_id: str | None = None
    proposal_until: datetime | None = None
    measure_id: str | None = None
    referral_id: str | None = None
    authority: str | None = None
    authority_id: str | None = None
    referral_state: ReferralState | None = None
    referral_until: datetime | None = None
    supplemented_at: datetime | None = None
