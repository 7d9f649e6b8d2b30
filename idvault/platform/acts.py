"""Registers and revokes the certificate keys of platforms, monitors and web processes.

Registering is refused while the log is unavailable, like every change. Revoking is not: it only removes
access, and it must be possible when something is wrong.
"""

from dataclasses import dataclass

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.platform import Platform, PlatformStore
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.guard import LogGuard
from idvault.platform import rules as platform_rules
from idvault.platform.ports import PlatformPages, PresentationStore
from idvault.verify import return_address
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.event import SYSTEM_ACTOR, EventType


@dataclass(frozen=True, slots=True)
class PlatformCommand:
    """A key that an operator registers or revokes; role: empty for a revocation."""

    actor_id: str
    request_id: str
    name: str
    role: str
    spki: str


class PlatformFlow:
    """The keys that may call as a platform or monitor."""

    def __init__(self, *, store: PlatformStore, guard: LogGuard | None, entropy: Entropy) -> None:
        """Initialise with the ports. guard: None allows a development deployment without a worker."""
        self._store = store
        self._guard = guard
        self._events = EventFactory(entropy=entropy)

    async def register(
        self,
        *,
        name: str,
        role: str,
        spki: str,
        now: ClockReading,
        actor_id: str = SYSTEM_ACTOR,
        request: Request | None = None,
    ) -> Platform:
        """Pin a certificate key; a repeat changes nothing.

        Raises InvalidError for the relying party name of drill records, AlreadyExistsError for a revoked key,
        and UnavailableError (LOG_UNAVAILABLE).
        """
        platform_rules.check_platform(name)
        if self._guard is not None:
            await self._guard.check(now=now)
        event = self._events.event(EventType.PLATFORM_REGISTER, actor_id=actor_id, now=now)
        platform = Platform(name, role, self._events.new_id(), spki, now.business)
        return await self._store.register(platform, now=now, event=event, request=request)

    async def revoke(
        self,
        *,
        name: str,
        spki: str,
        now: ClockReading,
        actor_id: str = SYSTEM_ACTOR,
        request: Request | None = None,
    ) -> Platform:
        """Revoke a pinned key; raises NotFoundError if it is unknown."""
        event = self._events.event(EventType.PLATFORM_REVOKE, actor_id=actor_id, now=now)
        return await self._store.revoke(name=name, spki=spki, now=now, event=event, request=request)


@dataclass(kw_only=True, eq=False, repr=False)
class PresentationFlow:
    """How the hosted pages present platforms. guard: as in PlatformFlow."""

    store: PresentationStore
    guard: LogGuard | None
    events: EventFactory

    async def present(self, *, name: str, title: str, origins: tuple[str, ...], now: ClockReading) -> None:
        """Replace how the pages present a platform, and where they may send a browser.

        Raises InvalidError (title, return_origin), NotFoundError for an unknown platform, UnavailableError.
        """
        return_address.check_title(title)
        if len(origins) > return_address.ORIGINS:
            raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("return_origin", FieldCode.LENGTH))
        checked = tuple(return_address.check_origin(each) for each in dict.fromkeys(origins))
        if self.guard is not None:
            await self.guard.check(now=now)
        event = self.events.event(EventType.PLATFORM_PRESENT, actor_id=SYSTEM_ACTOR, now=now)
        await self.store.present(PlatformPages(title, checked), name=name, event=event)


@dataclass(kw_only=True, eq=False, repr=False)
class OperatorFlow:
    """Registers and revokes keys at an operator's request over the API; requests may be repeated."""

    platforms: PlatformFlow
    fingerprinter: Fingerprinter

    async def register(self, command: PlatformCommand, *, now: ClockReading) -> Platform:
        """Pin a certificate key; raises AlreadyExistsError (also REQUEST_ID_REUSED), UnavailableError."""
        return await self.platforms.register(
            name=command.name,
            role=command.role,
            spki=command.spki,
            now=now,
            actor_id=command.actor_id,
            request=self._request("RegisterPlatform", command),
        )

    async def revoke(self, command: PlatformCommand, *, now: ClockReading) -> Platform:
        """Revoke a pinned key; raises NotFoundError (ILLEGAL_TRANSITION) if it is unknown."""
        return await self.platforms.revoke(
            name=command.name,
            spki=command.spki,
            now=now,
            actor_id=command.actor_id,
            request=self._request("RevokePlatform", command),
        )

    def _request(self, method: str, command: PlatformCommand) -> Request:
        fields = (command.name, command.role, command.spki)
        fingerprint = self.fingerprinter.fingerprint(method=method, fields=fields)
        return Request(command.actor_id, command.request_id, fingerprint)
