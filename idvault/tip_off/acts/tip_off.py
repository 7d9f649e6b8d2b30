"""The moderators' work on reports: assign, hand back, note, answer, resolve, merge, read."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from idvault.core.act import Tx, Vault
from idvault.moderator.acts import ModerationCall, Moderators
from idvault.sanction import acts as sanction_acts
from idvault.sanction.content_measure import acts as content_measure_acts
from idvault.sanction.content_measure.rules import NewContentMeasure
from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation.store import ROWS as OPERATIONS
from idvault.sanction.rules import NewSanction, Sanction
from idvault.sealing.ports import CaseField, ModerationTextSealer
from idvault.tip_off import rules
from idvault.tip_off.acts import referral as referrals
from idvault.tip_off.acts.case import (
    Acting,
    TipOffCall,
    TipOffContext,
    case,
    change,
    check_signs,
    join,
    judge,
    log,
    put_texts,
    sealed_texts,
    write,
)
from idvault.tip_off.acts.referral import BegunReferral
from idvault.tip_off.referral.rules import is_open
from idvault.tip_off.rules import QueuePage, QueuePlace, TipOffFilter
from idvault.tip_off.store import lists, rows
from idvault.tip_off.store.rows import TipOffText
from idvault_verify import tip_off as verify_tip_off
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, IdvaultError, InvalidError, Reason, Violation
from idvault_verify.event import EventType
from idvault_verify.sanction import Origin, SanctionState
from idvault_verify.seal import Part
from idvault_verify.tip_off import Dismissal, TargetKind, TipOff, TipOffOutcome, TipOffState

_NOTE = "note-"


@dataclass(frozen=True, slots=True)
class TipOffDecision:
    """What a moderator decides about a report.

    sanction: signed as `call`; measure: on content, signed as `measure_call`. One of them at least is there
    if it is UPHELD, and none otherwise. authority: the name of the one to which it is REFERRED.
    """

    outcome: TipOffOutcome
    dismissal: Dismissal | None = None
    reply: str = field(default="", repr=False)
    sanction: NewSanction | None = None
    call: ModerationCall | None = None
    measure: NewContentMeasure | None = None
    measure_call: ModerationCall | None = None
    authority: str = ""


@dataclass(frozen=True, slots=True)
class SignedMeasure:
    """A measure on content with its id and what a moderator signed of it."""

    measure_id: str
    wanted: NewContentMeasure
    paper: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A moderator's note."""

    moderator_id: str
    written_at: datetime
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report with its texts, which are empty once they are deleted.

    proposed_reply: what the reporter will read once a proposal is confirmed, or a referral accepted.
    former_reply: the reply before that of the decision. supplement: the reporter's answer to it.
    referral_answer: what the authority signed about the last referral; referral_salt marks the target in it.
    contact_proved: whether the contact is an address that the reporter proved.
    """

    tip_off: TipOff
    text: str = field(repr=False)
    contact: str = field(repr=False)
    content: bytes = field(repr=False)
    reply: str = field(repr=False)
    proposed_reply: str = field(repr=False)
    notes: tuple[WrittenNote, ...] = field(repr=False)
    referral_answer: bytes = field(default=b"", repr=False)
    contact_proved: bool = False
    referral_salt: bytes = field(default=b"", repr=False)
    former_reply: str = field(default="", repr=False)
    supplement: str = field(default="", repr=False)


@case("tip_off.change")
async def assign(tx: Tx, tip_off_id: str, acting: Acting, former: str | None) -> TipOff:
    """Assign a report to whoever works on it from now on.

    Raises TransitionError, PreconditionError (ASSIGNEE_CHANGED) and others.
    """
    rule = partial(rules.assign, moderator_id=acting.moderator_id, former=former)
    changed, _ = await change(tx, tip_off_id, acting, rule)
    if not tx.told:
        tx.unchanged("the moderator has the report already")
    return changed


@case("tip_off.change")
async def hand_back(tx: Tx, tip_off_id: str, acting: Acting) -> TipOff:
    """Hand a report back to the queue; raises as `assign` does."""
    rule = partial(rules.hand_back, moderator_id=acting.moderator_id)
    return (await change(tx, tip_off_id, acting, rule))[0]


async def note(
    vault: Vault,
    call: TipOffCall,
    now: ClockReading,
    tip_off_id: str,
    moderator_id: str,
    *,
    text: str,
    sealer: ModerationTextSealer,
) -> TipOff:
    """Add a note; raises as `assign` does, and InvalidError."""
    rules.check_lines(text, field="note", limit=verify_tip_off.NOTE_LENGTH)
    name = _NOTE + vault.new_id()
    texts = sealed_texts(call, tip_off_id, name, text, sealer=sealer, author=moderator_id)
    return await _note(vault, call, now, tip_off_id, moderator_id, texts)


@case("tip_off.change")
async def _note(tx: Tx, tip_off_id: str, acting: Acting, texts: Sequence[TipOffText]) -> TipOff:
    rule = partial(rules.note, moderator_id=acting.moderator_id)
    changed, _ = await change(tx, tip_off_id, acting, rule)
    await rows.check_room(tx.connection, changed)
    told: dict[str, Part] = {"tip_off_id": tip_off_id, "moderator_id": acting.moderator_id}
    await log(tx, EventType.TIP_OFF_NOTE, party="", paper=acting.paper, **told)
    await put_texts(tx, changed, texts)
    return changed


async def answer(
    vault: Vault,
    call: TipOffCall,
    now: ClockReading,
    tip_off_id: str,
    moderator_id: str,
    *,
    reply: str,
    sealer: ModerationTextSealer,
) -> TipOff:
    """Reply to the reporter, and to those of merged reports; raises as `note` does."""
    rules.check_lines(reply, field=rows.REPLY, limit=verify_tip_off.REPLY_LENGTH)
    texts = sealed_texts(call, tip_off_id, rows.REPLY, reply, sealer=sealer)
    return await _answer(vault, call, now, tip_off_id, moderator_id, texts)


@case("tip_off.change")
async def _answer(tx: Tx, tip_off_id: str, acting: Acting, texts: Sequence[TipOffText]) -> TipOff:
    rule = partial(rules.answer, moderator_id=acting.moderator_id, now=tx.now.business)
    changed, _ = await change(tx, tip_off_id, acting, rule)
    await put_texts(tx, changed, texts)
    return changed


async def resolve(
    vault: Vault,
    call: TipOffCall,
    now: ClockReading,
    tip_off_id: str,
    moderator_id: str,
    *,
    decision: TipOffDecision,
    context: TipOffContext,
) -> TipOff:
    """Decide about a report, with its sanction; raises as `note` and sanction.acts.impose do.

    With a sanction that is only proposed it is decided once that is in force (acts.proposal), referred to an
    authority once that accepts it (referral.acts).
    """
    await vault.guard.check(now=now)
    if decision.reply:
        rules.check_lines(decision.reply, field=rows.REPLY, limit=verify_tip_off.REPLY_LENGTH)
    request = call.request(vault.fingerprinter)
    try:
        rules.check_decision(
            outcome=decision.outcome,
            dismissal=decision.dismissal,
            sanctioned=decision.sanction is not None or decision.measure is not None,
            referred=bool(decision.authority),
        )
        referral = referrals.begin(vault, decision.authority, now=now, context=context)
        imposition = await _imposition(vault, call, tip_off_id, decision, signers=context.signers, now=now)
        measure = await _measure(vault, call, tip_off_id, decision, now=now)
        acting = await _resolve.acting(vault, call, now, moderator_id)
    except IdvaultError as refused:
        return await _resolve.repeated(vault, request, refused)
    texts: tuple[TipOffText, ...] = ()
    if decision.reply:
        texts = sealed_texts(call, tip_off_id, rows.DECISION_REPLY, decision.reply, sealer=context.sealer)
    return await _resolve.act.run(
        vault,
        call,
        now,
        request,
        tip_off_id,
        acting,
        decision,
        imposition,
        measure=measure,
        referral=referral,
        texts=texts,
    )


@case("tip_off.resolve")
async def _resolve(
    tx: Tx,
    tip_off_id: str,
    acting: Acting,
    decision: TipOffDecision,
    imposition: Sanction | None,
    *,
    measure: SignedMeasure | None,
    referral: BegunReferral | None,
    texts: Sequence[TipOffText],
) -> TipOff:
    """Store a decision, its sanction, and what it says about each reporter; or the proposal of one.

    Or a referral, which is counted for its moderator.
    """
    waits = imposition is not None and imposition.state is SanctionState.PROPOSED
    proposal_until = imposition.due_at if imposition is not None and waits else None
    rule = partial(
        rules.resolve,
        moderator_id=acting.moderator_id,
        outcome=decision.outcome,
        dismissal=decision.dismissal,
        sanction_id=imposition.sanction_id if imposition else None,
        measure_id=measure.measure_id if measure else None,
        proposal_until=proposal_until,
        referral=None if referral is None else referral.made,
        replied=bool(decision.reply),
        now=tx.now.business,
    )
    changed, merged = await change(tx, tip_off_id, acting, rule)
    await put_texts(tx, changed, texts)
    if imposition is not None:
        await sanction_acts.add(tx, await _inheriting(tx, imposition, changed))
    if measure is not None:
        await content_measure_acts.add(
            tx, measure.measure_id, measure.paper, measure.wanted, signer=acting.moderator_id
        )
    if referral is not None:
        await referrals.add(tx, referral, changed)
    if changed.state is TipOffState.RESOLVED:
        await judge(tx, changed, [changed, *merged])
    return changed


@case("tip_off.merge")
async def merge(tx: Tx, tip_off_id: str, acting: Acting, duplicates: Sequence[str]) -> TipOff:
    """Merge reports into one, with those that were merged into them; raises as `assign` does, InvalidError.

    InvalidError is TOO_MANY_ITEMS if the report would gather more than MOST_MERGED.
    """
    if tip_off_id in duplicates or len(set(duplicates)) != len(duplicates):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("duplicate_ids", FieldCode.CHARACTER))
    await check_signs(tx, acting.moderator_id)
    found = await rows.lock_many(tx.connection, tx.party, [tip_off_id, *duplicates])
    merged = await rows.lock_merged(tx.connection, tx.party, [tip_off_id, *duplicates])
    if len(merged) + len(duplicates) > rules.MOST_MERGED:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("duplicate_ids", FieldCode.LENGTH))
    into = rules.fall(tip_off=found[tip_off_id], now=tx.now.business)
    rules.check_gathers(tip_off=into, moderator_id=acting.moderator_id)
    direct = partial(rules.merge, into=into, moderator_id=acting.moderator_id, now=tx.now.business)
    closed = [await write(tx, found[one], direct, paper=acting.paper) for one in duplicates]
    joining = [one for one in merged if one.merged_into != tip_off_id]
    closed += await join(tx, joining, into, paper=acting.paper)
    await write(tx, found[tip_off_id], paper=acting.paper)
    if into.state is TipOffState.RESOLVED:
        await judge(tx, into, closed)
    return into


async def get(
    vault: Vault, party: str, tip_off_id: str, *, sealer: ModerationTextSealer, now: ClockReading
) -> ReadReport:
    """Return a report as of now with its texts; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
    found = await _get(vault, party, tip_off_id)
    kept = await vault.read("tip_off.texts", lambda one: rows.texts(one, party, tip_off_id))
    texts = {
        one.name: sealer.open(CaseField(found.relying_party, found.tip_off_id, one.name), one.sealed)
        for one in kept
    }
    notes = tuple(
        WrittenNote(one.moderator_id or "", one.written_at or found.filed_at, texts[one.name])
        for one in kept
        if one.name.startswith(_NOTE)
    )
    present = rules.fall(tip_off=found, now=now.business)
    proposed, reply = texts.get(rows.DECISION_REPLY, ""), texts.get(rows.REPLY, "")
    told = proposed if present.state is TipOffState.RESOLVED else ""
    referral = await referrals.last_of(vault, found)
    return ReadReport(
        present,
        texts.get(rows.TEXT, ""),
        texts.get(rows.PROVED_CONTACT) or texts.get(rows.CONTACT, ""),
        b64decode(texts.get("content", "")),
        told or reply,
        proposed if present.proposal_id is not None or is_open(present) else "",
        notes,
        referral.answer if referral else b"",
        rows.PROVED_CONTACT in texts,
        (referral.salt or b"") if referral else b"",
        former_reply=reply if told else "",
        supplement=texts.get(rows.SUPPLEMENT, ""),
    )


