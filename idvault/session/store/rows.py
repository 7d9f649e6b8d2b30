"""Rows of sessions."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Integer, insert, select, update

from idvault.claim.ports import Claim
from idvault.claim.store import rows as claim_rows
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.claim import claims, requests
from idvault.core.tables.session import sessions
from idvault.session.ports import PastClaim
from idvault.session.rules import SessionClaim, SessionPurpose, VerificationSession
from idvault.verify.claim import ClaimState, Consent, FailureReason

_BYTES = frozenset({"link_hash", "invitation_code_hash", "browser_hash", "bind_hash"})
_NAMES = tuple(each.name for each in fields(VerificationSession))
_LIFE = ("account_token", "browser_hash", "bind_hash", "bound_at", "agreed_at", "attempts", "attempt_id")


def from_row(row: Any) -> VerificationSession:
    """Return the session in a row that holds every column of `sessions`."""
    found = {name: getattr(row, name) for name in _NAMES}
    for name in _BYTES:
        found[name] = None if found[name] is None else bytes(found[name])
    return VerificationSession(**{**found, "purpose": SessionPurpose(row.purpose)})


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
    )


_MINE = sessions.c.session_id == param("session")
_GET: Statement[VerificationSession] = statement(select(sessions).where(_MINE), from_row)
_LOCK: Statement[VerificationSession] = statement(for_change(select(sessions).where(_MINE)), from_row)
_OF_LINK: Statement[VerificationSession] = statement(
    select(sessions).where(sessions.c.link_hash == param("link_hash")), from_row
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
# An account has few claims: they are sorted after they are read.
_PAST: Statement[PastClaim] = statement(
    select(claims)
    .where(claims.c.account_token == param("token"))
    .order_by(claims.c.opened_at.desc(), claims.c.claim_id)
    .limit(param("limit", Integer)),
    _past,
)
_CLAIM_OF: Statement[Claim] = statement(claim_rows.QUERY.where(claim_rows.IS_CLAIM), claim_rows.from_row)
_ADD = statement(insert(sessions))
_PUT = statement(update(sessions).where(_MINE).values({name: param(name) for name in _LIFE}))


async def get(connection: Connection, session_id: str) -> VerificationSession | None:
    """Return a session."""
    return await connection.one(_GET, session=session_id)


async def of_link(connection: Connection, link_hash: bytes) -> VerificationSession | None:
    """Return the session of a link."""
    return await connection.one(_OF_LINK, link_hash=link_hash)


async def lock(connection: Connection, session_id: str) -> VerificationSession | None:
    """Return a session as it is stored now, locked."""
    return await connection.one(_LOCK, session=session_id)


async def claim_of(connection: Connection, session: VerificationSession) -> SessionClaim | None:
    """Return the claim of a session's newest attempt, None if it has not arrived."""
    if session.attempt_id is None:
        return None
    return await connection.one(_CLAIM, party=session.relying_party, request=session.attempt_id)


async def past_claims(connection: Connection, account_token: str, limit: int) -> list[PastClaim]:
    """Return the newest claims of an account, the newest first."""
    return await connection.all(_PAST, token=account_token, limit=limit)


async def claim(connection: Connection, account_token: str, claim_id: str) -> Claim | None:
    """Return a claim of an account with its receipt."""
    return await connection.one(_CLAIM_OF, token=account_token, claim=claim_id)


async def add(connection: Connection, session: VerificationSession) -> None:
    """Insert a session."""
    given = {name: getattr(session, name) for name in _NAMES}
    await connection.run(_ADD, **{**given, "purpose": session.purpose.value})


async def put(connection: Connection, session: VerificationSession) -> None:
    """Store the steps of a session whose row this act has locked."""
    await connection.run(_PUT, session=session.session_id, **{name: getattr(session, name) for name in _LIFE})
