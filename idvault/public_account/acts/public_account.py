"""Opens, renews, closes and moves public accounts, names who publishes for them, and lists them.

What has come due counts before it is stored. The worker stores it: grace, expiry, the end of a licence.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from idvault.account.store import rows as account_rows
from idvault.core.act import Tx, Vault, act, mutation, sweep
from idvault.core.policy import OperatorPolicy
from idvault.public_account.acts.step import (
    Change,
    PublicAccountCall,
    ShownPublicAccount,
    begin,
    is_eligible,
    put,
    shown,
    step,
)
from idvault.public_account.rules import owner as owner_rules
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules.owner import Owned, OwnerFacts, Present, Version
from idvault.public_account.rules.public_account import Application, PublicAccount
from idvault.public_account.store import lists
from idvault.public_account.store import rows as public_account_rows
from idvault_verify import public_account as category
from idvault_verify.account import Account
from idvault_verify.claim import Consent
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.public_account import Licence, PublicAccountCategory, PublicAccountState, RejectReason

CHUNK = 100
_FALLS = {
    PublicAccountState.GRACE: EventType.PUBLIC_ACCOUNT_GRACE,
    PublicAccountState.EXPIRED: EventType.PUBLIC_ACCOUNT_EXPIRE,
}


@dataclass(frozen=True, slots=True)
class FilingChunk:
    """Some public accounts as they were on a day."""

    day: date
    public_accounts: tuple[PublicAccount, ...]


async def apply(
    vault: Vault,
    call: PublicAccountCall,
    now: ClockReading,
    policy: OperatorPolicy,
    *,
    account_token: str,
    licence: Licence | None,
) -> ShownPublicAccount:
    """File an application; raises InvalidError, NotFoundError, PreconditionError and others."""
    await vault.guard.check(now=now)
    present = Present(now, policy.zone)
    if licence is not None:
        category.check_licence(licence, today=present.today)
    made = Application(vault.new_id(), call.relying_party, account_token, licence)
    request = call.request(vault.fingerprinter).of_account(account_token)
    done = await _apply.run(vault, call, now, request, made.public_account_id, made, present)
    return shown(done, present)


@mutation("public_account.apply", again=public_account_rows.get_with_operators)
async def _apply(tx: Tx, public_account_id: str, application: Application, present: Present) -> Owned:
    token = application.account_token
    owner = await account_rows.lock_of(tx.connection, account_token=token, relying_party=tx.party)
    made = rules.apply(application=application, owner=owner, today=present.today, now=present.time)
    await public_account_rows.add(tx.connection, made, now=present.time)
    await tx.log(EventType.PUBLIC_ACCOUNT_APPLY, account_token=token, public_account_id=public_account_id)
    return Owned(made, owner)


@step("public_account.approve")
async def approve(tx: Tx, _: str, change: Change) -> Owned:
    """Approve an application; it is REJECTED if its owner is not eligible. Raises TransitionError."""
    stored = await public_account_rows.lock_with_operators(tx.connection, change.found)
    made = rules.approve(
        public_account=stored.public_account,
        owner=stored.owner,
        eligible=await is_eligible(tx, stored.public_account, stored.owner, change),
        days=change.policy.public_accounts.days,
        today=change.present.today,
        now=change.present.time,
    )
    if made.reject_reason is None:
        return await put(tx, stored, made, EventType.PUBLIC_ACCOUNT_APPROVE, paper=change.paper)
    return await _put_rejected(tx, stored, made, change)


@step("public_account.reject")
async def reject(tx: Tx, _: str, change: Change, reason: RejectReason) -> Owned:
    """Reject an application; raises TransitionError."""
    stored = await public_account_rows.lock_with_operators(tx.connection, change.found)
    # Read as an approval reads them: neither its statements nor its time tell what an approval found.
    await is_eligible(tx, stored.public_account, stored.owner, change)
    made = rules.reject(
        public_account=stored.public_account,
        owner=stored.owner,
        reason=reason,
        today=change.present.today,
        now=change.present.time,
    )
    return await _put_rejected(tx, stored, made, change)


async def renew(
    vault: Vault,
    call: PublicAccountCall,
    now: ClockReading,
    public_account_id: str,
    policy: OperatorPolicy,
    *,
    licence: Licence | None,
) -> ShownPublicAccount:
    """Begin another term; raises TransitionError and PreconditionError (RENEWAL_TOO_EARLY and others)."""
    found = await begin(vault, call, now, public_account_id)
    if licence is not None:
        category.check_licence(licence, today=now.today(policy.zone))
    return await _renew.run(vault, call, now, found, policy, licence)


@step("public_account.renew")
async def _renew(tx: Tx, _: str, change: Change, licence: Licence | None) -> Owned:
    stored = await public_account_rows.lock_with_operators(tx.connection, change.found)
    made = rules.renew(
        public_account=stored.public_account,
        owner=stored.owner,
        licence=licence,
        days=change.policy.public_accounts.days,
        today=change.present.today,
        now=change.present.time,
    )
    return await put(tx, stored, made, EventType.PUBLIC_ACCOUNT_RENEW, paper=change.paper)


@step("public_account.close")
async def close(tx: Tx, _: str, change: Change) -> Owned:
    """Close a public account for its owner; raises TransitionError and PreconditionError (SANCTION_OPEN)."""
    stored = await public_account_rows.lock_with_operators(tx.connection, change.found)
    made = rules.close(
        public_account=stored.public_account,
        owner=stored.owner,
        disputed=await public_account_rows.is_disputed(tx.connection, stored, now=change.present.time),
        today=change.present.today,
        now=change.present.time,
    )
    return await put(tx, stored, made, EventType.PUBLIC_ACCOUNT_CLOSE)


@step("public_account.add_operator")
async def add_operator(tx: Tx, _: str, change: Change, account_token: str) -> Owned:
    """Name an operator, unless the account is one; raises NotFoundError, InvalidError, PreconditionError."""
    stored, added = await public_account_rows.lock_both(tx.connection, change.found, account_token)
    known = [each.account_token for each in stored.operators]
    if account_token in known:
        tx.unchanged("the account is an operator already")
        return stored
    made = owner_rules.add(
        public_account=stored.public_account,
        owner=stored.owner,
        operators=known,
        added=added,
        today=change.present.today,
        now=change.present.time,
    )
    await public_account_rows.add_operator(tx.connection, stored, added, now=change.present.time)
    kind = EventType.PUBLIC_ACCOUNT_ADD_OPERATOR
    done = await put(tx, stored, made, kind, operator=account_token)
    return replace(done, operators=(*stored.operators, added))


@step("public_account.remove_operator")
async def remove_operator(tx: Tx, _: str, change: Change, account_token: str) -> Owned:
    """Remove an operator, in whatever state the public account is; raises NotFoundError."""
    stored = await public_account_rows.lock_with_operators(tx.connection, change.found)
    left = tuple(each for each in stored.operators if each.account_token != account_token)
    if left == stored.operators:
        tx.unchanged("the account is no operator")
        return stored
    made = owner_rules.remove(
        public_account=stored.public_account, today=change.present.today, now=change.present.time
    )
    await public_account_rows.remove(tx.connection, stored, account_token)
    kind = EventType.PUBLIC_ACCOUNT_REMOVE_OPERATOR
    return replace(await put(tx, stored, made, kind, operator=account_token), operators=left)


@step("public_account.offer")
async def offer(tx: Tx, _: str, change: Change, account_token: str) -> Owned:
    """Offer a public account to another account; raises NotFoundError and PreconditionError."""
    stored, receiver = await public_account_rows.lock_both(tx.connection, change.found, account_token)
    made = owner_rules.offer(
        public_account=stored.public_account,
        owner=stored.owner,
        receiver=receiver,
        disputed=await public_account_rows.is_disputed(tx.connection, stored, now=change.present.time),
        today=change.present.today,
        now=change.present.time,
    )
    return await put(tx, stored, made, EventType.PUBLIC_ACCOUNT_OFFER, receiver=account_token)


@step("public_account.accept")
async def accept(tx: Tx, _: str, change: Change, account_token: str, consent: Consent) -> Owned:
    """Move a public account to the account that accepts it; raises NotFoundError, PreconditionError."""
    stored, receiver = await public_account_rows.lock_both(tx.connection, change.found, account_token)
    made = owner_rules.accept(
        public_account=stored.public_account,
        owner=stored.owner,
        receiver=receiver,
        eligible=await is_eligible(tx, stored.public_account, receiver, change),
        disputed=await public_account_rows.is_disputed(tx.connection, stored, now=change.present.time),
        today=change.present.today,
        now=change.present.time,
    )
    await public_account_rows.remove_all(tx.connection, stored)
    await put(
        tx,
        stored,
        made,
        EventType.PUBLIC_ACCOUNT_ACCEPT,
        receiver=account_token,
        policy_version=consent.policy_version,
        agree_time=consent.agree_time.isoformat(),
    )
    return Owned(made, receiver)


@act("public_account.fall")
async def fall(tx: Tx, found: Owned, today: date) -> bool:
    """Store the next step that is due, unless the public account has changed since it was read."""
    stored = await public_account_rows.lock_with_operators(tx.connection, found)
    before = stored.public_account
    if before.revision != found.public_account.revision or before.due_on is None or before.due_on > today:
        tx.unchanged("it has changed since, or nothing is due")
        return False
    after = rules.step(public_account=before)
    same = after.state is before.state
    await put(tx, stored, after, EventType.PUBLIC_ACCOUNT_LICENCE_END if same else _FALLS[after.state])
    return True


async def fall_all(vault: Vault, now: ClockReading, *, zone: tzinfo, limit: int) -> int:
    """Store one step of each public account that has one due; return how many.

    Any number of workers may do so at any time.
    """
    today = now.today(zone)
    return await sweep(
        vault,
        now,
        due=lambda: vault.read("public_account.due", lambda one: lists.due(one, today=today, limit=limit)),
        each=lambda vault, by, now, found: fall(vault, by, now, found, today),
    )


async def get(
    vault: Vault, party: str, public_account_id: str, *, zone: tzinfo, now: ClockReading
) -> ShownPublicAccount:
    """Return a public account as of now; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
    found = await vault.read(
        "public_account.get",
        lambda one: public_account_rows.get_with_operators(one, party, public_account_id),
    )
    return shown(found, Present(now, zone))