async def page(
    vault: Vault,
    party: str,
    wanted: TipOffFilter,
    *,
    after: QueuePlace | None,
    limit: int,
    now: ClockReading,
) -> QueuePage:
    """Return a page of reports as of now, in the order of the queue."""
    found = await vault.read(
        "tip_off.list", lambda one: lists.page(one, party, wanted, after=after, limit=limit)
    )
    present = tuple(rules.fall(tip_off=one, now=now.business) for one in found.tip_offs)
    return QueuePage(present, found.following)


async def _get(vault: Vault, party: str, tip_off_id: str) -> TipOff:
    return await vault.read("tip_off.get", lambda one: rows.get(one, party, tip_off_id))


async def _imposition(
    vault: Vault,
    call: TipOffCall,
    tip_off_id: str,
    decision: TipOffDecision,
    *,
    signers: Moderators,
    now: ClockReading,
) -> Sanction | None:
    """Return the signed sanction of a decision, which must be about what was reported."""
    if decision.sanction is None or decision.call is None:
        return None
    found = await _get(vault, call.relying_party, tip_off_id)
    statement, target = decision.sanction.statement, found.target
    wrong = []
    if statement.origin is not Origin.TIP_OFF or statement.tip_off != found.reference:
        wrong.append(Violation("sanction.statement.tip_off", FieldCode.CHARACTER))
    if target.kind is TargetKind.ACCOUNT and decision.sanction.account_token != target.key:
        wrong.append(Violation("sanction.account_token", FieldCode.CHARACTER))
    if target.kind is TargetKind.PUBLIC_ACCOUNT and decision.sanction.public_account_id != target.key:
        wrong.append(Violation("sanction.public_account_id", FieldCode.CHARACTER))
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
    return await sanction_acts.signed(vault, decision.call, now, decision.sanction, signers=signers)


