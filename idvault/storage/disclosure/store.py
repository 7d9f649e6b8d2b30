"""The acts and reads of disclosures (ports.disclosure)."""

from collections.abc import Collection
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select

from idvault.domain.disclosure import Disclosure, State, Verdict
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.domain.request import Request
from idvault.ports.disclosure import (
    Deciding,
    Evidence,
    Filed,
    Filing,
    GivenShare,
    Logged,
    Opening,
)
from idvault.storage.account.tables import records
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.disclosure import acts as disclosing
from idvault.storage.disclosure import evidence, refusal
from idvault.storage.disclosure import rows as disclosure_row
from idvault.storage.disclosure.tables import disclosure_decisions, disclosure_openings, disclosures

_WAITING = (State.REQUESTED.value, State.APPROVED.value)


class SqlDisclosureStore:
    """Disclosures in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def request(
        self, filing: Filing, *, request: Request, today: date, daily: int, now: Moment, event: Event
    ) -> Filed:
        """Store a new request with its event."""
        work = partial(
            disclosing.request,
            filing=filing,
            asked=request,
            today=today,
            daily=daily,
            now=now,
            event=event,
        )
        return await self._database.act("disclosure.request", work)

    async def decide(self, deciding: Deciding, *, request: Request, now: Moment, event: Event) -> Filed:
        """Store a decision with its event."""
        work = partial(disclosing.decide, deciding=deciding, asked=request, now=now, event=event)
        return await self._database.act("disclosure.decide", work)

    async def cancel(
        self, *, disclosure_id: str, actor_id: str, request: Request, now: Moment, event: Event
    ) -> Filed:
        """Cancel an auditor's own disclosure with its event."""
        work = partial(
            disclosing.cancel,
            disclosure_id=disclosure_id,
            actor_id=actor_id,
            asked=request,
            now=now,
            event=event,
        )
        return await self._database.act("disclosure.cancel", work)

    async def open(
        self,
        *,
        disclosure_id: str,
        actor_id: str,
        record_digest: bytes,
        request: Request,
        now: Moment,
        event: Event,
    ) -> str:
        """Note one opening with its event."""
        work = partial(
            disclosing.open_once,
            disclosure_id=disclosure_id,
            actor_id=actor_id,
            record_digest=record_digest,
            asked=request,
            now=now,
            event=event,
        )
        return await self._database.act("disclosure.open", work)

    async def due(self, *, now: datetime, limit: int) -> list[Disclosure]:
        """Return disclosures that must expire, and those whose re-sealed shares must be destroyed."""
        return await self._load_disclosures("disclosure.due", _due(now).limit(limit))

    async def expire(self, *, disclosure_id: str, now: Moment, event: Event) -> Disclosure | None:
        """Expire a disclosure whose time is over; destroy shares that nobody may have any more."""
        work = partial(disclosing.expire, disclosure_id=disclosure_id, now=now, event=event)
        return await self._database.act("disclosure.expire", work)

    async def refuse(self, *, actor_id: str, reason: str, now: Moment, event: Event) -> bool:
        """Count a refusal."""
        work = partial(refusal.count, actor_id=actor_id, reason=reason, now=now.business, event=event)
        return await self._database.act("disclosure.refuse", work)

    async def silent(self, *, now: datetime) -> list[tuple[str, str]]:
        """Return actor and reason of the refusals whose count must be written."""
        return await self._database.read("disclosure.silent", partial(refusal.silent, now=now))

    async def flush(self, *, actor_id: str, reason: str, now: Moment, event: Event) -> bool:
        """Write the count of silent refusals."""
        work = partial(refusal.flush, actor_id=actor_id, reason=reason, now=now.business, event=event)
        return await self._database.act("disclosure.flush", work)

    async def get(self, *, disclosure_id: str) -> Filed | None:
        """Return a disclosure as it is stored."""
        work = partial(disclosure_row.find, disclosure_id=disclosure_id)
        return await self._database.read("disclosure.get", work)

    async def of_auditor(self, *, actor_id: str, below: int | None, limit: int) -> list[Filed]:
        """Return an auditor's own disclosures, newest first."""
        query = select(disclosures).where(disclosures.c.auditor_actor_id == actor_id)
        if below is not None:
            query = query.where(disclosures.c.number < below)
        query = query.order_by(disclosures.c.number.desc()).limit(limit)
        return await self._load("disclosure.of_auditor", query)

    async def pending(
        self, *, custodian: str, quorum_ids: Collection[str], now: datetime, offset: int, limit: int
    ) -> list[Filed]:
        """Return what waits for a custodian's decision, oldest first."""
        query = _pending(custodian, quorum_ids, now).offset(offset).limit(limit)
        return await self._load("disclosure.pending", query)

    async def shares(self, *, disclosure_id: str) -> list[GivenShare]:
        """Return the approvals with their re-sealed shares, in the order of their places."""
        table = disclosure_decisions
        query = (
            select(table.c.custodian, table.c.place, table.c.resealed, table.c.signed)
            .where(table.c.disclosure_id == disclosure_id, table.c.verdict == Verdict.APPROVE.value)
            .order_by(table.c.place)
        )

        async def read(connection: Connection) -> list[GivenShare]:
            return [GivenShare(*row) for row in await connection.execute(query)]

        return await self._database.read("disclosure.shares", read)

    async def openings_since(self, *, actor_id: str, since: datetime) -> int:
        """Return how many openings an auditor has made since a time."""
        table = disclosure_openings
        query = select(func.count()).where(table.c.auditor_actor_id == actor_id, table.c.opened_at >= since)

        async def read(connection: Connection) -> int:
            return int((await connection.execute(query)).scalar_one())

        return await self._database.read("disclosure.openings_since", read)

    async def openings(self, *, account_token: str) -> list[Opening]:
        """Return every opening of an account's records, oldest first."""
        table = disclosure_openings
        query = (
            select(
                table.c.disclosure_id,
                table.c.account_token,
                table.c.entry_id,
                table.c.opened_at,
                table.c.record_digest,
            )
            .where(table.c.account_token == account_token)
            .order_by(table.c.opened_at, table.c.entry_id)
        )

        async def read(connection: Connection) -> list[Opening]:
            return [Opening(*row) for row in await connection.execute(query)]

        return await self._database.read("disclosure.openings", read)

    async def evidence(self, *, account_token: str) -> Evidence | None:
        """Return an account's record with what it can be checked by."""
        work = partial(evidence.of_record, account_token=account_token)
        return await self._database.read("disclosure.evidence", work)

    async def logged(self, *, account_token: str, entry_id: str) -> Logged | None:
        """Return an entry of an account with its opening key."""
        work = partial(evidence.of_entry, account_token=account_token, entry_id=entry_id)
        return await self._database.read("disclosure.logged", work)

    async def _load(self, name: str, query: Select[Any]) -> list[Filed]:
        return await self._database.read(name, partial(disclosure_row.load, query=query))

    async def _load_disclosures(self, name: str, query: Select[Any]) -> list[Disclosure]:
        return [filed.disclosure for filed in await self._load(name, query)]


