"""Opens, renews, closes and reads public accounts."""

from dataclasses import dataclass
from datetime import date, timedelta

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event, EventType
from idvault.domain.public_account import category
from idvault.domain.public_account import public_account as rules
from idvault.domain.public_account.category import Licence
from idvault.domain.public_account.public_account import (
    Application,
    PublicAccount,
    PublicAccountState,
    PublicProfile,
    RejectReason,
)
from idvault.flows.campaign.campaign import Asked
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.policy import OperatorPolicy
from idvault.ports.entropy import Entropy
from idvault.ports.public_account import Owned, Present, PublicAccountStore
from idvault.ports.sealing import Fingerprinter


@dataclass(frozen=True, slots=True)
class ShownPublicAccount:
    """A public account as of now, and its published profile."""

    public_account: PublicAccount
    profile: PublicProfile


class PublicAccountFlow:
    """Public accounts of relying parties."""

    def __init__(
        self,
        *,
        store: PublicAccountStore,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
        policy: OperatorPolicy,
    ) -> None:
        """Initialise with the ports; policy: for its time zone, limits and terms."""
        self._store = store
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._policy = policy

    async def apply(
        self, asked: Asked, *, account_token: str, licence: Licence | None, now: ClockReading
    ) -> ShownPublicAccount:
        """File an application; raises InvalidError, NotFoundError, PreconditionError and others."""
        await self._guard.check(now=now)
        present = self._present(now)
        if licence is not None:
            category.check_licence(licence, today=present.today)
        made = Application(self._events.new_id(), asked.relying_party, account_token, licence)
        event = self._event(
            EventType.PUBLIC_ACCOUNT_APPLY, asked, now, made.account_token, made.public_account_id
        )
        request = asked.request(self._fingerprinter)
        return _shown(await self._store.apply(made, request=request, present=present, event=event), present)

    async def approve(self, asked: Asked, *, public_account_id: str, now: ClockReading) -> ShownPublicAccount:
        """Approve an application; it is REJECTED if its owner is not eligible. Raises TransitionError."""
        await self._guard.check(now=now)
        found, present = await self._found(asked, public_account_id), self._present(now)
        made = await self._store.approve(
            found,
            limits=self._policy.public_accounts,
            request=asked.request(self._fingerprinter),
            present=present,
            approved=self._event_of(EventType.PUBLIC_ACCOUNT_APPROVE, asked, now, found),
            rejected=self._rejected(asked, now, found, RejectReason.OWNER_NOT_ELIGIBLE),
        )
        return _shown(made, present)

    async def reject(
        self, asked: Asked, *, public_account_id: str, reason: RejectReason, now: ClockReading
    ) -> ShownPublicAccount:
        """Reject an application; raises TransitionError."""
        await self._guard.check(now=now)
        found, present = await self._found(asked, public_account_id), self._present(now)
        made = await self._store.reject(
            found,
            reason=reason,
            request=asked.request(self._fingerprinter),
            present=present,
            event=self._rejected(asked, now, found, reason),
        )
        return _shown(made, present)

    async def renew(
        self, asked: Asked, *, public_account_id: str, licence: Licence | None, now: ClockReading
    ) -> ShownPublicAccount:
        """Begin another term; raises TransitionError and PreconditionError (RENEWAL_TOO_EARLY and others)."""
        await self._guard.check(now=now)
        found, present = await self._found(asked, public_account_id), self._present(now)
        if licence is not None:
            category.check_licence(licence, today=present.today)
        made = await self._store.renew(
            found,
            licence=licence,
            days=self._policy.public_accounts.days,
            request=asked.request(self._fingerprinter),
            present=present,
            event=self._event_of(EventType.PUBLIC_ACCOUNT_RENEW, asked, now, found),
        )
        return _shown(made, present)

    async def close(self, asked: Asked, *, public_account_id: str, now: ClockReading) -> ShownPublicAccount:
        """Close a public account for its owner; raises TransitionError."""
        await self._guard.check(now=now)
        found, present = await self._found(asked, public_account_id), self._present(now)
        made = await self._store.close(
            found,
            request=asked.request(self._fingerprinter),
            present=present,
            event=self._event_of(EventType.PUBLIC_ACCOUNT_CLOSE, asked, now, found),
        )
        return _shown(made, present)

    async def get(
        self, *, relying_party: str, public_account_id: str, now: ClockReading
    ) -> ShownPublicAccount:
        """Return a public account as of now; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
        found = await self._store.get(relying_party=relying_party, public_account_id=public_account_id)
        return _shown(found, self._present(now))

    async def expiring(
        self,
        *,
        relying_party: str,
        days: int,
        after: tuple[date, str] | None,
        limit: int,
        now: ClockReading,
    ) -> tuple[list[ShownPublicAccount], tuple[date, str] | None]:
        """Return live public accounts whose term ends within some days, and where the list continues."""
        present = self._present(now)
        found = await self._store.expiring(
            relying_party=relying_party,
            until=present.today + timedelta(days=days),
            after=after,
            limit=limit + 1,
            present=present,
        )
        page = [_shown(one, present) for one in found[:limit]]
        last = page[-1].public_account if len(found) > limit else None
        if last is None or last.expire_date is None:
            return page, None
        return page, (last.expire_date, last.public_account_id)

    async def list(
        self,
        *,
        relying_party: str,
        account_token: str | None,
        state: PublicAccountState | None,
        after: str,
        limit: int,
        now: ClockReading,
    ) -> tuple[list[ShownPublicAccount], str]:
        """Return a page of public accounts as of now, and the last one's id if there are more, else "".

        A page of one owner's in one state may have fewer than `limit` although more follow.
        """
        present = self._present(now)
        found = await self._store.list(
            relying_party=relying_party,
            account_token=account_token,
            state=state,
            after=after,
            limit=limit + 1,
            present=present,
        )
        page = [_shown(one, present) for one in found[:limit]]
        following = page[-1].public_account.public_account_id if len(found) > limit else ""
        return [one for one in page if state in (None, one.public_account.state)], following

    def _present(self, now: ClockReading) -> Present:
        return Present(now, now.today(self._policy.zone))

    async def _found(self, asked: Asked, public_account_id: str) -> Owned:
        return await self._store.get(relying_party=asked.relying_party, public_account_id=public_account_id)

    def _rejected(self, asked: Asked, now: ClockReading, found: Owned, reason: RejectReason) -> Event:
        event = self._event_of(EventType.PUBLIC_ACCOUNT_REJECT, asked, now, found)
        return event.with_fields(reason=reason.value)

    def _event_of(self, kind: EventType, asked: Asked, now: ClockReading, found: Owned) -> Event:
        public_account = found.public_account
        return self._event(kind, asked, now, public_account.account_token, public_account.public_account_id)

    def _event(
        self, kind: EventType, asked: Asked, now: ClockReading, account_token: str, public_account_id: str
    ) -> Event:
        return self._events.event(
            kind,
            actor_id=asked.actor_id,
            now=now,
            account_token=account_token,
            public_account_id=public_account_id,
        )


def _shown(found: Owned, present: Present) -> ShownPublicAccount:
    public_account, owner = found.public_account, found.owner
    today, now = present.today, present.time
    return ShownPublicAccount(
        rules.present(public_account=public_account, owner=owner, today=today, now=now),
        rules.project(public_account=public_account, owner=owner, today=today, now=now),
    )
