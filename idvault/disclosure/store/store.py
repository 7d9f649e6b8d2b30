"""The acts of disclosures (disclosure.ports).

Rows are always locked in this order: the member's request, the budget, the account, the disclosure.

Rows of refusals: a roster member who keeps trying causes one log entry per minute.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import insert, or_, select, update

from idvault.account.store import kept as account_kept
from idvault.account.store import rows as account_rows
from idvault.core import log_entry
from idvault.core import person_request as member_request
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import param, scalar, statement, upsert
from idvault.core.request import Request
from idvault.core.tables.disclosure import disclosure_budgets, disclosure_openings, disclosure_refusals
from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.ports import Deciding, Filed, Filing, Releasing
from idvault.disclosure.rules import Tally
from idvault.disclosure.store import rows as disclosure_rows
from idvault.disclosure.store.lists import SqlDisclosureLists
from idvault.disclosure.store.rows import SqlEvidence
from idvault.verify.account import AccountState
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import Disclosure, DisclosureState
from idvault.verify.error import ExhaustedError, NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event

_T = disclosure_refusals.c
_OF = (_T.actor_id == param("actor_id")) & (_T.reason == param("reason"))

_BEGIN = statement(
    upsert(disclosure_refusals)
    .values(actor_id=param("actor_id"), reason=param("reason"), minute=None, silent=0)
    .on_conflict_do_nothing(index_elements=[_T.actor_id, _T.reason])
)
_LOCK = statement(for_change(select(_T.minute, _T.silent).where(_OF)), lambda row: Tally(*row))
_PUT = statement(
    update(disclosure_refusals).where(_OF).values(minute=param("minute"), silent=param("silent"))
)
_SILENT = statement(
    select(_T.actor_id, _T.reason)
    .where(_T.silent > 0, or_(_T.minute.is_(None), _T.minute < param("minute")))
    .order_by(_T.actor_id, _T.reason),
    tuple[str, str],
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlRefusals:
    """Refusals, counted per roster member and reason."""

    database: Database

    @act("disclosure.refuse")
    async def refuse(
        self, connection: Connection, *, actor_id: str, reason: str, now: ClockReading, event: Event
    ) -> bool:
        """Count a refusal; write a log entry unless one was written in this minute."""
        await connection.run(_BEGIN, actor_id=actor_id, reason=reason)
        tally, told = disclosure_rules.refuse(
            tally=await _lock(connection, actor_id, reason), now=now.business
        )
        await connection.run(_PUT, actor_id=actor_id, reason=reason, minute=tally.minute, silent=tally.silent)
        if told:
            await log_entry.append(connection, event.with_fields(count=told))
        return bool(told)

    @read("disclosure.silent")
    async def silent(self, connection: Connection, *, now: datetime) -> list[tuple[str, str]]:
        """Return the actor and reason of refusals whose count is still to be logged."""
        return await connection.all(_SILENT, minute=now.replace(second=0, microsecond=0))

    @act("disclosure.flush")
    async def flush(
        self, connection: Connection, *, actor_id: str, reason: str, now: ClockReading, event: Event
    ) -> bool:
        """Log the count of unlogged refusals once their minute is over."""
        tally, told = disclosure_rules.flush(
            tally=await _lock(connection, actor_id, reason), now=now.business
        )
        if not told:
            return False
        await connection.run(_PUT, actor_id=actor_id, reason=reason, minute=tally.minute, silent=tally.silent)
        await log_entry.append(connection, event.with_fields(count=told))
        return True


async def _lock(connection: Connection, actor_id: str, reason: str) -> Tally:
    return await connection.one(_LOCK, actor_id=actor_id, reason=reason) or Tally()


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
_ADD_OPENING = statement(insert(disclosure_openings))
_OPENED_DIGEST = statement(
    select(disclosure_openings.c.record_digest)
    .where(
        disclosure_openings.c.account_token == param("token"),
        disclosure_openings.c.disclosure_id == param("disclosure_id"),
    )
    .order_by(disclosure_openings.c.opened_at)
    .limit(1),
    scalar,
)


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
        if await member_request.remember(connection, request, now=now) is not None:
            return await disclosure_rows.known(connection, disclosure_id=made.disclosure_id)
        number = await _charge(connection, made.auditor_actor_id, today, daily)
        await _check_newest(connection, made)
        filed = Filed(made, filing.text, filing.digest, filing.threshold, event.entry_id, number)
        await disclosure_rows.add(connection, filed)
        await log_entry.append(connection, event)
        return filed

    @act("disclosure.decide")
    async def decide(
        self, connection: Connection, deciding: Deciding, *, request: Request, now: ClockReading, event: Event
    ) -> Filed:
        """Store a decision with its event."""
        if await member_request.remember(connection, request, now=now) is not None:
            return await disclosure_rows.known(connection, disclosure_id=deciding.disclosure_id)
        filed = await disclosure_rows.lock(connection, disclosure_id=deciding.disclosure_id)
        decided = disclosure_rules.decide(
            disclosure=filed.disclosure,
            member=deciding.member,
            verdict=deciding.verdict,
            quorum=deciding.quorum,
            now=now.business,
        )
        await _check_quorum(connection, filed.disclosure, deciding.quorum.quorum_id)
        await disclosure_rows.add_decision(connection, decided, deciding, entry_id=event.entry_id)
        await disclosure_rows.put(connection, decided)
        if decided.state is DisclosureState.DENIED:
            await disclosure_rows.end(connection, decided, now=now.business)
        await log_entry.append(connection, event)
        return replace(filed, disclosure=decided)

    @act("disclosure.release")
    async def release(
        self,
        connection: Connection,
        releasing: Releasing,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
        disclosing: Event,
    ) -> Filed:
        """Store an approved share with its event; the M-th also with the event of the disclosure."""
        if await member_request.remember(connection, request, now=now) is not None:
            return await disclosure_rows.known(connection, disclosure_id=releasing.disclosure_id)
        filed = await disclosure_rows.lock(connection, disclosure_id=releasing.disclosure_id)
        before, quorum = filed.disclosure, releasing.quorum
        released = disclosure_rules.release(
            disclosure=before, member=releasing.member, quorum=quorum, now=now.business
        )
        await _check_quorum(connection, before, quorum.quorum_id)
        await disclosure_rows.add_share(
            connection, released, releasing, now=now.business, entry_id=event.entry_id
        )
        await disclosure_rows.put(connection, released)
        await log_entry.append(connection, event)
        if before.disclosed_at is None and released.disclosed_at is not None:
            await disclosure_rows.disclose(
                connection,
                released,
                record_digest=releasing.record_digest,
                legal_basis=releasing.legal_basis,
                entry_id=disclosing.entry_id,
            )
            await log_entry.append(connection, disclosing.with_fields(record_digest=releasing.record_digest))
        return replace(filed, disclosure=released)

    @act("disclosure.disclose")
    async def disclose(self, connection: Connection, *, disclosure_id: str, event: Event) -> bool:
        """Store the event of a disclosure that was made before releases were logged, once."""
        filed = await disclosure_rows.lock(connection, disclosure_id=disclosure_id)
        made = filed.disclosure
        if made.disclosed_at is None or await disclosure_rows.is_logged(
            connection, disclosure_id=disclosure_id
        ):
            return False
        digest = await _digest(connection, made)
        # Only the custody edge can read the legal basis, which is part of the sealed request.
        await disclosure_rows.disclose(
            connection, made, record_digest=digest, legal_basis="", entry_id=event.entry_id
        )
        await log_entry.append(connection, event.with_fields(record_digest=digest, legal_basis=""))
        return True

    @act("disclosure.confirm")
    async def confirm(
        self,
        connection: Connection,
        *,
        disclosure_id: str,
        actor_id: str,
        record_digest: bytes,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Filed:
        """Store with its event that the shares open the record."""
        if await member_request.remember(connection, request, now=now) is not None:
            return await disclosure_rows.known(connection, disclosure_id=disclosure_id)
        filed = await disclosure_rows.lock(connection, disclosure_id=disclosure_id)
        disclosure_rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        confirmed = disclosure_rules.confirm(disclosure=filed.disclosure, now=now.business)
        await disclosure_rows.put(connection, confirmed)
        await log_entry.append(connection, event.with_fields(record_digest=record_digest))
        return replace(filed, disclosure=confirmed)

    @act("disclosure.report_share")
    async def report_share(
        self,
        connection: Connection,
        *,
        disclosure_id: str,
        actor_id: str,
        custodian: str,
        now: ClockReading,
        event: Event,
    ) -> bool:
        """Store with its event that a custodian's share is wrong, once."""
        filed = await disclosure_rows.lock(connection, disclosure_id=disclosure_id)
        disclosure_rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        reported = disclosure_rules.report_share(
            disclosure=filed.disclosure, custodian=custodian, now=now.business
        )
        if reported == filed.disclosure:
            return False
        await disclosure_rows.report_share(connection, reported, custodian, now=now.business)
        await log_entry.append(connection, event)
        return True

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
        if await member_request.remember(connection, request, now=now) is not None:
            return await disclosure_rows.known(connection, disclosure_id=disclosure_id)
        filed = await disclosure_rows.lock(connection, disclosure_id=disclosure_id)
        disclosure_rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        cancelled = disclosure_rules.cancel(disclosure=filed.disclosure, now=now.business)
        await disclosure_rows.put(connection, cancelled)
        await disclosure_rows.end(connection, cancelled, now=now.business)
        await log_entry.append(connection, event)
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
        known = await member_request.remember(connection, request, now=now, answer=answer)
        if known is not None:
            return known.decode()
        filed = await disclosure_rows.lock(connection, disclosure_id=disclosure_id)
        disclosure_rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        opened = disclosure_rules.open_once(disclosure=filed.disclosure, now=now.business)
        stored = await account_kept.find(
            connection, account_token=opened.account_token, record_id=opened.record_id
        )
        if stored is None or stored.digest() != record_digest:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        await disclosure_rows.put(connection, opened)
        await connection.run(
            _ADD_OPENING,
            account_token=opened.account_token,
            disclosure_id=disclosure_id,
            entry_id=event.entry_id,
            auditor_actor_id=actor_id,
            opened_at=now.business,
            record_digest=record_digest,
        )
        await log_entry.append(connection, event.with_fields(record_digest=record_digest))
        return event.entry_id

    @act("disclosure.expire")
    async def expire(
        self, connection: Connection, *, disclosure_id: str, now: ClockReading, event: Event
    ) -> Disclosure | None:
        """Expire a disclosure if its time is over; destroy its shares if they are no longer needed."""
        filed = await disclosure_rows.lock(connection, disclosure_id=disclosure_id)
        expired = disclosure_rules.expire(disclosure=filed.disclosure, now=now.business)
        if not disclosure_rules.needs_shares(disclosure=expired, now=now.business):
            await disclosure_rows.end(connection, expired, now=now.business)
        if expired == filed.disclosure:
            return None
        await disclosure_rows.put(connection, expired)
        await log_entry.append(connection, event)
        return expired

    @read("disclosure.get")
    async def get(self, connection: Connection, *, disclosure_id: str) -> Filed | None:
        """Return a disclosure as stored."""
        return await disclosure_rows.find(connection, disclosure_id=disclosure_id)


