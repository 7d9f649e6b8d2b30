"""Begins, proposes, confirms and lists narrowings; notes which are overdue.

Rows are locked in this order: request, account, sanction, narrowing, person, followers.
"""

from datetime import datetime
from hashlib import sha256

from idvault.account import rules as account_rules
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.core.act import SYSTEM, Tx, Vault, act, sweep
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.log_entry import Late
from idvault.moderator import acts as moderator_acts
from idvault.moderator.acts import ModerationCall, decision, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.sanction import acts as sanction_acts
from idvault.sanction.narrowing import rules, store
from idvault.sanction.narrowing.rules import Narrowing
from idvault.sanction.narrowing.store import ROWS
from idvault.sanction.rules import Sanction
from idvault.sanction.store import lock, rows
from idvault_verify.account import Account
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType


async def begin(tx: Tx, owner: Account, *, due_at: datetime) -> None:
    """Store what must be narrowed because the verification of a locked account is withdrawn in this act."""
    found, publishes = await store.of_account(tx.connection, owner.account_token)
    for each in found:
        if rules.falls_on_person(sanction=each, publishes=publishes):
            made = rules.begin(sanction=each, due_at=due_at, now=tx.now.business)
            await ROWS.add(tx.connection, made)


async def propose(vault: Vault, call: ModerationCall, now: ClockReading, sanction_id: str) -> Narrowing:
    """Propose to narrow a sanction; raises NotFoundError, PreconditionError, DeniedError and others."""
    await vault.guard.check(now=now)
    known = await sanction_acts.find(vault, call.relying_party, sanction_id)
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.request(vault.fingerprinter).of_account(known.account_token)
    return await store_proposal.act.run(
        vault, call, now, request, sanction_id, paper, known, signer=call.moderator_id
    )


@decision("narrowing.propose", again=ROWS.get)
async def store_proposal(
    tx: Tx, sanction_id: str, paper: bytes, known: Sanction, *, signer: str
) -> Narrowing:
    """Store a proposal."""
    owner, stored = await lock.locked_sanction(tx.connection, known, signer=signer)
    found = await store.lock(tx.connection, tx.party, sanction_id)
    proposed = rules.propose(
        narrowing=found,
        sanction=stored,
        moderator_id=signer,
        paper_digest=sha256(paper).digest(),
        now=tx.now.business,
    )
    await _renumber(tx, owner)
    await ROWS.put(tx.connection, proposed)
    await tx.log(
        EventType.NARROWING_PROPOSE, account_token=owner.account_token, sanction_id=sanction_id, paper=paper
    )
    return proposed


async def confirm(
    vault: Vault, call: ModerationCall, now: ClockReading, sanction_id: str, *, paper_digest: bytes
) -> Narrowing:
    """Confirm a proposal; raises as `propose` does, and PreconditionError if its proposer was revoked."""
    await vault.guard.check(now=now)
    known = await sanction_acts.find(vault, call.relying_party, sanction_id)
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.request(vault.fingerprinter).of_account(known.account_token)
    return await store_confirmation.act.run(
        vault,
        call,
        now,
        request,
        sanction_id,
        paper,
        known,
        signer=call.moderator_id,
        paper_digest=paper_digest,
    )


@decision("narrowing.confirm", again=ROWS.get)
async def store_confirmation(
    tx: Tx, sanction_id: str, paper: bytes, known: Sanction, *, signer: str, paper_digest: bytes
) -> Narrowing:
    """Make a sanction one of its account alone: the person is free, followers end as after a lift."""
    owner, stored = await lock.locked_sanction(tx.connection, known, signer=signer)
    found = await store.lock(tx.connection, tx.party, sanction_id)
    confirmed = rules.confirm(
        narrowing=found,
        sanction=stored,
        moderator_id=signer,
        paper_digest=paper_digest,
        now=tx.now.business,
    )
    await moderator_acts.check_live(tx, found.proposed_by)
    await _free(tx, stored)
    await _renumber(tx, owner)
    await rows.put(tx.connection, rules.narrowed(sanction=stored, now=tx.now.business))
    await ROWS.put(tx.connection, confirmed)
    await store.detach(tx.connection, owner.account_token)
    await sanction_acts.log(tx, stored, "narrow", paper=paper)
    return confirmed


async def _free(tx: Tx, sanction: Sanction) -> None:
    """Count a sanction of a person no longer, and let what follows it end."""
    if sanction.person_id is None:
        return
    whose = {"relying_party": sanction.relying_party, "person_id": sanction.person_id}
    await account_person.count_sanction(tx.connection, **whose, by=-1)
    await account_person.lifted(
        tx.connection,
        relying_party=sanction.relying_party,
        sanction_id=sanction.sanction_id,
        now=tx.now.business,
    )


async def _renumber(tx: Tx, owner: Account) -> None:
    after = account_rules.renumber(account=owner, now=tx.now.business)
    await account_rows.put_standing(tx.connection, after)


@act("narrowing.note_overdue")
async def note_overdue(tx: Tx, known: Narrowing) -> bool:
    """Store that one is overdue; False if it is not, or was stored before."""
    await account_rows.lock(tx.connection, account_token=known.account_token)
    stored = await store.lock(tx.connection, known.relying_party, known.sanction_id)
    noted = rules.note_overdue(narrowing=stored, now=tx.now.business)
    if noted is stored:
        tx.unchanged("it was narrowed, or noted before")
        return False
    await ROWS.put(tx.connection, noted)
    await tx.log_miss(
        EventType.NARROWING_OVERDUE,
        Late(known.relying_party, known.began_at),
        by=SYSTEM,
        account_token=known.account_token,
        sanction_id=known.sanction_id,
    )
    return True


async def note_all_overdue(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Log each that has become overdue, once; return how many."""

    async def due() -> list[Narrowing]:
        return await vault.read(
            "narrowing.overdue", lambda one: store.not_noted(one, now=now.business, limit=limit)
        )

    return await sweep(vault, now, due=due, each=note_overdue)


async def overdue(vault: Vault, *, now: ClockReading) -> int:
    """Return how many are overdue, at all relying parties."""
    return await vault.read("narrowing.count", lambda one: one.only(store.COUNT_OVERDUE, now=now.business))


async def deadlines(vault: Vault, *, now: ClockReading) -> list[PlatformDeadlines]:
    """Return the sanctions that each platform must narrow."""
    return await vault.read("narrowing.deadlines", lambda one: one.all(store.DEADLINES, now=now.business))


async def page(
    vault: Vault, party: str, *, only_open: bool, after: str, limit: int
) -> tuple[list[Narrowing], str]:
    """Return a page of a relying party's, in the order in which they began, and the last one's id or "".

    Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
    """
    state = True if only_open else None
    return await vault.read(
        "narrowing.list", lambda one: ROWS.page(one, party, after=after, limit=limit, state=state)
    )
