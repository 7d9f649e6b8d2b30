"""Names a platform's first moderators: the operator's act while the platform has fewer than two.

- With two moderators the platform helps itself (flows.sanction.moderator), and the operator names nobody.
- The operator sees a key, not a person: that it is another person's than the moderator's who is left must be
  asked on another way than the request came.
"""

from dataclasses import dataclass, field

from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter, Request
from idvault.core.second_factor import SecondFactorCheck
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.moderator.ports import ModeratorStore
from idvault.verify.attest.registration import Registration
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType
from idvault.verify.moderator import Moderator


@dataclass(frozen=True, slots=True)
class NamingCommand:
    """An operator's request; code: of the operator's second factor, as received."""

    actor_id: str
    registration: Registration
    code: str = field(repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class NamingFlow:
    """Names moderators. guard: None allows a development deployment without a worker."""

    store: ModeratorStore
    guard: LogGuard | None
    events: EventFactory

    async def name(
        self,
        registration: Registration,
        *,
        now: ClockReading,
        actor_id: str = SYSTEM_ACTOR,
        request: Request | None = None,
    ) -> Moderator:
        """Name a moderator; raises InvalidError, PreconditionError (MODERATORS_SUFFICE) and others."""
        if self.guard is not None:
            await self.guard.check(now=now)
        paper = registration.paper(now=now.real)
        made = Moderator(
            self.events.new_id(), registration.relying_party, registration.public_key, now.business
        )
        event = self.events.event(
            EventType.MODERATOR_NAME,
            actor_id=actor_id,
            now=now,
            moderator_id=made.moderator_id,
            paper=paper,
        )
        return await self.store.name(made, request=request, now=now, event=event)


@dataclass(kw_only=True, eq=False, repr=False)
class OperatorNamingFlow:
    """Names moderators at an operator's request over the API, with a code; requests may be repeated."""

    naming: NamingFlow
    guard: LogGuard
    requests: MemberRequestStore
    second_factor: SecondFactorCheck
    fingerprinter: Fingerprinter

    async def name(self, command: NamingCommand, *, now: ClockReading) -> Moderator:
        """Name a moderator; raises as NamingFlow.name does, and DeniedError (SECOND_FACTOR_REFUSED)."""
        await self.guard.check(now=now)
        registration = command.registration
        request = self._request(command)
        if await self.requests.find(request) is None:
            registration.paper(now=now.real)  # no code is spent on what would be refused
            await self.second_factor.check(actor_id=command.actor_id, code=command.code, now=now)
        return await self.naming.name(registration, now=now, actor_id=command.actor_id, request=request)

    def _request(self, command: NamingCommand) -> Request:
        asked = command.registration
        fields = (asked.relying_party, asked.public_key)
        fingerprint = self.fingerprinter.fingerprint(method="NameModerator", fields=fields)
        return Request(command.actor_id, asked.request_id, fingerprint)