async def expiring(
    vault: Vault,
    party: str,
    *,
    days: int,
    after: tuple[date, str] | None,
    limit: int,
    zone: tzinfo,
    now: ClockReading,
) -> tuple[list[ShownPublicAccount], tuple[date, str] | None]:
    """Return live public accounts whose term ends within some days, and where the list continues."""
    present = Present(now, zone)
    until = present.today + timedelta(days=days)
    found = await vault.read(
        "public_account.expiring",
        lambda one: lists.expiring(one, party, until=until, after=after, limit=limit + 1, present=present),
    )
    page = [shown(one, present) for one in found[:limit]]
    last = page[-1].public_account if len(found) > limit else None
    if last is None or last.expire_date is None:
        return page, None
    return page, (last.expire_date, last.public_account_id)


async def page(
    vault: Vault,
    party: str,
    *,
    account_token: str | None,
    state: PublicAccountState | None,
    after: str,
    limit: int,
    zone: tzinfo,
    now: ClockReading,
) -> tuple[list[ShownPublicAccount], str]:
    """Return a page of public accounts as of now, and the last one's id if there are more, else "".

    A page of one owner's in one state may have fewer than `limit` although more follow.
    """
    present = Present(now, zone)
    found = await vault.read(
        "public_account.list",
        lambda one: lists.page(
            one,
            party,
            account_token=account_token,
            state=state,
            after=after,
            limit=limit + 1,
            present=present,
        ),
    )
    page = [shown(one, present) for one in found[:limit]]
    following = page[-1].public_account.public_account_id if len(found) > limit else ""
    return [one for one in page if state in (None, one.public_account.state)], following


