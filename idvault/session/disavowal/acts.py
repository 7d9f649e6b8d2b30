"""Tells platforms of disavowals, takes their decisions, and lets silence decide.

Rows are locked in this order: request, account, disavowal, then what a withdrawal locks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from idvault.account.rules import WithdrawalCause
from idvault.account.store import rows as account_rows
from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.act import SYSTEM, Tx, Vault, act, mutation, sweep
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.log_entry import Late
from idvault.moderator import acts as moderator_acts
from idvault.moderator.acts import ModerationCall, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.sanction import rules as sanction_rules
from idvault.sanction.objection.acts import renumber
from idvault.sanction.objection.rules import ObjectionFilter
from idvault.session.disavowal import rules, store
from idvault.session.disavowal.rules import Disavowal, DisavowalTerms, Silence
from idvault.session.disavowal.store import ROWS
from idvault.session.withdrawal import acts as withdrawal_acts
from idvault.session.withdrawal.acts import SignedVerdict
from idvault_verify import deadline
from idvault_verify.account import Account
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.session import DisavowalState


@dataclass(frozen=True, slots=True)
class DisavowalDecision:
    """A decision that a moderator has signed. reason: checked."""

    verdict: DisavowalState
    moderator_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DisavowalConfirmation:
    """A confirmation that a moderator has signed. rule: returns the disavowal as upheld."""

    rule: Callable[..., Disavowal]
    moderator_id: str
    paper: bytes


@act("disavowal.tell")
async def tell(tx: Tx, account_token: str, *, terms: DisavowalTerms) -> bool:
    """Tell a platform what was said of an account; False if nothing is due any more."""
    connection, now = tx.connection, tx.now.business
    owner = await account_rows.lock(connection, account_token=account_token)
    waiting = await store.take(connection, account_token, now=now)
    if owner is None or waiting is None:
        tx.unchanged("it was cancelled, answered or told before")
        return False
    if not rules.is_of(account=owner, person_id=waiting.person_id):
        tx.unchanged("the account is not that person's any more, and nobody was told")
        return False
    told = rules.tell(
        waiting=waiting,
        disavowal_id=tx.events.new_id(),
        former=await store.newest(connection, account_token),
        terms=terms,
        now=now,
    )
    await ROWS.add(connection, told)
    await renumber(tx, owner)
    await tx.log(
        EventType.DISAVOWAL_FILE,
        account_token=account_token,
        party=owner.relying_party,
        disavowal_id=told.disavowal_id,
    )
    return True


async def tell_all(vault: Vault, now: ClockReading, *, terms: DisavowalTerms, limit: int) -> int:
    """Tell every platform whose time has come; return how many disavowals."""

    async def due() -> list[str]:
        return await vault.read("disavowal.due", lambda one: store.due(one, now=now.business, limit=limit))

    return await sweep(vault, now, due=due, each=partial(tell, terms=terms))


async def decide(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    disavowal_id: str,
    *,
    verdict: DisavowalState,
    reason: str,
) -> Disavowal:
    """Reject a disavowal of the caller's, or propose to uphold it; raises NotFoundError and others."""
    await vault.guard.check(now=now)
    sanction_rules.check_reason(reason)
    token = (await find(vault, call.relying_party, disavowal_id)).account_token
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.decided(vault.fingerprinter).of_account(token)
    given = DisavowalDecision(verdict, call.moderator_id, reason)
    return await store_decision.run(vault, call, now, request, disavowal_id, token, given, paper)


@mutation("disavowal.decide", again=ROWS.get)
async def store_decision(
    tx: Tx, disavowal_id: str, account_token: str, given: DisavowalDecision, paper: bytes
) -> Disavowal:
    """Store a rejection or a proposal."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    found = await ROWS.lock(tx.connection, tx.party, disavowal_id)
    now, moderator_id, reason = tx.now.business, given.moderator_id, given.reason
    if given.verdict is DisavowalState.REJECTED:
        kind = EventType.DISAVOWAL_REJECT
        decided = rules.reject(disavowal=found, moderator_id=moderator_id, reason=reason, now=now)
    else:
        kind, digest = EventType.DISAVOWAL_PROPOSE, sha256(paper).digest()
        decided = rules.propose(
            disavowal=found, moderator_id=moderator_id, reason=reason, paper_digest=digest, now=now
        )
    await withdrawal_acts.check_impartial(tx, account_token, moderator_id)
    await renumber(tx, owner)
    await ROWS.put(tx.connection, decided)
    await tx.log(
        kind,
        account_token=account_token,
        disavowal_id=disavowal_id,
        reason_digest=sha256(reason.encode()).digest(),
        paper=paper,
    )
    return decided


async def confirm(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    disavowal_id: str,
    *,
    paper_digest: bytes,
    terms: DisavowalTerms,
) -> Disavowal:
    """Confirm a proposal, and withdraw the verification; raises as `decide` does."""
    await vault.guard.check(now=now)
    token = (await find(vault, call.relying_party, disavowal_id)).account_token
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.decided(vault.fingerprinter).of_account(token)
    rule = partial(rules.confirm, moderator_id=call.moderator_id, paper_digest=paper_digest)
    signed = DisavowalConfirmation(rule, call.moderator_id, paper)
    return await store_confirmation.run(vault, call, now, request, disavowal_id, token, signed, terms=terms)


@mutation("disavowal.confirm", again=ROWS.get)
async def store_confirmation(
    tx: Tx,
    disavowal_id: str,
    account_token: str,
    signed: DisavowalConfirmation,
    *,
    terms: DisavowalTerms,
) -> Disavowal:
    """Uphold a disavowal; the entry of the withdrawal is the only one."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    found = await ROWS.lock(tx.connection, tx.party, disavowal_id)
    upheld = signed.rule(disavowal=found, now=tx.now.business)
    await withdrawal_acts.check_impartial(tx, account_token, signed.moderator_id)
    await moderator_acts.check_live(tx, found.proposed_by)
    verdict = SignedVerdict(sha256(upheld.reason.encode()).digest(), signed.paper)
    await _withdraw(tx, owner, upheld, verdict, terms)
    return upheld


