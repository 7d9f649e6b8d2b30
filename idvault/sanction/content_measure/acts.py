"""Imposes, reverses and reads measures on content; files and decides the appeals against them.

- What a moderator signed is built again from the call and checked before anything is stored.
- An act locks the measure alone. No account is concerned, so no entry of the log names one.
"""

from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from idvault.core.act import SYSTEM, Tx, Vault, act, mutation, sweep
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.log_entry import Late
from idvault.moderator.acts import ModerationCall, ModeratorPaper, decision
from idvault.moderator.acts import stored as stored_moderators
from idvault.sanction import rules as sanction_rules
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.content_measure import rules, store
from idvault.sanction.content_measure.rules import ContentMeasure, ContentMeasureFilter, NewContentMeasure
from idvault.sanction.content_measure.store import ROWS
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import FIELD, ObjectionContext
from idvault.sanction.order import rules as order_rules
from idvault.sanction.order import store as order_store
from idvault.sealing.ports import CaseField, ModerationTextSealer, SealedModerationText
from idvault_verify.attest import sanction as papers
from idvault_verify.clock import ClockReading
from idvault_verify.content_measure import ContentMeasureState
from idvault_verify.event import EventType
from idvault_verify.sanction import AppealState

_DECIDED = {
    AppealState.UPHELD: EventType.CONTENT_APPEAL_UPHOLD,
    AppealState.REJECTED: EventType.CONTENT_APPEAL_REJECT,
}


@dataclass(frozen=True, slots=True)
class ReadContentMeasure:
    """A measure and what was written against it, which is empty without an appeal and once it is deleted."""

    measure: ContentMeasure
    text: str = field(repr=False)


async def _log(tx: Tx, measure: ContentMeasure, verb: str, paper: bytes) -> None:
    kind = EventType(f"content:{measure.kind.value.lower()}:{verb}")
    await tx.log(kind, measure_id=measure.measure_id, paper=paper)


def signed(
    call: ModerationCall, wanted: NewContentMeasure, *, vault: Vault, now: ClockReading
) -> ModeratorPaper:
    """Return the paper of a measure that a moderator wants to impose."""

    def text() -> bytes:
        checked = rules.check_wanted(wanted, now=now.business)
        return papers.content_measure(
            call.occasion, content=checked.content, kind=checked.kind, statement=checked.statement
        )

    return ModeratorPaper(stored_moderators(vault), call, text)


async def impose(
    vault: Vault, call: ModerationCall, now: ClockReading, wanted: NewContentMeasure
) -> ContentMeasure:
    """Impose a measure; raises InvalidError, NotFoundError (MODERATOR_NOT_FOUND) and others."""
    await vault.guard.check(now=now)
    request = call.decided(vault.fingerprinter)
    paper = signed(call, wanted, vault=vault, now=now)
    return await store_measure.of_paper(
        vault, now, paper, request, vault.new_id(), wanted, signer=call.moderator_id
    )


@decision("content_measure.impose", again=ROWS.get)
async def store_measure(
    tx: Tx, measure_id: str, paper: bytes, wanted: NewContentMeasure, *, signer: str
) -> ContentMeasure:
    """Store a new measure."""
    return await add(tx, measure_id, paper, wanted, signer=signer)


async def add(
    tx: Tx, measure_id: str, paper: bytes, wanted: NewContentMeasure, *, signer: str
) -> ContentMeasure:
    """Store a new measure within any act. An order that it carries out is marked."""
    made = rules.impose(
        wanted,
        measure_id=measure_id,
        relying_party=tx.party,
        moderator_id=signer,
        paper=paper,
        now=tx.now.business,
    )
    carried = wanted.statement.order
    if carried is not None:
        order = await order_store.lock_named(tx.connection, tx.party, carried.digest)
        content, kind = wanted.content, wanted.kind
        if order is not None and order_rules.measures_out(order=order, content=content, kind=kind):
            await order_store.carry_out(tx.connection, order, now=tx.now.business)
    await store.add(tx.connection, made)
    await _log(tx, made, "impose", paper)
    return made


