"""Use cases of public accounts.

What the use cases of public accounts share: the check before an act, its event, and the shown result.

Streams the filings of a day.

Names operators of public accounts, and moves public accounts from one owner to another.

Opens, renews, closes and reads public accounts.

Stores what has come due of public accounts: grace, expiry, and the end of a licence.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked, Fingerprinter, Request
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModerationCall, ModeratorSource, signed_act
from idvault.public_account.ports import FilingStore, Owned, OwnershipStore, Present, PublicAccountStore
from idvault.public_account.rules import owner as public_account_owner
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.owner import OwnerFacts, PublicAccountOperator
from idvault.public_account.rules.public_account import (
    Application,
    PublicAccount,
    PublicAccountState,
    PublicProfile,
    RejectReason,
)
from idvault.verify import public_account as category
from idvault.verify.account import Account
from idvault.verify.claim import Consent
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType
from idvault.verify.public_account import Licence, PublicAccountCategory
from idvault.verify.seal import Part


@dataclass(frozen=True, slots=True)
class ShownPublicAccount:
    """A public account as of now, its published profile, and its operators."""

    public_account: PublicAccount
    profile: PublicProfile
    operators: tuple[PublicAccountOperator, ...] = ()


@dataclass(kw_only=True, eq=False, repr=False)
class PublicAccountContext:
    """The ports that every act needs; policy: for its time zone, limits and terms."""

    store: PublicAccountStore
    moderators: ModeratorSource
    fingerprinter: Fingerprinter
    guard: LogGuard
    events: EventFactory
    policy: OperatorPolicy

    def present(self, now: ClockReading) -> Present:
        """Return when an act happens."""
        return Present(now, self.policy.zone)

    async def begin(self, asked: Asked, public_account_id: str, now: ClockReading) -> tuple[Owned, Present]:
        """Ask the log guard, then return the public account; raises NotFoundError and UnavailableError."""
        await self.guard.check(now=now)
        found = await self.store.get(relying_party=asked.relying_party, public_account_id=public_account_id)
        return found, self.present(now)

    def request(self, asked: Asked, decision: ModerationCall | None = None) -> Request:
        """Return the request of an act. decision: a moderator's."""
        made = asked.request(self.fingerprinter)
        return made if decision is None else replace(made, signer=decision.moderator_id)

    async def paper(self, decision: ModerationCall | None, now: ClockReading) -> bytes:
        """Return what a moderator signed; empty for what the platform decides by itself."""
        return b"" if decision is None else await signed_act(self.moderators, decision, now=now)

    def event_of(
        self, kind: EventType, asked: Asked, now: ClockReading, found: Owned, **fields: Part
    ) -> Event:
        """Return the event of an act on a public account."""
        public_account = found.public_account
        return self.event(
            kind, asked, now, public_account.account_token, public_account.public_account_id, **fields
        )

    def event(
        self,
        kind: EventType,
        asked: Asked,
        now: ClockReading,
        account_token: str,
        public_account_id: str,
        **fields: Part,
    ) -> Event:
        """Return the event of an act. account_token: of the owner."""
        return self.events.event(
            kind,
            actor_id=asked.actor_id,
            now=now,
            account_token=account_token,
            public_account_id=public_account_id,
            **fields,
        )


def shown(found: Owned, present: Present) -> ShownPublicAccount:
    """Return a public account as of now."""
    public_account, owner = found.public_account, found.owner
    today, now = present.today, present.time
    profile = public_account_rules.project(public_account=public_account, owner=owner, today=today, now=now)
    return ShownPublicAccount(
        public_account_rules.present(public_account=public_account, owner=owner, today=today, now=now),
        profile,
        tuple(
            public_account_owner.shown(operator=each, profile=profile, today=today, now=now)
            for each in found.operators
        ),
    )


CHUNK = 100


@dataclass(frozen=True, slots=True)
class FilingChunk:
    """Some public accounts as they were on a day."""

    day: date
    public_accounts: tuple[PublicAccount, ...]


@dataclass(kw_only=True, eq=False, repr=False)
class FilingExportFlow:
    """Filings of relying parties."""

    store: FilingStore
    zone: tzinfo

    async def export(
        self,
        *,
        relying_party: str,
        category: PublicAccountCategory | None,
        day: date | None,
        now: ClockReading,
    ) -> AsyncGenerator[FilingChunk, None]:
        """Yield the live public accounts of a day in the order of their ids, at least one chunk.

        Raises InvalidError (INVALID_MESSAGE, as_of).
        """
        on = public_account_owner.day_of(day, now=now, zone=self.zone)
        after, told = "", False
        while True:
            found = await self.store.versions(relying_party=relying_party, at=on.at, after=after, limit=CHUNK)
            filed = [
                public_account_owner.filed(
                    public_account=each.public_account,
                    owner_closed=each.owner_closed,
                    category=category,
                    on=on,
                )
                for each in found
            ]
            chunk = FilingChunk(on.day, tuple(each for each in filed if each is not None))
            last = len(found) < CHUNK
            if chunk.public_accounts or (last and not told):
                told = True
                yield chunk
            if last:
                return
            after = found[-1].public_account.public_account_id


