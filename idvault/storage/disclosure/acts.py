"""The acts of disclosures, step by step.

Rows are locked in one order everywhere: the person's request, the budget, the account, the disclosure.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update

from idvault.domain import disclosure as rules
from idvault.domain.disclosure import Disclosure, State
from idvault.domain.error import (
    AlreadyExistsError,
    ExhaustedError,
    NotFoundError,
    PreconditionError,
    Reason,
)
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.domain.request import Request
from idvault.domain.status import State as AccountState
from idvault.ports.disclosure import Deciding, Filed, Filing
from idvault.storage.account import record
from idvault.storage.account import rows as account
from idvault.storage.account.tables import records
from idvault.storage.base.connection import Connection
from idvault.storage.dialect import insert_if_absent
from idvault.storage.disclosure import rows as disclosure_row
from idvault.storage.disclosure.tables import disclosure_budgets, disclosure_openings
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request

_NUMBERS_A_DAY = 100_000
_RETRY = timedelta(hours=24)


async def request(
    connection: Connection,
    filing: Filing,
    *,
    asked: Request,
    today: date,
    daily: int,
    now: Moment,
    event: Event,
) -> Filed:
    """Store a new request."""
    made = filing.disclosure
    if await person_request.remember(connection, asked, now=now) is not None:
        return await _known(connection, made.disclosure_id)
    number = await _charge(connection, made.auditor_actor_id, today, daily)
    record_id = await _record_id(connection, made.account_token)
    if await disclosure_row.find(connection, disclosure_id=made.disclosure_id) is not None:
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
    await disclosure_row.add(connection, filing, record_id=record_id, number=number, entry_id=event.entry_id)
    await log.append(connection, event)
    return await _known(connection, made.disclosure_id)


async def decide(
    connection: Connection, deciding: Deciding, *, asked: Request, now: Moment, event: Event
) -> Filed:
    """Store one decision."""
    if await person_request.remember(connection, asked, now=now) is not None:
        return await _known(connection, deciding.disclosure_id)
    filed = await disclosure_row.lock(connection, disclosure_id=deciding.disclosure_id)
    decided = rules.decide(
        disclosure=filed.disclosure,
        member=deciding.member,
        verdict=deciding.verdict,
        panel=deciding.panel,
        now=now.business,
    )
    await _check_quorum(connection, filed.disclosure, deciding.panel.quorum_id)
    await disclosure_row.add_decision(connection, decided, deciding, entry_id=event.entry_id)
    await disclosure_row.put(connection, decided)
    if decided.state is State.DENIED:
        await disclosure_row.destroy_shares(connection, decided)
    await log.append(connection, event)
    return await _known(connection, deciding.disclosure_id)


async def cancel(
    connection: Connection,
    *,
    disclosure_id: str,
    actor_id: str,
    asked: Request,
    now: Moment,
    event: Event,
) -> Filed:
    """Cancel an own disclosure."""
    if await person_request.remember(connection, asked, now=now) is not None:
        return await _known(connection, disclosure_id)
    filed = await disclosure_row.lock(connection, disclosure_id=disclosure_id)
    rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
    cancelled = rules.cancel(disclosure=filed.disclosure, now=now.business)
    await disclosure_row.put(connection, cancelled)
    await disclosure_row.destroy_shares(connection, cancelled)
    await log.append(connection, event)
    return await _known(connection, disclosure_id)


async def open_once(
    connection: Connection,
    *,
    disclosure_id: str,
    actor_id: str,
    record_digest: bytes,
    asked: Request,
    now: Moment,
    event: Event,
) -> str:
    """Note one opening."""
    answer = event.entry_id.encode()
    kept = await person_request.remember(connection, asked, now=now, answer=answer)
    if kept is not None:
        return kept.decode()
    filed = await disclosure_row.lock(connection, disclosure_id=disclosure_id)
    rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
    opened = rules.open_once(disclosure=filed.disclosure, now=now.business)
    stored = await record.find(connection, opened.account_token)
    if stored is None or stored.record_id != opened.record_id or stored.digest() != record_digest:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    await disclosure_row.put(connection, opened)
    await connection.execute(
        insert(disclosure_openings).values(
            account_token=opened.account_token,
            disclosure_id=disclosure_id,
            entry_id=event.entry_id,
            auditor_actor_id=actor_id,
            opened_at=now.business,
            record_digest=record_digest,
        )
    )
    await log.append(connection, event.with_fields(record_digest=record_digest))
    return event.entry_id


async def expire(
    connection: Connection, *, disclosure_id: str, now: Moment, event: Event
) -> Disclosure | None:
    """Expire a disclosure if its time is over; destroy its re-sealed shares if nobody may have them."""
    filed = await disclosure_row.lock(connection, disclosure_id=disclosure_id)
    expired = rules.expire(disclosure=filed.disclosure, now=now.business)
    if not rules.needs_shares(disclosure=expired, now=now.business):
        await disclosure_row.destroy_shares(connection, expired)
    if expired == filed.disclosure:
        return None
    await disclosure_row.put(connection, expired)
    await log.append(connection, event)
    return expired


async def _known(connection: Connection, disclosure_id: str) -> Filed:
    found = await disclosure_row.find(connection, disclosure_id=disclosure_id)
    if found is None:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found


async def _charge(connection: Connection, actor_id: str, today: date, daily: int) -> int:
    """Count one request of the day; return its number, which grows with every request of the auditor."""
    table = disclosure_budgets
    await insert_if_absent(connection, table, actor_id=actor_id, day=today, used=0)
    taken = await connection.execute(
        update(table)
        .where(table.c.actor_id == actor_id, table.c.day == today, table.c.used < daily)
        .values(used=table.c.used + 1)
        .returning(table.c.used)
    )
    used = taken.scalar_one_or_none()
    if used is None:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)
    return today.toordinal() * _NUMBERS_A_DAY + int(used)


async def _record_id(connection: Connection, account_token: str) -> str:
    owner = await account.lock(connection, account_token=account_token)
    if owner is not None and owner.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    query = select(records.c.record_id).where(records.c.account_token == account_token)
    record_id = (await connection.execute(query)).scalar_one_or_none()
    if owner is None or record_id is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return str(record_id)


async def _check_quorum(connection: Connection, disclosure: Disclosure, quorum_id: str) -> None:
    query = select(records.c.record_id, records.c.present_quorum_id).where(
        records.c.account_token == disclosure.account_token
    )
    row = (await connection.execute(query)).first()
    if row is None or row.record_id != disclosure.record_id:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    if row.present_quorum_id != quorum_id:
        raise PreconditionError(Reason.QUORUM_INVALID)


def repeats_end(now: datetime) -> datetime:
    """Return the time of an opening whose answer may just not be asked for any more."""
    return now - rules.REPEAT_TIME
