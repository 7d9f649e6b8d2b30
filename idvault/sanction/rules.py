"""The rules of sanctions.

Publishes statements of reasons: an allow-list of fields, for groups of five or more equal ones.

- A statement belongs to the ISO week (UTC) in which its sanction came into force.
- A decision on an account has its degree, one on content its kind of measure; and what it restricts, in the
  words of the EU's DSA transparency database: decision_account, decision_provision, decision_visibility.
- Ground, category, automation, kind of issuer, territory and week are published besides; nothing else is.
- The territory is a text of the platform's: only a code of ISO 3166 is published, anything else as OTHER.
- Statements that are equal in all of this are told if there are five of them, each as a line of its own.
  Lines are sorted, so that their order tells nothing.
- A week is published an hour after its end, once, and never again: what happens to a sanction later is not.

The statement of reasons of a sanction: a closed vocabulary, and no sanction without every part of it.

- Ground, category, origin, who issued it, and whether detection and decision were automated are chosen from
  fixed lists.
- The rule, the case, the territory and the way to appeal are texts; a number of a tip-off belongs to the
  origin TIP_OFF.
- Evidence is preserved by the platform; the statement has the SHA-256 of each piece, at least one.
- A sanction has an end in the future, or says that it has none. Fractions of a second are dropped.
- AUTHORITY needs the authority, and the reference, day and SHA-256 of its order; PLATFORM has none of these.

Sanctions by degree: how one comes into force, and how it ends.

| from | verb | to |
|---|---|---|
| (none) | impose, one moderator is enough | IN_FORCE |
| (none) | impose, two moderators are needed | PROPOSED |
| PROPOSED | confirm, by another moderator within 72 hours | IN_FORCE |
| PROPOSED | lift, or 72 hours or its own end pass | LIFTED, LAPSED |
| IN_FORCE | lift, or its end comes | LIFTED, LAPSED |
| IN_FORCE; LIFTED, LAPSED if it was in force | overturn, by an upheld appeal | OVERTURNED |

- CLOSE needs two moderators, and so does every degree that reaches a person's other accounts (PERSON).
- Any other transition is refused, and the refusal names both states.
- A lapse that is due counts even before it is stored.
- A sanction in force gives its account the standing of its degree until its end, whatever else is in force.
- PERSON needs an account whose owner has been verified. What it does to the owner's other accounts is in
  account.rules.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from idvault.moderator import rules as moderator_rules
from idvault_verify.account import Account, AccountState, StandingPeriod
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.error import (
    DeniedError,
    InvalidError,
    PreconditionError,
    Reason,
    TransitionError,
    Violation,
)
from idvault_verify.sanction import (
    STANDINGS,
    Automation,
    Degree,
    Ground,
    IssuerKind,
    SanctionCategory,
    SanctionState,
    Scope,
    StatementOfReasons,
)
from idvault_verify.statement import check, check_measure, check_target, in_seconds, text_code

LEAST = 5
OTHER = "OTHER"
_AFTER = timedelta(hours=1)
_WEEK = timedelta(days=7)
_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class StatementWeek:
    """An ISO week; monday: its first day."""

    monday: date

    @property
    def label(self) -> str:
        """The week as 2026-W09."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def begin(self) -> datetime:
        """Its first second."""
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first second after it."""
        return self.begin + _WEEK

    def following(self) -> "StatementWeek":
        """Return the next week."""
        return StatementWeek(self.monday + _WEEK)


@dataclass(frozen=True, slots=True)
class StatementKind:
    """Everything that may be told about a statement, except its week."""

    decided: Degree | ContentMeasureKind
    ground: Ground
    category: SanctionCategory
    detection: Automation
    decision: Automation
    issuer_kind: IssuerKind
    territory: str


# What a decision restricts, by the fields of the DSA transparency database. A warning restricts nothing.
DSA: Mapping[Degree | ContentMeasureKind, Mapping[str, str]] = {
    Degree.WARN: {},
    Degree.LIMIT: {"decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION"},
    Degree.SUSPEND: {"decision_account": "DECISION_ACCOUNT_SUSPENDED"},
    Degree.CLOSE: {"decision_account": "DECISION_ACCOUNT_TERMINATED"},
    ContentMeasureKind.REMOVED: {"decision_visibility": "DECISION_VISIBILITY_CONTENT_REMOVED"},
    ContentMeasureKind.LABELLED: {"decision_visibility": "DECISION_VISIBILITY_CONTENT_LABELLED"},
    ContentMeasureKind.RESTRICTED: {"decision_visibility": "DECISION_VISIBILITY_OTHER"},
}
DSA_GROUNDS: Mapping[Ground, str] = {
    Ground.ILLEGAL: "DECISION_GROUND_ILLEGAL_CONTENT",
    Ground.AGAINST_TERMS: "DECISION_GROUND_INCOMPATIBLE_CONTENT",
}


def week_of(at: datetime) -> StatementWeek:
    """Return the week of a time."""
    day = at.astimezone(UTC).date()
    return StatementWeek(day - timedelta(days=day.weekday()))


def newest(*, now: datetime) -> StatementWeek:
    """Return the last week that may be told."""
    return StatementWeek(week_of(now - _AFTER).monday - _WEEK)


def render(*, counts: Mapping[StatementKind, int], week: StatementWeek) -> bytes:
    """Return the file of a week: a line for each statement that may be told."""
    gathered = gather(counts)
    lines = [_line(kind, week) * count for kind, count in gathered.items() if count >= LEAST]
    return "".join(sorted(lines)).encode()


def gather(counts: Mapping[StatementKind, int]) -> Counter[StatementKind]:
    """Count statements by all that may be told about them."""
    gathered: Counter[StatementKind] = Counter()
    for kind, count in counts.items():
        code = kind.territory if _CODE.fullmatch(kind.territory) else OTHER
        gathered[replace(kind, territory=code)] += count
    return gathered


def _line(kind: StatementKind, week: StatementWeek) -> str:
    told = {
        "degree" if isinstance(kind.decided, Degree) else "content_measure": kind.decided.value,
        **DSA[kind.decided],
        "ground": kind.ground.value,
        "decision_ground": DSA_GROUNDS[kind.ground],
        "category": kind.category.value,
        "automation": {"detection": kind.detection.value, "decision": kind.decision.value},
        "issuer_kind": kind.issuer_kind.value,
        "territory": kind.territory,
        "week": week.label,
    }
    return json.dumps(told, separators=(",", ":")) + "\n"


_REASON_LENGTH = 500


_OPEN = frozenset({SanctionState.PROPOSED, SanctionState.IN_FORCE})


@dataclass(frozen=True, slots=True)
class Sanction:
    """A sanction of an account; sanction_id is 32 lower-case hex digits.

    account_token: the account that it names. person_id: the owner's id, of a PERSON sanction only.
    operation_id: the operation that it belongs to. public_account_id: the target, if it is a public account
    of that account's.
    narrowed_at: when it ceased to concern anything but its account (sanction.narrowing).
    measure: the platform's own code for how publishing is limited. imposed_by, confirmed_by, ended_by:
    moderator ids; ended_by is None after a lapse. paper: the signed imposition, confirmation or lift.
    """

    sanction_id: str
    relying_party: str
    account_token: str
    degree: Degree
    measure: str
    statement: StatementOfReasons
    state: SanctionState
    imposed_by: str
    imposed_at: datetime
    paper: bytes = field(repr=False)
    started_at: datetime | None = None
    confirmed_by: str | None = None
    confirmation: bytes | None = field(default=None, repr=False)
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str = field(default="", repr=False)
    ending: bytes | None = field(default=None, repr=False)
    scope: Scope = Scope.ACCOUNT
    person_id: str | None = None
    operation_id: str | None = None
    public_account_id: str | None = None
    narrowed_at: datetime | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sanction lapses by itself; None if it does not."""
        if self.state not in _OPEN:
            return None
        ends = [self.statement.end_at] if self.statement.end_at is not None else []
        if self.state is SanctionState.PROPOSED:
            ends.append(self.imposed_at + moderator_rules.CONFIRM_WITHIN)
        return min(ends, default=None)