def _due(now: datetime) -> Select[Any]:
    has_shares = exists().where(
        disclosure_decisions.c.account_token == disclosures.c.account_token,
        disclosure_decisions.c.disclosure_id == disclosures.c.disclosure_id,
        disclosure_decisions.c.resealed.is_not(None),
    )
    over = disclosures.c.expire_at <= now
    lapsed = and_(
        disclosures.c.state == State.OPENED.value,
        disclosures.c.opened_at <= disclosing.repeats_end(now),
        or_(over, disclosures.c.opened >= disclosures.c.openings),
        has_shares,
    )
    waiting = and_(disclosures.c.state.in_(_WAITING), over)
    return select(disclosures).where(or_(waiting, lapsed)).order_by(disclosures.c.expire_at)


def _pending(custodian: str, quorum_ids: Collection[str], now: datetime) -> Select[Any]:
    decided = exists().where(
        disclosure_decisions.c.account_token == disclosures.c.account_token,
        disclosure_decisions.c.disclosure_id == disclosures.c.disclosure_id,
        disclosure_decisions.c.custodian == custodian,
    )
    return (
        select(disclosures)
        .join(
            records,
            (records.c.account_token == disclosures.c.account_token)
            & (records.c.record_id == disclosures.c.record_id),
        )
        .where(
            disclosures.c.state == State.REQUESTED.value,
            disclosures.c.expire_at > now,
            records.c.present_quorum_id.in_(quorum_ids),
            ~decided,
        )
        .order_by(disclosures.c.created_at, disclosures.c.disclosure_id)
    )
