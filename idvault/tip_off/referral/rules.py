"""Referrals of reports to authorities.

| from | verb | to |
|---|---|---|
| (none), DECLINED, LAPSED | refer | OPEN, as a new one |
| OPEN | accept | ACCEPTED: the report is RESOLVED, REFERRED |
| OPEN | decline | DECLINED: the report is open |
| OPEN | seven days pass | LAPSED: the report is open |

- A referral can be answered until the end of the seventh calendar day after that of the referral, in the
  operator's time zone, as a report can.
- Until it is accepted it decides nothing: the reporter reads neither it nor its reply, the report's deadline
  stays, and nobody decides otherwise (REFERRAL_OPEN).
- A moderator refers at most 100 reports a day: one key, or one desk's certificate, fills no authority's list.
- The authority reads category, target, platform and day; the target only while it may accept, or once it has.
- An answer that began before the end and comes after a stored lapse changes nothing: the report is decided by
  what its own row says.
- It signs what it has read: an answer of another category or target than the report's is refused.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo

from idvault_verify.attest import sanction as papers
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.attest.order import AnswerTerms
from idvault_verify.error import ExhaustedError, PreconditionError, Reason, TransitionError
from idvault_verify.event import EventType
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState, TipOff, TipOffOutcome, TipOffState, TipOffTarget

REFERRAL_DAYS = 7
MOST_REFERRED = 100
"""Reports that one moderator refers in a day."""
_EVENTS = {
    ReferralState.ACCEPTED: EventType.TIP_OFF_ACCEPT,
    ReferralState.DECLINED: EventType.TIP_OFF_DECLINE,
    ReferralState.LAPSED: EventType.TIP_OFF_LAPSE,
}


@dataclass(frozen=True, slots=True)
class NewReferral:
    """A referral to make. authority, authority_id: name and actor id in the roster. until: when it lapses."""

    referral_id: str
    authority: str
    authority_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as its authority finds it. accepted: None while there is no answer.

    salt: marks the target in the answer, None once the texts of the report are deleted. answer: what the
    authority signed.
    """

    referral_id: str
    authority_id: str
    relying_party: str
    tip_off_id: str
    referred_at: datetime
    until: datetime
    salt: bytes | None = field(repr=False)
    accepted: bool | None
    answered_at: datetime | None
    answer: bytes = field(repr=False)
    category: SanctionCategory
    target: TipOffTarget

    def state(self, *, now: datetime) -> ReferralState:
        """Return the state as of now."""
        if self.accepted is not None:
            return ReferralState.ACCEPTED if self.accepted else ReferralState.DECLINED
        return ReferralState.LAPSED if self.until <= now else ReferralState.OPEN

    def last_day(self, zone: tzinfo) -> date:
        """Return the last day on which it can be answered."""
        return (self.until - timedelta(microseconds=1)).astimezone(zone).date()

    def is_shown(self, *, now: datetime) -> bool:
        """Return whether the authority reads the target."""
        return self.state(now=now) in (ReferralState.OPEN, ReferralState.ACCEPTED) and self.salt is not None


def check_referred(*, referred: int, remaining: timedelta) -> None:
    """Raise ExhaustedError (TIP_OFF_LIMIT_REACHED) if a moderator has referred too many reports today.

    referred: with the present one. remaining: the rest of the operator's day.
    """
    if referred > MOST_REFERRED:
        raise ExhaustedError(Reason.TIP_OFF_LIMIT_REACHED, retry_after=remaining)


def is_open(tip_off: TipOff) -> bool:
    """Return whether an authority may accept the report."""
    return tip_off.referral_state is ReferralState.OPEN


def check_closed(tip_off: TipOff) -> None:
    """Raise PreconditionError (REFERRAL_OPEN) while an authority may accept the report."""
    if is_open(tip_off):
        raise PreconditionError(Reason.REFERRAL_OPEN)


def refer(*, tip_off: TipOff, made: NewReferral) -> TipOff:
    """Return the report with an open referral."""
    return replace(
        tip_off,
        referral_id=made.referral_id,
        authority=made.authority,
        authority_id=made.authority_id,
        referral_state=ReferralState.OPEN,
        referral_until=made.until,
    )


def fall(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return the report as of now: open again if nobody has accepted its referral in time."""
    if not is_open(tip_off) or tip_off.referral_until is None or tip_off.referral_until > now:
        return tip_off
    return _end(tip_off, ReferralState.LAPSED)


def accept(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return the report as decided by its authority's acceptance."""
    return replace(
        _end(tip_off, ReferralState.ACCEPTED),
        state=TipOffState.RESOLVED,
        answered_at=tip_off.answered_at or now,
        resolved_at=now,
        outcome=TipOffOutcome.REFERRED,
    )


def decline(*, tip_off: TipOff) -> TipOff:
    """Return the report open again."""
    return _end(tip_off, ReferralState.DECLINED)


def _end(tip_off: TipOff, state: ReferralState) -> TipOff:
    return replace(tip_off, referral_state=state, referral_until=None)


def is_lost(before: TipOff, after: TipOff) -> bool:
    """Return whether an open referral has ended between two states without being accepted."""
    kept = after.referral_state in (ReferralState.OPEN, ReferralState.ACCEPTED)
    return is_open(before) and not (kept and after.referral_id == before.referral_id)


def happened(before: TipOff, after: TipOff) -> EventType | None:
    """Return what happened to a referral between two states of its report."""
    if before.referral_id != after.referral_id:
        return EventType.TIP_OFF_REFER
    if after.referral_state is None or before.referral_state is after.referral_state:
        return None
    return _EVENTS[after.referral_state]


def check_waits(*, tip_off: TipOff, terms: AnswerTerms) -> None:
    """Raise TransitionError unless a report still waits for what is answered.

    Its row tells what was stored since the call began: a lapse, and a decision or another referral after it.
    """
    if tip_off.referral_id != terms.referral_id or not is_open(tip_off):
        raise TransitionError(state=ReferralState.LAPSED.value, wanted=terms.answer.value)


def check_answer(*, referral: Referral, terms: AnswerTerms, now: datetime) -> None:
    """Raise TransitionError unless a referral is open, PaperError unless its answer is of what it says."""
    state = referral.state(now=now)
    if state is not ReferralState.OPEN:
        raise TransitionError(state=state.value, wanted=terms.answer.value)
    mark = papers.text_mark(referral.target.key, salt=referral.salt or b"")
    read = (terms.platform, terms.category, terms.target_kind, terms.target_mark)
    if read != (referral.relying_party, referral.category, referral.target.kind, mark):
        raise PaperError("signed_answer", "the answer is of another referral")