async def _charge(connection: Connection, actor_id: str, today: date, daily: int) -> int:
    """Charge the day's budget; return the request's number, which grows with each request of the auditor."""
    # The upsert does not check the limit when it inserts the day's first row.
    used = await connection.one(_CHARGE, actor_id=actor_id, day=today, daily=daily) if daily > 0 else None
    if used is None:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)
    return today.toordinal() * _NUMBERS_A_DAY + int(used)


async def _check_newest(connection: Connection, made: Disclosure) -> None:
    """Raise an error unless the disclosure is for the newest record of an account that is not erased."""
    owner = await account_rows.lock(connection, account_token=made.account_token)
    if owner is not None and owner.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    found = await account_rows.find(connection, made.account_token)
    if owner is None or found is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    if (found.record_id, found.digest()) != (made.record_id, made.record_digest):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


async def _digest(connection: Connection, disclosure: Disclosure) -> bytes:
    """Return the digest of a disclosure's record; empty if the version is gone and was never opened."""
    if disclosure.record_digest:
        return disclosure.record_digest
    token = disclosure.account_token
    opened = await connection.one(_OPENED_DIGEST, token=token, disclosure_id=disclosure.disclosure_id)
    if opened is not None:
        return bytes(opened)
    found = await account_kept.find(connection, account_token=token, record_id=disclosure.record_id)
    return b"" if found is None else found.digest()


async def _check_quorum(connection: Connection, disclosure: Disclosure, quorum_id: str) -> None:
    found = await account_kept.find(
        connection, account_token=disclosure.account_token, record_id=disclosure.record_id
    )
    if found is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    if found.present_quorum_id != quorum_id:
        raise PreconditionError(Reason.QUORUM_INVALID)
