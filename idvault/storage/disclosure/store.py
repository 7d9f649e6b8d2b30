"""The acts of disclosures (ports.disclosure).

Rows are always locked in this order: the member's request, the budget, the account, the disclosure.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import insert, select

from idvault.domain import disclosure as rules
from idvault.domain.account import AccountState
from idvault.domain.clock import ClockReading
from idvault.domain.disclosure import Disclosure, DisclosureState
from idvault.domain.error import ExhaustedError, NotFoundError, PreconditionError, Reason
from idvault.domain.event import Event
from idvault.domain.request import Request
from idvault.ports.disclosure import Deciding, Filed, Filing
from idvault.storage.account import record
from idvault.storage.account import rows as account
from idvault.storage.account.tables import records
from idvault.storage.base.act import act, read
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import param, scalar, statement, upsert
from idvault.storage.disclosure import rows as disclosure_row
from idvault.storage.disclosure.evidence import SqlEvidence
from idvault.storage.disclosure.lists import SqlDisclosureLists
from idvault.storage.disclosure.refusal import SqlRefusals
from idvault.storage.disclosure.tables import disclosure_budgets, disclosure_openings
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request

_NUMBERS_A_DAY = 100_000
_RETRY = timedelta(hours=24)

# Returns no row if the day's budget is spent.
_CHARGE = statement(
    upsert(disclosure_budgets)
    .values(actor_id=param("actor_id"), day=param("day"), used=1)
    .on_conflict_do_update(
        index_elements=[disclosure_budgets.c.actor_id, disclosure_budgets.c.day],
        set_={"used": disclosure_budgets.c.used + 1},
        where=disclosure_budgets.c.used < param("daily"),
    )
    .returning(disclosure_budgets.c.used),
    scalar,
)
_RECORD = statement(
    select(records.c.record_id, records.c.present_quorum_id).where(records.c.account_token == param("token")),
    tuple[str, str],
)
_ADD_OPENING = statement(insert(disclosure_openings))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlDisclosureStore(SqlDisclosureLists, SqlEvidence, SqlRefusals):
    """Disclosures in the main database."""

    @act("disclosure.request")
    async def request(
        self,
        connection: Connection,
        filing: Filing,
        *,
        request: Request,
        today: date,
        daily: int,
        now: ClockReading,
        event: Event,
    ) -> Filed:
        """Store a new request with its event."""
        made = filing.disclosure
        if await person_request.remember(connection, request, now=now) is not None:
            return await disclosure_row.known(connection, disclosure_id=made.disclosure_id)
        number = await _charge(connection, made.auditor_actor_id, today, daily)
        asked = replace(made, record_id=await _record_id(connection, made.account_token))
        filed = Filed(asked, filing.text, filing.digest, filing.threshold, event.entry_id, number)
        await disclosure_row.add(connection, filed)
        await log.append(connection, event)
        return filed

    @act("disclosure.decide")
    async def decide(
        self, connection: Connection, deciding: Deciding, *, request: Request, now: ClockReading, event: Event
    ) -> Filed:
        """Store a decision with its event."""
        if await person_request.remember(connection, request, now=now) is not None:
            return await disclosure_row.known(connection, disclosure_id=deciding.disclosure_id)
        filed = await disclosure_row.lock(connection, disclosure_id=deciding.disclosure_id)
        decided = rules.decide(
            disclosure=filed.disclosure,
            member=deciding.member,
            verdict=deciding.verdict,
            quorum=deciding.quorum,
            now=now.business,
        )
        await _check_quorum(connection, filed.disclosure, deciding.quorum.quorum_id)
        await disclosure_row.add_decision(connection, decided, deciding, entry_id=event.entry_id)
        await disclosure_row.put(connection, decided)
        if decided.state is DisclosureState.DENIED:
            await disclosure_row.destroy_shares(connection, decided)
        await log.append(connection, event)
        return replace(filed, disclosure=decided)

    @act("disclosure.cancel")
    async def cancel(
        self,
        connection: Connection,
        *,
        disclosure_id: str,
        actor_id: str,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Filed:
        """Cancel an auditor's own disclosure with its event."""
        if await person_request.remember(connection, request, now=now) is not None:
            return await disclosure_row.known(connection, disclosure_id=disclosure_id)
        filed = await disclosure_row.lock(connection, disclosure_id=disclosure_id)
        rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        cancelled = rules.cancel(disclosure=filed.disclosure, now=now.business)
        await disclosure_row.put(connection, cancelled)
        await disclosure_row.destroy_shares(connection, cancelled)
        await log.append(connection, event)
        return replace(filed, disclosure=cancelled)

    @act("disclosure.open")
    async def open(
        self,
        connection: Connection,
        *,
        disclosure_id: str,
        actor_id: str,
        record_digest: bytes,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> str:
        """Store one opening with its event; return the entry's id, also to a repeat."""
        answer = event.entry_id.encode()
        kept = await person_request.remember(connection, request, now=now, answer=answer)
        if kept is not None:
            return kept.decode()
        filed = await disclosure_row.lock(connection, disclosure_id=disclosure_id)
        rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        opened = rules.open_once(disclosure=filed.disclosure, now=now.business)
        stored = await record.find(connection, opened.account_token)
        if stored is None or stored.record_id != opened.record_id or stored.digest() != record_digest:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        await disclosure_row.put(connection, opened)
        await connection.run(
            _ADD_OPENING,
            account_token=opened.account_token,
            disclosure_id=disclosure_id,
            entry_id=event.entry_id,
            auditor_actor_id=actor_id,
            opened_at=now.business,
            record_digest=record_digest,
        )
        await log.append(connection, event.with_fields(record_digest=record_digest))
        return event.entry_id

    @act("disclosure.expire")
    async def expire(
        self, connection: Connection, *, disclosure_id: str, now: ClockReading, event: Event
    ) -> Disclosure | None:
        """Expire a disclosure if its time is over; destroy its shares if they are no longer needed."""
        filed = await disclosure_row.lock(connection, disclosure_id=disclosure_id)
        expired = rules.expire(disclosure=filed.disclosure, now=now.business)
        if not rules.needs_shares(disclosure=expired, now=now.business):
            await disclosure_row.destroy_shares(connection, expired)
        if expired == filed.disclosure:
            return None
        await disclosure_row.put(connection, expired)
        await log.append(connection, event)
        return expired

    @read("disclosure.get")
    async def get(self, connection: Connection, *, disclosure_id: str) -> Filed | None:
        """Return a disclosure as stored."""
        return await disclosure_row.find(connection, disclosure_id=disclosure_id)


async def _charge(connection: Connection, actor_id: str, today: date, daily: int) -> int:
    """Charge the day's budget; return the request's number, which grows with each request of the auditor."""
    # The upsert does not check the limit when it inserts the day's first row.
    used = await connection.one(_CHARGE, actor_id=actor_id, day=today, daily=daily) if daily > 0 else None
    if used is None:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)
    return today.toordinal() * _NUMBERS_A_DAY + int(used)


async def _record_id(connection: Connection, account_token: str) -> str:
    owner = await account.lock(connection, account_token=account_token)
    if owner is not None and owner.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    found = await connection.one(_RECORD, token=account_token)
    if owner is None or found is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    record_id, _ = found
    return record_id


async def _check_quorum(connection: Connection, disclosure: Disclosure, quorum_id: str) -> None:
    found = await connection.one(_RECORD, token=disclosure.account_token)
    if found is None or found[0] != disclosure.record_id:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    if found[1] != quorum_id:
        raise PreconditionError(Reason.QUORUM_INVALID)
