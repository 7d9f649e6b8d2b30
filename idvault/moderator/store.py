"""The acts and reads of moderators (sanction.ports.ModeratorStore)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, select, update

from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core import person_request as member_request
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change, lock_of_number
from idvault.core.db.statement import param, statement, upsert
from idvault.core.request import Request
from idvault.core.tables.sanction import moderators
from idvault.verify import moderator as rules
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event
from idvault.verify.moderator import Moderator


def _moderator(row: Any) -> Moderator:
    return Moderator(
        row.moderator_id, row.relying_party, bytes(row.public_key), row.registered_at, row.revoked_at
    )


_OF_PARTY = moderators.c.relying_party == param("party")
_MINE = moderators.c.moderator_id == param("moderator")
_GET = statement(select(moderators).where(_OF_PARTY, _MINE), _moderator)
_LOCK = statement(for_change(select(moderators).where(_OF_PARTY, _MINE)), _moderator)
_OF_KEY = statement(
    select(moderators).where(_OF_PARTY, moderators.c.public_key == param("public_key")), _moderator
)
_LOCK_LIVE = statement(
    for_change(
        select(moderators)
        .where(_OF_PARTY, moderators.c.revoked_at.is_(None))
        .order_by(moderators.c.moderator_id)
    ),
    _moderator,
)
_LOCK_PARTY = statement(select(lock_of_number(param("number", BigInteger))))
_ADD = statement(
    upsert(moderators)
    .on_conflict_do_nothing(index_elements=[moderators.c.relying_party, moderators.c.public_key])
    .returning(moderators.c.moderator_id)
)
_REVOKE = statement(update(moderators).where(_OF_PARTY, _MINE).values(revoked_at=param("now")))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlModeratorStore:
    """Moderators in the main database. A key belongs to one moderator of a relying party for ever."""

    database: Database

    @act("moderator.register")
    async def register(
        self,
        connection: Connection,
        moderator: Moderator,
        *,
        countersigners: Collection[str],
        request: Request,
        event: Event,
    ) -> Moderator:
        """Store a countersigned moderator with its event, or return the one that has its key."""
        repeated = await requests.remember(
            connection, request, made=moderator.moderator_id, now=moderator.registered_at
        )
        if repeated is not None:
            return await get(connection, moderator.relying_party, repeated)
        stored = await _add(connection, moderator, countersigners, event)
        if stored.moderator_id != moderator.moderator_id:
            await requests.answer_for_account(connection, request, account_token="", made=stored.moderator_id)
        return stored

    @act("moderator.name")
    async def name(
        self,
        connection: Connection,
        moderator: Moderator,
        *,
        request: Request | None,
        now: ClockReading,
        event: Event,
    ) -> Moderator:
        """Store a moderator whom the operator names with its event, or return the one that has its key."""
        if request is not None and await member_request.remember(connection, request, now=now) is not None:
            return await _of_key(connection, moderator.relying_party, moderator.public_key)
        return await _add(connection, moderator, (), event)

    @act("moderator.revoke")
    async def revoke(
        self,
        connection: Connection,
        *,
        moderator_id: str,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Moderator:
        """Revoke a moderator with its event; a repeat changes nothing."""
        await requests.remember(connection, request, made=moderator_id, now=now.business)
        found = await connection.one(_LOCK, party=request.caller, moderator=moderator_id)
        if found is None:
            raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
        if found.revoked_at is not None:
            return found
        await connection.run(_REVOKE, party=request.caller, moderator=moderator_id, now=now.business)
        await log_entry.append(connection, event)
        return replace(found, revoked_at=now.business)

    @read("moderator.of_key")
    async def of_key(self, connection: Connection, *, relying_party: str, public_key: bytes) -> Moderator:
        """Return the moderator who has a key; raises NotFoundError (MODERATOR_NOT_FOUND)."""
        return await _of_key(connection, relying_party, public_key)

    @read("moderator.get")
    async def get(self, connection: Connection, *, relying_party: str, moderator_id: str) -> Moderator:
        """Return a moderator; raises NotFoundError (MODERATOR_NOT_FOUND)."""
        return await get(connection, relying_party, moderator_id)


async def get(connection: Connection, relying_party: str, moderator_id: str) -> Moderator:
    """Return a moderator, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
    found = await connection.one(_GET, party=relying_party, moderator=moderator_id)
    if found is None:
        raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
    return found


async def _of_key(connection: Connection, relying_party: str, public_key: bytes) -> Moderator:
    found = await connection.one(_OF_KEY, party=relying_party, public_key=public_key)
    if found is None:
        raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
    return found


async def _add(
    connection: Connection, moderator: Moderator, countersigners: Collection[str], event: Event
) -> Moderator:
    """Store a moderator if the rules admit it, or return the one that has its key."""
    party = moderator.relying_party
    # One at a time: rows that are only about to be there cannot be locked.
    await connection.all(_LOCK_PARTY, number=_number(party))
    # Locked, so that none of them is revoked before this act is durable.
    live = {each.moderator_id for each in await connection.all(_LOCK_LIVE, party=party)}
    known = await connection.one(_OF_KEY, party=party, public_key=moderator.public_key)
    rules.admit(known=known, live=live, countersigners=countersigners)
    new = await connection.one(
        _ADD,
        relying_party=party,
        moderator_id=moderator.moderator_id,
        public_key=moderator.public_key,
        registered_at=moderator.registered_at,
        revoked_at=None,
    )
    if new is not None:
        await log_entry.append(connection, event)
        return moderator
    # Another act may have registered the key since this one looked.
    known = await connection.only(_OF_KEY, party=party, public_key=moderator.public_key)
    rules.check_signs(known)
    return known


def _number(party: str) -> int:
    """Return what PostgreSQL locks for a platform's moderators."""
    return int.from_bytes(sha256(b"moderators/" + party.encode()).digest()[:8], "big", signed=True)