async def reverse(
    vault: Vault, call: ModerationCall, now: ClockReading, measure_id: str, *, reason: str
) -> ContentMeasure:
    """Reverse a measure; raises NotFoundError, TransitionError and others."""
    await vault.guard.check(now=now)
    sanction_rules.check_reason(reason)
    found = await find(vault, call.relying_party, measure_id)
    text = partial(
        papers.content_reversal,
        call.occasion,
        measure_id=measure_id,
        paper_digest=papers.digest(found.paper),
        reason=reason,
    )
    paper = ModeratorPaper(stored_moderators(vault), call, text)
    request = call.decided(vault.fingerprinter)
    return await store_reversal.of_paper(
        vault, now, paper, request, measure_id, signer=call.moderator_id, reason=reason
    )


@decision("content_measure.reverse", again=ROWS.get)
async def store_reversal(
    tx: Tx, measure_id: str, paper: bytes, *, signer: str, reason: str
) -> ContentMeasure:
    """Store that a measure is reversed."""
    stored = await ROWS.lock(tx.connection, tx.party, measure_id)
    after = rules.reverse(
        measure=stored, moderator_id=signer, reason=reason, paper=paper, now=tx.now.business
    )
    await ROWS.put(tx.connection, after)
    await _log(tx, after, "reverse", paper)
    return after


async def file_appeal(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    measure_id: str,
    *,
    text: str,
    context: ObjectionContext[AppealTerms],
) -> ContentMeasure:
    """File an appeal; raises InvalidError, NotFoundError and PreconditionError."""
    await vault.guard.check(now=now)
    objection_rules.check_text(text)
    sealed = context.sealer.seal(CaseField(call.relying_party, measure_id, FIELD), text)
    request = call.request(vault.fingerprinter)
    return await store_appeal.run(vault, call, now, request, measure_id, text=sealed, terms=context.terms)


@mutation("content_measure.appeal", again=ROWS.get)
async def store_appeal(
    tx: Tx, measure_id: str, *, text: SealedModerationText, terms: AppealTerms
) -> ContentMeasure:
    """Store an appeal with its text."""
    stored = await ROWS.lock(tx.connection, tx.party, measure_id)
    after = rules.file_appeal(measure=stored, terms=terms, now=tx.now.business)
    await ROWS.put(tx.connection, after)
    await store.put_text(tx.connection, after, text)
    # Of the sealed bytes: once they are deleted, nobody can test texts against it.
    digest = sha256(text.data).digest()
    await tx.log(EventType.CONTENT_APPEAL_FILE, measure_id=measure_id, text_digest=digest)
    return after


async def decide_appeal(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    measure_id: str,
    *,
    verdict: AppealState,
    reason: str,
    terms: AppealTerms,
) -> ContentMeasure:
    """Decide an appeal; raises NotFoundError, TransitionError, DeniedError (SELF_APPROVAL) and others."""
    await vault.guard.check(now=now)
    sanction_rules.check_reason(reason)
    found = await find(vault, call.relying_party, measure_id)
    text = partial(
        papers.content_appeal_decision,
        call.occasion,
        measure_id=measure_id,
        paper_digest=papers.digest(found.paper),
        verdict=verdict.value,
        reason=reason,
    )
    paper = ModeratorPaper(stored_moderators(vault), call, text)
    return await store_decision.of_paper(
        vault,
        now,
        paper,
        call.decided(vault.fingerprinter),
        measure_id,
        signer=call.moderator_id,
        verdict=verdict,
        reason=reason,
        terms=terms,
    )


@decision("content_measure.decide", again=ROWS.get)
async def store_decision(
    tx: Tx,
    measure_id: str,
    paper: bytes,
    *,
    signer: str,
    verdict: AppealState,
    reason: str,
    terms: AppealTerms,
) -> ContentMeasure:
    """Store the decision of an appeal, after the entry that it is overdue, if it is."""
    stored = await ROWS.lock(tx.connection, tx.party, measure_id)
    noted = await _noted(tx, stored)
    after = rules.decide_appeal(
        measure=noted,
        verdict=verdict,
        moderator_id=signer,
        reason=reason,
        paper=paper,
        terms=terms,
        now=tx.now.business,
    )
    await ROWS.put(tx.connection, after)
    await tx.log(_DECIDED[verdict], measure_id=measure_id, paper=paper)
    if (stored.state, after.state) == (ContentMeasureState.IN_FORCE, ContentMeasureState.OVERTURNED):
        await _log(tx, after, "overturn", paper)
    return after


