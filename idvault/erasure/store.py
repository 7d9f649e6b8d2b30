"""The rows of erasures.

Deletes what an erasure leaves of a record, and takes an erased account from its person.

Rows of erasures.

The acts and reads of erasures (erasure.ports.ErasureStore).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
    update,
)

from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.claim.job import store as job_store
from idvault.claim.store import rows as claim_rows
from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import one_of
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.request import Request
from idvault.core.tables.account import accounts, records
from idvault.core.tables.campaign import invitations
from idvault.core.tables.claim import account_attempts, claims, intakes, receipts
from idvault.core.tables.disclosure import disclosure_decisions, kept_records
from idvault.core.tables.erasure import erasures
from idvault.core.tables.log import log_openings
from idvault.core.tables.public_account import public_account_versions, public_accounts
from idvault.core.tables.sanction import followers, sanctions
from idvault.erasure import rules
from idvault.erasure.ports import ErasureLevels
from idvault.erasure.rules import Erasure, ErasureOrigin, ErasureTerms
from idvault.sanction.store.rows import Listing
from idvault.verify.account import Account
from idvault.verify.claim import ClaimState
from idvault.verify.clock import ClockReading
from idvault.verify.erasure import ErasureState
from idvault.verify.event import Event
from idvault.verify.sanction import SanctionState

_NOBODY: ColumnElement[str] = literal_column(f"'{'0' * 32}'")
_GONE = [
    statement(delete(table).where(table.c.account_token == param("token")))
    for table in (records, kept_records, receipts, intakes, account_attempts)
]
_NO_LOG_OPENINGS = statement(delete(log_openings).where(log_openings.c.account_token == param("token")))
_NO_SHARES = statement(
    update(disclosure_decisions)
    .where(disclosure_decisions.c.account_token == param("token"))
    .values(resealed=None)
)
_NO_CODES = statement(
    update(invitations).where(invitations.c.account_token == param("token")).values(code_hash=None)
)
_OPEN = one_of(sanctions.c.state, [SanctionState.PROPOSED.value, SanctionState.IN_FORCE.value])


def held(token: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a sanction keeps an erased account among its person's accounts."""
    return or_(
        exists().where(sanctions.c.account_token == token, _OPEN),
        exists().where(followers.c.account_token == token),
    )


_HELD_REMAINS = statement(select(literal_column("1")).where(held(param("token", String))), scalar)
_UNLINK = [
    statement(update(accounts).where(accounts.c.account_token == param("token")).values(person_id=None)),
    *(
        statement(update(table).where(table.c.account_token == param("token")).values(person_id=_NOBODY))
        for table in (claims, public_accounts, public_account_versions)
    ),
]


async def clear(connection: Connection, *, account_token: str) -> None:
    """Delete every version of the record of a locked account."""
    for gone in (*_GONE, _NO_SHARES, _NO_CODES):
        await connection.run(gone, token=account_token)


async def destroy(connection: Connection, *, account_token: str) -> None:
    """Delete every version of the record of a locked account, and what opens its log entries."""
    await clear(connection, account_token=account_token)
    await connection.run(_NO_LOG_OPENINGS, token=account_token)


async def is_held(connection: Connection, owner: Account) -> bool:
    """Return whether a sanction keeps a locked account among its person's accounts."""
    if owner.person_id is None:
        return False
    return await connection.one(_HELD_REMAINS, token=owner.account_token) is not None


async def release(connection: Connection, owner: Account) -> None:
    """Unlink a locked account from its person, and delete a person of whom nothing is left."""
    if owner.person_id is None:
        return
    await account_person.release(connection, relying_party=owner.relying_party, person_id=owner.person_id)
    for unlink in _UNLINK:
        await connection.run(unlink, token=owner.account_token)


def from_row(row: Any) -> Erasure:
    """Return the erasure in a row that holds every column of `erasures`."""
    return Erasure(
        erasure_id=row.erasure_id,
        relying_party=row.relying_party,
        account_token=row.account_token,
        state=ErasureState(row.state),
        requested_at=row.requested_at,
        erase_at=row.erase_at,
        destroy_at=row.destroy_at,
        entry_id=row.entry_id,
        cancelled_at=row.cancelled_at,
        erased_at=row.erased_at,
        destroyed_at=row.destroyed_at,
        origin=None if row.origin is None else ErasureOrigin(row.origin),
        absent_from=row.absent_from,
    )


