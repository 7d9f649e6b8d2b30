"""What the pages do for a browser: show a link, redeem it, agree to the terms, and make a claim.

A session is found by its id and the browser's key together; neither alone opens anything.

What the platform's calls and the pages share: reads a session with its claim, and stores a step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from idvault.campaign.invitation import acts as invitation_acts
from idvault.campaign.invitation.rules import InvitationEvent
from idvault.claim.acts.verification import VerificationFlow, VerifyCommand
from idvault.claim.ports import Claim
from idvault.claim.rules import ClaimRules
from idvault.core import caller
from idvault.core.act import Vault
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked, Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.platform.ports import PresentationStore
from idvault.public_account.acts import public_account as public_account_acts
from idvault.session import rules
from idvault.session.ports import SessionStore, StoredSession
from idvault.session.rules import SessionClaim, SessionState, VerificationSession
from idvault.verify import secret
from idvault.verify.claim import ClaimState, Consent, Identity
from idvault.verify.clock import ClockReading
from idvault.verify.document import DocumentType
from idvault.verify.error import PreconditionError, Reason, UnavailableError
from idvault.verify.event import EventType
from idvault.verify.seal import Part

# Each retry follows a step that another call has stored meanwhile, and a session has few.
_RETRIES = 10


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
        call: Asked,
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


@dataclass(frozen=True, slots=True)
class Custodians:
    """Who can open a record together: M of these names."""

    threshold: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """What a page shows. title: of the platform.

    public_account_limit_reached: never true before a match, which shows that a person uses the browser.
    """

    shown: ShownSession
    title: str
    document_types: tuple[DocumentType, ...]
    custodians: Custodians
    public_account_limit_reached: bool


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A session, and the key of the browser that says it is its own."""

    session_id: str
    browser_key: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        """What is kept of the key."""
        return secret.browser_hash(self.browser_key, session_id=self.session_id)


