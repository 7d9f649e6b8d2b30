"""Periodic clean-up: expires verifications, removes never-verified accounts and purges old requests."""

from datetime import timedelta

from idvault.account.ports import StatusStore
from idvault.claim.ports import VerificationStore
from idvault.claim.rules import REQUEST_LIFETIME
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.guard import LogGuard
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType


class RetentionFlow:
    """Sweeps that are safe to run at any time in any number of processes."""

    def __init__(
        self,
        *,
        accounts: StatusStore,
        claims: VerificationStore,
        guard: LogGuard,
        entropy: Entropy,
        policy: OperatorPolicy,
    ) -> None:
        """Initialise with the ports; policy: for its time zone, and the days of what is removed."""
        self._accounts = accounts
        self._claims = claims
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._policy = policy

    async def expire_accounts(self, *, now: ClockReading, limit: int) -> int:
        """Store expired verifications as EXPIRED; return how many."""
        await self._guard.check(now=now)
        today = now.today(self._policy.zone)
        count = 0
        for account in await self._accounts.expiring(today=today, limit=limit):
            event = self._events.event(
                EventType.ACCOUNT_EXPIRE,
                actor_id=SYSTEM_ACTOR,
                now=now,
                account_token=account.account_token,
            )
            count += await self._accounts.expire(account, today=today, now=now, event=event)
        return count

    async def remove_abandoned(self, *, now: ClockReading, limit: int) -> int:
        """Remove never-verified accounts some days after their last claim ended; return how many."""
        await self._guard.check(now=now)
        count = 0
        before = now.business - timedelta(days=self._policy.rejected_days)
        for account in await self._accounts.abandoned(before=before, limit=limit):
            event = self._events.event(
                EventType.ACCOUNT_REMOVE,
                actor_id=SYSTEM_ACTOR,
                now=now,
                account_token=account.account_token,
                reason="never_verified",
            )
            count += await self._accounts.remove(account, now=now, event=event)
        return count

    async def purge_requests(self, *, now: ClockReading) -> int:
        """Delete requests after 7 days; return how many."""
        await self._guard.check(now=now)
        event = self._events.event(EventType.REQUEST_PURGE, actor_id=SYSTEM_ACTOR, now=now)
        return await self._claims.purge(before=now.business - REQUEST_LIFETIME, now=now, event=event)
