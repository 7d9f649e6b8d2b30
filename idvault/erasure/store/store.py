"""The acts and reads of erasures (ports.erasure.ErasureStore)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Integer, case, func, literal_column, select, true

from idvault.account.store import rows as account
from idvault.claim.job.store import job_rows
from idvault.claim.store import attempt
from idvault.claim.store import rows as claim
from idvault.core import account_request as requests
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.request import Request
from idvault.core.tables.claim import claims
from idvault.core.tables.erasure import erasures
from idvault.erasure import rules
from idvault.erasure.ports import ErasureLevels
from idvault.erasure.rules import Erasure, ErasureOrigin, ErasureTerms
from idvault.erasure.store import remains, rows
from idvault.log.store import entry as log
from idvault.sanction.store.lists import Listing
from idvault.verify.account import Account
from idvault.verify.claim import ClaimState
from idvault.verify.clock import ClockReading
from idvault.verify.erasure import ErasureState
from idvault.verify.event import Event

_LIMIT = param("limit", Integer)
# Worded like the index, so that it is used.
_NEXT = (erasures.c.due_at.is_not(None), erasures.c.due_at <= param("now"))
_DUE: Statement[Erasure] = statement(
    select(erasures)
    .where(*_NEXT, erasures.c.state == param("state"))
    .order_by(erasures.c.due_at)
    .limit(_LIMIT),
    rows.from_row,
)
_FIRST_DUE: Statement[datetime | None] = statement(
    select(erasures.c.due_at).where(*_NEXT).order_by(erasures.c.due_at).limit(literal_column("1")), scalar
)
_NEWEST: Statement[Erasure] = statement(
    rows.NEWEST.where(erasures.c.relying_party == param("party")), rows.from_row
)
_MATCHED_AT: Statement[datetime | None] = statement(
    # Not a condition on the state: its index would read the claims of every account.
    select(
        func.max(
            case((claims.c.state == literal_column(f"'{ClaimState.SUCCEEDED.value}'"), claims.c.ended_at))
        )
    ).where(claims.c.account_token == param("token")),
    scalar,
)
_LISTING = Listing(erasures, erasures.c.requested_at, erasures.c.erasure_id)
_PAGE = _LISTING.page(select(erasures))
_OF_PARTY: Statement[Erasure] = statement(_PAGE, rows.from_row)
_IN_STATE: Statement[Erasure] = statement(_PAGE.where(erasures.c.state == param("state")), rows.from_row)
_RELEASABLE: Statement[Erasure] = statement(
    select(erasures)
    .where(erasures.c.held.is_not(None), ~remains.held(erasures.c.account_token))
    .order_by(erasures.c.account_token)
    .limit(_LIMIT),
    rows.from_row,
)
_WAITING = statement(
    select(erasures.c.state, func.count(true()).label("count"))
    .where(erasures.c.due_at.is_not(None))
    .group_by(erasures.c.state)
)
_HELD: Statement[int] = statement(
    select(func.count()).select_from(erasures).where(erasures.c.held.is_not(None)), scalar
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlErasureStore:
    """Erasures in the main database.

    Rows are locked in this order: request, account, person, then whatever belongs to the account.
    """

    database: Database

    @act("erasure.request")
    async def request(
        self,
        connection: Connection,
        *,
        erasure_id: str,
        account_token: str,
        origin: ErasureOrigin,
        terms: ErasureTerms,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Erasure:
        """Store a new erasure."""
        repeated = await requests.remember_for_account(
            connection, request, account_token=account_token, made=erasure_id, now=now.business
        )
        if repeated is not None:
            return await rows.get(connection, account_token=account_token, erasure_id=repeated.made_id)
        owner = await account.lock_of(connection, account_token=account_token, relying_party=request.caller)
        made = rules.request(
            account=owner,
            newest=await rows.newest(connection, account_token=account_token),
            erasure_id=erasure_id,
            entry_id=event.entry_id,
            origin=origin,
            matched_at=await connection.one(_MATCHED_AT, token=account_token),
            terms=terms,
            now=now.business,
        )
        await rows.add(connection, made)
        await account.put_standing(connection, rules.told(account=owner, erasure=made, now=now.business))
        await log.append(connection, event.with_fields(erase_at=made.erase_at.isoformat()))
        return made

    @act("erasure.cancel")
    async def cancel(
        self,
        connection: Connection,
        *,
        account_token: str,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Erasure:
        """Cancel the newest erasure of an account."""
        repeated = await requests.remember_for_account(
            connection, request, account_token=account_token, made="", now=now.business
        )
        if repeated is not None:
            return await rows.get(connection, account_token=account_token, erasure_id=repeated.made_id)
        owner = await account.lock_of(connection, account_token=account_token, relying_party=request.caller)
        found = rules.newest_of(await rows.newest(connection, account_token=account_token))
        cancelled = rules.cancel(erasure=found, entry_id=event.entry_id, now=now.business)
        await requests.answer_for_account(
            connection, request, account_token=account_token, made=found.erasure_id
        )
        await rows.put(connection, cancelled)
        await account.put_standing(connection, rules.told(account=owner, erasure=cancelled, now=now.business))
        await log.append(connection, event.with_fields(erasure_id=found.erasure_id))
        return cancelled

    async def newest(self, *, relying_party: str, account_token: str) -> Erasure | None:
        """Return the newest erasure of a relying party's account."""
        return await self.database.one("erasure.newest", _NEWEST, token=account_token, party=relying_party)

    @read("erasure.matched_at")
    async def matched_at(self, connection: Connection, *, account_token: str) -> datetime | None:
        """Return when the last verification of an account succeeded."""
        return await connection.one(_MATCHED_AT, token=account_token)

    @read("erasure.list")
    async def list(
        self,
        connection: Connection,
        *,
        relying_party: str,
        state: ErasureState | None,
        after: str,
        limit: int,
    ) -> Sequence[Erasure]:
        """Return erasures that follow another one, oldest first."""
        place = await _LISTING.place_of(connection, relying_party, after)
        asked = {} if state is None else {"state": state.value}
        return await connection.all(
            _IN_STATE if asked else _OF_PARTY, party=relying_party, **place, **asked, limit=limit
        )

    @read("erasure.due")
    async def due(
        self, connection: Connection, *, state: ErasureState, now: datetime, limit: int
    ) -> Sequence[Erasure]:
        """Return erasures in a state whose next step is due."""
        return await connection.all(_DUE, state=state.value, now=now, limit=limit)

    @act("erasure.erase")
    async def erase(
        self,
        connection: Connection,
        erasure: Erasure,
        *,
        delay: timedelta,
        today: date,
        now: ClockReading,
        event: Event,
        claim_ended: Event,
    ) -> bool:
        """Make an account ERASED."""
        owner, stored = await _lock(connection, erasure)
        made = rules.erase(erasure=stored, entry_id=event.entry_id, delay=delay, now=now.business)
        if made is None:
            return False
        await _end_claim(connection, owner, now, claim_ended)
        erased = rules.erased(account=owner, today=today, now=now.business)
        await account.put(connection, erased, claim_ended_at=now.business)
        await rows.put(connection, made)
        await log.append(connection, event.with_fields(destroy_at=made.destroy_at.isoformat()))
        return True

    @act("erasure.clear")
    async def clear(self, connection: Connection, erasure: Erasure, *, now: ClockReading) -> None:
        """Delete what is left of a record."""
        owner, stored = await _lock(connection, erasure)
        if rules.is_destroyable(erasure=stored, now=now.business):
            await remains.clear(connection, account_token=owner.account_token)

    @act("erasure.destroy")
    async def destroy(
        self,
        connection: Connection,
        erasure: Erasure,
        *,
        absent_from: datetime | None,
        now: ClockReading,
        event: Event,
    ) -> bool:
        """Delete what is left of a record, and the keys that open the account's log entries."""
        owner, stored = await _lock(connection, erasure)
        made = rules.destroy(
            erasure=stored, entry_id=event.entry_id, absent_from=absent_from, now=now.business
        )
        if made is None:
            return False
        held = await remains.is_held(connection, owner)
        if not held:
            await remains.release(connection, owner)
        await remains.destroy(connection, account_token=owner.account_token)
        await rows.put(connection, made, held=held)
        await account.put_standing(connection, rules.told(account=owner, erasure=made, now=now.business))
        promised = {"absent_from": absent_from.isoformat()} if absent_from else {}
        await log.append(connection, event.with_fields(**promised))
        return True

    @read("erasure.releasable")
    async def releasable(self, connection: Connection, *, limit: int) -> Sequence[Erasure]:
        """Return destroyed erasures that no sanction holds any more."""
        return await connection.all(_RELEASABLE, limit=limit)

    @act("erasure.release")
    async def release(self, connection: Connection, erasure: Erasure, *, event: Event) -> bool:
        """Unlink an erased account from its person."""
        owner, stored = await _lock(connection, erasure)
        if owner.person_id is None or await remains.is_held(connection, owner):
            return False
        await remains.release(connection, owner)
        # The receipt keeps proving the destruction: its entry stays the erasure's last one.
        await rows.put(connection, stored)
        await log.append(connection, event)
        return True

    @read("erasure.levels")
    async def levels(self, connection: Connection, *, now: datetime) -> ErasureLevels:
        """Return the counts."""
        waiting = dict(await connection.all(_WAITING))
        return ErasureLevels(
            waiting.get(ErasureState.REQUESTED.value, 0),
            waiting.get(ErasureState.ERASED.value, 0),
            await connection.only(_HELD),
            await connection.one(_FIRST_DUE, now=now),
        )


async def _lock(connection: Connection, erasure: Erasure) -> tuple[Account, Erasure]:
    """Return the account and the erasure as they are stored now, locked."""
    owner = await account.lock_of(
        connection, account_token=erasure.account_token, relying_party=erasure.relying_party
    )
    return owner, await rows.lock(connection, erasure)


async def _end_claim(connection: Connection, owner: Account, now: ClockReading, event: Event) -> None:
    """End the open claim of a locked account; what was sent stays charged."""
    found = await claim.open_of(connection, owner)
    if found is None:
        return
    key = {"account_token": owner.account_token, "claim_id": found.claim_id}
    if found.was_sent:
        await attempt.keep(connection, found.attempt, owner=owner)
    await claim.end(connection, **key, outcome=rules.CLAIM_ENDED, now=now.business)
    await job_rows.finish(connection, account_token=owner.account_token, claim_id=found.claim_id)
    await log.append(connection, event.with_fields(claim_id=found.claim_id))