async def _measure(
    vault: Vault, call: TipOffCall, tip_off_id: str, decision: TipOffDecision, *, now: ClockReading
) -> SignedMeasure | None:
    """Return the signed measure of a decision, whose statement must name what was reported."""
    if decision.measure is None or decision.measure_call is None:
        return None
    found, statement = await _get(vault, call.relying_party, tip_off_id), decision.measure.statement
    if statement.origin is not Origin.TIP_OFF or statement.tip_off != found.reference:
        wrong = Violation("content_measure.statement.tip_off", FieldCode.CHARACTER)
        raise InvalidError(Reason.INVALID_MESSAGE, wrong)
    paper = content_measure_acts.signed(decision.measure_call, decision.measure, vault=vault, now=now)
    return SignedMeasure(vault.new_id(), decision.measure, await paper.paper(now=now))


async def _inheriting(tx: Tx, sanction: Sanction, tip_off: TipOff) -> Sanction:
    """Return a sanction with the operation that it names or inherits from the report that it answers."""
    if tip_off.operation_id is None:
        return sanction
    reported = await OPERATIONS.get(tx.connection, tx.party, tip_off.operation_id)
    inherited = operation_rules.inherit(named=sanction.operation_id, reported=reported, now=tx.now.business)
    return replace(sanction, operation_id=inherited)
