"""The acts and reads of sessions (ports.session.SessionStore)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from idvault.account.rules import account as account_rules
from idvault.account.store import rows as account
from idvault.campaign.invitation.store import invitation_rows as invitation_row
from idvault.claim.ports import Claim
from idvault.claim.rules import claim as claim_rules
from idvault.core import account_request as requests
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement
from idvault.core.request import Request
from idvault.core.tables.session import sessions
from idvault.log.store import entry as log
from idvault.session.ports import PastClaim, StoredSession
from idvault.session.rules import SessionPurpose, VerificationSession
from idvault.session.store import rows
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event

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
        repeated = await requests.remember(connection, request, made=session.session_id, now=now.business)
        if repeated is not None:
            return (await _found(connection, await rows.get(connection, repeated))).session
        await _check_account(connection, session, now)
        await rows.add(connection, session)
        await log.append(connection, event)
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
        repeated = await requests.find(connection, request)
        stored = await rows.lock(connection, before.session_id)
        if repeated is not None or stored != before:
            return False
        await requests.remember(connection, request, made=before.session_id, now=now.business)
        await rows.put(connection, after)
        await log.append(connection, event)
        return True

    @read("session.check_request")
    async def check_request(self, connection: Connection, request: Request) -> None:
        """Raise AlreadyExistsError (REQUEST_ID_REUSED) for a request that had another body."""
        await requests.find(connection, request)

    @read("session.get")
    async def get(self, connection: Connection, *, session_id: str) -> StoredSession:
        """Return a session; raises NotFoundError (SESSION_NOT_FOUND)."""
        return await _found(connection, await rows.get(connection, session_id))

    @read("session.of_link")
    async def of_link(self, connection: Connection, *, link_hash: bytes) -> StoredSession:
        """Return the session of a link; raises NotFoundError (SESSION_NOT_FOUND)."""
        return await _found(connection, await rows.of_link(connection, link_hash))

    @read("session.past_claims")
    async def past_claims(self, connection: Connection, *, account_token: str, limit: int) -> list[PastClaim]:
        """Return the newest claims of an account, the newest first."""
        return await rows.past_claims(connection, account_token, limit)

    @read("session.claim")
    async def claim(self, connection: Connection, *, account_token: str, claim_id: str) -> Claim:
        """Return a claim of an account; raises NotFoundError (VERIFICATION_NOT_FOUND)."""
        found = await rows.claim(connection, account_token, claim_id)
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
            await log.append(connection, event.with_fields(before=before.isoformat(), count=count))
        return count


async def _found(connection: Connection, session: VerificationSession | None) -> StoredSession:
    if session is None:
        raise NotFoundError(Reason.SESSION_NOT_FOUND)
    return StoredSession(session, await rows.claim_of(connection, session))


async def _check_account(connection: Connection, session: VerificationSession, now: ClockReading) -> None:
    token = session.account_token
    if token is None:
        return
    stored = await account.lock_of(connection, account_token=token, relying_party=session.relying_party)
    if session.purpose is not SessionPurpose.IDENTITY:
        claim_rules.admit(account=account_rules.fall(account=stored, now=now.business))
    if session.invitation_code_hash is not None:
        await invitation_row.check_code(
            connection, account_token=token, code_hash=session.invitation_code_hash, now=now.business
        )
