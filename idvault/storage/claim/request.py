"""The requests of relying parties, of claims and of all else that platforms ask for.

They share one table, so that one id is one request whatever it asks. A row names what the request made: a
claim or a credential of its account, or, under the empty token, something that belongs to no account.
"""

from datetime import datetime
from typing import NamedTuple

from idvault.domain.request import Request
from idvault.storage.base.connection import Connection
from idvault.storage.base.idempotency import Requests
from idvault.storage.claim.tables import requests


class Made(NamedTuple):
    """What a request made: its id, and the account that it belongs to (empty: none)."""

    account_token: str
    made_id: str


_REQUESTS = Requests(
    requests, caller="relying_party", answer=lambda row: Made(row.account_token, row.claim_id)
)

forget = _REQUESTS.forget


async def remember_for_account(
    connection: Connection, request: Request, *, account_token: str, made: str, now: datetime
) -> Made | None:
    """Store a request about an account and return None, or return what the same one made before.

    Raises AlreadyExistsError (REQUEST_ID_REUSED).
    """
    return await _REQUESTS.remember(connection, request, now=now, account_token=account_token, claim_id=made)


async def remember(connection: Connection, request: Request, *, made: str, now: datetime) -> str | None:
    """Store a request and return None, or return the id of what the same one made before.

    made: the id of what it makes, 32 hex digits. Raises AlreadyExistsError (REQUEST_ID_REUSED).
    """
    former = await remember_for_account(connection, request, account_token="", made=made, now=now)
    return former and former.made_id


async def find(connection: Connection, request: Request) -> str | None:
    """Return the id of what a request made, None if it is new; raises as `remember` does."""
    former = await _REQUESTS.find(connection, request)
    return former and former.made_id
