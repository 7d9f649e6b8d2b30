"""Opens, renews, closes and reads public accounts."""

from dataclasses import dataclass
from datetime import date, timedelta

from idvault.core.request import Asked
from idvault.moderator.acts.moderator import ModerationCall
from idvault.public_account.acts.context import PublicAccountContext, ShownPublicAccount, shown
from idvault.public_account.rules import owner as owner_rules
from idvault.public_account.rules.owner import OwnerFacts
from idvault.public_account.rules.values import Application, PublicAccountState, RejectReason
from idvault.verify import public_account as category
from idvault.verify.account import Account
from idvault.verify.clock import ClockReading
from idvault.verify.event import EventType
from idvault.verify.public_account import Licence


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
        return owner_rules.is_full(
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
