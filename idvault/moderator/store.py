"""Rows of moderators. A key belongs to one moderator of a relying party for ever."""

from hashlib import sha256

from sqlalchemy import BigInteger, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import for_change, lock_of_number, param, statement, upsert
from idvault.core.rows import Rows
from idvault.core.tables.sanction import moderators
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.moderator import Moderator

ROWS = Rows(
    Moderator,
    moderators,
    key="moderator_id",
    made_at="registered_at",
    unknown=Reason.MODERATOR_NOT_FOUND,
)
_OF_PARTY = moderators.c.relying_party == param("party")
_OF_KEY = statement(
    select(moderators).where(_OF_PARTY, moderators.c.public_key == param("public_key")), ROWS.from_row
)
_LOCK_LIVE = statement(
    for_change(
        select(moderators)
        .where(_OF_PARTY, moderators.c.revoked_at.is_(None))
        .order_by(moderators.c.moderator_id)
    ),
    ROWS.from_row,
)
_LOCK_PARTY = statement(select(lock_of_number(param("number", BigInteger))))
_ADD = statement(
    upsert(moderators)
    .on_conflict_do_nothing(index_elements=[moderators.c.relying_party, moderators.c.public_key])
    .returning(moderators.c.moderator_id)
)


async def lock_live(connection: Connection, party: str) -> list[Moderator]:
    """Return the moderators who are not revoked; none of them is before the act is durable.

    One act at a time: rows that are only about to be there cannot be locked.
    """
    await connection.all(_LOCK_PARTY, number=_number(party))
    return await connection.all(_LOCK_LIVE, party=party)


async def find(connection: Connection, party: str, public_key: bytes) -> Moderator | None:
    """Return the moderator who has a key, revoked or not."""
    return await connection.one(_OF_KEY, party=party, public_key=public_key)


async def of_key(connection: Connection, party: str, public_key: bytes) -> Moderator:
    """Return the moderator who has a key, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
    found = await find(connection, party, public_key)
    if found is None:
        raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
    return found


async def add(connection: Connection, moderator: Moderator) -> bool:
    """Insert a moderator; False if somebody has the key."""
    return await connection.one(_ADD, **ROWS.columns(moderator)) is not None


def _number(party: str) -> int:
    """Return what PostgreSQL locks for a platform's moderators."""
    return int.from_bytes(sha256(b"moderators/" + party.encode()).digest()[:8], "big", signed=True)
