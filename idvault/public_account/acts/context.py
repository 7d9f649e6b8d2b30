"""What the use cases of public accounts share: the check before an act, its event, and the shown result."""

from dataclasses import dataclass, replace

from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked, Fingerprinter, Request
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts.moderator import ModerationCall, ModeratorSource, signed_act
from idvault.public_account.ports import Owned, Present, PublicAccountStore
from idvault.public_account.rules import operator as operator_rules
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules.operator import PublicAccountOperator
from idvault.public_account.rules.values import PublicAccount, PublicProfile
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event, EventType
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
    profile = rules.project(public_account=public_account, owner=owner, today=today, now=now)
    return ShownPublicAccount(
        rules.present(public_account=public_account, owner=owner, today=today, now=now),
        profile,
        tuple(
            operator_rules.shown(operator=each, profile=profile, today=today, now=now)
            for each in found.operators
        ),
    )