async def _noted(tx: Tx, stored: ContentMeasure) -> ContentMeasure:
    """Return a locked measure, its appeal marked and logged as overdue if it is."""
    noted = rules.note_overdue(measure=stored, now=tx.now.business)
    if noted != stored and noted.appeal is not None:
        late = Late(stored.relying_party, noted.appeal.filed_at)
        await tx.log_miss(EventType.CONTENT_APPEAL_OVERDUE, late, by=SYSTEM, measure_id=stored.measure_id)
    return noted


@act("content_measure.note_overdue")
async def note_overdue(tx: Tx, known: ContentMeasure) -> bool:
    """Store that an appeal is overdue; False if it is not, or was stored before."""
    stored = await ROWS.lock(tx.connection, known.relying_party, known.measure_id)
    noted = await _noted(tx, stored)
    if noted == stored:
        tx.unchanged("it was decided, or noted before")
        return False
    await ROWS.put(tx.connection, noted)
    return True


@act("content_measure.delete_text")
async def delete_text(tx: Tx, known: ContentMeasure) -> bool:
    """Delete the text of an appeal; False if that is not due, or was done before."""
    stored = await ROWS.lock(tx.connection, known.relying_party, known.measure_id)
    bare = rules.delete_text(measure=stored, now=tx.now.business)
    if bare == stored:
        tx.unchanged("the text was deleted before")
        return False
    await ROWS.put(tx.connection, bare)
    await store.delete_text(tx.connection, bare)
    await tx.log(EventType.CONTENT_APPEAL_DELETE, measure_id=stored.measure_id)
    return True


async def note_all_overdue(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Log each appeal that has become overdue, once; return how many."""

    async def due() -> list[ContentMeasure]:
        return await vault.read(
            "content_measure.undecided", lambda one: store.not_noted(one, now=now.business, limit=limit)
        )

    return await sweep(vault, now, due=due, each=note_overdue)


async def delete_texts(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Delete the texts that are due, each with its log entry; return how many."""

    async def due() -> list[ContentMeasure]:
        return await vault.read(
            "content_measure.deletable", lambda one: store.deletable(one, now=now.business, limit=limit)
        )

    return await sweep(vault, now, due=due, each=delete_text)


async def overdue(vault: Vault, *, now: ClockReading) -> int:
    """Return how many appeals are overdue, at all relying parties."""
    return await vault.read("content_measure.overdue", lambda one: store.overdue(one, now=now.business))


async def deadlines(vault: Vault, *, now: ClockReading) -> list[PlatformDeadlines]:
    """Return the appeals that each platform must decide."""
    return await vault.read("content_measure.deadlines", lambda one: store.deadlines(one, now=now.business))


async def find(vault: Vault, party: str, measure_id: str) -> ContentMeasure:
    """Return a measure; raises NotFoundError (CONTENT_MEASURE_NOT_FOUND)."""
    return await vault.read("content_measure.get", lambda one: ROWS.get(one, party, measure_id))


async def get(
    vault: Vault, party: str, measure_id: str, *, sealer: ModerationTextSealer, now: ClockReading
) -> ReadContentMeasure:
    """Return a measure with what was written against it, which is empty as soon as its deletion is due."""
    found = await find(vault, party, measure_id)
    present = rules.delete_text(measure=found, now=now.business)
    if present.appeal is None or present.appeal.text_deleted_at is not None:
        return ReadContentMeasure(present, "")
    sealed = await vault.read("content_measure.text", lambda one: store.text(one, found))
    if sealed is None:
        return ReadContentMeasure(present, "")
    return ReadContentMeasure(found, sealer.open(CaseField(party, measure_id, FIELD), sealed))


async def page(
    vault: Vault, party: str, wanted: ContentMeasureFilter, *, after: str, limit: int
) -> tuple[list[ContentMeasure], str]:
    """Return a page of measures, oldest first, and the last one's id if there are more, else ""."""
    return await vault.read(
        "content_measure.list", lambda one: store.page(one, party, wanted, after=after, limit=limit)
    )
