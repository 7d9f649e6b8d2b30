"""What the mutations of public accounts share.

- Each one of a public account that exists asks the guard, reads it, and checks what a moderator signed; then
  its act locks the row and the owner's account, decides by the rules, stores and logs.
- Rows are locked in this order: request, accounts by token (the owner's with the public account), person.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, Generic, ParamSpec

from idvault.account.store import person as account_person
from idvault.core.act import Mutation, Tx, Vault, mutation
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked, Fingerprinter, Request
from idvault.moderator.acts import ModerationCall, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.public_account.rules import owner as owner_rules
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules.owner import Owned, OwnerFacts, Present, PublicAccountOperator
from idvault.public_account.rules.public_account import PublicAccount, PublicProfile
from idvault.public_account.store import rows as public_account_rows
from idvault_verify.account import Account
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.seal import Part

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class PublicAccountCall(Asked):
    """A mutation's caller and content. decision: what a moderator signed; None if the platform decides."""

    decision: ModerationCall | None = None

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint, which the moderator is no part of."""
        signer = "" if self.decision is None else self.decision.moderator_id
        return replace(Asked.request(self, fingerprinter), signer=signer)


@dataclass(frozen=True, slots=True)
class ShownPublicAccount:
    """A public account as of now, its published profile, and its operators."""

    public_account: PublicAccount
    profile: PublicProfile
    operators: tuple[PublicAccountOperator, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What an act needs to change a public account. paper: what a moderator signed; empty if none did."""

    found: Owned
    present: Present
    policy: OperatorPolicy
    paper: bytes = field(default=b"", repr=False)


Body = Callable[Concatenate[Tx, str, Change, P], Coroutine[Any, Any, Owned]]


@dataclass(frozen=True, eq=False)
class PublicAccountStep(Generic[P]):
    """A mutation of a public account that exists."""

    act: Mutation[Concatenate[Change, P], Owned]

    async def __call__(
        self,
        vault: Vault,
        call: PublicAccountCall,
        now: ClockReading,
        public_account_id: str,
        policy: OperatorPolicy,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> ShownPublicAccount:
        """Run it and return the public account as of now.

        Raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND), what `signed_act` raises, and as a mutation does.
        """
        found = await begin(vault, call, now, public_account_id)
        return await self.run(vault, call, now, found, policy, *args, **kwargs)

    async def run(
        self,
        vault: Vault,
        call: PublicAccountCall,
        now: ClockReading,
        found: Owned,
        policy: OperatorPolicy,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> ShownPublicAccount:
        """Run it for a public account that was read after the guard had been asked."""
        signed = call.decision
        paper = b"" if signed is None else await signed_act(stored_moderators(vault), signed, now=now)
        change = Change(found, Present(now, policy.zone), policy, paper)
        which = found.public_account
        request = call.request(vault.fingerprinter).of_account(which.account_token)
        done = await self.act.run(vault, call, now, request, which.public_account_id, change, *args, **kwargs)
        return shown(done, change.present)

    async def known(
        self, vault: Vault, call: PublicAccountCall, now: ClockReading, policy: OperatorPolicy
    ) -> ShownPublicAccount | None:
        """Return what a repeat of a request gets, None if it is new; raises as a mutation does."""
        done = await self.act.known(vault, call.request(vault.fingerprinter))
        return None if done is None else shown(done, Present(now, policy.zone))


def step(name: str) -> Callable[[Body[P]], PublicAccountStep[P]]:
    """Make a mutation of a public account of a function of an act, the id, and what it needs."""
    return lambda body: PublicAccountStep(mutation(name, again=public_account_rows.get_with_operators)(body))


def shown(found: Owned, present: Present) -> ShownPublicAccount:
    """Return a public account as of now."""
    public_account, owner = found.public_account, found.owner
    today, now = present.today, present.time
    profile = rules.project(public_account=public_account, owner=owner, today=today, now=now)
    return ShownPublicAccount(
        rules.present(public_account=public_account, owner=owner, today=today, now=now),
        profile,
        tuple(
            owner_rules.shown(operator=each, profile=profile, today=today, now=now)
            for each in found.operators
        ),
    )


async def begin(vault: Vault, call: PublicAccountCall, now: ClockReading, public_account_id: str) -> Owned:
    """Ask the guard, and read a public account without its operators."""
    await vault.guard.check(now=now)
    party = call.relying_party
    return await vault.read(
        "public_account.get", lambda one: public_account_rows.get(one, party, public_account_id)
    )


async def is_eligible(tx: Tx, public_account: PublicAccount, owner: Account, change: Change) -> bool:
    """Return whether somebody may own a public account; locks the person, so that acts decide in turn.

    owner: an account whose row this act has locked.
    """
    party, person_id, now = owner.relying_party, owner.person_id, change.present.time
    if person_id is None:
        return False
    barred = await account_person.lock_is_barred(
        tx.connection, relying_party=party, person_id=person_id, now=now
    )
    owned = await public_account_rows.of_person(tx.connection, party, person_id)
    # Read last: of a closing at the same time, either the count or this sees it.
    closings = await public_account_rows.closings(tx.connection, party, person_id)
    return owner_rules.is_eligible(
        public_account=public_account,
        owner=owner,
        facts=OwnerFacts.of(owned, closings, person_barred=barred),
        limits=change.policy.public_accounts,
        zone=change.policy.zone,
        now=now,
    )


async def put(tx: Tx, stored: Owned, made: PublicAccount, kind: EventType, **fields: Part) -> Owned:
    """Store what an act made of a public account that it has locked, with its entry."""
    former = stored.public_account
    await public_account_rows.put(tx.connection, made, token=former.account_token, now=tx.now.business)
    await tx.log(
        kind,
        by=tx.by,
        account_token=former.account_token,
        party=former.relying_party,
        public_account_id=former.public_account_id,
        **fields,
    )
    return replace(stored, public_account=made)
