"""Rows of the requests of relying parties, for acts that open no claim (claims: `opening`).

They share the table of the claims' requests, so that one id is one request whatever it asks; such a row has
the empty token, and the id of what it made in the place of a claim's.
"""

from datetime import datetime

from sqlalchemy import select

from idvault.domain import request as rules
from idvault.domain.request import Request
from idvault.storage.base.connection import Connection
from idvault.storage.claim.tables import requests
from idvault.storage.dialect import insert_if_absent


async def remember(connection: Connection, request: Request, *, made: str, now: datetime) -> str | None:
    """Store a request and return None, or return what the same one made before.

    made: the id of what it makes, 32 hex digits. Raises AlreadyExistsError (REQUEST_ID_REUSED).
    """
    new = await insert_if_absent(
        connection,
        requests,
        relying_party=request.relying_party,
        request_id=request.request_id,
        fingerprint=request.fingerprint,
        account_token="",
        claim_id=made,
        made_at=now,
    )
    return None if new else await find(connection, request)


async def find(connection: Connection, request: Request) -> str | None:
    """Return what a request made, None if it is new; raises AlreadyExistsError (REQUEST_ID_REUSED)."""
    row = (
        await connection.execute(
            select(requests).where(
                requests.c.relying_party == request.relying_party,
                requests.c.request_id == request.request_id,
            )
        )
    ).first()
    if row is None:
        return None
    rules.check_same(stored=row.fingerprint, asked=request.fingerprint)
    made: str = row.claim_id
    return made
