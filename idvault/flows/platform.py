"""Registering and revoking the certificate keys of platforms and monitors.

Registering waits for the log like every change. Revoking does not: it only takes something away, and must be
possible above all where something is wrong.
"""

from idvault.domain.event import SYSTEM_ACTOR, EventType
from idvault.domain.moment import Moment
from idvault.flows.log_guard import LogGuard
from idvault.flows.recorder import Recorder
from idvault.ports.entropy import Entropy
from idvault.ports.platform import Platform, PlatformStore


class PlatformFlow:
    """Who may call as a platform or monitor."""

    def __init__(self, *, store: PlatformStore, guard: LogGuard | None, entropy: Entropy) -> None:
        """Take the port, and the guard of the log; None lets a development machine start without a worker."""
        self._store = store
        self._guard = guard
        self._recorder = Recorder(entropy=entropy)

    async def register(self, *, name: str, role: str, spki: str, now: Moment) -> Platform:
        """Pin a certificate key; a repeat changes nothing.

        Raises AlreadyExistsError for a revoked key, UnavailableError (LOG_UNAVAILABLE).
        """
        if self._guard is not None:
            await self._guard.check(now=now)
        event = self._recorder.event(
            EventType.PLATFORM_REGISTER,
            actor_id=SYSTEM_ACTOR,
            now=now,
            name=name,
            role=role,
            spki=spki,
        )
        platform = Platform(name, role, self._recorder.new_id(), spki, now.business)
        return await self._store.register(platform, now=now, event=event)

    async def revoke(self, *, name: str, role: str, spki: str, now: Moment) -> Platform:
        """Revoke a pinned key; raises NotFoundError if it is unknown."""
        event = self._recorder.event(
            EventType.PLATFORM_REVOKE,
            actor_id=SYSTEM_ACTOR,
            now=now,
            name=name,
            role=role,
            spki=spki,
        )
        return await self._store.revoke(name=name, spki=spki, now=now, event=event)
