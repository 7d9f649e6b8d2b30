"""Counts of the transparency report: of the log's entries, of what it does not tell, and of one month.

Each statement reads one index over the rows of the month: moderators look at these figures every day.

A breakdown's rows are a cell and its count; so are a level's. A duration's rows are two times.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SmallInteger,
    Table,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, param, scalar, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims
from idvault.core.tables.disclosure import disclosures
from idvault.core.tables.log import log_entries, log_misses
from idvault.core.tables.platform import platform_pages, platforms
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import appeals, content_measures, moderators, operations, sanctions
from idvault.core.tables.session import contests, disavowals, reinstatements
from idvault.core.tables.tip_off import tip_offs
from idvault.public_account.rules.public_account import LIVE
from idvault.report.rules import SanctionFigures
from idvault.sanction.operation.store import STATE_NOW, counted
from idvault.sanction.rules import StatementKind
from idvault.sanction.store.publication import COUNTS
from idvault.tip_off.rules import QUEUE, TIP_OFF_DAYS
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.public_account import PublicAccountState
from idvault_verify.report.figure import AppealFigures, ApplicationFigures, ContentFigures, TipOffFigures
from idvault_verify.sanction import AppealState, SanctionState
from idvault_verify.tip_off import TipOffOutcome

# A report is due at the end of the seventh day after its own: between 7 and 8 days later, and an hour more or
# less where clocks change. There is no index by the time of filing, so the queue's is read by the due time.
_SOONEST, _LATEST = timedelta(days=TIP_OFF_DAYS - 1), timedelta(days=TIP_OFF_DAYS + 2)


def _within(time: ColumnElement[Any]) -> ColumnElement[bool]:
    return (time >= param("since", Micros)) & (time < param("until", Micros))


def _late(
    done_at: ColumnElement[Any], due_at: ColumnElement[Any], *, counts: ColumnElement[bool] | None = None
) -> ColumnElement[int]:
    """Return 1 for what was done at the due time or later, or is not done and due by now.

    counts: which ones are late at all, all if it is left out.
    """
    late = func.coalesce(done_at, param("now", Micros)) >= due_at
    return case((late if counts is None else and_(counts, late), 1), else_=0)


_OWED = tip_offs.c.flooded.is_(false())
_TIP_OFFS: Statement[Any] = statement(
    select(
        tip_offs.c.outcome,
        _late(tip_offs.c.answered_at, tip_offs.c.due_at, counts=_OWED).label("reply_late"),
        _late(tip_offs.c.resolved_at, tip_offs.c.due_at, counts=_OWED).label("solution_late"),
        func.count().label("count"),
    )
    .where(
        tip_offs.c.relying_party == param("party"),
        tip_offs.c.queue.in_([literal(group, SmallInteger) for group in QUEUE]),
        tip_offs.c.due_at >= param("soonest", Micros),
        tip_offs.c.due_at < param("latest", Micros),
        _within(tip_offs.c.filed_at),
    )
    .group_by("outcome", "reply_late", "solution_late")
)
_STARTED = case((sanctions.c.started_at.is_not(None), 1), else_=0).label("started")
_SANCTIONS: Statement[Any] = statement(
    select(sanctions.c.degree, sanctions.c.scope, STATE_NOW, _STARTED, func.count().label("count"))
    .where(sanctions.c.relying_party == param("party"), _within(sanctions.c.imposed_at))
    .group_by(sanctions.c.degree, sanctions.c.scope, STATE_NOW, _STARTED)
)


def _decisions(cases: Table) -> Statement[Any]:
    """Return the statement that counts appeals or contests by state."""
    late = _late(cases.c.decided_at, cases.c.due_at).label("late")
    return statement(
        select(cases.c.state, late, func.count().label("count"))
        .where(cases.c.relying_party == param("party"), _within(cases.c.filed_at))
        .group_by("state", "late")
    )


_CONTENT: Statement[Any] = statement(
    select(content_measures.c.kind, content_measures.c.state, func.count().label("count"))
    .where(content_measures.c.relying_party == param("party"), _within(content_measures.c.imposed_at))
    .group_by(content_measures.c.kind, content_measures.c.state)
)
_CONTENT_LATE = _late(content_measures.c.appeal_decided_at, content_measures.c.appeal_due_at).label("late")
_CONTENT_APPEALS: Statement[Any] = statement(
    select(content_measures.c.appeal_state.label("state"), _CONTENT_LATE, func.count().label("count"))
    .where(content_measures.c.relying_party == param("party"), _within(content_measures.c.appeal_filed_at))
    .group_by(content_measures.c.appeal_state, "late")
)
_APPEALS, _CONTESTS = _decisions(appeals), _decisions(contests)
_REINSTATEMENTS = _decisions(reinstatements)
# What was approved has a day of its approval for ever, whatever happened to it.
_APPROVED = case((public_accounts.c.since.is_not(None), 1), else_=0).label("approved")
_APPLICATIONS: Statement[Any] = statement(
    select(public_accounts.c.state, _APPROVED, func.count().label("count"))
    .where(public_accounts.c.relying_party == param("party"), _within(public_accounts.c.applied_at))
    .group_by("state", "approved")
)


async def month_tip_offs(
    connection: Connection, party: str, *, since: datetime, until: datetime, now: datetime
) -> TipOffFigures:
    """Return the figures of the reports that were filed; reads no reports of other months."""
    rows = await connection.all(
        _TIP_OFFS,
        party=party,
        since=since,
        until=until,
        soonest=since + _SOONEST,
        latest=until + _LATEST,
        now=now,
    )
    by_outcome = {
        each.value.lower(): _sum(row for row in rows if row.outcome == each.value) for each in TipOffOutcome
    }
    return TipOffFigures(
        filed=_sum(rows),
        open=_sum(row for row in rows if row.outcome is None),
        reply_late=_sum(row for row in rows if row.reply_late),
        solution_late=_sum(row for row in rows if row.solution_late),
        **by_outcome,
    )


async def month_sanctions(
    connection: Connection, party: str, *, since: datetime, until: datetime, now: datetime
) -> SanctionFigures:
    """Return the figures of the sanctions; what has lapsed counts so before that is stored."""
    rows = await connection.all(_SANCTIONS, party=party, since=since, until=until, now=now)
    proposals = [row for row in rows if not row.started]
    waiting = _sum(row for row in proposals if row.state == SanctionState.PROPOSED.value)
    return SanctionFigures(
        tuple(counted([row for row in rows if row.started])),
        proposals_open=waiting,
        proposals_ended=_sum(proposals) - waiting,
    )


async def month_appeals(
    connection: Connection, party: str, *, since: datetime, until: datetime, now: datetime
) -> AppealFigures:
    """Return the figures of the appeals that were filed."""
    return _decided(await connection.all(_APPEALS, party=party, since=since, until=until, now=now))


async def month_contests(
    connection: Connection, party: str, *, since: datetime, until: datetime, now: datetime
) -> AppealFigures:
    """Return the figures of the contests of verifications that were filed."""
    return _decided(await connection.all(_CONTESTS, party=party, since=since, until=until, now=now))


async def month_reinstatements(
    connection: Connection, party: str, *, since: datetime, until: datetime, now: datetime
) -> AppealFigures:
    """Return the figures of the appeals against withdrawals that were filed."""
    return _decided(await connection.all(_REINSTATEMENTS, party=party, since=since, until=until, now=now))


async def month_content_measures(
    connection: Connection, party: str, *, since: datetime, until: datetime
) -> tuple[ContentFigures, ...]:
    """Return the figures of the measures on content that were imposed, by kind."""
    rows = await connection.all(_CONTENT, party=party, since=since, until=until)

    def count(kind: ContentMeasureKind, *states: ContentMeasureState) -> int:
        return _sum(row for row in rows if row.kind == kind.value and row.state in states)

    return tuple(
        ContentFigures(
            kind,
            count(kind, *ContentMeasureState),
            count(kind, ContentMeasureState.IN_FORCE),
            count(kind, ContentMeasureState.REVERSED),
            count(kind, ContentMeasureState.OVERTURNED),
        )
        for kind in ContentMeasureKind
        if count(kind, *ContentMeasureState)
    )


async def month_content_appeals(
    connection: Connection, party: str, *, since: datetime, until: datetime, now: datetime
) -> AppealFigures:
    """Return the figures of the appeals against measures on content that were filed."""
    return _decided(await connection.all(_CONTENT_APPEALS, party=party, since=since, until=until, now=now))


async def month_applications(
    connection: Connection, party: str, *, since: datetime, until: datetime
) -> ApplicationFigures:
    """Return the figures of the applications for public accounts that were filed."""
    rows = await connection.all(_APPLICATIONS, party=party, since=since, until=until)
    waiting = _sum(row for row in rows if row.state == PublicAccountState.APPLIED.value)
    approved = _sum(row for row in rows if row.approved)
    return ApplicationFigures(_sum(rows), waiting, approved, _sum(rows) - waiting - approved)


def _sum(rows: Any) -> int:
    return sum(row.count for row in rows)


def _decided(rows: Any) -> AppealFigures:
    """Return the figures of appeals or contests, whose states have the same names."""
    by_state = {state: _sum(row for row in rows if row.state == state.value) for state in AppealState}
    return AppealFigures(
        filed=_sum(rows),
        open=by_state[AppealState.FILED],
        upheld=by_state[AppealState.UPHELD],
        rejected=by_state[AppealState.REJECTED],
        late=_sum(row for row in rows if row.late),
    )


def _by(cell: ColumnElement[Any], *where: ColumnElement[bool]) -> Select[Any]:
    counted = cell.label("cell")
    return select(counted, func.count(true()).label("count")).where(*where).group_by(counted)


def _within_period(time: ColumnElement[Any]) -> ColumnElement[bool]:
    return (time >= param("since", Micros)) & (time < param("until", Micros))


def _times(begin: ColumnElement[Any], end: ColumnElement[Any]) -> Select[Any]:
    return select(begin.label("begin"), end.label("end")).where(_within_period(end))


_CELL = tuple[str, int]
_OUTCOME = case(
    (claims.c.state == ClaimState.SUCCEEDED.value, ClaimState.SUCCEEDED.value), else_=claims.c.failure_reason
)
# What was superseded, or ended by an erasure, has an entry of another type.
_DECIDED = (
    _within_period(claims.c.ended_at),
    claims.c.failure_reason.is_distinct_from(FailureReason.SUPERSEDED.value),
    claims.c.failure_reason.is_distinct_from(FailureReason.ERASED.value),
)

BREAKDOWNS: Mapping[str, Statement[_CELL]] = {
    "verifications.outcome": statement(_by(_OUTCOME, *_DECIDED), tuple),
    "sanctions.category": statement(_by(sanctions.c.category, _within_period(sanctions.c.started_at)), tuple),
    "sanctions.issuer": statement(
        _by(sanctions.c.issuer_kind, _within_period(sanctions.c.started_at)), tuple
    ),
    "sanctions.detection": statement(
        _by(sanctions.c.detection, _within_period(sanctions.c.started_at)), tuple
    ),
    "sanctions.decision": statement(_by(sanctions.c.decision, _within_period(sanctions.c.started_at)), tuple),
    "tip_offs.category": statement(_by(tip_offs.c.category, _within_period(tip_offs.c.filed_at)), tuple),
    "tip_offs.channel": statement(_by(tip_offs.c.channel, _within_period(tip_offs.c.filed_at)), tuple),
    "disclosures.legal_basis": statement(
        _by(
            disclosures.c.legal_basis,
            _within_period(disclosures.c.disclosed_at),
            disclosures.c.legal_basis.is_not(None),
        ),
        tuple,
    ),
}
_PART = tuple[str, str, int]


def _parts(table: Table, time: ColumnElement[Any], *named: ColumnElement[bool]) -> Statement[_PART]:
    """Return the statement that counts by platform and title of the operation, empty without one.

    named: which operations are told by their titles; all if nothing is given.
    """
    party, title = table.c.relying_party.label("party"), func.coalesce(operations.c.title, "").label("title")
    of_it = and_(
        operations.c.relying_party == table.c.relying_party,
        operations.c.operation_id == table.c.operation_id,
        *named,
    )
    return statement(
        select(party, title, func.count().label("count"))
        .select_from(table.outerjoin(operations, of_it))
        .where(_within_period(time))
        .group_by(party, title),
        tuple,
    )


PARTS: Mapping[str, Statement[_PART]] = {
    # An authority reads its joint operation by degree: with the sum of all, a withheld one is the rest.
    "sanctions.operation": _parts(sanctions, sanctions.c.started_at, operations.c.signed.is_(None)),
    "tip_offs.operation": _parts(tip_offs, tip_offs.c.filed_at),
}
"""The breakdowns by texts that belong to one platform each."""
LEVELS: Mapping[str, Statement[_CELL]] = {
    "accounts.state": statement(_by(accounts.c.state), tuple),
    "public_accounts.category": statement(
        _by(
            func.coalesce(public_accounts.c.licence_category, public_accounts.c.owner_category),
            or_(*(public_accounts.c.state == state.value for state in sorted(LIVE))),
        ),
        tuple,
    ),
}
DURATIONS: Mapping[str, Statement[Any]] = {
    "appeals.time": statement(_times(appeals.c.filed_at, appeals.c.decided_at)),
    # What the account's holder rejects, or nobody decides, has no moderator.
    "contests.time": statement(
        union_all(
            _times(contests.c.filed_at, contests.c.decided_at),
            _times(disavowals.c.filed_at, disavowals.c.decided_at).where(
                disavowals.c.decided_by.is_not(None)
            ),
        )
    ),
    "reinstatements.time": statement(_times(reinstatements.c.filed_at, reinstatements.c.decided_at)),
    "tip_offs.reply_time": statement(_times(tip_offs.c.filed_at, tip_offs.c.answered_at)),
    "tip_offs.solution_time": statement(_times(tip_offs.c.filed_at, tip_offs.c.resolved_at)),
}


_FIRST: Statement[datetime] = statement(
    select(log_entries.c.occurred_at).where(log_entries.c.log_index == 0), scalar
)
_LEAVES: Statement[tuple[bytes, datetime | None]] = statement(
    select(log_entries.c.leaf, log_misses.c.filed_at)
    .outerjoin(log_misses, log_misses.c.entry_id == log_entries.c.entry_id)
    .where(
        log_entries.c.log_index >= param("start", BigInteger),
        log_entries.c.log_index < param("end", BigInteger),
        log_entries.c.occurred_at >= param("since", Micros),
        log_entries.c.occurred_at < param("until", Micros),
    ),
    tuple,
)
# Few of all entries are misses: their table leads to them.
_MISSES: Statement[bytes] = statement(
    # Not a join: SQLite has no statistics, and would read the whole log.
    select(log_entries.c.leaf).where(
        log_entries.c.entry_id.in_(select(log_misses.c.entry_id)),
        log_entries.c.occurred_at >= param("since", Micros),
        log_entries.c.occurred_at < param("until", Micros),
    ),
    scalar,
)
_UNCOVERED: Statement[str] = statement(
    select(log_entries.c.entry_id)
    .where(
        or_(log_entries.c.log_index.is_(None), log_entries.c.log_index >= param("size", BigInteger)),
        log_entries.c.occurred_at >= param("since", Micros),
        log_entries.c.occurred_at < param("until", Micros),
    )
    .limit(1),
    scalar,
)


# Who acts for a platform: its own programs, and its moderators with certificates of their own.
_IS_PLATFORM, _IS_MODERATOR = platforms.c.role == "platform", platforms.c.role == "moderator"
_ACTORS: Statement[tuple[str, str]] = statement(
    union_all(
        select(platforms.c.name, platforms.c.actor_id).where(_IS_PLATFORM),
        select(moderators.c.relying_party, platforms.c.actor_id).where(
            _IS_MODERATOR, moderators.c.moderator_id == platforms.c.name
        ),
    ),
    tuple,
)
_TITLES: Statement[tuple[str, str]] = statement(
    select(platforms.c.name, func.coalesce(platform_pages.c.title, ""))
    .outerjoin(platform_pages, platform_pages.c.name == platforms.c.name)
    .where(_IS_PLATFORM),
    tuple,
)


async def platform_actors(connection: Connection) -> Sequence[tuple[str, str]]:
    """Return every platform that was ever registered, by name, with each actor id that acts for it."""
    return await connection.all(_ACTORS)


async def platform_titles(connection: Connection) -> Mapping[str, str]:
    """Return what the hosted pages call each platform now; empty for its name."""
    return dict(await connection.all(_TITLES))


async def first_entry_at(connection: Connection) -> datetime | None:
    """Return the time of the log's first entry, None before there is one."""
    return await connection.one(_FIRST)


