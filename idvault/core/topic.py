"""Who is told of which entries of the log, and as what: values, for the outbox and for notifications."""

from collections.abc import Mapping
from enum import StrEnum

from idvault_verify.event import FIELDS, Event, EventType, names_platform


class Audience(StrEnum):
    """Who is told."""

    CUSTODIAN = "custodian"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    MODERATOR = "moderator"
    PLATFORM = "platform"
    AUTHORITY = "authority"


class Topic(StrEnum):
    """What waits for somebody."""

    DISCLOSURE_REQUESTED = "disclosure_requested"
    RECORD_DISCLOSED = "record_disclosed"
    DRILL_DUE = "drill_due"
    ROSTER_PROPOSED = "roster_proposed"
    ROSTER_ADOPTED = "roster_adopted"
    SECOND_FACTOR_LOCKED = "second_factor_locked"
    REPORT_FILED = "report_filed"
    REPORT_DUE = "report_due"
    REPORT_REOPENED = "report_reopened"
    REPORT_SUPPLEMENTED = "report_supplemented"
    REPORT_REFERRED = "report_referred"
    APPEAL_FILED = "appeal_filed"
    CONTEST_FILED = "contest_filed"
    REINSTATEMENT_FILED = "reinstatement_filed"
    DISAVOWAL_FILED = "disavowal_filed"
    APPLICATION_FILED = "application_filed"
    PROPOSAL_MADE = "proposal_made"
    ORDER_RECORDED = "order_recorded"
    ORDER_ISSUED = "order_issued"
    ORDER_WITHDRAWN = "order_withdrawn"
    ORDER_OBJECTED = "order_objected"
    DEADLINE_MISSED = "deadline_missed"
    ERASURE_REQUESTED = "erasure_requested"
    ERASURE_CANCELLED = "erasure_cancelled"
    ACCOUNT_ERASED = "account_erased"


_MISSED = ((Audience.MODERATOR, Topic.DEADLINE_MISSED), (Audience.PLATFORM, Topic.DEADLINE_MISSED))
_PROPOSED = ((Audience.MODERATOR, Topic.PROPOSAL_MADE),)
_SIGNED_BY_TWO = ("sanction", "person", "contest", "reinstatement", "disavowal", "narrowing")
TOPICS: Mapping[EventType, tuple[tuple[Audience, Topic], ...]] = {
    EventType.DISCLOSURE_REQUEST: ((Audience.CUSTODIAN, Topic.DISCLOSURE_REQUESTED),),
    EventType.DISCLOSURE_DISCLOSE: ((Audience.AUDITOR, Topic.RECORD_DISCLOSED),),
    EventType.DRILL_RENEW: ((Audience.CUSTODIAN, Topic.DRILL_DUE),),
    EventType.ROSTER_PROPOSE: ((Audience.CUSTODIAN, Topic.ROSTER_PROPOSED),),
    EventType.ROSTER_ADOPTED: (
        (Audience.CUSTODIAN, Topic.ROSTER_ADOPTED),
        (Audience.OPERATOR, Topic.ROSTER_ADOPTED),
    ),
    EventType.SECOND_FACTOR_EXHAUST: ((Audience.OPERATOR, Topic.SECOND_FACTOR_LOCKED),),
    EventType.TIP_OFF_FILE: ((Audience.MODERATOR, Topic.REPORT_FILED),),
    EventType.TIP_OFF_SUPPLEMENT: ((Audience.MODERATOR, Topic.REPORT_SUPPLEMENTED),),
    EventType.TIP_OFF_REMIND_HALF: ((Audience.MODERATOR, Topic.REPORT_DUE),),
    EventType.TIP_OFF_REMIND_FOUR_FIFTHS: ((Audience.MODERATOR, Topic.REPORT_DUE),),
    EventType.TIP_OFF_REOPEN: ((Audience.MODERATOR, Topic.REPORT_REOPENED),),
    EventType.TIP_OFF_REFER: ((Audience.AUTHORITY, Topic.REPORT_REFERRED),),
    EventType.TIP_OFF_DECLINE: ((Audience.MODERATOR, Topic.REPORT_REOPENED),),
    EventType.TIP_OFF_LAPSE: ((Audience.MODERATOR, Topic.REPORT_REOPENED),),
    EventType.APPEAL_FILE: ((Audience.MODERATOR, Topic.APPEAL_FILED),),
    EventType.CONTENT_APPEAL_FILE: ((Audience.MODERATOR, Topic.APPEAL_FILED),),
    EventType.CONTEST_FILE: ((Audience.MODERATOR, Topic.CONTEST_FILED),),
    EventType.REINSTATEMENT_FILE: ((Audience.MODERATOR, Topic.REINSTATEMENT_FILED),),
    # Its platform hears of it at the drawn time at which the disavowal itself appears there.
    EventType.DISAVOWAL_FILE: ((Audience.MODERATOR, Topic.DISAVOWAL_FILED),),
    EventType.PUBLIC_ACCOUNT_APPLY: ((Audience.MODERATOR, Topic.APPLICATION_FILED),),
    EventType.ORDER_RECORD: ((Audience.MODERATOR, Topic.ORDER_RECORDED),),
    EventType.ORDER_ISSUE: (
        (Audience.MODERATOR, Topic.ORDER_ISSUED),
        (Audience.PLATFORM, Topic.ORDER_ISSUED),
    ),
    EventType.ORDER_WITHDRAW: (
        (Audience.MODERATOR, Topic.ORDER_WITHDRAWN),
        (Audience.PLATFORM, Topic.ORDER_WITHDRAWN),
    ),
    EventType.ORDER_OBJECT: ((Audience.AUTHORITY, Topic.ORDER_OBJECTED),),
    EventType.ERASURE_REQUEST: ((Audience.PLATFORM, Topic.ERASURE_REQUESTED),),
    EventType.ERASURE_CANCEL: ((Audience.PLATFORM, Topic.ERASURE_CANCELLED),),
    EventType.ERASURE_ERASE: ((Audience.PLATFORM, Topic.ACCOUNT_ERASED),),
    **{kind: _MISSED for kind in EventType if names_platform(kind.value)},
    **{
        kind: _PROPOSED
        for kind in EventType
        if kind.value.partition(":")[0] in _SIGNED_BY_TWO and kind.value.endswith(":propose")
    },
}
"""Who is told of which entry, and as what."""


def member_of(event: Event) -> str:
    """Return the actor id of the roster member that an entry names as the one who is told; empty if none."""
    found = (event.fields.get(name) for name in ("auditor_actor_id", "authority_actor_id"))
    return next((str(each) for each in found if each), "")


def thing_of(event: Event) -> str:
    """Return the random id of what an entry is about: its first field that is one, else the entry's own."""
    for name in FIELDS[event.type]:
        value = event.fields.get(name)
        if name.endswith("_id") and isinstance(value, str):
            return value
    return event.entry_id