@dataclass(frozen=True, slots=True)
class SubmittedAttempt:
    """One attempt. number: of the attempt. identity: already checked; fields: the same as received.

    The step is remembered without them (claim.acts.verification says why).
    """

    number: int
    identity: Identity = field(repr=False)
    fields: tuple[Part, ...] = field(repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class PageFlow:
    """The pages of sessions. custodians: of the quorum that new records are sealed for."""

    store: SessionStore
    steps: SessionSteps
    platforms: PresentationStore
    claims: VerificationFlow
    vault: Vault
    policy: OperatorPolicy
    guard: LogGuard
    rules: ClaimRules
    custodians: Callable[[], Custodians]

    async def of_link(self, *, link_code: str, now: ClockReading) -> ShownPage:
        """Return the first page of a link; raises NotFoundError (SESSION_NOT_FOUND)."""
        return await self._page(await self._of_link(link_code), now)

    async def redeem(self, call: Asked, *, link_code: str, browser_key: str, now: ClockReading) -> ShownPage:
        """Give a link to a browser; raises PreconditionError (SESSION_TAKEN, SESSION_EXPIRED)."""
        await self.guard.check(now=now)
        found = await self._of_link(link_code)
        session_id = found.session.session_id
        browser = BrowserSession(session_id, browser_key)
        bind_code = secret.bind_code(browser_key, session_id=session_id)
        redeemed = await self.steps.step(
            found,
            call,
            decide=lambda one: rules.redeem(
                session=one.session,
                browser_hash=browser.hash,
                bind_hash=secret.bind_hash(bind_code, session_id=session_id),
                now=now.business,
            ),
            kind=EventType.SESSION_REDEEM,
            now=now,
        )
        return await self._page(redeemed, now)

    async def get(self, browser: BrowserSession, *, now: ClockReading) -> ShownPage:
        """Return the page of a browser's session; raises NotFoundError (SESSION_NOT_FOUND)."""
        return await self._page(await self._of_browser(browser), now)

    async def agree(self, call: Asked, *, browser: BrowserSession, now: ClockReading) -> ShownPage:
        """Record that the person agreed to the terms; raises TransitionError, PreconditionError."""
        await self.guard.check(now=now)
        found = await self._of_browser(browser)
        agreed = await self.steps.step(
            found,
            call,
            decide=lambda one: rules.agree(session=one.session, now=now.business),
            kind=EventType.SESSION_AGREE,
            now=now,
            policy_version=found.session.policy_version,
        )
        return await self._page(agreed, now)

    async def answer(
        self, call: Asked, *, browser: BrowserSession, event: InvitationEvent, now: ClockReading
    ) -> ShownPage:
        """Record what the owner answers to an invitation; raises PreconditionError and others."""
        found = await self._of_browser(browser)
        session = found.session
        rules.check_answer(session=session, claim=found.claim, now=now.business)
        await invitation_acts.answer(
            self.vault,
            replace(call, relying_party=session.relying_party),
            now,
            account_token=session.account_token or "",
            code_hash=session.invitation_code_hash or b"",
            event=event,
            zone=self.rules.zone,
        )
        return await self._page(found, now)

    async def submit(
        self,
        call: Asked,
        *,
        browser: BrowserSession,
        submission: SubmittedAttempt,
        now: ClockReading,
        patience: float,
    ) -> ShownPage:
        """Make the claim of an attempt, or show the one that was made; raises as a claim does."""
        await self.guard.check(now=now)
        found = await self._of_browser(browser)
        attempt_id = self.steps.fingerprinter.kept_id(
            relying_party=found.session.relying_party, request_id=call.request_id
        )
        begun = await self.steps.step(
            found,
            call,
            decide=lambda one: rules.attempt(
                session=one.session,
                claim=one.claim,
                number=submission.number,
                attempt_id=attempt_id,
                now=now.business,
            ),
            kind=EventType.SESSION_ATTEMPT,
            now=now,
            attempt=submission.number,
        )
        if begun.session.attempts == submission.number and _is_open(begun.claim):
            # Of a claim that waits, this is a repeat: the process that opened it may have died with the form.
            command = self._command(call, begun.session, submission)
            await self.claims.verify(command, now=now, patience=patience)
            begun = await self.store.get(session_id=begun.session.session_id)
        return await self._page(begun, now)

    def _command(
        self, call: Asked, session: VerificationSession, submission: SubmittedAttempt
    ) -> VerifyCommand:
        if session.agreed_at is None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        return VerifyCommand(
            relying_party=session.relying_party,
            actor_id=call.actor_id,
            request_id=call.request_id,
            method=call.method,
            fields=(*call.fields, *submission.fields),
            identity=submission.identity,
            consent=Consent(session.policy_version, session.agreed_at),
            account_token=session.account_token,
            invitation_code_hash=session.invitation_code_hash,
        )

    async def _of_link(self, link_code: str) -> StoredSession:
        found = await self.store.of_link(link_hash=secret.link_hash(link_code))
        caller.serve(caller.platform(found.session.relying_party))
        return found

    async def _of_browser(self, browser: BrowserSession) -> StoredSession:
        found = await self.store.get(session_id=browser.session_id)
        rules.check_browser(session=found.session, browser_hash=browser.hash)
        caller.serve(caller.platform(found.session.relying_party))
        return found

    async def _page(self, found: StoredSession, now: ClockReading) -> ShownPage:
        pages = await self.platforms.pages(name=found.session.relying_party)
        shown = await self.steps.shown(found, now=now)
        return ShownPage(
            shown,
            pages.title or found.session.relying_party,
            tuple(sorted(self.rules.document_types, key=list(DocumentType).index)),
            self.custodians(),
            await self._is_full(shown, now),
        )

    async def _is_full(self, shown: ShownSession, now: ClockReading) -> bool:
        if shown.state is not SessionState.SUCCEEDED or shown.claim is None:
            return False
        owner = shown.claim.account
        return await public_account_acts.is_full(self.vault, owner, policy=self.policy, now=now)


def _is_open(claim: SessionClaim | None) -> bool:
    return claim is None or claim.state is ClaimState.PENDING
