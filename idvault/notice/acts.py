"""Applies notices of a registry, and ends the verifications on which they bear when their day has come.

A notice is one act, so it is applied wholly or not at all, and once by its id. Its numbers and its signature
are used and forgotten.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import partial
from hashlib import sha256

from idvault.account import rules as account_rules
from idvault.account.rules import Pairing
from idvault.account.store import notice as account_notice
from idvault.account.store import rows as account_rows
from idvault.account.store import withdrawal as withdrawal_store
from idvault.account.store.forgetting import Person
from idvault.account.store.notice import DueNotice
from idvault.core.act import Actor, Tx, Vault, act, sweep
from idvault.core.db.connection import Connection
from idvault.notice import rules, store
from idvault.notice.rules import KeptNotice
from idvault.notice.store import FoundPerson, SoughtPerson
from idvault.platform import acts as platform_acts
from idvault.sealing.ports import Indexer, PersonKey
from idvault_verify.account import AccountState
from idvault_verify.attest import notice as signed_notice
from idvault_verify.claim import Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document
from idvault_verify.error import DeniedError, Reason
from idvault_verify.event import EventType
from idvault_verify.notice import NoticeKind, RegistryNotice

# An index covers no name.
_NAMELESS = ""
_SIGNER_LENGTH = 32


@dataclass(frozen=True, slots=True)
class SignedNotice:
    """A notice as it was submitted."""

    notice: RegistryNotice
    signature: bytes


@dataclass(kw_only=True, eq=False, repr=False)
class NoticeContext:
    """What notices need beside the vault.

    public_keys: the registry's; without any, every notice is refused. applied: called for each new notice.
    """

    indexer: Indexer
    public_keys: Sequence[bytes]
    zone: tzinfo
    applied: Callable[[NoticeKind], None]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of some notices. last_notice_id: "" before the first. fresh: how many were new."""

    last_notice_id: str
    fresh: int


@dataclass(frozen=True, slots=True)
class Sought:
    """The keys of a notice's documents at each platform, by its name; empty if it acts on no person."""

    old: dict[str, PersonKey]
    new: dict[str, PersonKey]

    def persons(self) -> Iterator[SoughtPerson]:
        """Yield every index of every key."""
        for keys, is_new in ((self.old, False), (self.new, True)):
            for party, key in keys.items():
                for index in (key.index, *key.others):
                    yield SoughtPerson(party, index, is_new)

    def numbers(self) -> list[int]:
        """Return what others lock that look for a person of the new document; none under a single version."""
        return [key.number for key in self.new.values() if key.others]


async def submit(
    vault: Vault,
    by: Actor,
    now: ClockReading,
    registry: str,
    notices: Sequence[SignedNotice],
    *,
    caught_up: bool,
    context: NoticeContext,
) -> Submitted:
    """Apply notices in order. registry: who submits. caught_up: its feed has nothing more.

    All are checked before the first is applied. A repeat applies those that are missing.
    Raises DeniedError (ACCESS_DENIED) without a key of the registry, InvalidError (INVALID_MESSAGE),
    AlreadyExistsError (REQUEST_ID_REUSED) and UnavailableError.
    """
    if not context.public_keys:
        raise DeniedError(Reason.ACCESS_DENIED, why="no_registry_key")
    today = now.today(context.zone)
    signers = []
    for each in notices:
        each.notice.check(today=today)
        key = signed_notice.check_signature(each.notice, each.signature, public_keys=context.public_keys)
        signers.append(sha256(key).hexdigest()[:_SIGNER_LENGTH])
    await vault.guard.check(now=now)
    parties = await platform_acts.names(vault) if notices else []
    fresh = 0
    for each, signer in zip(notices, signers, strict=True):
        sought = _sought(vault, each.notice, parties, context.indexer, today)
        if await _apply(vault, by, now, registry, each.notice, sought, signer=signer, today=today):
            fresh += 1
            context.applied(each.notice.kind)
    if caught_up:
        await _catch_up(vault, by, now, registry)
    return Submitted(await vault.read("notice.last", lambda one: store.last(one, registry)), fresh)


