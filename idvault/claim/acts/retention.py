"""Periodic clean-up: expires verifications, removes never-verified accounts and purges old requests."""

from idvault.claim.ports import VerificationStore
from idvault.claim.rules import REQUEST_LIFETIME
from idvault.core.act import Vault
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.guard import LogGuard
from idvault.status import acts as status_acts
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType


class RetentionFlow:
    """Sweeps that are safe to run at any time in any number of processes."""

    def __init__(
        self,
        *,
        vault: Vault,
        claims: VerificationStore,
        guard: LogGuard,
        entropy: Entropy,
        policy: OperatorPolicy,
    ) -> None:
        """Initialise. policy: for its time zone, and the days of what is removed."""
        self._vault = vault
        self._claims = claims
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._policy = policy

    async def expire_accounts(self, *, now: ClockReading, limit: int) -> int:
        """Store expired verifications as EXPIRED; return how many."""
        return await status_acts.expire_all(self._vault, now, zone=self._policy.zone, limit=limit)

    async def remove_abandoned(self, *, now: ClockReading, limit: int) -> int:
        """Remove never-verified accounts some days after their last claim ended; return how many."""
        days = self._policy.rejected_days
        return await status_acts.remove_abandoned(self._vault, now, days=days, limit=limit)

    async def purge_requests(self, *, now: ClockReading) -> int:
        """Delete requests after 7 days; return how many."""
        await self._guard.check(now=now)
        event = self._events.event(EventType.REQUEST_PURGE, actor_id=SYSTEM_ACTOR, now=now)
        return await self._claims.purge(before=now.business - REQUEST_LIFETIME, now=now, event=event)
