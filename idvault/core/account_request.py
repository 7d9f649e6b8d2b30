"""The requests of relying parties: for claims and for everything else that platforms ask for.

They share one table, so a request id is unique across all methods. A row names what the request created: a
claim or a credential of an account, or, with an empty account token, something that belongs to no account.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.idempotency import Requests
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.request import Request
from idvault.core.tables.claim import requests
from idvault.core.tables.sanction import moderators
from idvault_verify.error import NotFoundError, PreconditionError, Reason


class Made(NamedTuple):
    """What a request created: its id, and the account that it belongs to (empty: none)."""

    account_token: str
    made_id: str


_REQUESTS = Requests(
    requests, caller="relying_party", answer=lambda row: Made(row.account_token, row.claim_id)
)

_KEPT: Statement[str] = statement(
    select(requests.c.request_id).where(
        requests.c.relying_party == param("party"), among(requests.c.request_id, "ids")
    ),
    scalar,
)

# Several decisions of one moderator do not wait for each other; a revocation waits for them.
_SIGNER: Statement[bool] = statement(
    select(moderators.c.revoked_at)
    .where(moderators.c.relying_party == param("party"), moderators.c.moderator_id == param("moderator"))
    .with_for_update(read=True),
    lambda row: row.revoked_at is not None,
)

find = _REQUESTS.find
forget = _REQUESTS.forget


async def kept(connection: Connection, *, caller: str, request_ids: Sequence[str]) -> list[str]:
    """Return which of some kept ids a caller has."""
    return await connection.all(_KEPT, party=caller, ids=request_ids)


async def remember(connection: Connection, request: Request, *, made: str, now: datetime) -> Made | None:
    """Store a new request and return None, or return what a repeat created before.

    made: the id of what it creates, 32 hex digits. Raises AlreadyExistsError (REQUEST_ID_REUSED), and of a
    new request that a moderator signed NotFoundError (MODERATOR_NOT_FOUND) and PreconditionError
    (MODERATOR_REVOKED).
    """
    former = await _REQUESTS.remember(
        connection, request, now=now, account_token=request.account_token, claim_id=made
    )
    if former is None and request.signer:
        await _check_signer(connection, request)
    return former


async def _check_signer(connection: Connection, request: Request) -> None:
    """Lock the moderator who signed a request, so that a revocation comes before or after the act."""
    found = await connection.all(_SIGNER, party=request.caller, moderator=request.signer)
    if not found:
        raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
    if found[0]:
        raise PreconditionError(Reason.MODERATOR_REVOKED)


async def answer_for_account(
    connection: Connection, request: Request, *, account_token: str, made: str
) -> None:
    """Answer a request that this act has stored with something that existed before."""
    await _REQUESTS.conclude(connection, request, account_token=account_token, claim_id=made)
