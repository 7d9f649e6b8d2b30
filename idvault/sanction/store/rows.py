"""Rows of sanctions.

The lists of sanctions, orders and operations, oldest first; a page follows the last row of the former.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    Select,
    String,
    Table,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, for_change, param, scalar, statement
from idvault.core.rows import KeptAs, Rows
from idvault.core.tables.sanction import sanctions
from idvault.moderator import rules as moderator_rules
from idvault.sanction.rules import Sanction, SanctionFilter, SanctionLevels
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.sanction import (
    SanctionState,
)
from idvault_verify.statement import DIGEST_SIZE


def _digests(packed: bytes) -> tuple[bytes, ...]:
    return tuple(bytes(packed[at : at + DIGEST_SIZE]) for at in range(0, len(packed), DIGEST_SIZE))


ROWS = Rows(
    Sanction,
    sanctions,
    key="sanction_id",
    made_at="imposed_at",
    unknown=Reason.SANCTION_NOT_FOUND,
    apart=("due_at",),
    kept={
        "statement.evidence": KeptAs(read=_digests, write=b"".join),
        "statement.order.reference": KeptAs("order_reference"),
        "statement.order.issued_on": KeptAs("order_issued_on"),
        "statement.order.digest": KeptAs("order_digest"),
    },
)
_MINE = (sanctions.c.account_token == param("token")) & (sanctions.c.sanction_id == param("sanction"))
_LOCK: Statement[Sanction] = statement(for_change(ROWS.query.where(_MINE)), ROWS.from_row)
# What an act may change.
_LIFE = (
    "state",
    "started_at",
    "confirmed_by",
    "ended_at",
    "ended_by",
    "end_reason",
    "confirmation",
    "ending",
    "scope",
    "person_id",
    "narrowed_at",
)
_PUT = statement(update(sanctions).where(_MINE).values({name: param(name) for name in (*_LIFE, "due_at")}))


async def get(connection: Connection, relying_party: str, sanction_id: str) -> Sanction:
    """Return a relying party's sanction; raises NotFoundError (SANCTION_NOT_FOUND)."""
    return await ROWS.get(connection, relying_party, sanction_id)


async def lock(connection: Connection, sanction: Sanction) -> Sanction:
    """Return a sanction as it is stored now, locked; the account's row must be locked before."""
    found = await connection.one(_LOCK, token=sanction.account_token, sanction=sanction.sanction_id)
    if found is None:
        raise NotFoundError(Reason.SANCTION_NOT_FOUND)
    return found


async def add(connection: Connection, sanction: Sanction) -> None:
    """Insert a sanction."""
    await ROWS.add(connection, sanction, due_at=sanction.due_at)


async def put(connection: Connection, sanction: Sanction) -> None:
    """Store the state of a sanction whose row this act has locked."""
    columns = ROWS.columns(sanction)
    life = {name: columns[name] for name in _LIFE}
    await connection.later(
        _PUT, token=sanction.account_token, sanction=sanction.sanction_id, due_at=sanction.due_at, **life
    )


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
_PAGE = SANCTIONS.page(ROWS.query)
# A condition that most lists do not have; it is applied to rows that another condition has chosen.
_PERHAPS_IN_STATE = or_(param("state", String) == "", _IN_STATE)
OF_PARTY: Statement[Sanction] = statement(_PAGE, ROWS.from_row)
IN_STATE: Statement[Sanction] = statement(_PAGE.where(_IN_STATE), ROWS.from_row)
OF_ACCOUNT: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.account_token == param("token"), _PERHAPS_IN_STATE), ROWS.from_row
)
OF_OPERATION: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.operation_id == param("operation"), _PERHAPS_IN_STATE), ROWS.from_row
)
OF_ORDER: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.order_digest == param("digest"), _PERHAPS_IN_STATE), ROWS.from_row
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
    ROWS.query.where(sanctions.c.due_at <= param("now")).order_by(sanctions.c.due_at).limit(_LIMIT),
    ROWS.from_row,
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
    proposed = await connection.only(PROPOSED, now=now, latest=now + moderator_rules.CONFIRM_WITHIN)
    first = await connection.all(FIRST_DUE, now=now)
    return SanctionLevels(proposed, first[0] if first else None)


async def due(connection: Connection, *, now: datetime, limit: int) -> list[Sanction]:
    """Return sanctions whose lapse is due and not stored, the longest due first."""
    return await connection.all(DUE, now=now, limit=limit)
