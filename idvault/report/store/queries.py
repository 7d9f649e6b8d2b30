"""The queries of the figures that the public log does not tell, by the names of domain.report.catalogue.

A breakdown's rows are a cell and its count; so are a level's. A duration's rows are two times.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select, true

from idvault.core.db.statement import Statement, param, statement
from idvault.core.db.types import Micros
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims
from idvault.core.tables.disclosure import disclosures
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import appeals, operations, sanctions
from idvault.core.tables.session import contests
from idvault.core.tables.tip_off import tip_offs
from idvault.public_account.rules.values import LIVE
from idvault.verify.claim import ClaimState, FailureReason


def _by(cell: ColumnElement[Any], *where: ColumnElement[bool]) -> Select[Any]:
    counted = cell.label("cell")
    return select(counted, func.count(true()).label("count")).where(*where).group_by(counted)


def _within(time: ColumnElement[Any]) -> ColumnElement[bool]:
    return (time >= param("since", Micros)) & (time < param("until", Micros))


def _times(begin: ColumnElement[Any], end: ColumnElement[Any]) -> Select[Any]:
    return select(begin.label("begin"), end.label("end")).where(_within(end))


_CELL = tuple[str, int]
_OUTCOME = case(
    (claims.c.state == ClaimState.SUCCEEDED.value, ClaimState.SUCCEEDED.value), else_=claims.c.failure_reason
)
# What was superseded, or ended by an erasure, has an entry of another type.
_DECIDED = (
    _within(claims.c.ended_at),
    claims.c.failure_reason.is_distinct_from(FailureReason.SUPERSEDED.value),
    claims.c.failure_reason.is_distinct_from(FailureReason.ERASED.value),
)

BREAKDOWNS: Mapping[str, Statement[_CELL]] = {
    "verifications.outcome": statement(_by(_OUTCOME, *_DECIDED), tuple),
    "sanctions.category": statement(_by(sanctions.c.category, _within(sanctions.c.started_at)), tuple),
    "sanctions.issuer": statement(_by(sanctions.c.issuer_kind, _within(sanctions.c.started_at)), tuple),
    "sanctions.detection": statement(_by(sanctions.c.detection, _within(sanctions.c.started_at)), tuple),
    "sanctions.decision": statement(_by(sanctions.c.decision, _within(sanctions.c.started_at)), tuple),
    "sanctions.operation": statement(
        _by(
            operations.c.title,
            operations.c.relying_party == sanctions.c.relying_party,
            operations.c.operation_id == sanctions.c.operation_id,
            _within(sanctions.c.started_at),
        ),
        tuple,
    ),
    "tip_offs.category": statement(_by(tip_offs.c.category, _within(tip_offs.c.filed_at)), tuple),
    "tip_offs.channel": statement(_by(tip_offs.c.channel, _within(tip_offs.c.filed_at)), tuple),
    "tip_offs.operation": statement(
        _by(
            operations.c.title,
            operations.c.relying_party == tip_offs.c.relying_party,
            operations.c.operation_id == tip_offs.c.operation_id,
            _within(tip_offs.c.filed_at),
        ),
        tuple,
    ),
    "disclosures.legal_basis": statement(
        _by(
            disclosures.c.legal_basis,
            _within(disclosures.c.disclosed_at),
            disclosures.c.legal_basis.is_not(None),
        ),
        tuple,
    ),
}
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
    "contests.time": statement(_times(contests.c.filed_at, contests.c.decided_at)),
    "tip_offs.reply_time": statement(_times(tip_offs.c.filed_at, tip_offs.c.answered_at)),
    "tip_offs.solution_time": statement(_times(tip_offs.c.filed_at, tip_offs.c.resolved_at)),
}
