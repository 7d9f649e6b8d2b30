"""Names operators of public accounts, and moves public accounts from one owner to another."""

from dataclasses import dataclass

from idvault.core.request import Asked
from idvault.public_account.acts.context import PublicAccountContext, ShownPublicAccount, shown
from idvault.public_account.ports import OwnershipStore
from idvault.verify.claim import Consent
from idvault.verify.clock import ClockReading
from idvault.verify.event import EventType


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
