"""What the platform's calls and the pages share: reads a session with its claim, and stores a step."""

from collections.abc import Callable
from dataclasses import dataclass, field

from idvault.claim.acts.verification import VerificationFlow
from idvault.claim.ports import Claim
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.events import EventFactory
from idvault.session import rules
from idvault.session.ports import SessionStore, StoredSession
from idvault.session.rules import SessionClaim, SessionState, VerificationSession
from idvault.verify.clock import ClockReading
from idvault.verify.error import Reason, UnavailableError
from idvault.verify.event import EventType
from idvault.verify.seal import Part

# Each retry follows a step that another call has stored meanwhile, and a session has few.
_RETRIES = 10


@dataclass(frozen=True, slots=True)
class SessionCall:
    """A mutation's caller and content.

    fields: all fields except request_id, in field-number order; of a secret its hash.
    """

    caller: str
    actor_id: str
    request_id: str
    method: str
    fields: tuple[Part, ...] = field(repr=False)

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        fingerprint = fingerprinter.fingerprint(method=self.method, fields=self.fields)
        kept_id = fingerprinter.kept_id(relying_party=self.caller, request_id=self.request_id)
        return Request(self.caller, kept_id, fingerprint)


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session as of now, with its newest claim. next_attempt: 0 if no form is to be shown."""

    session: VerificationSession
    state: SessionState
    claim: Claim | None
    next_attempt: int
    attempts_left: int


@dataclass(kw_only=True, eq=False, repr=False)
class SessionSteps:
    """Reads and changes sessions."""

    store: SessionStore
    claims: VerificationFlow
    fingerprinter: Fingerprinter
    events: EventFactory

    async def shown(self, found: StoredSession, *, now: ClockReading) -> ShownSession:
        """Return a session as of now."""
        session, claim, whole = found.session, found.claim, None
        if claim is not None and session.attempt_id is not None:
            whole = await self.claims.find(
                relying_party=session.relying_party, kept_id=session.attempt_id, now=now
            )
            # It may have ended since the session was read.
            claim = SessionClaim(whole.state, whole.failure_reason, whole.account.account_token)
        return ShownSession(
            session,
            rules.state(session=session, claim=claim, now=now.business),
            whole,
            rules.next_attempt(session=session, claim=claim, now=now.business),
            rules.attempts_left(session=session, claim=claim),
        )

    async def step(
        self,
        found: StoredSession,
        call: SessionCall,
        *,
        decide: Callable[[StoredSession], VerificationSession],
        kind: EventType,
        now: ClockReading,
        **fields: Part,
    ) -> StoredSession:
        """Store what `decide` makes of a session; return the session as it is then.

        A step that was taken already is not stored again. `decide` is asked again if another call has changed
        the session meanwhile. Raises what `decide` raises, and AlreadyExistsError (REQUEST_ID_REUSED).
        """
        request = call.request(self.fingerprinter)
        for _ in range(_RETRIES):
            after = decide(found)
            if after == found.session:
                await self.store.check_request(request)
                return found
            event = self.events.event(
                kind,
                actor_id=call.actor_id,
                now=now,
                account_token=found.session.account_token or "",
                session_id=found.session.session_id,
                **fields,
            )
            await self.store.change(found.session, after, request=request, now=now, event=event)
            found = await self.store.get(session_id=found.session.session_id)
        raise UnavailableError(Reason.STORE_UNAVAILABLE)