def _sought(
    vault: Vault, notice: RegistryNotice, parties: Sequence[str], indexer: Indexer, today: date
) -> Sought:
    def keys(document: Document | None) -> dict[str, PersonKey]:
        if document is None or notice.kind not in rules.ACTS_ON_PERSONS:
            return {}
        identity = Identity(_NAMELESS, document)
        return {
            party: indexer.person(
                relying_party=party, identity=identity, person_id=vault.new_id(), today=today
            )
            for party in parties
        }

    return Sought(keys(notice.document), keys(notice.new_document))


@act("notice.apply")
async def _apply(
    tx: Tx, registry: str, notice: RegistryNotice, sought: Sought, *, signer: str, today: date
) -> bool:
    """Apply a notice; False if it was applied before."""
    kept = KeptNotice(notice.notice_id, notice.kind, notice.day, signer)
    if not await store.add(tx.connection, kept):
        rules.check_same(kept=await _stored(tx.connection, kept), again=kept)
        tx.unchanged("the notice was applied before")
        return False
    if notice.kind is NoticeKind.REVERSED:
        await _reverse(tx, notice.reversed_id)
    elif notice.kind in rules.ACTS_ON_PERSONS:
        await _act_on_persons(tx, kept, sought, today=today)
    await store.advance(tx.connection, registry, notice_id=kept.notice_id)
    await tx.log(
        EventType.REGISTRY_NOTICE,
        notice_id=kept.notice_id,
        notice_kind=kept.kind.value,
        day=kept.day.isoformat(),
    )
    return True


async def _stored(connection: Connection, kept: KeptNotice) -> KeptNotice:
    return await store.get(connection, kept.notice_id) or kept


async def _reverse(tx: Tx, notice_id: str) -> None:
    """Take away the marks of an earlier notice, and what it was still to do."""
    rules.check_reversible(former=await store.get(tx.connection, notice_id))
    await store.unmark(tx.connection, notice_id)
    await account_notice.reversed_(tx.connection, notice_id)


async def _act_on_persons(tx: Tx, notice: KeptNotice, sought: Sought, *, today: date) -> None:
    """Mark the persons of a notice, and draw a day for each account that it concerns.

    The statements are the same, and as many, whether or not anybody is found.
    """
    connection = tx.connection
    found = await store.find(connection, list(sought.persons()), numbers=sought.numbers())
    named = [(each.party, each.person_id) for each in found if not each.is_new]
    if notice.kind is NoticeKind.NUMBER_REPLACED:
        made = await _pair(connection, notice, await _successors(connection, sought, found), named)
        concerned = await store.with_formers(connection, made)
    else:
        concerned = await store.with_formers(connection, named)
    if notice.kind in rules.ENDS:
        await store.mark(connection, notice, [(*each, None) for each in concerned])
    elif notice.kind is NoticeKind.REPRESENTATIVE_CHANGED:
        await store.end_waits(connection, concerned)
    accounts = await store.verified_accounts(connection, concerned, now=tx.now.business)
    await account_notice.add(connection, notice.notice_id, _drawn(tx, notice.kind, accounts, today))


async def _pair(
    connection: Connection, notice: KeptNotice, successors: dict[str, str], named: Sequence[Person]
) -> list[Person]:
    """Pair the persons of two numbers at each platform; return those of the old one whose pairing is new."""
    # Of two rows of one person, the one that others find, which is the last. Two who are one are not paired.
    said = [
        Pairing(party, successors[party], former)
        for party, former in dict(named).items()
        if successors[party] != former
    ]
    pairs = await store.counting(connection, notice, said)
    paired = rules.pair(pairs=pairs, standing=await store.standing(connection, pairs))
    await store.pair(connection, notice, paired)
    return [(each.party, each.former_id) for each in paired.made]