@dataclass(frozen=True, slots=True)
class NewSanction:
    """What a moderator wants to impose."""

    account_token: str
    scope: Scope
    degree: Degree
    measure: str
    statement: StatementOfReasons
    operation_id: str | None = None
    public_account_id: str | None = None


@dataclass(frozen=True, slots=True)
class SanctionFilter:
    """Which sanctions to list: at most one is given; none for all of a relying party."""

    account_token: str | None = None
    operation_id: str | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class SanctionLevels:
    """What the operator watches. first_due_at: the oldest end that has come without being stored."""

    proposed: int
    first_due_at: datetime | None


def needs_two(*, degree: Degree, scope: Scope) -> bool:
    """Return whether a second moderator must confirm a sanction."""
    return degree is Degree.CLOSE or scope is Scope.PERSON


def check_reason(reason: str) -> str:
    """Return the reason of a lift unchanged; raises InvalidError (INVALID_MESSAGE, reason)."""
    code = text_code(reason, limit=_REASON_LENGTH)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("reason", code))
    return reason


def admit(*, account: Account, sanction: Sanction) -> Sanction:
    """Return a new sanction of an account, with the account's owner if it is of scope PERSON.

    Raises PreconditionError (ACCOUNT_ERASED, PERSON_UNKNOWN) if it cannot be imposed.
    """
    if account.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if sanction.scope is Scope.ACCOUNT:
        return sanction
    if account.person_id is None:
        raise PreconditionError(Reason.PERSON_UNKNOWN)
    return replace(sanction, person_id=account.person_id)