async def leaves(
    connection: Connection, *, start: int, end: int, since: datetime, until: datetime
) -> Sequence[tuple[bytes, datetime | None]]:
    """Return the leaves with an index from start to before end, and a time from since to before until.

    Each with the time when its case was filed, if it is a missed deadline that names a platform.
    """
    return await connection.all(_LEAVES, start=start, end=end, since=since, until=until)


async def misses(connection: Connection, *, since: datetime, until: datetime) -> Sequence[bytes]:
    """Return the leaves of missed deadlines with a time from since to before until, also without an index."""
    return await connection.all(_MISSES, since=since, until=until)


async def is_uncovered(connection: Connection, *, size: int, since: datetime, until: datetime) -> bool:
    """Return whether a log of this size lacks an entry with a time from since to before until."""
    return await connection.one(_UNCOVERED, size=size, since=since, until=until) is not None


async def breakdown(
    connection: Connection, name: str, *, since: datetime, until: datetime
) -> Mapping[str, int]:
    """Return the counts of a breakdown by cell, of what happened from since to before until."""
    return dict(await connection.all(BREAKDOWNS[name], since=since, until=until))


async def statements(
    connection: Connection, *, since: datetime, until: datetime
) -> Mapping[StatementKind, int]:
    """Return how many statements of each kind came into force from since to before until."""
    return dict(await connection.all(COUNTS, begin=since, end=until))


async def parts(
    connection: Connection, name: str, *, since: datetime, until: datetime
) -> Sequence[tuple[str, str, int]]:
    """Return the counts of a breakdown of PARTS, by platform and text; what has no text is under ""."""
    return await connection.all(PARTS[name], since=since, until=until)


async def level(connection: Connection, name: str) -> Mapping[str, int]:
    """Return the present counts of a level by cell."""
    return dict(await connection.all(LEVELS[name]))


async def durations(
    connection: Connection, name: str, *, since: datetime, until: datetime
) -> Sequence[float]:
    """Return how many seconds each case took that ended from since to before until."""
    rows = await connection.all(DURATIONS[name], since=since, until=until)
    return [(end - begin).total_seconds() for begin, end in rows]
