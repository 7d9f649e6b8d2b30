"""Begins inquiries, shows who is proven the list, and takes what is disowned or cancelled.

- Each call checks the provider's assertion anew, and computes from its number where accounts are looked for.
  Nothing of that is kept.
- Rows are locked in this order: account, what waits of it.
- A disavowal has no entry here: it would have the time at which all of a person are made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from hmac import compare_digest

from idvault.account.store import rows as account_rows
from idvault.core.act import SYSTEM, Actor, Tx, Vault, act
from idvault.disclosure import rules as disclosure_rules
from idvault.platform import acts as platform_acts
from idvault.registry.ports import OpenProof
from idvault.sealing.ports import Indexer, PersonKey
from idvault.session.acts import page as page_acts
from idvault.session.acts import proof as proof_acts
from idvault.session.acts.session import SessionContext
from idvault.session.disavowal import rules as disavowal_rules
from idvault.session.disavowal import store as disavowal_store
from idvault.session.inquiry import rules, store
from idvault.session.inquiry.rules import FoundAccount, Inquiry, ToldAccess, ToldDisclosure
from idvault_verify import secret
from idvault_verify.account import AccountState
from idvault_verify.attest import assertion
from idvault_verify.attest.assertion import ProofEnd, Typed
from idvault_verify.claim import Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import DocumentType
from idvault_verify.error import AlreadyExistsError, NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.session import Proof

RETURN_PATH = "/accounts/proof"
"""Where the provider sends a browser back to: an address that names nobody."""
_ONLY = 1
"""The number of an inquiry's proof."""


@dataclass(kw_only=True, eq=False, repr=False)
class InquiryContext:
    """What inquiries need beside the vault. sessions: whose provider proves, and the pages' address.

    embargo: how long an auditor's work is not told.
    """

    sessions: SessionContext
    indexer: Indexer
    zone: tzinfo
    embargo: timedelta


