"""Sanctions of scope PERSON, and the rows of the accounts that follow them (domain.sanction.person)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, case, delete, insert, literal_column, or_, select, update

from idvault.domain.sanction import person as rules
from idvault.domain.sanction.person import Follower, PersonSanction
from idvault.domain.sanction.sanction import Degree, SanctionState
from idvault.ports.sanction import DueFollower
from idvault.storage.account import periods
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, statement
from idvault.storage.base.types import to_micros
from idvault.storage.sanction.tables import followers, sanctions

_MICROSECOND = timedelta(microseconds=1)


def _of_person(row: Any) -> PersonSanction:
    return PersonSanction(row.sanction_id, row.account_token, Degree(row.degree), row.started_at, row.end_at)


def _follower(row: Any) -> Follower:
    return Follower(row.sanction_id, Degree(row.degree), row.end_at)


_OF_PERSON: Statement[PersonSanction] = statement(
    select(
        sanctions.c.sanction_id,
        sanctions.c.account_token,
        sanctions.c.degree,
        sanctions.c.started_at,
        sanctions.c.end_at,
    ).where(
        sanctions.c.relying_party == param("party"),
        sanctions.c.person_id == param("person"),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
    ),
    _of_person,
)
_OF_ACCOUNT: Statement[Follower] = statement(
    select(followers)
    .where(followers.c.account_token == param("token"))
    .order_by(followers.c.account_token, followers.c.sanction_id),
    _follower,
)
_ADD = statement(insert(followers))
_MINE = (followers.c.account_token == param("token")) & (followers.c.sanction_id == param("sanction"))
_REMOVE = statement(delete(followers).where(_MINE))
_REMOVE_DUE = statement(delete(followers).where(_MINE, followers.c.due_at <= param("now")))
_DELAYED = followers.c.delay + param("lifted", BigInteger)
_LIFTED = statement(
    update(followers)
    .where(followers.c.relying_party == param("party"), followers.c.sanction_id == param("sanction"))
    .values(
        due_at=case(
            (or_(followers.c.due_at.is_(None), followers.c.due_at > _DELAYED), _DELAYED),
            else_=followers.c.due_at,
        )
    )
)
DUE: Statement[DueFollower] = statement(
    select(followers.c.account_token, followers.c.sanction_id)
    .where(followers.c.due_at <= param("now"))
    .order_by(followers.c.due_at)
    .limit(param("limit", Integer)),
    lambda row: DueFollower(row.account_token, row.sanction_id),
)


async def in_force(
    connection: Connection, *, relying_party: str, person_id: str, now: datetime
) -> list[PersonSanction]:
    """Return the sanctions of a person, whose row this act has locked, that are in force now."""
    found = await connection.all(_OF_PERSON, party=relying_party, person=person_id)
    return [each for each in found if each.end_at is None or each.end_at > now]


async def follow(
    connection: Connection,
    *,
    relying_party: str,
    account_token: str,
    in_force: Sequence[PersonSanction],
    delay: timedelta,
) -> str | None:
    """Let a locked account follow these sanctions, and no others; return what it follows if that is new."""
    wanted = {
        each.sanction_id: each for each in rules.followers(sanctions=in_force, account_token=account_token)
    }
    former = {each.sanction_id for each in await connection.all(_OF_ACCOUNT, token=account_token)}
    if wanted.keys() == former:
        return None
    for sanction_id in former - wanted.keys():
        await connection.run(_REMOVE, token=account_token, sanction=sanction_id)
    for sanction_id in sorted(wanted.keys() - former):
        await _add(connection, relying_party, account_token, wanted[sanction_id], delay)
    return await followed(connection, account_token)


async def _add(
    connection: Connection, relying_party: str, account_token: str, follower: Follower, delay: timedelta
) -> None:
    await connection.run(
        _ADD,
        account_token=account_token,
        sanction_id=follower.sanction_id,
        relying_party=relying_party,
        degree=follower.degree.value,
        end_at=follower.end_at,
        delay=delay // _MICROSECOND,
        due_at=follower.end_at,
    )


async def followed(connection: Connection, account_token: str) -> str:
    """Return the standings that an account follows, as its log entry has them."""
    found = await connection.all(_OF_ACCOUNT, token=account_token)
    return periods.pack(tuple(each.period for each in found)) or ""


async def lifted(connection: Connection, *, relying_party: str, sanction_id: str, now: datetime) -> None:
    """Let every follower of a lifted sanction end after its own delay, unless it ends before."""
    await connection.run(_LIFTED, party=relying_party, sanction=sanction_id, lifted=to_micros(now))


async def remove_due(connection: Connection, due: DueFollower, *, now: datetime) -> bool:
    """Remove a follower of a locked account if it is due."""
    return await connection.run(_REMOVE_DUE, token=due.account_token, sanction=due.sanction_id, now=now) > 0