@dataclass(kw_only=True, eq=False, repr=False)
class OwnershipFlow:
    """Operators and transfers of relying parties' public accounts."""

    context: PublicAccountContext
    store: OwnershipStore

    async def add_operator(
        self, asked: Asked, *, public_account_id: str, account_token: str, now: ClockReading
    ) -> ShownPublicAccount:
        """Name an operator; raises NotFoundError, InvalidError and PreconditionError."""
        found, present = await self.context.begin(asked, public_account_id, now)
        kind = EventType.PUBLIC_ACCOUNT_ADD_OPERATOR
        made = await self.store.add_operator(
            found,
            account_token=account_token,
            request=self.context.request(asked),
            present=present,
            event=self.context.event_of(kind, asked, now, found, operator=account_token),
        )
        return shown(made, present)

    async def remove_operator(
        self, asked: Asked, *, public_account_id: str, account_token: str, now: ClockReading
    ) -> ShownPublicAccount:
        """Remove an operator, in whatever state the public account is; raises NotFoundError."""
        found, present = await self.context.begin(asked, public_account_id, now)
        kind = EventType.PUBLIC_ACCOUNT_REMOVE_OPERATOR
        made = await self.store.remove_operator(
            found,
            account_token=account_token,
            request=self.context.request(asked),
            present=present,
            event=self.context.event_of(kind, asked, now, found, operator=account_token),
        )
        return shown(made, present)

    async def offer(
        self, asked: Asked, *, public_account_id: str, account_token: str, now: ClockReading
    ) -> ShownPublicAccount:
        """Offer a public account to another account; raises NotFoundError and PreconditionError."""
        found, present = await self.context.begin(asked, public_account_id, now)
        kind = EventType.PUBLIC_ACCOUNT_OFFER
        made = await self.store.offer(
            found,
            account_token=account_token,
            request=self.context.request(asked),
            present=present,
            event=self.context.event_of(kind, asked, now, found, receiver=account_token),
        )
        return shown(made, present)

    async def accept(
        self,
        asked: Asked,
        *,
        public_account_id: str,
        account_token: str,
        consent: Consent,
        now: ClockReading,
    ) -> ShownPublicAccount:
        """Move a public account to the account that accepts it; raises NotFoundError, PreconditionError."""
        found, present = await self.context.begin(asked, public_account_id, now)
        event = self.context.event_of(
            EventType.PUBLIC_ACCOUNT_ACCEPT,
            asked,
            now,
            found,
            receiver=account_token,
            policy_version=consent.policy_version,
            agree_time=consent.agree_time.isoformat(),
        )
        made = await self.store.accept(
            found,
            account_token=account_token,
            limits=self.context.policy.public_accounts,
            request=self.context.request(asked),
            present=present,
            event=event,
        )
        return shown(made, present)


