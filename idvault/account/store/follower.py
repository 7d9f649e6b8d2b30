"""Sanctions of scope PERSON, and the rows of the accounts that follow them (domain.sanction.person)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, case, delete, insert, literal_column, or_, select, update

from idvault.account.ports.follower import DueFollower
from idvault.account.rules import person as rules
from idvault.account.rules.person import Follower, PersonSanction
from idvault.account.store import periods
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, statement
from idvault.core.db.types import to_micros
from idvault.core.tables.sanction import follower_closings, followers, sanctions
from idvault.verify.sanction import Degree, SanctionState

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
_CLOSED = statement(insert(follower_closings))
_CLOSED_UNTIL = statement(
    update(follower_closings)
    .where(
        follower_closings.c.account_token == param("token"),
        follower_closings.c.sanction_id == param("sanction"),
    )
    .values(ended_at=param("now"))
)
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
    now: datetime,
) -> str | None:
    """Let a locked account follow these sanctions, and no others; return what it follows if that is new."""
    wanted = {
        each.sanction_id: each for each in rules.followers(sanctions=in_force, account_token=account_token)
    }
    former = {each.sanction_id: each for each in await connection.all(_OF_ACCOUNT, token=account_token)}
    if wanted.keys() == former.keys():
        return None
    for sanction_id in former.keys() - wanted.keys():
        await connection.run(_REMOVE, token=account_token, sanction=sanction_id)
        await _end(connection, account_token, former[sanction_id], now)
    for sanction_id in sorted(wanted.keys() - former.keys()):
        await _add(connection, relying_party, account_token, wanted[sanction_id], delay)
        await _begin(connection, account_token, wanted[sanction_id], now)
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


async def _begin(connection: Connection, account_token: str, follower: Follower, now: datetime) -> None:
    """Keep for the filings of the past since when an account is closed."""
    if follower.degree is not Degree.CLOSE:
        return
    await connection.run(
        _CLOSED,
        account_token=account_token,
        sanction_id=follower.sanction_id,
        started_at=now,
        end_at=follower.end_at,
        ended_at=None,
    )


async def _end(connection: Connection, account_token: str, follower: Follower, now: datetime) -> None:
    if follower.degree is Degree.CLOSE:
        await connection.run(_CLOSED_UNTIL, token=account_token, sanction=follower.sanction_id, now=now)


async def followed(connection: Connection, account_token: str) -> str:
    """Return the standings that an account follows, as its log entry has them."""
    found = await connection.all(_OF_ACCOUNT, token=account_token)
    return periods.pack(tuple(each.period for each in found)) or ""


async def lifted(connection: Connection, *, relying_party: str, sanction_id: str, now: datetime) -> None:
    """Let every follower of a lifted sanction end after its own delay, unless it ends before."""
    await connection.run(_LIFTED, party=relying_party, sanction=sanction_id, lifted=to_micros(now))


async def remove_due(connection: Connection, due: DueFollower, *, now: datetime) -> bool:
    """Remove a follower of a locked account if it is due."""
    key = {"token": due.account_token, "sanction": due.sanction_id}
    if await connection.run(_REMOVE_DUE, **key, now=now) == 0:
        return False
    await connection.run(_CLOSED_UNTIL, **key, now=now)
    return True