_MINE = (erasures.c.account_token == param("token")) & (erasures.c.erasure_id == param("erasure"))
_ONE: Statement[Erasure] = statement(select(erasures).where(_MINE), from_row)
_LOCK: Statement[Erasure] = statement(for_change(select(erasures).where(_MINE)), from_row)
NEWEST = (
    select(erasures)
    .where(erasures.c.account_token == param("token"))
    # One that was requested in the second in which another was cancelled is the newer one.
    .order_by(erasures.c.requested_at.desc(), erasures.c.cancelled_at.is_(None).desc())
    .limit(literal_column("1"))
)
"""The newest erasure of an account."""
_NEWEST_ROW: Statement[Erasure] = statement(NEWEST, from_row)
_ADD = statement(insert(erasures))
_LIFE = (
    "state",
    "destroy_at",
    "entry_id",
    "cancelled_at",
    "erased_at",
    "destroyed_at",
    "absent_from",
    "due_at",
    "held",
)
_PUT = statement(update(erasures).where(_MINE).values({name: param(name) for name in _LIFE}))


async def get(connection: Connection, *, account_token: str, erasure_id: str) -> Erasure:
    """Return an erasure that exists."""
    return await connection.only(_ONE, token=account_token, erasure=erasure_id)


async def lock(connection: Connection, erasure: Erasure) -> Erasure:
    """Return an erasure as it is stored now, locked; the account's row must be locked before."""
    return await connection.only(_LOCK, token=erasure.account_token, erasure=erasure.erasure_id)


async def newest(connection: Connection, *, account_token: str) -> Erasure | None:
    """Return the newest erasure of an account."""
    return await connection.one(_NEWEST_ROW, token=account_token)


async def add(connection: Connection, erasure: Erasure) -> None:
    """Insert an erasure."""
    await connection.later(
        _ADD,
        account_token=erasure.account_token,
        erasure_id=erasure.erasure_id,
        relying_party=erasure.relying_party,
        requested_at=erasure.requested_at,
        erase_at=erasure.erase_at,
        origin=erasure.origin and erasure.origin.value,
        **_life(erasure, held=False),
    )


async def put(connection: Connection, erasure: Erasure, *, held: bool = False) -> None:
    """Store the state of an erasure whose row this act has locked. held: by a sanction."""
    await connection.later(
        _PUT, token=erasure.account_token, erasure=erasure.erasure_id, **_life(erasure, held=held)
    )


def _life(erasure: Erasure, *, held: bool) -> dict[str, object]:
    return {
        "state": erasure.state.value,
        "destroy_at": erasure.destroy_at,
        "entry_id": erasure.entry_id,
        "cancelled_at": erasure.cancelled_at,
        "erased_at": erasure.erased_at,
        "destroyed_at": erasure.destroyed_at,
        "absent_from": erasure.absent_from,
        "due_at": erasure.due_at,
        "held": True if held else None,
    }


