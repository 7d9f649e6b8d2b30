"""What notices of the registry still do to accounts: the day drawn for each, on which it becomes EXPIRED."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Integer, delete, exists, select, true, update

from idvault.account.rules import Pairing
from idvault.core.db.connection import Connection
from idvault.core.db.listing import listed
from idvault.core.db.statement import Day, Statement, param, statement, upsert
from idvault.core.tables import ID, NAME, TOKEN
from idvault.core.tables.account import accounts
from idvault.core.tables.notice import account_notices


@dataclass(frozen=True, slots=True)
class DueNotice:
    """An account whose verification ends on a day, because of a notice."""

    account_token: str
    notice_id: str
    due_on: date


_DRAWN = listed("drawn", account_token=TOKEN, due_on=Day)
_ADD = statement(
    upsert(account_notices)
    .from_select(
        ["account_token", "notice_id", "due_on"],
        # The condition tells SQLite's parser that ON begins no join.
        select(_DRAWN.c.account_token, param("notice", ID), _DRAWN.c.due_on).where(true()),
    )
    .on_conflict_do_nothing(index_elements=[account_notices.c.account_token, account_notices.c.notice_id])
)
_OF_ACCOUNT = account_notices.c.account_token == param("token")
_FORGET = statement(delete(account_notices).where(_OF_ACCOUNT))
_REMOVE = statement(
    delete(account_notices).where(_OF_ACCOUNT, account_notices.c.notice_id == param("notice"))
)
_REVERSED = statement(delete(account_notices).where(account_notices.c.notice_id == param("notice")))
_KEPT = listed("kept", party=NAME, notice_id=ID)
TAKE_OVER = statement(
    update(account_notices)
    .where(
        account_notices.c.notice_id.in_(select(_KEPT.c.notice_id)),
        exists().where(
            accounts.c.account_token == account_notices.c.account_token,
            accounts.c.relying_party == _KEPT.c.party,
            account_notices.c.notice_id == _KEPT.c.notice_id,
        ),
    )
    .values(notice_id=param("notice"))
)
DUE: Statement[DueNotice] = statement(
    select(account_notices)
    .where(account_notices.c.due_on <= param("today"))
    .order_by(account_notices.c.due_on, account_notices.c.account_token)
    .limit(param("limit", Integer)),
    lambda row: DueNotice(row.account_token, row.notice_id, row.due_on),
)


async def add(connection: Connection, notice_id: str, drawn: Sequence[tuple[str, date]]) -> None:
    """Store the day of each account. drawn: tokens and days."""
    await connection.later(_ADD, notice=notice_id, drawn=drawn)


async def take_over(connection: Connection, notice_id: str, kept: Sequence[Pairing]) -> None:
    """Let what is to come of pairings be of the notice that says them again."""
    await connection.later(TAKE_OVER, notice=notice_id, kept=[(each.party, each.notice_id) for each in kept])


async def forget(connection: Connection, *, account_token: str) -> None:
    """Forget what was to come for a locked account, whose verification is a later one, or is withdrawn."""
    await connection.later(_FORGET, token=account_token)


async def reversed_(connection: Connection, notice_id: str) -> None:
    """Forget what was to come of a notice."""
    await connection.later(_REVERSED, notice=notice_id)


async def due(connection: Connection, *, today: date, limit: int) -> list[DueNotice]:
    """Return accounts whose day has come; in an order that tells nothing of who belongs together."""
    return await connection.all(DUE, today=today, limit=limit)


async def remove(connection: Connection, due: DueNotice) -> bool:
    """Remove what was due for a locked account; False if it was forgotten meanwhile."""
    return await connection.run(_REMOVE, token=due.account_token, notice=due.notice_id) > 0
