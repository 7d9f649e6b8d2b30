"""Rows of the requests of relying parties, for acts that open no claim (claims: storage.claim.open).

They share the table of the claims' requests, so that one id is one request whatever it asks; such a row has
the empty token, and the id of what it made in the place of a claim's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from idvault.domain import request as rules
from idvault.domain.request import Request
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import param, statement, upsert
from idvault.storage.claim.tables import requests

_ADD = statement(
    upsert(requests)
    .on_conflict_do_nothing(index_elements=list(requests.primary_key))
    .returning(requests.c.request_id)
)
_FIND = statement(
    select(requests).where(
        requests.c.relying_party == param("party"), requests.c.request_id == param("request_id")
    )
)
_FORGET = statement(delete(requests).where(requests.c.made_at < param("before")))


async def add(
    connection: Connection, request: Request, *, account_token: str, made: str, now: datetime
) -> bool:
    """Store a request; False if its id is known. Waits for another act that stores the same one."""
    added = await connection.one(
        _ADD,
        relying_party=request.relying_party,
        request_id=request.request_id,
        fingerprint=request.fingerprint,
        account_token=account_token,
        claim_id=made,
        made_at=now,
    )
    return added is not None


async def remember(connection: Connection, request: Request, *, made: str, now: datetime) -> str | None:
    """Store a request and return None, or return what the same one made before.

    made: the id of what it makes, 32 hex digits. Raises AlreadyExistsError (REQUEST_ID_REUSED).
    """
    if await add(connection, request, account_token="", made=made, now=now):
        return None
    return await find(connection, request)


async def find(connection: Connection, request: Request) -> str | None:
    """Return what a request made, None if it is new; raises AlreadyExistsError (REQUEST_ID_REUSED)."""
    row = await stored(connection, request)
    return None if row is None else str(row.claim_id)


async def stored(connection: Connection, request: Request) -> Any:
    """Return the row of a request, None if it is new; raises AlreadyExistsError (REQUEST_ID_REUSED)."""
    row = await connection.one(_FIND, party=request.relying_party, request_id=request.request_id)
    if row is not None:
        rules.check_same(stored=row.fingerprint, asked=request.fingerprint)
    return row


async def forget(connection: Connection, *, before: datetime) -> int:
    """Delete the requests made before a business time; return how many."""
    return await connection.run(_FORGET, before=before)
