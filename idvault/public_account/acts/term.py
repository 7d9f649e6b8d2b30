"""Stores what has come due of public accounts: grace, expiry, and the end of a licence."""

from dataclasses import dataclass
from datetime import tzinfo

from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.public_account.ports import Present, PublicAccountStore
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules.values import PublicAccount, PublicAccountState
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType

_EVENTS = {
    PublicAccountState.GRACE: EventType.PUBLIC_ACCOUNT_GRACE,
    PublicAccountState.EXPIRED: EventType.PUBLIC_ACCOUNT_EXPIRE,
}


@dataclass(kw_only=True, eq=False, repr=False)
class TermFlow:
    """Sweeps that any number of processes may run at any time."""

    store: PublicAccountStore
    guard: LogGuard
    events: EventFactory
    zone: tzinfo

    async def fall(self, *, now: ClockReading, limit: int) -> int:
        """Store one step of each public account that has one due; return how many."""
        await self.guard.check(now=now)
        present = Present(now, self.zone)
        count = 0
        for found in await self.store.due(today=present.today, limit=limit):
            public_account = found.public_account
            event = self.events.event(
                _kind(public_account),
                actor_id=SYSTEM_ACTOR,
                now=now,
                account_token=public_account.account_token,
                public_account_id=public_account.public_account_id,
            )
            count += await self.store.fall(found, present=present, event=event)
        return count


def _kind(public_account: PublicAccount) -> EventType:
    after = rules.step(public_account=public_account)
    same = after.state is public_account.state
    return EventType.PUBLIC_ACCOUNT_LICENCE_END if same else _EVENTS[after.state]
