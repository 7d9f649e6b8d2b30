"""The rules of reports.

What may be filed and written: lengths and characters of texts, evidence, reference and secret.

- Texts of several lines may hold line ends and tabs, and no other control characters.
- A reference has 12 digits, a secret 16. People type them with spaces and hyphens, which do not count.
- The reference follows from the report's random id, so it tells nothing about the number of reports.

What a moderator takes down: reports by telephone, by letter and at a counter.

- The reporter is nobody's account: no standing, no limit and no count, as for every contact.
- A moderator takes down at most 200 reports a day. One key, or one desk's certificate, can so fill no queue.
- They are no reports of a form: none makes a form flooded, and each is owed an answer.

The clock of a report: reminders at 50, 80 and 100 per cent of its time, each written once.

- Reply and solution are both due at the end of the seventh calendar day (verify.deadline).
- A reminder is due when that share of the time between filing and the deadline has passed, to the
  microsecond.
- The decision stops the clock. What has come due by then is written first, so a late decision hides no
  missed deadline.
- After an outage every reminder is still written, in order.

What is logged when a report changes: every difference between two states of it has its event.

- An answer, a decision and a merger are one event for each report, so that anybody can count them.
- A reminder is one event. The last one is logged as what was missed: the solution, and the reply if there was
  none. Of a report that came by a flooded form it is another event, which no platform is blamed for.
- The fields name the report, the moderator, the sanction, and never an account or a reporter.

What a report is about: an account, a public account, or content by the platform's own reference.

Reports of rumours: from filing to decision.

| from | verb | to |
|---|---|---|
| (none) | file | RECEIVED |
| RECEIVED | assign | ASSIGNED |
| ASSIGNED, ANSWERED | assign to another moderator | unchanged |
| ASSIGNED | hand back | RECEIVED |
| ANSWERED | hand back | ANSWERED, assigned to nobody |
| ASSIGNED | answer | ANSWERED |
| ANSWERED | the reporter answers, once (supplement.rules) | unchanged |
| ASSIGNED with a reply, ANSWERED | resolve | RESOLVED: UPHELD, DISMISSED or ABUSIVE |
| ASSIGNED with a reply, ANSWERED | resolve with a sanction that is proposed | unchanged, with a proposal |
| with a proposal | its sanction comes into force | RESOLVED: UPHELD |
| with a proposal | its sanction is withdrawn or lapses | unchanged, without it |
| ASSIGNED with a reply, ANSWERED | refer to an authority (referral.rules) | unchanged, until that accepts |
| RECEIVED, ASSIGNED, ANSWERED | merge into an open report | MERGED |
| RECEIVED, ASSIGNED, ANSWERED | merge into a resolved report | RESOLVED: DUPLICATE |
| MERGED | the other report is resolved | RESOLVED: DUPLICATE |

- Assigning names the former assignee and is refused if another moderator was faster (compare-and-set).
- Only the assignee hands back, answers, resolves and merges into a report.
- Nothing is merged into a report whose texts are deleted: there is no reply left.
- A merged report is answered when the other one is, and closes with it. Reports that were merged into a
  report move with it when it is merged itself.
- UPHELD has a sanction, a measure on content, or both; REFERRED has an authority.
- A proposal decides nothing yet: the reporter reads neither it nor its reply, and the deadline stays. Until
  it has ended the report has its assignee, and is neither decided otherwise nor merged into another one.
- Any other transition is refused, and the refusal names both states.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idvault.tip_off.referral import rules as referral_rules
from idvault.tip_off.referral.rules import NewReferral
from idvault_verify import document, token
from idvault_verify.error import (
    ExhaustedError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    TransitionError,
    Violation,
)
from idvault_verify.event import EventType
from idvault_verify.sanction import SanctionCategory
from idvault_verify.seal import Part
from idvault_verify.statement import DIGEST_SIZE, MOST_EVIDENCE, text_code
from idvault_verify.tip_off import (
    CONTACT_LENGTH,
    REFERENCE_DIGITS,
    TAKEN_DOWN,
    TEXT_LENGTH,
    Dismissal,
    Reminder,
    TargetKind,
    TipOff,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)

MOST_NOTES = 100
MOST_CONTENT = 65_536
MOST_TAKEN = 200
"""Reports that one moderator takes down in a day: more than anybody can write down."""
_RANDOM_HEX = 16  # the first half of an id: 64 bits for 12 digits
_LINES = str.maketrans("", "", "\r\n\t")


def check_filing(*, text: str, contact: str, evidence: tuple[bytes, ...], content: bytes) -> None:
    """Raise InvalidError (INVALID_MESSAGE) naming every wrong field of a report."""
    fits = len(evidence) <= MOST_EVIDENCE and all(len(digest) == DIGEST_SIZE for digest in evidence)
    codes = {
        "text": lines_code(text, limit=TEXT_LENGTH),
        "contact": text_code(contact, limit=CONTACT_LENGTH) if contact else None,
        "evidence_digests": None if fits else FieldCode.LENGTH,
        "content_copy": None if len(content) <= MOST_CONTENT else FieldCode.LENGTH,
    }
    wrong = [Violation(name, code) for name, code in codes.items() if code is not None]
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)


def check_taken(channel: TipOffChannel) -> None:
    """Raise InvalidError (INVALID_MESSAGE, channel) unless a moderator takes down what comes by a channel."""
    if channel not in TAKEN_DOWN:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("channel", FieldCode.CHARACTER))


def check_takes(*, taken: int, remaining: timedelta) -> None:
    """Raise ExhaustedError (TIP_OFF_LIMIT_REACHED) if a moderator has taken down too many reports today.

    taken: with the present one. remaining: the rest of the operator's day.
    """
    if taken > MOST_TAKEN:
        raise ExhaustedError(Reason.TIP_OFF_LIMIT_REACHED, retry_after=remaining)


def check_lines(text: str, *, field: str, limit: int) -> str:
    """Return a text of several lines unchanged; raises InvalidError (INVALID_MESSAGE)."""
    code = lines_code(text, limit=limit)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
    return text


def lines_code(text: str, *, limit: int) -> FieldCode | None:
    """Return what is wrong with a required text of several lines, None if nothing is."""
    if not text.strip():
        return FieldCode.REQUIRED
    if len(text) > limit:
        return FieldCode.LENGTH
    return None if text.translate(_LINES).isprintable() else FieldCode.CHARACTER


def reference_of(tip_off_id: str) -> str:
    """Return the 12 digits that the reporter of a report gets."""
    number = int(tip_off_id[:_RANDOM_HEX], 16) % 10**REFERENCE_DIGITS
    return f"{number:0{REFERENCE_DIGITS}}"


def read_digits(typed: str, *, field: str, count: int) -> str:
    """Return the digits that somebody typed or copied; raises InvalidError (INVALID_MESSAGE)."""
    digits = document.compact(typed)
    if digits and len(digits) == count and digits.isascii() and digits.isdigit():
        return digits
    code = FieldCode.LENGTH if digits and len(digits) != count else FieldCode.CHARACTER
    raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, code if digits else FieldCode.REQUIRED))


TIP_OFF_DAYS = 7


_ORDER = list(Reminder)
_FIFTH = 5


def due_time(reminder: Reminder, *, filed_at: datetime, due_at: datetime) -> datetime:
    """Return when a reminder is due."""
    length = due_at - filed_at
    elapsed = {
        Reminder.HALF: length / 2,
        Reminder.FOUR_FIFTHS: length - length / _FIFTH,
        Reminder.OVERDUE: length,
    }
    return filed_at + elapsed[reminder]


def following(last: Reminder | None) -> Reminder | None:
    """Return the reminder that comes after the last one that was written; None after the last one."""
    place = 0 if last is None else _ORDER.index(last) + 1
    return _ORDER[place] if place < len(_ORDER) else None


def next_time(last: Reminder | None, *, filed_at: datetime, due_at: datetime) -> datetime | None:
    """Return when the next reminder of an open report is due; None if there is none."""
    reminder = following(last)
    return None if reminder is None else due_time(reminder, filed_at=filed_at, due_at=due_at)


def come_due(
    last: Reminder | None, *, filed_at: datetime, due_at: datetime, now: datetime
) -> Iterator[Reminder]:
    """Yield the reminders of an open report that are due and not written, in order."""
    reminder = following(last)
    while reminder is not None and due_time(reminder, filed_at=filed_at, due_at=due_at) <= now:
        yield reminder
        reminder = following(reminder)


Happening = tuple[EventType, Mapping[str, Part]]


def happenings(before: TipOff, after: TipOff) -> Iterator[Happening]:
    """Yield the type and fields of each event between two states of a report, in the order of the log."""
    own: dict[str, Part] = {"tip_off_id": after.tip_off_id}
    yield from ((kind, own) for kind in _reminded(before, after))
    yield from _moved(before, after, own)
    if before.answered_at is None and after.answered_at is not None:
        yield EventType.TIP_OFF_ANSWER, own
    if before.supplemented_at is None and after.supplemented_at is not None:
        yield EventType.TIP_OFF_SUPPLEMENT, own
    if (referral := referral_rules.happened(before, after)) is not None:
        yield _referred(after, referral, own)
    outcome = None if before.outcome else after.outcome
    if outcome is not None and outcome is not TipOffOutcome.REFERRED:
        yield _decided(after, outcome, own)
    elif before.proposal_id is None and after.proposal_id is not None:
        by = {**own, "moderator_id": after.assignee or ""}
        yield EventType.TIP_OFF_PROPOSE, {**by, "sanction_id": after.proposal_id, **_measure(after)}
    elif before.proposal_id is not None and after.proposal_id is None:
        yield EventType.TIP_OFF_REOPEN, {**own, "sanction_id": before.proposal_id}
    if before.deleted_at is None and after.deleted_at is not None:
        yield EventType.TIP_OFF_DELETE_TEXTS, own


def _reminded(before: TipOff, after: TipOff) -> Iterator[EventType]:
    last = before.reminder
    while last is not after.reminder:
        last = following(last)
        if last is Reminder.HALF:
            yield EventType.TIP_OFF_REMIND_HALF
        elif last is Reminder.FOUR_FIFTHS:
            yield EventType.TIP_OFF_REMIND_FOUR_FIFTHS
        elif after.flooded:
            yield EventType.TIP_OFF_MISS_FLOOD
        else:
            if before.answered_at is None:
                yield EventType.TIP_OFF_MISS_REPLY
            yield EventType.TIP_OFF_MISS_SOLUTION


def _moved(before: TipOff, after: TipOff, own: Mapping[str, Part]) -> Iterator[Happening]:
    if after.merged_into is not None and before.merged_into != after.merged_into:
        yield EventType.TIP_OFF_MERGE, {**own, "into": after.merged_into}
    elif after.assignee is not None and before.assignee != after.assignee:
        yield EventType.TIP_OFF_ASSIGN, {**own, "moderator_id": after.assignee}
    elif before.assignee is not None and after.assignee is None:
        yield EventType.TIP_OFF_RETURN, {**own, "moderator_id": before.assignee}


def _measure(after: TipOff) -> Mapping[str, Part]:
    return {} if after.measure_id is None else {"measure_id": after.measure_id}


def _referred(after: TipOff, kind: EventType, own: Mapping[str, Part]) -> Happening:
    fields = {**own, "referral_id": after.referral_id or ""}
    if kind is EventType.TIP_OFF_REFER:
        fields |= {"moderator_id": after.assignee or "", "authority_actor_id": after.authority_id or ""}
    return kind, fields


def _decided(after: TipOff, outcome: TipOffOutcome, own: Mapping[str, Part]) -> Happening:
    by = {**own, "moderator_id": after.assignee or ""}
    if outcome is TipOffOutcome.UPHELD:
        return EventType.TIP_OFF_UPHOLD, {**by, "sanction_id": after.sanction_id or "", **_measure(after)}
    if outcome is TipOffOutcome.DISMISSED:
        return EventType.TIP_OFF_DISMISS, {**by, "dismissal": after.dismissal or ""}
    if outcome is TipOffOutcome.ABUSIVE:
        return EventType.TIP_OFF_FIND_ABUSIVE, by
    return EventType.TIP_OFF_CLOSE_DUPLICATE, {**own, "into": after.merged_into or ""}


TEXT_DAYS = 90
"""How long the texts of a closed report are kept, and a reporter who files no other: time for questions and
for a repeated report, and the most that the pages promise to reporters."""


_CONTENT_LENGTH = 200
_ID = re.compile(r"[0-9a-f]{32}")


def check(target: TipOffTarget) -> TipOffTarget:
    """Return the target unchanged; raises InvalidError naming the field."""
    if target.kind is TargetKind.ACCOUNT:
        token.check(target.key, field="target.account_token")
        return target
    public = target.kind is TargetKind.PUBLIC_ACCOUNT
    code = text_code(target.key, limit=_CONTENT_LENGTH)
    if public and code is None and not _ID.fullmatch(target.key):
        code = FieldCode.CHARACTER
    if code is not None:
        name = "target.public_account_id" if public else "target.content"
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(name, code))
    return target


def forget(target: TipOffTarget) -> TipOffTarget:
    """Return the target without what somebody has typed: content has no reference any more."""
    return replace(target, key="") if target.kind is TargetKind.CONTENT else target


def missing() -> InvalidError:
    """Return the error for a report without a target."""
    return InvalidError(Reason.INVALID_MESSAGE, Violation("target", FieldCode.REQUIRED))


MOST_MERGED = 200


@dataclass(frozen=True, slots=True)
class TipOffFilter:
    """Which reports to list; None: any. due_before: exclusive."""

    state: TipOffState | None = None
    open_only: bool = False
    due_before: datetime | None = None
    assignee: str | None = None
    target: TipOffTarget | None = None
    category: SanctionCategory | None = None
    operation_id: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A report's place in the lists: its group (`queue_place`), deadline and id."""

    group: int
    due_at: datetime
    tip_off_id: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Reports of a list; following: where it continues, None at the end."""

    tip_offs: tuple[TipOff, ...]
    following: QueuePlace | None


_WORKED_ON = frozenset({TipOffState.ASSIGNED, TipOffState.ANSWERED})
_MERGEABLE = frozenset({TipOffState.RECEIVED, *_WORKED_ON})


QUEUE = (0, 1, 3, 2)
"""The groups of `queue_place` in the order of lists."""


def queue_place(*, state: TipOffState, trusted: bool, flooded: bool) -> int:
    """Return the group in lists: 0: open, of trusted flaggers; 1: other open ones; 3: open ones of flooded
    forms; 2: closed.
    """
    if state is TipOffState.RESOLVED:
        return 2
    if flooded:
        return 3
    return 0 if trusted else 1


def next_reminder(tip_off: TipOff) -> datetime | None:
    """Return when the next reminder is due, or an open referral ends; None if there is neither."""
    if tip_off.state is TipOffState.RESOLVED:
        return None
    due = next_time(tip_off.reminder, filed_at=tip_off.filed_at, due_at=tip_off.due_at)
    return min((each for each in (due, tip_off.referral_until) if each is not None), default=None)


def fall(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return the report as of now: with what has come due, without a lapsed proposal or open referral."""
    if tip_off.state is TipOffState.RESOLVED:
        return tip_off
    if tip_off.proposal_until is not None and tip_off.proposal_until <= now:
        tip_off = reopen(tip_off=tip_off)
    tip_off = referral_rules.fall(tip_off=tip_off, now=now)
    due = list(come_due(tip_off.reminder, filed_at=tip_off.filed_at, due_at=tip_off.due_at, now=now))
    return replace(tip_off, reminder=due[-1]) if due else tip_off


