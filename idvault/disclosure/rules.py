"""The life cycle of a disclosure: an auditor asks for one sealed record; M of N custodians open it together.

- A custodian decides once, each place of the quorum counts once, and no one decides on their own request.
- A custodian who approved releases the share afterwards, in a second act. Only releases count.
- REQUESTED becomes APPROVED with M releases by different custodians of the record's present quorum. That is
  the disclosure: what happens later, a cancellation included, does not undo it.
- REQUESTED becomes DENIED with N - M + 1 denials: M releases are then impossible. Later denials change
  nothing.
- All N custodians may release until the request expires or the auditor confirms a good combination, so that a
  wrong share does not block.
- APPROVED becomes OPENED at the first opening. The request sets how many openings are allowed.
- The auditor can cancel a REQUESTED or APPROVED disclosure (CANCELLED). Either becomes EXPIRED at expire_at.
- From expire_at on, no decision, release or opening is accepted, whatever the state.
- Each auditor has a daily limit of requests. Refusals are counted, and logged once a minute.

Disclosures are published from one horizon on, which is the same for all accounts:

- The horizon is the start of the day that is one embargo before today.
- It is the same for every account and case, so a missing disclosure reveals nothing about a current case.
- Every disclosure (the M-th release) and every opening before the horizon is published, whoever requested it,
  also if the request was cancelled or expired afterwards.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from idvault_verify.disclosure import (
    CLOCK_DIFFERENCE,
    DecidingQuorum,
    Decision,
    Disclosure,
    DisclosureState,
    QuorumMember,
    Verdict,
)
from idvault_verify.error import DeniedError, NotFoundError, PreconditionError, Reason

REPEAT_TIME = timedelta(minutes=10)  # during which the answer of the last opening can be requested again
COUNTED_DAYS = 30


_TAKES_SHARES = (DisclosureState.REQUESTED, DisclosureState.APPROVED, DisclosureState.OPENED)


@dataclass(frozen=True, slots=True)
class Tally:
    """One actor's refusals for one reason. minute: of the last log entry; silent: refusals since then."""

    minute: datetime | None = None
    silent: int = 0


def check_fresh(*, created_at: datetime, now: datetime) -> None:
    """Raise PreconditionError (DISCLOSURE_EXPIRED) unless the request was made recently (real time)."""
    if abs(now - created_at) > CLOCK_DIFFERENCE:
        raise PreconditionError(Reason.DISCLOSURE_EXPIRED)


def check_owner(*, disclosure: Disclosure, actor_id: str) -> None:
    """Raise NotFoundError (REQUEST_NOT_FOUND) unless the actor is the auditor who made the request."""
    if disclosure.auditor_actor_id != actor_id:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)


def check_not_own(*, disclosure: Disclosure, name: str, actor_id: str) -> None:
    """Raise DeniedError (SELF_APPROVAL) for the auditor who made the request, whatever their other roles."""
    if disclosure.auditor_actor_id == actor_id or disclosure.auditor == name:
        raise DeniedError(Reason.SELF_APPROVAL)


def check_may_decide(*, disclosure: Disclosure, member: QuorumMember, now: datetime) -> None:
    """Raise DeniedError (SELF_APPROVAL) or PreconditionError (DISCLOSURE_EXPIRED, ILLEGAL_TRANSITION)."""
    _check_takes_shares(disclosure, member, now)
    if any(member.name == made.custodian or member.place == made.place for made in disclosure.decisions):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def decide(
    *, disclosure: Disclosure, member: QuorumMember, verdict: Verdict, quorum: DecidingQuorum, now: datetime
) -> Disclosure:
    """Return the disclosure with one more decision; raises what `check_may_decide` raises."""
    check_may_decide(disclosure=disclosure, member=member, now=now)
    made = Decision(member.name, member.place, verdict, now)
    decided = replace(disclosure, decisions=(*disclosure.decisions, made))
    is_impossible = decided.count(Verdict.DENY) > quorum.size - quorum.threshold
    if decided.state is DisclosureState.REQUESTED and is_impossible:
        return replace(decided, state=DisclosureState.DENIED)
    return decided


def check_may_release(*, disclosure: Disclosure, member: QuorumMember, now: datetime) -> Decision:
    """Return the member's approval, whose share is still to be released; raises as `check_may_decide`."""
    _check_takes_shares(disclosure, member, now)
    for made in disclosure.decisions:
        is_own = (made.custodian, made.place) == (member.name, member.place)
        if is_own and made.verdict is Verdict.APPROVE and made.released_at is None:
            return made
    raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def release(
    *, disclosure: Disclosure, member: QuorumMember, quorum: DecidingQuorum, now: datetime
) -> Disclosure:
    """Return the disclosure with one more released share; raises what `check_may_release` raises.

    The M-th release sets disclosed_at.
    """
    made = check_may_release(disclosure=disclosure, member=member, now=now)
    decisions = tuple(
        replace(each, released_at=now) if each is made else each for each in disclosure.decisions
    )
    released = replace(disclosure, decisions=decisions)
    if released.disclosed_at is None and released.releases >= quorum.threshold:
        return replace(released, state=DisclosureState.APPROVED, disclosed_at=now)
    return released


