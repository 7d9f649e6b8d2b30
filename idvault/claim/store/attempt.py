"""Rows of attempts, of persons and of accounts; the attempts of open claims are in their jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, select, union_all

from idvault.claim.ports import NewClaim
from idvault.claim.rules import attempt
from idvault.claim.rules.attempt import Attempt
from idvault.claim.store.rows import OpenAttempt
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, statement, upsert
from idvault.core.tables.claim import account_attempts, attempts, jobs
from idvault.verify.account import Account
from idvault.verify.error import ExhaustedError


@dataclass(frozen=True, slots=True)
class Charge:
    """What act `open` found. limiter_key: whose attempt the claim is, None if no person is charged.

    withheld: whether no check may be sent.
    """

    limiter_key: bytes | None
    withheld: bool = False


def _read(row: Any) -> Attempt:
    return Attempt(row.pair, row.attempted_at)


_DAYS = [param("today"), param("yesterday")]
_OF_PERSON: Statement[Attempt] = statement(
    union_all(
        select(attempts.c.pair, attempts.c.attempted_at).where(
            attempts.c.relying_party == param("party"),
            attempts.c.limiter_key.in_(_DAYS),
            attempts.c.attempted_at > param("after"),
        ),
        select(jobs.c.pair, func.max(jobs.c.opened_at).label("attempted_at"))
        .where(
            jobs.c.relying_party == param("party"),
            jobs.c.limiter_key.in_(_DAYS),
            jobs.c.opened_at > param("after"),
        )
        .group_by(jobs.c.pair),
    ),
    _read,
)
_OF_ACCOUNT: Statement[Attempt] = statement(
    select(account_attempts.c.pair, account_attempts.c.attempted_at).where(
        account_attempts.c.account_token == param("token"), account_attempts.c.attempted_at > param("after")
    ),
    _read,
)


def _keep(table: Table) -> Statement[Any]:
    fresh = upsert(table)
    return statement(
        fresh.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={"attempted_at": fresh.excluded.attempted_at},
            where=table.c.attempted_at < fresh.excluded.attempted_at,
        )
    )


_KEEP = _keep(attempts)
_KEEP_OF_ACCOUNT = _keep(account_attempts)
_FORGET = [
    statement(delete(table).where(table.c.attempted_at <= param("until")))
    for table in (attempts, account_attempts)
]


async def charge(
    connection: Connection, new_claim: NewClaim, *, former: Account | None, named: str
) -> Charge:
    """Decide whom a claim is charged to, under the locks of its account and of the person it names.

    named: the person's id.
    Raises ExhaustedError (TOO_MANY_ATTEMPTS).
    """
    if former is None or former.person_id is None:
        await _check_person(connection, new_claim, named)
        return Charge(new_claim.person.limiter_key)
    now, pair = new_claim.now.business, new_claim.pair
    own = await connection.all(_OF_ACCOUNT, token=former.account_token, after=now - attempt.WINDOW)
    attempt.check(attempts=own, pair=pair, now=now)
    try:
        await _check_person(connection, new_claim, named)
    except ExhaustedError:
        return Charge(None, withheld=former.person_id != named)
    # The owner is charged like anybody: what a sign-up is refused for would reveal whose number it is.
    return Charge(new_claim.person.limiter_key)


async def _check_person(connection: Connection, new_claim: NewClaim, named: str) -> None:
    key, now = new_claim.person, new_claim.now.business
    # Nobody has tried a person that this act has created.
    if named == key.person_id:
        return
    found = await connection.all(
        _OF_PERSON,
        party=new_claim.request.caller,
        today=key.limiter_key,
        yesterday=key.yesterday_key,
        after=now - attempt.WINDOW,
    )
    attempt.check(attempts=found, pair=new_claim.pair, now=now)


async def keep(connection: Connection, tried: OpenAttempt, *, owner: Account) -> None:
    """Keep the attempt of a claim that ends charged. owner: the claim's account as it was."""
    if tried.pair is None:
        return
    what = {"pair": tried.pair, "attempted_at": tried.opened_at}
    if tried.limiter_key is not None:
        await connection.run(_KEEP, relying_party=owner.relying_party, limiter_key=tried.limiter_key, **what)
    if owner.person_id is not None:
        await connection.later(_KEEP_OF_ACCOUNT, account_token=owner.account_token, **what)


async def forget(connection: Connection, *, now: datetime) -> None:
    """Delete the attempts that no longer count."""
    for forgetting in _FORGET:
        await connection.run(forgetting, until=now - attempt.WINDOW)
