"""Storage of hosted verification sessions, and the codes of their links.

An act and its log entry must be one atomic, durable step. Every method raises UnavailableError
(STORE_UNAVAILABLE) if the store cannot answer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.claim.ports import Claim
from idvault.core.request import Request
from idvault.session.rules import SessionClaim, VerificationSession
from idvault.verify.claim import ClaimState, Consent, FailureReason
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session, and its newest attempt's claim as far as the rules need it; None if it has not arrived."""

    session: VerificationSession
    claim: SessionClaim | None = None


@dataclass(frozen=True, slots=True)
class PastClaim:
    """How a claim of an account ended, without whom it named. ended_at: None while it is open."""

    claim_id: str
    state: ClaimState
    failure_reason: FailureReason | None
    opened_at: datetime
    ended_at: datetime | None
    consent: Consent


class SessionStore(Protocol):
    """The sessions of all relying parties."""

    async def create(
        self, session: VerificationSession, *, request: Request, now: ClockReading, event: Event
    ) -> VerificationSession:
        """Store a new session with its event, or return the one that this request made.

        The request row comes first; another body raises AlreadyExistsError (REQUEST_ID_REUSED). An account
        must belong to the relying party, else NotFoundError (ACCOUNT_NOT_FOUND), and pass
        claim.rules.admit, unless its owner only looks at it (IDENTITY). An invitation's code must be one
        that a claim of the account could use, else PreconditionError (ILLEGAL_TRANSITION); nothing of it is
        used up.
        """
        ...

    async def change(
        self,
        before: VerificationSession,
        after: VerificationSession,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> bool:
        """Store a step of a session with its event; return whether it did.

        Must change nothing and return False unless the stored session equals `before`: the caller then
        decides again. A repeated request changes nothing and returns False, too; another body raises
        AlreadyExistsError (REQUEST_ID_REUSED).
        """
        ...

    async def check_request(self, request: Request) -> None:
        """Raise AlreadyExistsError (REQUEST_ID_REUSED) if a request has been made with another body."""
        ...

    async def get(self, *, session_id: str) -> StoredSession:
        """Return a session; raises NotFoundError (SESSION_NOT_FOUND)."""
        ...

    async def of_link(self, *, link_hash: bytes) -> StoredSession:
        """Return the session of a link; raises NotFoundError (SESSION_NOT_FOUND)."""
        ...

    async def past_claims(self, *, account_token: str, limit: int) -> list[PastClaim]:
        """Return the newest claims of an account, the newest first."""
        ...

    async def claim(self, *, account_token: str, claim_id: str) -> Claim:
        """Return a claim of an account; raises NotFoundError (VERIFICATION_NOT_FOUND)."""
        ...

    async def purge(self, *, before: datetime, now: ClockReading, event: Event) -> int:
        """Delete the sessions that were made before a business time; return how many.

        Writes `event` with fields before (ISO 8601) and count in the same step, unless none was deleted.
        """
        ...


class LinkCoder(Protocol):
    """Derives the codes of links, so that a repeated request gets the same link and no code is stored."""

    def code(self, *, relying_party: str, request_id: str) -> str:
        """Return a code of 128 bits that only a holder of the key can compute."""
        ...