def is_overdue(*, tip_off: TipOff, now: datetime) -> bool:
    """Return whether the deadline passed before the decision."""
    return tip_off.due_at <= (tip_off.resolved_at or now)


def misses(tip_off: TipOff) -> tuple[EventType, ...]:
    """Return the entries that were written about the missed deadline; empty before."""
    if tip_off.reminder is not Reminder.OVERDUE:
        return ()
    if tip_off.flooded:
        return (EventType.TIP_OFF_MISS_FLOOD,)
    if tip_off.answered_at is not None and tip_off.answered_at < tip_off.due_at:
        return (EventType.TIP_OFF_MISS_SOLUTION,)
    return EventType.TIP_OFF_MISS_REPLY, EventType.TIP_OFF_MISS_SOLUTION


def delete_texts(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return a closed report without its texts and its reporter; raises TransitionError for an open one.

    The reference of content is a text, too: a reporter has typed it on the web, and it may name somebody.
    """
    if tip_off.state is not TipOffState.RESOLVED:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.RESOLVED.value)
    return replace(tip_off, target=forget(tip_off.target), reporter_id=None, deleted_at=now)


def assign(*, tip_off: TipOff, moderator_id: str, former: str | None) -> TipOff:
    """Return the report assigned to a moderator.

    Raises TransitionError, and PreconditionError (ASSIGNEE_CHANGED) unless `former` is the present assignee,
    (PROPOSAL_OPEN, REFERRAL_OPEN) while a decision waits.
    """
    if tip_off.state not in _MERGEABLE:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.ASSIGNED.value)
    if tip_off.assignee != former:
        raise PreconditionError(Reason.ASSIGNEE_CHANGED)
    _check_undecided(tip_off)
    answered = tip_off.state is TipOffState.ANSWERED
    return replace(
        tip_off, state=TipOffState.ANSWERED if answered else TipOffState.ASSIGNED, assignee=moderator_id
    )


def hand_back(*, tip_off: TipOff, moderator_id: str) -> TipOff:
    """Return the report without an assignee; raises as `assign` does."""
    _check_works(tip_off, moderator_id, wanted=TipOffState.RECEIVED)
    _check_undecided(tip_off)
    answered = tip_off.state is TipOffState.ANSWERED
    return replace(tip_off, state=TipOffState.ANSWERED if answered else TipOffState.RECEIVED, assignee=None)


def note(*, tip_off: TipOff, moderator_id: str) -> TipOff:
    """Return the report unchanged if its assignee may write a note; raises as `hand_back` does."""
    _check_works(tip_off, moderator_id, wanted=tip_off.state)
    return tip_off


def answer(*, tip_off: TipOff, moderator_id: str, now: datetime) -> TipOff:
    """Return the report with a reply to its reporter; raises as `hand_back` does."""
    if tip_off.state is not TipOffState.ASSIGNED:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.ANSWERED.value)
    _check_works(tip_off, moderator_id, wanted=TipOffState.ANSWERED)
    return replace(tip_off, state=TipOffState.ANSWERED, answered_at=now)


def check_decision(
    *, outcome: TipOffOutcome, dismissal: Dismissal | None, sanctioned: bool, referred: bool
) -> None:
    """Raise InvalidError unless UPHELD has what follows, DISMISSED a reason, and REFERRED an authority.

    sanctioned: whether a sanction follows, a measure on content, or both.
    """
    wrong = []
    if outcome is TipOffOutcome.DUPLICATE:
        wrong.append(Violation("outcome", FieldCode.CHARACTER))
    for name, given, needed in (
        ("dismissal", dismissal is not None, outcome is TipOffOutcome.DISMISSED),
        ("sanction", sanctioned, outcome is TipOffOutcome.UPHELD),
        ("authority", referred, outcome is TipOffOutcome.REFERRED),
    ):
        if given is not needed:
            wrong.append(Violation(name, FieldCode.REQUIRED if needed else FieldCode.CHARACTER))
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)


def resolve(
    *,
    tip_off: TipOff,
    moderator_id: str,
    outcome: TipOffOutcome,
    dismissal: Dismissal | None,
    sanction_id: str | None,
    measure_id: str | None,
    proposal_until: datetime | None,
    referral: NewReferral | None = None,
    replied: bool,
    now: datetime,
) -> TipOff:
    """Return the decided report. replied: whether the decision comes with a reply.

    proposal_until: until when the sanction can be confirmed, if a second moderator must do so. Raises as
    `hand_back` does, and InvalidError (INVALID_MESSAGE, reply) if the reporter would get none.
    """
    _check_works(tip_off, moderator_id, wanted=TipOffState.RESOLVED)
    _check_undecided(tip_off)
    if tip_off.answered_at is None and not replied:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("reply", FieldCode.REQUIRED))
    if referral is not None:
        return referral_rules.refer(tip_off=tip_off, made=referral)
    if proposal_until is not None:
        return replace(tip_off, proposal_id=sanction_id, proposal_until=proposal_until, measure_id=measure_id)
    return replace(
        tip_off,
        state=TipOffState.RESOLVED,
        answered_at=tip_off.answered_at or now,
        resolved_at=now,
        outcome=outcome,
        dismissal=dismissal,
        sanction_id=sanction_id,
        measure_id=measure_id,
    )


def uphold(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return the report as upheld by its proposed sanction, which is in force now."""
    return replace(
        tip_off,
        state=TipOffState.RESOLVED,
        answered_at=tip_off.answered_at or now,
        resolved_at=now,
        outcome=TipOffOutcome.UPHELD,
        sanction_id=tip_off.proposal_id,
        proposal_id=None,
        proposal_until=None,
    )


def reopen(*, tip_off: TipOff) -> TipOff:
    """Return the report without its proposal, which was withdrawn or has lapsed."""
    return replace(tip_off, proposal_id=None, proposal_until=None, measure_id=None)


def check_gathers(*, tip_off: TipOff, moderator_id: str) -> None:
    """Raise TransitionError or PreconditionError unless a moderator may merge other reports into this one."""
    if tip_off.deleted_at is not None:  # its reply is gone, and the others' reporters would get none
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.MERGED.value)
    if tip_off.state is TipOffState.RESOLVED and tip_off.outcome is not TipOffOutcome.DUPLICATE:
        return
    _check_works(tip_off, moderator_id, wanted=TipOffState.MERGED)


