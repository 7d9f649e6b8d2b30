"""The figures of one month of a relying party (ports.report.MonthStore).

Each statement reads one index over the rows of the month: moderators look at these figures every day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SmallInteger, Table, and_, case, false, func, literal, select

from idvault.core.db.act import read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, statement
from idvault.core.db.types import Micros
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import appeals, sanctions
from idvault.core.tables.session import contests
from idvault.core.tables.tip_off import tip_offs
from idvault.public_account.rules.values import PublicAccountState
from idvault.report.rules.month import AppealFigures, ApplicationFigures, SanctionFigures, TipOffFigures
from idvault.sanction.operation.store import STATE_NOW, counted
from idvault.tip_off.rules.reminder import TIP_OFF_DAYS
from idvault.tip_off.rules.tip_off import QUEUE
from idvault.verify.clock import ClockReading
from idvault.verify.sanction import AppealState, SanctionState
from idvault.verify.tip_off import TipOffOutcome

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


_APPEALS, _CONTESTS = _decisions(appeals), _decisions(contests)
# What was approved has a day of its approval for ever, whatever happened to it.
_APPROVED = case((public_accounts.c.since.is_not(None), 1), else_=0).label("approved")
_APPLICATIONS: Statement[Any] = statement(
    select(public_accounts.c.state, _APPROVED, func.count().label("count"))
    .where(public_accounts.c.relying_party == param("party"), _within(public_accounts.c.applied_at))
    .group_by("state", "approved")
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlMonthStore:
    """Reads the main database."""

    database: Database

    @read("month.tip_offs")
    async def tip_offs(
        self,
        connection: Connection,
        *,
        relying_party: str,
        since: datetime,
        until: datetime,
        now: ClockReading,
    ) -> TipOffFigures:
        """Return the figures of the reports that were filed."""
        rows = await connection.all(
            _TIP_OFFS,
            party=relying_party,
            since=since,
            until=until,
            soonest=since + _SOONEST,
            latest=until + _LATEST,
            now=now.business,
        )
        by_outcome = {
            each.value.lower(): _sum(row for row in rows if row.outcome == each.value)
            for each in TipOffOutcome
        }
        return TipOffFigures(
            filed=_sum(rows),
            open=_sum(row for row in rows if row.outcome is None),
            reply_late=_sum(row for row in rows if row.reply_late),
            solution_late=_sum(row for row in rows if row.solution_late),
            **by_outcome,
        )

    @read("month.sanctions")
    async def sanctions(
        self,
        connection: Connection,
        *,
        relying_party: str,
        since: datetime,
        until: datetime,
        now: ClockReading,
    ) -> SanctionFigures:
        """Return the figures of the sanctions that were imposed or proposed."""
        rows = await connection.all(
            _SANCTIONS, party=relying_party, since=since, until=until, now=now.business
        )
        proposals = [row for row in rows if not row.started]
        waiting = _sum(row for row in proposals if row.state == SanctionState.PROPOSED.value)
        return SanctionFigures(
            tuple(counted([row for row in rows if row.started])),
            proposals_open=waiting,
            proposals_ended=_sum(proposals) - waiting,
        )

    @read("month.appeals")
    async def appeals(
        self,
        connection: Connection,
        *,
        relying_party: str,
        since: datetime,
        until: datetime,
        now: ClockReading,
    ) -> AppealFigures:
        """Return the figures of the appeals that were filed."""
        rows = await connection.all(_APPEALS, party=relying_party, since=since, until=until, now=now.business)
        return _decided(rows)

    @read("month.contests")
    async def contests(
        self,
        connection: Connection,
        *,
        relying_party: str,
        since: datetime,
        until: datetime,
        now: ClockReading,
    ) -> AppealFigures:
        """Return the figures of the contests that were filed."""
        rows = await connection.all(
            _CONTESTS, party=relying_party, since=since, until=until, now=now.business
        )
        return _decided(rows)

    @read("month.applications")
    async def applications(
        self, connection: Connection, *, relying_party: str, since: datetime, until: datetime
    ) -> ApplicationFigures:
        """Return the figures of the applications for public accounts that were filed."""
        rows = await connection.all(_APPLICATIONS, party=relying_party, since=since, until=until)
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
