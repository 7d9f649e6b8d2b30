"""Rows of sessions, and of the claims that their pages show."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, delete, select

from idvault.claim import store as claim_store
from idvault.claim.rules import Claim
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, for_change, param, scalar, statement
from idvault.core.rows import Rows
from idvault.core.tables.claim import claims, requests
from idvault.core.tables.session import sessions
from idvault.session.rules import PastClaim, SessionClaim, StoredSession, VerificationSession
from idvault_verify.claim import ClaimState, Consent, FailureReason
from idvault_verify.error import NotFoundError, Reason

ROWS = Rows(
    VerificationSession,
    sessions,
    key="session_id",
    made_at="created_at",
    unknown=Reason.SESSION_NOT_FOUND,
)


def _claim(row: Any) -> SessionClaim:
    reason = row.failure_reason
    return SessionClaim(ClaimState(row.state), reason and FailureReason(reason), row.account_token)


def _past(row: Any) -> PastClaim:
    reason = row.failure_reason
    return PastClaim(
        row.claim_id,
        ClaimState(row.state),
        reason and FailureReason(reason),
        row.opened_at,
        row.ended_at,
        Consent(row.policy_version, row.agree_time),
        row.withdrawn_at is not None,
    )


_MINE = sessions.c.session_id == param("session")
_GET: Statement[VerificationSession] = statement(select(sessions).where(_MINE), ROWS.from_row)
_LOCK: Statement[VerificationSession] = statement(for_change(select(sessions).where(_MINE)), ROWS.from_row)
_OF_LINK: Statement[VerificationSession] = statement(
    select(sessions).where(sessions.c.link_hash == param("link_hash")), ROWS.from_row
)
_CLAIM: Statement[SessionClaim] = statement(
    select(claims.c.state, claims.c.failure_reason, claims.c.account_token)
    .join(
        requests,
        (requests.c.account_token == claims.c.account_token) & (requests.c.claim_id == claims.c.claim_id),
    )
    .where(requests.c.relying_party == param("party"), requests.c.request_id == param("request")),
    _claim,
)
_CLAIMANT: Statement[str] = statement(
    select(claims.c.person_id)
    .join(
        requests,
        (requests.c.account_token == claims.c.account_token) & (requests.c.claim_id == claims.c.claim_id),
    )
    .where(requests.c.relying_party == param("party"), requests.c.request_id == param("request")),
    scalar,
)
# An account has few claims: they are sorted after they are read.
_PAST: Statement[PastClaim] = statement(
    select(claims)
    .where(claims.c.account_token == param("token"))
    .order_by(claims.c.opened_at.desc(), claims.c.claim_id)
    .limit(param("limit", Integer)),
    _past,
)
_PURGE = statement(delete(sessions).where(sessions.c.created_at < param("before")))


async def get(connection: Connection, session_id: str) -> StoredSession:
    """Return a session, whose ever it is; raises NotFoundError (SESSION_NOT_FOUND)."""
    return await _found(connection, await connection.all(_GET, session=session_id))


async def of_party(connection: Connection, party: str, session_id: str) -> StoredSession:
    """Return a relying party's session; raises NotFoundError (SESSION_NOT_FOUND), also for another's."""
    return await _found(connection, [await ROWS.get(connection, party, session_id)])


async def of_link(connection: Connection, link_hash: bytes) -> StoredSession:
    """Return the session of a link; raises NotFoundError (SESSION_NOT_FOUND)."""
    return await _found(connection, await connection.all(_OF_LINK, link_hash=link_hash))


async def made(connection: Connection, _party: str, session_id: str) -> VerificationSession:
    """Return what a request made or changed, whose ever it is: a page's caller is no relying party."""
    return (await get(connection, session_id)).session


async def lock(connection: Connection, session_id: str) -> VerificationSession | None:
    """Return a session as it is stored now, locked."""
    return await connection.one(_LOCK, session=session_id)


async def _found(connection: Connection, found: list[VerificationSession]) -> StoredSession:
    if not found:
        raise NotFoundError(Reason.SESSION_NOT_FOUND)
    (session,) = found
    if session.attempt_id is None:
        return StoredSession(session)
    claim = await connection.all(_CLAIM, party=session.relying_party, request=session.attempt_id)
    return StoredSession(session, claim[0] if claim else None)


async def claimant(connection: Connection, session: VerificationSession) -> str | None:
    """Return whom the newest claim of a session named."""
    return await connection.one(_CLAIMANT, party=session.relying_party, request=session.attempt_id)


async def past_claims(connection: Connection, account_token: str, limit: int) -> list[PastClaim]:
    """Return the newest claims of an account, the newest first."""
    return await connection.all(_PAST, token=account_token, limit=limit)


async def claim(connection: Connection, account_token: str, claim_id: str) -> Claim | None:
    """Return a claim of an account with its receipt."""
    return await connection.one(claim_store.GET, token=account_token, claim=claim_id)


async def purge(connection: Connection, *, before: datetime) -> int:
    """Delete the sessions that were made before a business time; return how many."""
    return await connection.run(_PURGE, before=before)
