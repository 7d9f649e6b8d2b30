"""Rows of sanctions.

The lists of sanctions, orders and operations, oldest first; a page follows the last row of the former.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    Select,
    String,
    Table,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.core.tables.sanction import sanctions
from idvault.sanction.rules import CONFIRM_WITHIN, Sanction, SanctionFilter, SanctionLevels
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.sanction import (
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
from idvault_verify.statement import DIGEST_SIZE


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


_FIRST: dict[str, Any] = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_LIMIT = param("limit", Integer)


class Listing:
    """A list of a relying party's rows by the time when they were made, then by their id."""

    def __init__(self, table: Table, made_at: Column[Any], row_id: Column[Any]) -> None:
        """Set the columns of the order."""
        self._order = made_at, row_id
        self._of_party = table.c.relying_party == param("party")
        self.place: Statement[datetime] = statement(
            select(made_at).where(self._of_party, row_id == param("row")), scalar
        )

    def page(self, query: Select[Any]) -> Select[Any]:
        """Return the query of a page, with parameters party, at, after and limit."""
        later = tuple_(*self._order) > tuple_(param("at", Micros), param("after", String))
        return query.where(self._of_party, later).order_by(*self._order).limit(_LIMIT)

    async def place_of(self, connection: Connection, relying_party: str, after: str) -> dict[str, Any]:
        """Return the place from which a list continues; raises InvalidError (INVALID_MESSAGE, page_token)."""
        if not after:
            return _FIRST
        found = await connection.one(self.place, party=relying_party, row=after)
        if found is None:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
        return {"at": found, "after": after}


SANCTIONS = Listing(sanctions, sanctions.c.imposed_at, sanctions.c.sanction_id)
# What has lapsed but is not stored so has left the state that it is stored in.
_IS_STILL = sanctions.c.due_at.is_(None) | (sanctions.c.due_at > param("now"))
_IN_STATE = (sanctions.c.state == param("state")) & _IS_STILL
_PAGE = SANCTIONS.page(select(sanctions))
# A condition that most lists do not have; it is applied to rows that another condition has chosen.
_PERHAPS_IN_STATE = or_(param("state", String) == "", _IN_STATE)
OF_PARTY: Statement[Sanction] = statement(_PAGE, from_row)
IN_STATE: Statement[Sanction] = statement(_PAGE.where(_IN_STATE), from_row)
OF_ACCOUNT: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.account_token == param("token"), _PERHAPS_IN_STATE), from_row
)
OF_OPERATION: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.operation_id == param("operation"), _PERHAPS_IN_STATE), from_row
)
OF_ORDER: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.order_digest == param("digest"), _PERHAPS_IN_STATE), from_row
)
# Every proposal lapses within 72 hours, so the index of lapses finds them among few others.
PROPOSED: Statement[int] = statement(
    select(func.count())
    .select_from(sanctions)
    .where(
        sanctions.c.due_at > param("now"),
        sanctions.c.due_at <= param("latest"),
        sanctions.c.state == literal_column(f"'{SanctionState.PROPOSED.value}'"),
    ),
    scalar,
)
FIRST_DUE: Statement[datetime] = statement(
    select(sanctions.c.due_at)
    .where(sanctions.c.due_at <= param("now"))
    .order_by(sanctions.c.due_at)
    .limit(literal_column("1")),
    scalar,
)
DUE: Statement[Sanction] = statement(
    select(sanctions).where(sanctions.c.due_at <= param("now")).order_by(sanctions.c.due_at).limit(_LIMIT),
    from_row,
)


async def page(
    connection: Connection,
    party: str,
    of: SanctionFilter,
    *,
    digest: bytes | None,
    state: SanctionState | None,
    after: str,
    limit: int,
    now: datetime,
) -> list[Sanction]:
    """Return up to limit sanctions after the sanction `after` (empty: from the first), oldest first.

    digest: of the order that the filter names. state: only in this state as of now; of those that lapse
    without an act, LAPSED has only those whose lapse is stored. Raises InvalidError (INVALID_MESSAGE,
    page_token) for an unknown `after`. A sanction that is imposed meanwhile moves no other one.
    """
    common = {"party": party, **await SANCTIONS.place_of(connection, party, after), "limit": limit}
    word = {"state": "" if state is None else state.value, "now": now}
    if of.account_token is not None:
        return await connection.all(OF_ACCOUNT, **common, **word, token=of.account_token)
    if of.operation_id is not None:
        return await connection.all(OF_OPERATION, **common, **word, operation=of.operation_id)
    if digest is not None:
        return await connection.all(OF_ORDER, **common, **word, digest=digest)
    if state is None:
        return await connection.all(OF_PARTY, **common)
    return await connection.all(IN_STATE, **common, **word)


async def levels(connection: Connection, *, now: datetime) -> SanctionLevels:
    """Return how many sanctions are proposed, and since when the oldest end is not stored."""
    proposed = await connection.only(PROPOSED, now=now, latest=now + CONFIRM_WITHIN)
    first = await connection.all(FIRST_DUE, now=now)
    return SanctionLevels(proposed, first[0] if first else None)


async def due(connection: Connection, *, now: datetime, limit: int) -> list[Sanction]:
    """Return sanctions whose lapse is due and not stored, the longest due first."""
    return await connection.all(DUE, now=now, limit=limit)
