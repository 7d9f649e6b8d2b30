"""Makes, confirms, reads and purges sessions: what platforms and the worker do."""

from dataclasses import dataclass, field

from idvault.core.event_factory import EventFactory
from idvault.core.request import Asked
from idvault.log.acts.guard import LogGuard
from idvault.platform.ports import PresentationStore
from idvault.session import rules
from idvault.session.acts.page import SessionSteps, ShownSession
from idvault.session.ports import LinkCoder, SessionStore, StoredSession
from idvault.session.rules import SessionPurpose, VerificationSession
from idvault.verify import return_address, secret
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import SYSTEM_ACTOR, EventType


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a platform asks a person for, checked except for its return address.

    policy_version, policy_text: empty if nothing is to be agreed to.
    """

    account_token: str | None
    purpose: SessionPurpose
    return_url: str
    locale: str
    policy_version: str
    policy_text: str
    invitation_code_hash: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MadeSession:
    """A session and its link."""

    shown: ShownSession
    link_code: str = field(repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class SessionFlow:
    """Sessions of relying parties. served: whether this deployment serves the pages."""

    store: SessionStore
    steps: SessionSteps
    platforms: PresentationStore
    coder: LinkCoder
    guard: LogGuard
    events: EventFactory
    served: bool

    async def create(self, call: Asked, *, wanted: NewSession, now: ClockReading) -> MadeSession:
        """Make a session; raises InvalidError, NotFoundError, PreconditionError and others."""
        await self.guard.check(now=now)
        if not self.served:
            raise PreconditionError(Reason.PAGES_NOT_SERVED)
        pages = await self.platforms.pages(name=call.relying_party)
        return_address.check(wanted.return_url, origins=pages.origins)
        code = self.coder.code(relying_party=call.relying_party, request_id=call.request_id)
        made = VerificationSession(
            session_id=self.events.new_id(),
            relying_party=call.relying_party,
            account_token=wanted.account_token,
            purpose=wanted.purpose,
            return_url=wanted.return_url,
            locale=wanted.locale,
            policy_version=wanted.policy_version,
            policy_text=wanted.policy_text,
            link_hash=secret.link_hash(code),
            created_at=now.business,
            invitation_code_hash=wanted.invitation_code_hash,
        )
        shows = wanted.purpose is SessionPurpose.IDENTITY
        event = self.events.event(
            EventType.SESSION_SHOW if shows else EventType.SESSION_CREATE,
            actor_id=call.actor_id,
            now=now,
            account_token=wanted.account_token or "",
            session_id=made.session_id,
        )
        request = call.request(self.steps.fingerprinter)
        stored = await self.store.create(made, request=request, now=now, event=event)
        found = await self.store.get(session_id=stored.session_id)
        return MadeSession(await self.steps.shown(found, now=now), code)

    async def bind(self, call: Asked, *, session_id: str, bind_code: str, now: ClockReading) -> ShownSession:
        """Confirm a session's browser; raises NotFoundError (SESSION_NOT_FOUND) and PreconditionError."""
        await self.guard.check(now=now)
        found = await self._found(call.relying_party, session_id)
        hashed = secret.bind_hash(bind_code, session_id=session_id)
        bound = await self.steps.step(
            found,
            call,
            decide=lambda one: rules.bind(session=one.session, bind_hash=hashed, now=now.business),
            kind=EventType.SESSION_BIND,
            now=now,
        )
        return await self.steps.shown(bound, now=now)

    async def get(self, *, relying_party: str, session_id: str, now: ClockReading) -> ShownSession:
        """Return a session as of now; raises NotFoundError (SESSION_NOT_FOUND)."""
        return await self.steps.shown(await self._found(relying_party, session_id), now=now)

    async def _found(self, relying_party: str, session_id: str) -> StoredSession:
        found = await self.store.get(session_id=session_id)
        if found.session.relying_party != relying_party:
            raise NotFoundError(Reason.SESSION_NOT_FOUND)
        return found


@dataclass(kw_only=True, eq=False, repr=False)
class SessionPurgeFlow:
    """A sweep that any number of processes may run at any time."""

    store: SessionStore
    guard: LogGuard
    events: EventFactory

    async def purge(self, *, now: ClockReading) -> int:
        """Delete sessions after 7 days; return how many."""
        await self.guard.check(now=now)
        event = self.events.event(EventType.SESSION_PURGE, actor_id=SYSTEM_ACTOR, now=now)
        return await self.store.purge(before=now.business - rules.KEPT, now=now, event=event)