_LIMIT = param("limit", Integer)
# Worded like the index, so that it is used.
_NEXT = (erasures.c.due_at.is_not(None), erasures.c.due_at <= param("now"))
_DUE: Statement[Erasure] = statement(
    select(erasures)
    .where(*_NEXT, erasures.c.state == param("state"))
    .order_by(erasures.c.due_at)
    .limit(_LIMIT),
    from_row,
)
_FIRST_DUE: Statement[datetime | None] = statement(
    select(erasures.c.due_at).where(*_NEXT).order_by(erasures.c.due_at).limit(literal_column("1")), scalar
)
_NEWEST: Statement[Erasure] = statement(NEWEST.where(erasures.c.relying_party == param("party")), from_row)
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
_OF_PARTY: Statement[Erasure] = statement(_PAGE, from_row)
_IN_STATE: Statement[Erasure] = statement(_PAGE.where(erasures.c.state == param("state")), from_row)
_RELEASABLE: Statement[Erasure] = statement(
    select(erasures)
    .where(erasures.c.held.is_not(None), ~held(erasures.c.account_token))
    .order_by(erasures.c.account_token)
    .limit(_LIMIT),
    from_row,
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
            return await get(connection, account_token=account_token, erasure_id=repeated.made_id)
        owner = await account_rows.lock_of(
            connection, account_token=account_token, relying_party=request.caller
        )
        made = rules.request(
            account=owner,
            newest=await newest(connection, account_token=account_token),
            erasure_id=erasure_id,
            entry_id=event.entry_id,
            origin=origin,
            matched_at=await connection.one(_MATCHED_AT, token=account_token),
            terms=terms,
            now=now.business,
        )
        await add(connection, made)
        await account_rows.put_standing(connection, rules.told(account=owner, erasure=made, now=now.business))
        await log_entry.append(connection, event.with_fields(erase_at=made.erase_at.isoformat()))
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
            return await get(connection, account_token=account_token, erasure_id=repeated.made_id)
        owner = await account_rows.lock_of(
            connection, account_token=account_token, relying_party=request.caller
        )
        found = rules.newest_of(await newest(connection, account_token=account_token))
        cancelled = rules.cancel(erasure=found, entry_id=event.entry_id, now=now.business)
        await requests.answer_for_account(
            connection, request, account_token=account_token, made=found.erasure_id
        )
        await put(connection, cancelled)
        await account_rows.put_standing(
            connection, rules.told(account=owner, erasure=cancelled, now=now.business)
        )
        await log_entry.append(connection, event.with_fields(erasure_id=found.erasure_id))
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
        await account_rows.put(connection, erased, claim_ended_at=now.business)
        await put(connection, made)
        await log_entry.append(connection, event.with_fields(destroy_at=made.destroy_at.isoformat()))
        return True

    @act("erasure.clear")
    async def clear(self, connection: Connection, erasure: Erasure, *, now: ClockReading) -> None:
        """Delete what is left of a record."""
        owner, stored = await _lock(connection, erasure)
        if rules.is_destroyable(erasure=stored, now=now.business):
            await clear(connection, account_token=owner.account_token)

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
        held = await is_held(connection, owner)
        if not held:
            await release(connection, owner)
        await destroy(connection, account_token=owner.account_token)
        await put(connection, made, held=held)
        await account_rows.put_standing(connection, rules.told(account=owner, erasure=made, now=now.business))
        promised = {"absent_from": absent_from.isoformat()} if absent_from else {}
        await log_entry.append(connection, event.with_fields(**promised))
        return True

    @read("erasure.releasable")
    async def releasable(self, connection: Connection, *, limit: int) -> Sequence[Erasure]:
        """Return destroyed erasures that no sanction holds any more."""
        return await connection.all(_RELEASABLE, limit=limit)

    @act("erasure.release")
    async def release(self, connection: Connection, erasure: Erasure, *, event: Event) -> bool:
        """Unlink an erased account from its person."""
        owner, stored = await _lock(connection, erasure)
        if owner.person_id is None or await is_held(connection, owner):
            return False
        await release(connection, owner)
        # The receipt keeps proving the destruction: its entry stays the erasure's last one.
        await put(connection, stored)
        await log_entry.append(connection, event)
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
    owner = await account_rows.lock_of(
        connection, account_token=erasure.account_token, relying_party=erasure.relying_party
    )
    return owner, await lock(connection, erasure)


async def _end_claim(connection: Connection, owner: Account, now: ClockReading, event: Event) -> None:
    """End the open claim of a locked account; what was sent stays charged."""
    found = await claim_rows.open_of(connection, owner)
    if found is None:
        return
    key = {"account_token": owner.account_token, "claim_id": found.claim_id}
    if found.was_sent:
        await claim_rows.keep(connection, found.attempt, owner=owner)
    await claim_rows.end(connection, **key, outcome=rules.CLAIM_ENDED, now=now.business)
    await job_store.finish(connection, account_token=owner.account_token, claim_id=found.claim_id)
    await log_entry.append(connection, event.with_fields(claim_id=found.claim_id))