@dataclass(kw_only=True, eq=False, repr=False)
class PublicAccountFlow:
    """Public accounts of relying parties."""

    context: PublicAccountContext

    async def apply(
        self, asked: Asked, *, account_token: str, licence: Licence | None, now: ClockReading
    ) -> ShownPublicAccount:
        """File an application; raises InvalidError, NotFoundError, PreconditionError and others."""
        await self.context.guard.check(now=now)
        present = self.context.present(now)
        if licence is not None:
            category.check_licence(licence, today=present.today)
        made = Application(self.context.events.new_id(), asked.relying_party, account_token, licence)
        event = self.context.event(
            EventType.PUBLIC_ACCOUNT_APPLY, asked, now, made.account_token, made.public_account_id
        )
        request = self.context.request(asked)
        return shown(
            await self.context.store.apply(made, request=request, present=present, event=event), present
        )

    async def approve(
        self,
        asked: Asked,
        *,
        public_account_id: str,
        now: ClockReading,
        decision: ModerationCall | None = None,
    ) -> ShownPublicAccount:
        """Approve an application; it is REJECTED if its owner is not eligible. Raises TransitionError."""
        found, present = await self.context.begin(asked, public_account_id, now)
        paper = await self.context.paper(decision, now)
        made = await self.context.store.approve(
            found,
            limits=self.context.policy.public_accounts,
            request=self.context.request(asked, decision),
            present=present,
            approved=self.context.event_of(EventType.PUBLIC_ACCOUNT_APPROVE, asked, now, found, paper=paper),
            rejected=self.context.event_of(
                EventType.PUBLIC_ACCOUNT_REJECT,
                asked,
                now,
                found,
                reason=RejectReason.OWNER_NOT_ELIGIBLE.value,
                paper=paper,
            ),
        )
        return shown(made, present)

    async def reject(
        self,
        asked: Asked,
        *,
        public_account_id: str,
        reason: RejectReason,
        now: ClockReading,
        decision: ModerationCall | None = None,
    ) -> ShownPublicAccount:
        """Reject an application; raises TransitionError."""
        found, present = await self.context.begin(asked, public_account_id, now)
        paper = await self.context.paper(decision, now)
        made = await self.context.store.reject(
            found,
            reason=reason,
            limits=self.context.policy.public_accounts,
            request=self.context.request(asked, decision),
            present=present,
            event=self.context.event_of(
                EventType.PUBLIC_ACCOUNT_REJECT, asked, now, found, reason=reason.value, paper=paper
            ),
        )
        return shown(made, present)

    async def renew(
        self,
        asked: Asked,
        *,
        public_account_id: str,
        licence: Licence | None,
        now: ClockReading,
        decision: ModerationCall | None = None,
    ) -> ShownPublicAccount:
        """Begin another term; raises TransitionError and PreconditionError (RENEWAL_TOO_EARLY and others)."""
        found, present = await self.context.begin(asked, public_account_id, now)
        if licence is not None:
            category.check_licence(licence, today=present.today)
        paper = await self.context.paper(decision, now)
        made = await self.context.store.renew(
            found,
            licence=licence,
            days=self.context.policy.public_accounts.days,
            request=self.context.request(asked, decision),
            present=present,
            event=self.context.event_of(EventType.PUBLIC_ACCOUNT_RENEW, asked, now, found, paper=paper),
        )
        return shown(made, present)

    async def close(self, asked: Asked, *, public_account_id: str, now: ClockReading) -> ShownPublicAccount:
        """Close a public account for its owner; raises TransitionError."""
        found, present = await self.context.begin(asked, public_account_id, now)
        made = await self.context.store.close(
            found,
            request=self.context.request(asked),
            present=present,
            event=self.context.event_of(EventType.PUBLIC_ACCOUNT_CLOSE, asked, now, found),
        )
        return shown(made, present)

    async def get(
        self, *, relying_party: str, public_account_id: str, now: ClockReading
    ) -> ShownPublicAccount:
        """Return a public account as of now; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
        found = await self.context.store.get(relying_party=relying_party, public_account_id=public_account_id)
        return shown(found, self.context.present(now))

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
        present = self.context.present(now)
        found = await self.context.store.expiring(
            relying_party=relying_party,
            until=present.today + timedelta(days=days),
            after=after,
            limit=limit + 1,
            present=present,
        )
        page = [shown(one, present) for one in found[:limit]]
        last = page[-1].public_account if len(found) > limit else None
        if last is None or last.expire_date is None:
            return page, None
        return page, (last.expire_date, last.public_account_id)

    async def is_full(self, *, owner: Account, now: ClockReading) -> bool:
        """Return whether an owner can have no further public account (LIMIT_REACHED); only for the owner."""
        if owner.person_id is None:
            return False
        who = {"relying_party": owner.relying_party, "person_id": owner.person_id}
        owned = await self.context.store.owned(**who)
        closings = await self.context.store.closings(**who)
        return public_account_owner.is_full(
            facts=OwnerFacts(
                person_barred=False,
                owned=tuple((each.public_account, each.owner) for each in owned),
                closings=tuple(closings),
            ),
            kind=category.kind_of(owner),
            limits=self.context.policy.public_accounts,
            zone=self.context.policy.zone,
            now=now.business,
        )

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
        present = self.context.present(now)
        found = await self.context.store.list(
            relying_party=relying_party,
            account_token=account_token,
            state=state,
            after=after,
            limit=limit + 1,
            present=present,
        )
        page = [shown(one, present) for one in found[:limit]]
        following = page[-1].public_account.public_account_id if len(found) > limit else ""
        return [one for one in page if state in (None, one.public_account.state)], following


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
    after = public_account_rules.step(public_account=public_account)
    same = after.state is public_account.state
    return EventType.PUBLIC_ACCOUNT_LICENCE_END if same else _EVENTS[after.state]