@dataclass(frozen=True, slots=True)
class StartedInquiry:
    """Where the browser goes for the proof. provider: what people know it as."""

    proof_url: str = field(repr=False)
    provider: str


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as the list has it. month: of the verification, "2026-11". handle: names it here alone."""

    handle: str = field(repr=False)
    title: str
    month: str
    state: AccountState
    waits: bool
    has_open: bool


@dataclass(frozen=True, slots=True)
class ToldRecords:
    """What was disclosed of withdrawn verifications before the horizon. titles: by platform."""

    horizon: datetime
    disclosures: Sequence[ToldDisclosure]
    accesses: Sequence[ToldAccess]
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShownInquiry:
    """What whoever is proven sees. ready_at: when the list can be read; None: nobody asked for it.

    waiting: how many disowned accounts can still be cancelled. accounts, told: None while the list is not
    shown.
    provider: what people know it as. proof_url: of the open proof, "" once it has ended. finishable: whether
    `finish` asks for the list, or shows it.
    """

    ready_at: datetime | None
    waiting: int
    accounts: tuple[ListedAccount, ...] | None
    provider: str
    proof_url: str = field(default="", repr=False)
    finishable: bool = False
    told: ToldRecords | None = None


@dataclass(frozen=True, slots=True)
class _ProvenPerson:
    """Whoever is proven. indexes: of the list; sought: of the person at each platform."""

    inquiry: Inquiry
    indexes: Sequence[bytes] = field(repr=False)
    sought: Sequence[tuple[str, bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InquiryOffer:
    """What the first page needs. provider: what people know it as."""

    provider: str
    document_types: tuple[DocumentType, ...]


def offer(context: InquiryContext) -> InquiryOffer:
    """Return what the first page needs; raises PreconditionError (PROOF_NOT_OFFERED, PAGES_NOT_SERVED)."""
    _check_served(context)
    name = context.sessions.provider(Proof.HOLDER).name
    return InquiryOffer(name, page_acts.documents(context.sessions, Proof.HOLDER))


def _check_served(context: InquiryContext) -> None:
    if not context.sessions.base_url:
        raise PreconditionError(Reason.PAGES_NOT_SERVED)


async def begin(
    vault: Vault,
    context: InquiryContext,
    by: Actor,
    now: ClockReading,
    *,
    browser_key: str,
    identity: Identity,
) -> StartedInquiry:
    """Begin the inquiry of a browser's key with what was typed; a repeat changes nothing.

    Raises PreconditionError (PROOF_NOT_OFFERED, PAGES_NOT_SERVED), UnavailableError, and AlreadyExistsError
    (REQUEST_ID_REUSED) for something else under the same key.
    """
    _check_served(context)
    provider = context.sessions.provider(Proof.HOLDER)
    await vault.guard.check(now=now)
    inquiry_id, nonce = _names(browser_key)
    bound = assertion.binding(session_id=inquiry_id, nonce=nonce, typed=Typed(identity))
    await _begin(vault, by, now, Inquiry(inquiry_id, bound, now.business))
    reference = secret.proof_session(nonce, session_id=inquiry_id)
    await provider.begin(OpenProof(nonce, reference, context.sessions.base_url + RETURN_PATH, identity))
    return StartedInquiry(provider.page(nonce), provider.name)


@act("inquiry.begin")
async def _begin(tx: Tx, inquiry: Inquiry) -> None:
    if await store.add(tx.connection, inquiry):
        await tx.log(EventType.INQUIRY_BEGIN, inquiry_id=inquiry.inquiry_id)
        return
    if not compare_digest(
        (await store.get(tx.connection, inquiry.inquiry_id)).proof_hash, inquiry.proof_hash
    ):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
    tx.unchanged("the inquiry was begun before")


async def finish(
    vault: Vault, context: InquiryContext, by: Actor, now: ClockReading, browser_key: str
) -> ShownInquiry:
    """Take the end of a proof: ask for the list, or show it; a repeat changes nothing.

    Raises PreconditionError (PROOF_OPEN, PROOF_REFUSED, SESSION_EXPIRED), NotFoundError (SESSION_NOT_FOUND)
    and UnavailableError.
    """
    proven = await _proven(vault, context, now, browser_key)
    await vault.guard.check(now=now)
    await _finish(vault, by, now, proven.inquiry, proven.indexes)
    inquiry = await vault.read("inquiry.get", lambda one: store.get(one, proven.inquiry.inquiry_id))
    return await _shown(vault, context, now, browser_key, replace(proven, inquiry=inquiry))


@act("inquiry.finish")
async def _finish(tx: Tx, inquiry: Inquiry, indexes: Sequence[bytes]) -> None:
    now = tx.now.business
    if await store.ask(tx.connection, indexes, over_before=rules.over_before(now=now), now=now):
        await tx.log(EventType.INQUIRY_ASK, inquiry_id=inquiry.inquiry_id)
        return
    asked_at = await store.asked_at(tx.connection, indexes)
    if not rules.is_ready(asked_at=asked_at, now=now):
        tx.unchanged("the list was asked for before, and is not ready")
    elif await store.show(tx.connection, inquiry.inquiry_id, now=now):
        await tx.log(EventType.INQUIRY_SHOW, inquiry_id=inquiry.inquiry_id)
    else:
        tx.unchanged("the list was shown before")


async def get(vault: Vault, context: InquiryContext, now: ClockReading, browser_key: str) -> ShownInquiry:
    """Return what whoever is proven sees now, or where the open proof goes on; raises as `finish` does."""
    provider = context.sessions.provider(Proof.HOLDER)
    try:
        proven = await _proven(vault, context, now, browser_key)
    except PreconditionError as error:
        if error.reason is not Reason.PROOF_OPEN:
            raise
        _, nonce = _names(browser_key)
        return ShownInquiry(None, 0, None, provider.name, provider.page(nonce))
    return await _shown(vault, context, now, browser_key, proven)


async def _shown(
    vault: Vault, context: InquiryContext, now: ClockReading, browser_key: str, proven: _ProvenPerson
) -> ShownInquiry:
    """Return what a proven person sees now; the provider was asked when that was checked."""
    provider = context.sessions.provider(Proof.HOLDER)
    asked_at = rules.present(asked_at=await _asked_at(vault, proven), now=now.business)
    found = await _accounts(vault, proven)
    waiting = sum(each.waits for each in found)
    ready_at = None if asked_at is None else rules.ready_at(asked_at=asked_at)
    is_ready = rules.is_ready(asked_at=asked_at, now=now.business)
    if not is_ready or proven.inquiry.shown_at is None:
        finishable = is_ready or asked_at is None
        return ShownInquiry(ready_at, waiting, None, provider.name, finishable=finishable)
    titles = {party: await _title(vault, party) for party in {each.relying_party for each in found}}
    today = now.today(context.zone)
    listed = tuple(_listed(each, browser_key, titles, today=today) for each in found)
    told = await _told(vault, context, proven.sought, today=today)
    return ShownInquiry(ready_at, waiting, listed, provider.name, told=told)


async def _told(
    vault: Vault, context: InquiryContext, sought: Sequence[tuple[str, bytes]], *, today: date
) -> ToldRecords:
    """Return what a person may read of withdrawn verifications, up to the day that all accounts have."""
    horizon = disclosure_rules.horizon(today=today, embargo=context.embargo, zone=context.zone)
    disclosed = await vault.read(
        "inquiry.disclosures", lambda one: store.disclosed_of(one, sought, horizon=horizon)
    )
    opened = await vault.read("inquiry.openings", lambda one: store.opened_of(one, sought, horizon=horizon))
    parties = {each.relying_party for each in disclosed} | {each.relying_party for each in opened}
    return ToldRecords(horizon, disclosed, opened, {party: await _title(vault, party) for party in parties})


async def _title(vault: Vault, party: str) -> str:
    return (await platform_acts.pages(vault, party)).title or party


def _listed(account: FoundAccount, browser_key: str, titles: dict[str, str], *, today: date) -> ListedAccount:
    return ListedAccount(
        secret.account_handle(browser_key, account_token=account.account_token),
        titles[account.relying_party],
        "" if account.verify_date is None else account.verify_date.strftime("%Y-%m"),
        rules.state(account=account, today=today),
        account.waits,
        account.has_open,
    )


async def disown(
    vault: Vault, context: InquiryContext, by: Actor, now: ClockReading, browser_key: str, *, handle: str
) -> ShownInquiry:
    """Disown an account of the list; a repeat changes nothing.

    Raises NotFoundError (ACCOUNT_NOT_FOUND) for an unknown handle, PreconditionError (LIST_NOT_READY), and
    as `finish` does.
    """
    proven = await _proven(vault, context, now, browser_key)
    rules.check_shown(inquiry=proven.inquiry, asked_at=await _asked_at(vault, proven), now=now.business)
    await vault.guard.check(now=now)
    for each in await _accounts(vault, proven):
        if compare_digest(secret.account_handle(browser_key, account_token=each.account_token), handle):
            await _disown(vault, by, now, each)
            return await _shown(vault, context, now, browser_key, proven)
    raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)


@act("inquiry.disown")
async def _disown(tx: Tx, found: FoundAccount) -> None:
    connection, token = tx.connection, found.account_token
    owner = await account_rows.lock_of(connection, account_token=token, relying_party=found.relying_party)
    seed = tx.events.entropy.random(disavowal_rules.SEED_SIZE)
    waiting = disavowal_rules.disown(
        account=owner,
        person_id=found.person_id,
        tell_at=disavowal_rules.draw(seed=seed, now=tx.now.business),
    )
    if not await disavowal_store.is_open(connection, token):
        await disavowal_store.wait(connection, waiting)
    tx.unchanged("its platform's entry tells of it, at a time of its own")


async def cancel(
    vault: Vault, context: InquiryContext, by: Actor, now: ClockReading, browser_key: str
) -> ShownInquiry:
    """Cancel the list and every disavowal of which no platform was told; raises as `finish` does."""
    proven = await _proven(vault, context, now, browser_key)
    await vault.guard.check(now=now)
    waiting = [each for each in await _accounts(vault, proven) if each.waits]
    await _cancel(vault, by, now, proven.inquiry, proven.indexes, waiting)
    return await _shown(vault, context, now, browser_key, proven)


@act("inquiry.cancel")
async def _cancel(
    tx: Tx, inquiry: Inquiry, indexes: Sequence[bytes], waiting: Sequence[FoundAccount]
) -> None:
    cancelled = 0
    for each in sorted(waiting, key=lambda one: one.account_token):
        cancelled += await disavowal_store.cancel(tx.connection, each.account_token, person_id=each.person_id)
    if await store.forget(tx.connection, indexes) or cancelled:
        await tx.log(EventType.INQUIRY_CANCEL, inquiry_id=inquiry.inquiry_id)
    else:
        tx.unchanged("nothing waits")


@act("inquiry.purge")
async def _purge(tx: Tx) -> int:
    now = tx.now.business
    before, lists_before = now - rules.PURGED_AFTER, rules.over_before(now=now)
    count = await store.purge(tx.connection, before=before, lists_before=lists_before)
    if count:
        await tx.log(EventType.INQUIRY_PURGE, before=before.isoformat(), count=count)
    else:
        tx.unchanged("no inquiry is old, and no list is over")
    return count


async def purge(vault: Vault, now: ClockReading) -> int:
    """Delete inquiries after a day, and lists that can be read no more; return how many."""
    await vault.guard.check(now=now)
    return await _purge(vault, SYSTEM, now)


async def _proven(
    vault: Vault, context: InquiryContext, now: ClockReading, browser_key: str
) -> _ProvenPerson:
    """Return whoever the provider vouches for in this browser's inquiry."""
    inquiry_id, nonce = _names(browser_key)
    inquiry = await vault.read("inquiry.get", lambda one: store.get(one, inquiry_id))
    rules.check_alive(inquiry=inquiry, now=now.business)
    identity = await _ended(context, inquiry, nonce, now=now.real)
    today = now.today(context.zone)

    def key(party: str) -> PersonKey:
        return context.indexer.person(
            relying_party=party, identity=identity, person_id=vault.new_id(), today=today
        )

    own = key(rules.NO_PLATFORM)
    parties = {party: key(party) for party in await platform_acts.names(vault)}
    sought = [(party, index) for party, one in parties.items() for index in (one.index, *one.others)]
    return _ProvenPerson(inquiry, [own.index, *own.others], sought)


async def _ended(context: InquiryContext, inquiry: Inquiry, nonce: str, *, now: datetime) -> Identity:
    done = await proof_acts.checked(
        context.sessions,
        provider=context.sessions.provider(Proof.HOLDER),
        session_id=inquiry.inquiry_id,
        nonce=nonce,
        bound=inquiry.proof_hash,
        now=now,
    )
    if done.end is not ProofEnd.CONFIRMED:
        raise PreconditionError(Reason.PROOF_REFUSED)
    return done.named


def _names(browser_key: str) -> tuple[str, str]:
    """Return the id of a browser's inquiry, and the nonce of its proof."""
    inquiry_id = secret.inquiry_id(browser_key)
    return inquiry_id, secret.proof_nonce(browser_key, session_id=inquiry_id, number=_ONLY)


async def _asked_at(vault: Vault, proven: _ProvenPerson) -> datetime | None:
    return await vault.read("inquiry.asked_at", lambda one: store.asked_at(one, proven.indexes))


async def _accounts(vault: Vault, proven: _ProvenPerson) -> list[FoundAccount]:
    return await vault.read("inquiry.accounts", lambda one: store.accounts_of(one, proven.sought))