async def offered(
    vault: Vault, party: str, account_token: str, *, limit: int, zone: tzinfo, now: ClockReading
) -> list[ShownPublicAccount]:
    """Return the live public accounts with an offer to an account that is valid now, the oldest offer first.

    Without operators: they are of the owner that offers.
    """
    present = Present(now, zone)
    since = present.time - owner_rules.OFFER_LIFETIME
    found = await vault.read(
        "public_account.offered",
        lambda one: lists.offered(one, party, account_token=account_token, since=since, limit=limit),
    )
    return [
        each for each in (shown(one, present) for one in found) if each.public_account.state in rules.LIVE
    ]


async def is_full(vault: Vault, owner: Account, *, policy: OperatorPolicy, now: ClockReading) -> bool:
    """Return whether an owner can have no further public account (LIMIT_REACHED); only for the owner."""
    party, person_id = owner.relying_party, owner.person_id
    if person_id is None:
        return False
    owned = await vault.read(
        "public_account.owned", lambda one: public_account_rows.of_person(one, party, person_id)
    )
    closings = await vault.read(
        "public_account.closings", lambda one: public_account_rows.closings(one, party, person_id)
    )
    return owner_rules.is_full(
        facts=OwnerFacts.of(owned, closings),
        kind=category.kind_of(owner),
        limits=policy.public_accounts,
        zone=policy.zone,
        now=now.business,
    )


async def export(
    vault: Vault,
    party: str,
    *,
    category: PublicAccountCategory | None,
    day: date | None,
    zone: tzinfo,
    now: ClockReading,
) -> AsyncGenerator[FilingChunk, None]:
    """Yield the live public accounts of a day in the order of their ids, at least one chunk.

    Raises InvalidError (INVALID_MESSAGE, as_of).
    """
    on = owner_rules.day_of(day, now=now, zone=zone)
    after, told = "", False
    while True:
        found = await _versions(vault, party, at=on.at, after=after)
        filed = [
            owner_rules.filed(
                public_account=each.public_account, owner_closed=each.owner_closed, category=category, on=on
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


async def _versions(vault: Vault, party: str, *, at: datetime, after: str) -> Sequence[Version]:
    return await vault.read(
        "public_account.versions", lambda one: lists.filings(one, party, at=at, after=after, limit=CHUNK)
    )


async def _put_rejected(tx: Tx, stored: Owned, made: PublicAccount, change: Change) -> Owned:
    reason = (made.reject_reason or RejectReason.OTHER).value
    kind = EventType.PUBLIC_ACCOUNT_REJECT
    return await put(tx, stored, made, kind, reason=reason, paper=change.paper)