async def _successors(connection: Connection, sought: Sought, found: Sequence[FoundPerson]) -> dict[str, str]:
    """Return the person of the new document at each platform that knows the old one's; adds missing ones."""
    known = {each.party: each.person_id for each in found if each.is_new}
    missing = {each.party for each in found if not each.is_new} - known.keys()
    fresh = [
        (party, key.index, key.index_version, key.person_id)
        for party, key in sought.new.items()
        if party in missing
    ]
    added = await store.meet(connection, fresh)
    return known | {each.party: each.person_id for each in added}


def _drawn(
    tx: Tx, kind: NoticeKind, accounts: Sequence[tuple[str, Person]], today: date
) -> list[tuple[str, date]]:
    taken: defaultdict[Person, set[date]] = defaultdict(set)
    drawn = []
    for token, person in accounts:
        seed = tx.events.entropy.random(rules.SEED_SIZE)
        day = rules.draw(kind=kind, seed=seed, taken=taken[person], today=today)
        taken[person].add(day)
        drawn.append((token, day))
    return drawn


@act("notice.catch_up")
async def _catch_up(tx: Tx, registry: str) -> None:
    tx.unchanged("a feed without news says nothing of anybody")
    await store.caught_up(tx.connection, registry, now=tx.now.business)


@act("notice.expire")
async def _expire(tx: Tx, due: DueNotice, *, today: date) -> bool:
    """End the verification of an account whose day has come; False if there is none to end."""
    owner = await account_rows.lock(tx.connection, account_token=due.account_token)
    if not await account_notice.remove(tx.connection, due) or owner is None:
        tx.unchanged("the account is gone, was verified again, or the notice was reversed")
        return False
    if owner.state is AccountState.REVOKED:
        return await _expire_withdrawn(tx, due.account_token, today=today)
    ended = account_rules.end(account=owner, today=today)
    if ended == owner:
        tx.unchanged("the account is not verified any more")
        return False
    await account_rows.put_expiry(tx.connection, ended)
    # The type of entry that the end of a term has: the public log must not tell who died.
    await tx.log(
        EventType.ACCOUNT_EXPIRE, account_token=due.account_token, expire_date=str(ended.expire_date)
    )
    return True


async def _expire_withdrawn(tx: Tx, account_token: str, *, today: date) -> bool:
    """Let a withdrawn verification come back as EXPIRED, if it does."""
    tx.unchanged("a withdrawn verification is nobody's status")
    found = await withdrawal_store.present(tx.connection, account_token)
    if found is None:
        return False
    await withdrawal_store.put(tx.connection, account_rules.end_withdrawn(withdrawal=found, today=today))
    return True


async def expire_all(vault: Vault, now: ClockReading, *, zone: tzinfo, limit: int) -> int:
    """End the verifications whose day has come; return how many."""
    today = now.today(zone)

    async def due() -> list[DueNotice]:
        return await vault.read("notice.due", lambda one: account_notice.due(one, today=today, limit=limit))

    return await sweep(vault, now, due=due, each=partial(_expire, today=today))


@act("notice.fall")
async def _fall(tx: Tx, due: Pairing, *, before: datetime) -> bool:
    """End a contested pairing that no second key confirmed; False if one has."""
    if not await store.fall(tx.connection, due, before=before):
        tx.unchanged("the pairing was confirmed, reversed or joined meanwhile")
        return False
    await tx.log(EventType.PAIRING_FALL, notice_id=due.notice_id)
    return True


async def fall_all(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """End the pairings whose contest no second key has answered in time; return how many."""
    before = now.business - rules.CONTEST_TERM

    async def due() -> list[Pairing]:
        return await vault.read(
            "notice.pairings", lambda one: store.due_pairings(one, before=before, limit=limit)
        )

    return await sweep(vault, now, due=due, each=partial(_fall, before=before))


async def caught_up_at(vault: Vault) -> datetime | None:
    """Return when the feed that is furthest behind had nothing more; None if there is no feed."""
    return await vault.main.one("notice.caught_up", store.LONGEST_BEHIND)
