"""Rows of representatives whom an organisation's claim names, and who must prove to be present."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from idvault.account.store import version as account_version
from idvault.claim.representative.rules import AwaitedRepresentative
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.claim import representatives
from idvault_verify.organization import OrganizationCategory
from idvault_verify.record import SealedRecord

_C = representatives.c
_MINE = _C.account_token == param("token")
_IS_CLAIM = _MINE & (_C.claim_id == param("claim"))
_WAITS = _C.due_at.is_not(None)


def _read(row: Any) -> AwaitedRepresentative:
    category = row.organization_category
    return AwaitedRepresentative(
        row.account_token,
        row.claim_id,
        bytes(row.digest),
        row.person_id,
        row.record_id,
        None if category is None else OrganizationCategory(category),
        row.due_at,
    )


_ADD = statement(insert(representatives))
_AWAITED: Statement[AwaitedRepresentative] = statement(select(representatives).where(_MINE, _WAITS), _read)
_AWAIT = statement(
    update(representatives)
    .where(_IS_CLAIM)
    .values(
        person_id=param("person"),
        record_id=param("record"),
        organization_category=param("category"),
        due_at=param("due_at"),
    )
)
_DROP = statement(delete(representatives).where(_IS_CLAIM))
_FORGET = statement(delete(representatives).where(_C.due_at <= param("now")))


async def add(
    connection: Connection, *, account_token: str, claim_id: str, relying_party: str, digest: bytes
) -> None:
    """Keep the digest of a new claim's representative."""
    await connection.later(
        _ADD,
        account_token=account_token,
        claim_id=claim_id,
        relying_party=relying_party,
        digest=digest,
        person_id=None,
        record_id=None,
        organization_category=None,
        due_at=None,
    )


async def awaited(connection: Connection, account_token: str) -> AwaitedRepresentative | None:
    """Return what waits for its representative at a locked account, due or not."""
    return await connection.one(_AWAITED, token=account_token)


async def wait(
    connection: Connection,
    record: SealedRecord,
    *,
    claim_id: str,
    person_id: str,
    category: OrganizationCategory | None,
    due_at: datetime,
    now: datetime,
) -> bool:
    """Let a matched claim wait with its record, in the place of one that waited at the locked account.

    False, and nothing waits, if no digest was kept: a program of before opened the claim.
    """
    token = record.account_token
    await end(connection, await awaited(connection, token), now=now)
    values = {"person": person_id, "record": record.record_id, "category": category and category.value}
    if not await connection.run(_AWAIT, token=token, claim=claim_id, due_at=due_at, **values):
        return False
    await account_version.set_aside(connection, record, due_at=due_at)
    return True


async def end(connection: Connection, found: AwaitedRepresentative | None, *, now: datetime) -> None:
    """Wait no more; the record that waited ends now. The caller holds the lock of the account's row."""
    if found is not None:
        await drop(connection, account_token=found.account_token, claim_id=found.claim_id)
        version = {"account_token": found.account_token, "record_id": found.record_id}
        await account_version.make_due(connection, **version, now=now)


async def drop(connection: Connection, *, account_token: str, claim_id: str) -> None:
    """Delete what was kept for a claim, if anything was."""
    await connection.later(_DROP, token=account_token, claim=claim_id)


async def forget(connection: Connection, *, now: datetime) -> int:
    """Delete what has waited long enough; return how many. Its records end by themselves."""
    return await connection.run(_FORGET, now=now)
