"""What a reporter may read of a report, and the tries of those who follow one.

Tries of references are counted for each report and day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.account import accounts
from idvault.core.tables.tip_off import tip_off_tries
from idvault.tip_off.store import rows as tip_off_rows
from idvault.tip_off.store.rows import TipOffText
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.tip_off import TipOff


@dataclass(frozen=True, slots=True)
class FollowedReport:
    """A report, the one that it was merged into, and the reply that its reporter may read."""

    tip_off: TipOff
    leading: TipOff | None
    reply: TipOffText | None
    reply_of: str


_NEW = upsert(tip_off_tries)
_CHARGE: Statement[int] = statement(
    _NEW.on_conflict_do_update(
        index_elements=[
            tip_off_tries.c.relying_party,
            tip_off_tries.c.reference,
            tip_off_tries.c.day,
        ],
        set_={"count": tip_off_tries.c.count + _NEW.excluded["count"]},
    ).returning(tip_off_tries.c.count),
    scalar,
)
_REFUND = statement(
    update(tip_off_tries)
    .where(
        tip_off_tries.c.relying_party == param("party"),
        tip_off_tries.c.reference == param("reference"),
        tip_off_tries.c.day == param("day"),
    )
    .values(count=tip_off_tries.c["count"] - 1)
)
_FORGET = statement(delete(tip_off_tries).where(tip_off_tries.c.day < param("before")))


async def charge(connection: Connection, *, relying_party: str, reference: str, day: date) -> int:
    """Count a try; return the day's tries with this one."""
    return await connection.only(_CHARGE, relying_party=relying_party, reference=reference, day=day, count=1)


async def refund(connection: Connection, *, relying_party: str, reference: str, day: date) -> None:
    """Refund one try of a reference on a day."""
    await connection.run(_REFUND, party=relying_party, reference=reference, day=day)


async def forget(connection: Connection, *, before: date) -> int:
    """Delete the counts of the days before one; return how many."""
    return await connection.run(_FORGET, before=before)


_IS_THERE = statement(
    select(accounts.c.account_token).where(
        accounts.c.account_token == param("token"), accounts.c.relying_party == param("party")
    ),
    scalar,
)


async def check_accounts(connection: Connection, party: str, tokens: Sequence[str]) -> None:
    """Raise NotFoundError (ACCOUNT_NOT_FOUND) unless all these accounts are the platform's."""
    for token in tokens:
        if await connection.one(_IS_THERE, token=token, party=party) is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)


async def follow(connection: Connection, party: str, reference: str) -> FollowedReport:
    """Return what the reporter of a report may read; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
    found = await tip_off_rows.of_reference(connection, party, reference)
    if found is None:
        raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
    leading, reply = None, None
    if found.merged_into is not None:
        leading = await tip_off_rows.get(connection, party, found.merged_into)
        reply = await tip_off_rows.reply(connection, leading)
    own = await tip_off_rows.reply(connection, found) if reply is None else None
    of = leading if reply is not None and leading is not None else found
    return FollowedReport(found, leading, reply or own, of.tip_off_id)
