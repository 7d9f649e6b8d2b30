"""The rows of sessions.

Rows of sessions.

The acts and reads of sessions (session.ports.SessionStore).
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, delete, insert, select, update

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.campaign.invitation import store as invitation_store
from idvault.claim import rules as claim_rules
from idvault.claim.ports import Claim
from idvault.claim.store import rows as claim_rows
from idvault.core import account_request as core_account_request
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.request import Request
from idvault.core.tables.claim import claims, requests
from idvault.core.tables.session import sessions
from idvault.session.ports import PastClaim, StoredSession
from idvault.session.rules import SessionClaim, SessionPurpose, VerificationSession
from idvault.verify.claim import ClaimState, Consent, FailureReason
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event

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


_PURGE = statement(delete(sessions).where(sessions.c.created_at < param("before")))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlSessionStore:
    """Sessions in the main database. Rows are locked in this order: request, session, account."""

    database: Database

    @act("session.create")
    async def create(
        self,
        connection: Connection,
        session: VerificationSession,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> VerificationSession:
        """Store a new session, or return the one that this request made."""
        repeated = await core_account_request.remember(
            connection, request, made=session.session_id, now=now.business
        )
        if repeated is not None:
            return (await _found(connection, await get(connection, repeated))).session
        await _check_account(connection, session, now)
        await add(connection, session)
        await log_entry.append(connection, event)
        return session

    @act("session.change")
    async def change(
        self,
        connection: Connection,
        before: VerificationSession,
        after: VerificationSession,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> bool:
        """Store a step of a session, unless it has changed since it was read."""
        repeated = await core_account_request.find(connection, request)
        stored = await lock(connection, before.session_id)
        if repeated is not None or stored != before:
            return False
        await core_account_request.remember(connection, request, made=before.session_id, now=now.business)
        await put(connection, after)
        await log_entry.append(connection, event)
        return True

    @read("session.check_request")
    async def check_request(self, connection: Connection, request: Request) -> None:
        """Raise AlreadyExistsError (REQUEST_ID_REUSED) for a request that had another body."""
        await core_account_request.find(connection, request)

    @read("session.get")
    async def get(self, connection: Connection, *, session_id: str) -> StoredSession:
        """Return a session; raises NotFoundError (SESSION_NOT_FOUND)."""
        return await _found(connection, await get(connection, session_id))

    @read("session.of_link")
    async def of_link(self, connection: Connection, *, link_hash: bytes) -> StoredSession:
        """Return the session of a link; raises NotFoundError (SESSION_NOT_FOUND)."""
        return await _found(connection, await of_link(connection, link_hash))

    @read("session.past_claims")
    async def past_claims(self, connection: Connection, *, account_token: str, limit: int) -> list[PastClaim]:
        """Return the newest claims of an account, the newest first."""
        return await past_claims(connection, account_token, limit)

    @read("session.claim")
    async def claim(self, connection: Connection, *, account_token: str, claim_id: str) -> Claim:
        """Return a claim of an account; raises NotFoundError (VERIFICATION_NOT_FOUND)."""
        found = await claim(connection, account_token, claim_id)
        if found is None:
            raise NotFoundError(Reason.VERIFICATION_NOT_FOUND)
        return found

    @act("session.purge")
    async def purge(
        self, connection: Connection, *, before: datetime, now: ClockReading, event: Event
    ) -> int:
        """Delete the sessions that were made before a business time."""
        count = await connection.run(_PURGE, before=before)
        if count:
            await log_entry.append(connection, event.with_fields(before=before.isoformat(), count=count))
        return count


async def _found(connection: Connection, session: VerificationSession | None) -> StoredSession:
    if session is None:
        raise NotFoundError(Reason.SESSION_NOT_FOUND)
    return StoredSession(session, await claim_of(connection, session))


async def _check_account(connection: Connection, session: VerificationSession, now: ClockReading) -> None:
    token = session.account_token
    if token is None:
        return
    stored = await account_rows.lock_of(connection, account_token=token, relying_party=session.relying_party)
    if session.purpose is not SessionPurpose.IDENTITY:
        claim_rules.admit(account=account_rules.fall(account=stored, now=now.business))
    if session.invitation_code_hash is not None:
        await invitation_store.check_code(
            connection, account_token=token, code_hash=session.invitation_code_hash, now=now.business
        )
