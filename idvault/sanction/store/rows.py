"""Rows of sanctions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.sanction import sanctions
from idvault.sanction.rules.sanction import Sanction
from idvault.sanction.rules.statement import DIGEST_SIZE
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.sanction import (
    AuthorityOrder,
    Automation,
    Degree,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    SanctionState,
    Scope,
    StatementOfReasons,
)


def from_row(row: Any) -> Sanction:
    """Return the sanction in a row that holds every column of `sanctions`."""
    return Sanction(
        sanction_id=row.sanction_id,
        relying_party=row.relying_party,
        account_token=row.account_token,
        degree=Degree(row.degree),
        measure=row.measure,
        statement=_statement(row),
        state=SanctionState(row.state),
        imposed_by=row.imposed_by,
        imposed_at=row.imposed_at,
        paper=bytes(row.paper),
        started_at=row.started_at,
        confirmed_by=row.confirmed_by,
        confirmation=row.confirmation,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        end_reason=row.end_reason,
        ending=row.ending,
        scope=Scope(row.scope),
        person_id=row.person_id,
        operation_id=row.operation_id,
        public_account_id=row.public_account_id,
    )


def _statement(row: Any) -> StatementOfReasons:
    return StatementOfReasons(
        ground=Ground(row.ground),
        category=SanctionCategory(row.category),
        rule_reference=row.rule_reference,
        case_reference=row.case_reference,
        evidence=_digests(bytes(row.evidence)),
        origin=Origin(row.origin),
        detection=Automation(row.detection),
        decision=Automation(row.decision),
        territory=row.territory,
        redress=row.redress,
        issuer_kind=IssuerKind(row.issuer_kind),
        end_at=row.end_at,
        tip_off=row.tip_off,
        order=_order(row),
    )


def _order(row: Any) -> AuthorityOrder | None:
    if row.authority is None:
        return None
    return AuthorityOrder(row.authority, row.order_reference, row.order_issued_on, bytes(row.order_digest))


def _digests(packed: bytes) -> tuple[bytes, ...]:
    return tuple(packed[at : at + DIGEST_SIZE] for at in range(0, len(packed), DIGEST_SIZE))


_MINE = sanctions.c.sanction_id == param("sanction")
_OF_PARTY = sanctions.c.relying_party == param("party")
_GET: Statement[Sanction] = statement(select(sanctions).where(_MINE, _OF_PARTY), from_row)
_LOCK: Statement[Sanction] = statement(
    for_change(select(sanctions).where(sanctions.c.account_token == param("token"), _MINE)), from_row
)
_ADD = statement(insert(sanctions))
_LIFE = ("state", "started_at", "confirmed_by", "due_at", "ended_at", "ended_by", "end_reason")
_PUT = statement(
    update(sanctions)
    .where(sanctions.c.account_token == param("token"), _MINE)
    .values({name: param(name) for name in (*_LIFE, "confirmation", "ending")})
)


async def get(connection: Connection, relying_party: str, sanction_id: str) -> Sanction:
    """Return a relying party's sanction; raises NotFoundError (SANCTION_NOT_FOUND)."""
    return _found(await connection.all(_GET, party=relying_party, sanction=sanction_id))


async def lock(connection: Connection, sanction: Sanction) -> Sanction:
    """Return a sanction as it is stored now, locked; the account's row must be locked before."""
    return _found(await connection.all(_LOCK, token=sanction.account_token, sanction=sanction.sanction_id))


def _found(rows: Sequence[Sanction]) -> Sanction:
    if not rows:
        raise NotFoundError(Reason.SANCTION_NOT_FOUND)
    return rows[0]


async def add(connection: Connection, sanction: Sanction) -> None:
    """Insert a sanction."""
    await connection.later(_ADD, **_fixed(sanction), **_stated(sanction.statement), **_life(sanction))


async def put(connection: Connection, sanction: Sanction) -> None:
    """Store the state of a sanction whose row this act has locked."""
    await connection.later(
        _PUT, token=sanction.account_token, sanction=sanction.sanction_id, **_life(sanction)
    )


def _fixed(sanction: Sanction) -> dict[str, object]:
    return {
        "account_token": sanction.account_token,
        "sanction_id": sanction.sanction_id,
        "relying_party": sanction.relying_party,
        "degree": sanction.degree.value,
        "measure": sanction.measure,
        "imposed_by": sanction.imposed_by,
        "imposed_at": sanction.imposed_at,
        "paper": sanction.paper,
        "scope": sanction.scope.value,
        "person_id": sanction.person_id,
        "operation_id": sanction.operation_id,
        "public_account_id": sanction.public_account_id,
    }


def _life(sanction: Sanction) -> dict[str, object]:
    return {
        "state": sanction.state.value,
        "started_at": sanction.started_at,
        "confirmed_by": sanction.confirmed_by,
        "due_at": sanction.due_at,
        "ended_at": sanction.ended_at,
        "ended_by": sanction.ended_by,
        "end_reason": sanction.end_reason,
        "confirmation": sanction.confirmation,
        "ending": sanction.ending,
    }


def _stated(given: StatementOfReasons) -> dict[str, object]:
    order = given.order
    return {
        "end_at": given.end_at,
        "ground": given.ground.value,
        "category": given.category.value,
        "rule_reference": given.rule_reference,
        "case_reference": given.case_reference,
        "evidence": b"".join(given.evidence),
        "origin": given.origin.value,
        "tip_off": given.tip_off,
        "detection": given.detection.value,
        "decision": given.decision.value,
        "territory": given.territory,
        "redress": given.redress,
        "issuer_kind": given.issuer_kind.value,
        "authority": order and order.authority,
        "order_reference": order and order.reference,
        "order_issued_on": order and order.issued_on,
        "order_digest": order and order.digest,
    }