def check_owner(*, account: Account, sanction: Sanction) -> None:
    """Raise PreconditionError (PERSON_UNKNOWN) if the account of a person's sanction is not theirs."""
    if sanction.scope is Scope.PERSON and account.person_id != sanction.person_id:
        raise PreconditionError(Reason.PERSON_UNKNOWN)


def check_wanted(wanted: NewSanction, *, now: datetime) -> NewSanction:
    """Return what is wanted, with its end in whole seconds; raises InvalidError (INVALID_MESSAGE)."""
    check_measure(degree=wanted.degree, measure=wanted.measure)
    check_target(scope=wanted.scope, public_account_id=wanted.public_account_id)
    return replace(wanted, statement=check(wanted.statement, now=now))


def impose(
    wanted: NewSanction,
    *,
    sanction_id: str,
    relying_party: str,
    moderator_id: str,
    paper: bytes,
    now: datetime,
) -> Sanction:
    """Return a new sanction: in force at once, or proposed if a second moderator must confirm it."""
    proposed = needs_two(degree=wanted.degree, scope=wanted.scope)
    return Sanction(
        sanction_id,
        relying_party,
        wanted.account_token,
        wanted.degree,
        wanted.measure,
        in_seconds(wanted.statement),
        SanctionState.PROPOSED if proposed else SanctionState.IN_FORCE,
        moderator_id,
        now,
        paper,
        started_at=None if proposed else now,
        scope=wanted.scope,
        operation_id=wanted.operation_id,
        public_account_id=wanted.public_account_id,
    )


def fall(*, sanction: Sanction, now: datetime) -> Sanction:
    """Return the sanction as of now: LAPSED if that is due."""
    due_at = sanction.due_at
    if due_at is None or due_at > now:
        return sanction
    return replace(sanction, state=SanctionState.LAPSED, ended_at=due_at)


def confirm(*, sanction: Sanction, moderator_id: str, paper: bytes, now: datetime) -> Sanction:
    """Return a proposed sanction in force; raises TransitionError, and DeniedError (SELF_APPROVAL)."""
    present = fall(sanction=sanction, now=now)
    if present.state is not SanctionState.PROPOSED:
        raise TransitionError(state=present.state.value, wanted=SanctionState.IN_FORCE.value)
    if moderator_id == sanction.imposed_by:
        raise DeniedError(Reason.SELF_APPROVAL)
    return replace(
        sanction,
        state=SanctionState.IN_FORCE,
        started_at=now,
        confirmed_by=moderator_id,
        confirmation=paper,
    )


def lift(*, sanction: Sanction, moderator_id: str, reason: str, paper: bytes, now: datetime) -> Sanction:
    """Return a sanction lifted before its end, or a proposal withdrawn; raises TransitionError."""
    present = fall(sanction=sanction, now=now)
    if present.state not in _OPEN:
        raise TransitionError(state=present.state.value, wanted=SanctionState.LIFTED.value)
    return replace(
        sanction,
        state=SanctionState.LIFTED,
        ended_at=now,
        ended_by=moderator_id,
        end_reason=reason,
        ending=paper,
    )


def overturn(*, sanction: Sanction, moderator_id: str, reason: str, paper: bytes, now: datetime) -> Sanction:
    """Return the sanction as overturned; one that has ended before keeps the time and kind of its end.

    Raises TransitionError.
    """
    present = fall(sanction=sanction, now=now)
    if present.started_at is None or present.state is SanctionState.OVERTURNED:
        raise TransitionError(state=present.state.value, wanted=SanctionState.OVERTURNED.value)
    if present.state is not SanctionState.IN_FORCE:
        return replace(present, state=SanctionState.OVERTURNED)
    return replace(
        present,
        state=SanctionState.OVERTURNED,
        ended_at=now,
        ended_by=moderator_id,
        end_reason=reason,
        ending=paper,
    )


def period(sanction: Sanction) -> StandingPeriod | None:
    """Return the standing that a sanction gives its account; None unless it is in force."""
    if sanction.state is not SanctionState.IN_FORCE:
        return None
    return StandingPeriod(STANDINGS[sanction.degree], sanction.statement.end_at)