async def _withdraw(
    tx: Tx, owner: Account, decided: Disavowal, verdict: SignedVerdict | None, terms: DisavowalTerms
) -> None:
    """Store a disavowal as decided, and withdraw the verification of its locked account."""
    await ROWS.put(tx.connection, decided)
    await withdrawal_acts.withdraw(
        tx,
        owner,
        cause=WithdrawalCause.DISAVOWAL,
        case_id=decided.disavowal_id,
        verdict=verdict,
        due_at=deadline.due_at(start=tx.now.business, days=rules.DECISION_DAYS, zone=terms.zone),
        today=tx.now.today(terms.zone),
    )


@act("disavowal.fall")
async def fall(tx: Tx, known: Disavowal, *, terms: DisavowalTerms) -> bool:
    """Let silence decide, or note that a disavowal is overdue; False if neither is due any more."""
    connection, now, token = tx.connection, tx.now.business, known.account_token
    owner = await account_rows.lock_of(connection, account_token=token, relying_party=known.relying_party)
    found = await ROWS.lock(connection, known.relying_party, known.disavowal_id)
    becomes = rules.silence(
        disavowal=found,
        has_open=await withdrawal_store.is_open(connection, token),
        told=await store.told(connection, found.relying_party, since=rules.near_since(disavowal=found)),
        now=now,
    )
    if becomes is None:
        tx.unchanged("it was decided, or noted before")
        return False
    if becomes is Silence.WITHDRAWS:
        await _withdraw(tx, owner, rules.fall_silent(disavowal=found, now=now), None, terms)
        return True
    await ROWS.put(connection, rules.note_overdue(disavowal=found, now=now))
    late, disavowal_id = Late(found.relying_party, found.filed_at), found.disavowal_id
    await tx.log_miss(
        EventType.DISAVOWAL_OVERDUE, late, by=SYSTEM, account_token=token, disavowal_id=disavowal_id
    )
    return True


async def fall_all(vault: Vault, now: ClockReading, *, terms: DisavowalTerms, limit: int) -> int:
    """Let silence decide what nobody has in time, or note it as overdue; return how many."""

    async def due() -> list[Disavowal]:
        return await vault.read(
            "disavowal.overdue", lambda one: store.overdue(one, now=now.business, limit=limit)
        )

    return await sweep(vault, now, due=due, each=partial(fall, terms=terms))


@dataclass(frozen=True, slots=True)
class DisavowalLevels:
    """What the operator watches. unusual: at how many platforms silence decides nothing now."""

    overdue: int
    unusual: int


async def levels(vault: Vault, now: ClockReading) -> DisavowalLevels:
    """Return what the operator watches."""
    since = rules.recent_since(now=now.business)
    return DisavowalLevels(
        await vault.read(
            "disavowal.count", lambda one: one.only(store.COUNT_OVERDUE, due_before=now.business)
        ),
        await vault.read("disavowal.unusual", lambda one: store.unusual(one, since=since)),
    )


async def deadlines(vault: Vault, *, now: ClockReading) -> list[PlatformDeadlines]:
    """Return what each platform must decide."""
    return await vault.read("disavowal.deadlines", lambda one: store.deadlines(one, now=now.business))


async def find(vault: Vault, party: str, disavowal_id: str) -> Disavowal:
    """Return one as it is stored; raises NotFoundError (DISAVOWAL_NOT_FOUND)."""
    return await vault.read("disavowal.get", lambda one: ROWS.get(one, party, disavowal_id))


async def page(
    vault: Vault, party: str, wanted: ObjectionFilter, *, after: str, limit: int, now: ClockReading
) -> tuple[list[Disavowal], str]:
    """Return a page, oldest first, and the last one's id if there are more, else "".

    Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
    """
    return await vault.read(
        "disavowal.list",
        lambda one: store.listed(one, party, wanted, after=after, limit=limit, now=now.business),
    )