def merge(*, tip_off: TipOff, into: TipOff, moderator_id: str, now: datetime) -> TipOff:
    """Return the report merged into another one.

    Raises TransitionError, and PreconditionError (ASSIGNEE_CHANGED) if another moderator works on it,
    (PROPOSAL_OPEN, REFERRAL_OPEN) while a decision waits.
    """
    if tip_off.state not in _MERGEABLE:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.MERGED.value)
    if tip_off.assignee not in (None, moderator_id):
        raise PreconditionError(Reason.ASSIGNEE_CHANGED)
    _check_undecided(tip_off)
    return join(tip_off=tip_off, into=into, now=now)


def join(*, tip_off: TipOff, into: TipOff, now: datetime) -> TipOff:
    """Return a merged report as the report that it belongs to makes it: answered, resolved, or waiting."""
    joined = replace(tip_off, state=TipOffState.MERGED, assignee=None, merged_into=into.tip_off_id)
    if into.answered_at is not None and joined.answered_at is None:
        joined = replace(joined, answered_at=now)
    if into.state is not TipOffState.RESOLVED:
        return joined
    return replace(joined, state=TipOffState.RESOLVED, resolved_at=now, outcome=TipOffOutcome.DUPLICATE)


def judged(*, tip_off: TipOff, leading: TipOff) -> TipOffOutcome:
    """Return what a decision says about a report's reporter; abuse is only that of the leading report."""
    alike = (TipOffOutcome.UPHELD, TipOffOutcome.REFERRED)
    if tip_off.tip_off_id == leading.tip_off_id or leading.outcome in alike:
        return leading.outcome or TipOffOutcome.DISMISSED
    return TipOffOutcome.DISMISSED


def _check_works(tip_off: TipOff, moderator_id: str, *, wanted: TipOffState) -> None:
    if tip_off.state not in _WORKED_ON:
        raise TransitionError(state=tip_off.state.value, wanted=wanted.value)
    if tip_off.assignee != moderator_id:
        raise PreconditionError(Reason.ASSIGNEE_CHANGED)


def _check_undecided(tip_off: TipOff) -> None:
    if tip_off.proposal_id is not None:
        raise PreconditionError(Reason.PROPOSAL_OPEN)
    referral_rules.check_closed(tip_off)