def check_may_open(*, disclosure: Disclosure, now: datetime) -> None:
    """Raise PreconditionError (DISCLOSURE_EXPIRED, ILLEGAL_TRANSITION) unless one more opening is allowed."""
    _check_time(disclosure, now)
    if disclosure.state not in (DisclosureState.APPROVED, DisclosureState.OPENED) or disclosure.is_used_up:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def open_once(*, disclosure: Disclosure, now: datetime) -> Disclosure:
    """Return the disclosure with one more opening; raises what `check_may_open` raises."""
    check_may_open(disclosure=disclosure, now=now)
    return replace(disclosure, state=DisclosureState.OPENED, opened=disclosure.opened + 1, opened_at=now)


def confirm(*, disclosure: Disclosure, now: datetime) -> Disclosure:
    """Return the disclosure whose shares are known to open the record: no further share is taken.

    Raises PreconditionError (ILLEGAL_TRANSITION) before the first opening and after the first confirmation.
    """
    if disclosure.state is not DisclosureState.OPENED or disclosure.confirmed_at is not None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return replace(disclosure, confirmed_at=now)


def report_share(*, disclosure: Disclosure, custodian: str, now: datetime) -> Disclosure:
    """Return the disclosure with a custodian's released share reported as wrong.

    Raises PreconditionError (ILLEGAL_TRANSITION) unless this custodian's share was released and the record
    opened at least once. A second report changes nothing.
    """
    found = next((made for made in disclosure.decisions if made.custodian == custodian), None)
    if found is None or found.released_at is None or disclosure.state is not DisclosureState.OPENED:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    if found.reported_at is not None:
        return disclosure
    decisions = tuple(
        replace(made, reported_at=now) if made is found else made for made in disclosure.decisions
    )
    return replace(disclosure, decisions=decisions)


def cancel(*, disclosure: Disclosure, now: datetime) -> Disclosure:
    """Return the CANCELLED disclosure; raises PreconditionError (DISCLOSURE_EXPIRED, ILLEGAL_TRANSITION)."""
    _check_time(disclosure, now)
    if disclosure.state not in (DisclosureState.REQUESTED, DisclosureState.APPROVED):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return replace(disclosure, state=DisclosureState.CANCELLED)


def expire(*, disclosure: Disclosure, now: datetime) -> Disclosure:
    """Return the disclosure as of now: EXPIRED if it was not opened before expire_at."""
    if (
        disclosure.state in (DisclosureState.REQUESTED, DisclosureState.APPROVED)
        and now >= disclosure.expire_at
    ):
        return replace(disclosure, state=DisclosureState.EXPIRED)
    return disclosure


def needs_shares(*, disclosure: Disclosure, now: datetime) -> bool:
    """Return whether shares and record version may still be requested; if not, they must be destroyed."""
    if disclosure.state in (DisclosureState.REQUESTED, DisclosureState.APPROVED):
        return now < disclosure.expire_at
    if disclosure.state is not DisclosureState.OPENED:
        return False
    repeats = disclosure.opened_at is not None and now < disclosure.opened_at + REPEAT_TIME
    is_over = disclosure.is_used_up and disclosure.confirmed_at is not None
    return repeats or (not is_over and now < disclosure.expire_at)


def refuse(*, tally: Tally, now: datetime) -> tuple[Tally, int]:
    """Count one refusal; return the new tally and the count to log, 0 if no entry is due."""
    minute = now.replace(second=0, microsecond=0)
    if tally.minute is not None and tally.minute >= minute:
        return Tally(tally.minute, tally.silent + 1), 0
    return Tally(minute), tally.silent + 1


def flush(*, tally: Tally, now: datetime) -> tuple[Tally, int]:
    """Return the tally with its silent refusals logged, and the count to log, 0 if no entry is due."""
    minute = now.replace(second=0, microsecond=0)
    if not tally.silent or (tally.minute is not None and tally.minute >= minute):
        return tally, 0
    return Tally(minute), tally.silent


def _check_takes_shares(disclosure: Disclosure, member: QuorumMember, now: datetime) -> None:
    check_not_own(disclosure=disclosure, name=member.name, actor_id=member.actor_id)
    _check_time(disclosure, now)
    if disclosure.state not in _TAKES_SHARES or disclosure.confirmed_at is not None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def _check_time(disclosure: Disclosure, now: datetime) -> None:
    if now >= disclosure.expire_at or disclosure.state is DisclosureState.EXPIRED:
        raise PreconditionError(Reason.DISCLOSURE_EXPIRED)


def horizon(*, today: date, embargo: timedelta, zone: tzinfo) -> datetime:
    """Return the time before which everything is published. zone: of the day's start."""
    return datetime.combine(today - embargo, time.min, tzinfo=zone)


def is_told(*, happened_at: datetime, horizon: datetime) -> bool:
    """Return whether a disclosure or an opening is part of a history."""
    return happened_at < horizon
