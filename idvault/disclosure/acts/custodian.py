"""The custodian's part of disclosures: list, read its sealed share, decide, release (docs/disclosure.md).

- The signed paper must match the call: the same request, custodian, place and purpose.
- An approval holds the hash of the share and not the share. Its answer comes with the proof of its entry.
- A share is taken only in a second act, if it has the hash that was approved. This act is logged, too.
- A code is spent after all other checks, and never for a repeat. A denial and a release need no code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

from idvault.account.store import version as account_version
from idvault.core.act import Tx, known, member_mutation
from idvault.core.db.connection import Connection
from idvault.core.log_entry import Proved
from idvault.core.request import MemberAsked, Request
from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.acts.disclosure import DisclosureContext, ShownDisclosure
from idvault.disclosure.ports import CaseTextSealer, Deciding, Filed, OwnDecision, Releasing
from idvault.disclosure.store import lists, rows
from idvault.log.acts.stored_log import Proofs
from idvault.people import acts as people_acts
from idvault.sealing.ports import SealedText
from idvault_verify import disclosure as verify_disclosure
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import DecisionTerms, PaperError
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.clock import ClockReading
from idvault_verify.disclosure import (
    DecidingQuorum,
    Disclosure,
    DisclosureState,
    HistoryFinding,
    QuorumMember,
    Verdict,
)
from idvault_verify.error import DamagedError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord


def sealed_denial(*, case_texts: CaseTextSealer, filed: Filed, custodian: str, signed: bytes) -> SealedText:
    """Return a signed denial as it is stored."""
    return case_texts.seal(disclosure_id=filed.disclosure.disclosure_id, text=signed, custodian=custodian)


LONGEST_SHARE = 4 * 1024
_HASH_SIZE = 32
_COUNTED = timedelta(days=disclosure_rules.COUNTED_DAYS)
_EVENTS = {Verdict.APPROVE: EventType.DISCLOSURE_APPROVE, Verdict.DENY: EventType.DISCLOSURE_DENY}


@dataclass(frozen=True, slots=True)
class PendingDisclosures:
    """A waiting request. recent_disclosures: to its auditor in the last 30 days, opened or not.

    denials: the signed denials by custodian.
    """

    filed: Filed
    signed_request: bytes = field(repr=False)
    entry: Proved
    recent_disclosures: int
    denials: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Decided:
    """A disclosure after a custodian's act. proofs: of the act's entry, None for a denial.

    denials: the signed denials by custodian.
    """

    filed: Filed
    proofs: Proofs | None = None
    denials: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class DecideCommand:
    """A custodian's decision. code: empty for a denial, and may be empty for a repeat."""

    call: MemberAsked
    disclosure_id: str
    verdict: Verdict
    signed: bytes
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ReleaseCommand:
    """The share that follows an approval."""

    call: MemberAsked
    disclosure_id: str
    resealed: bytes = field(repr=False)


async def _again(connection: Connection, _answer: bytes, asked: Deciding | Releasing) -> Filed:
    return await rows.get(connection, disclosure_id=asked.disclosure_id)


@member_mutation("disclosure.decide", again=_again)
async def decide_stored(tx: Tx, deciding: Deciding) -> Filed:
    """Store a decision that was checked before; raises DeniedError, PreconditionError.

    With N - M + 1 denials the shares and the version are destroyed.
    """
    filed = await rows.lock(tx.connection, disclosure_id=deciding.disclosure_id)
    decided = disclosure_rules.decide(
        disclosure=filed.disclosure,
        member=deciding.member,
        verdict=deciding.verdict,
        quorum=deciding.quorum,
        now=tx.now.business,
    )
    await _check_quorum(tx.connection, decided, deciding.quorum.quorum_id)
    event = await tx.log(
        _EVENTS[deciding.verdict], account_token=decided.account_token, decision=deciding.signed
    )
    await rows.add_decision(tx.connection, decided, deciding, entry_id=event.entry_id)
    await rows.put(tx.connection, decided)
    if decided.state is DisclosureState.DENIED:
        await rows.end(tx.connection, decided, now=tx.now.business)
    return replace(filed, disclosure=decided)


@member_mutation("disclosure.release", again=_again)
async def release_stored(tx: Tx, releasing: Releasing) -> Filed:
    """Store an approved share; the M-th one is the disclosure, which has an entry of its own."""
    filed = await rows.lock(tx.connection, disclosure_id=releasing.disclosure_id)
    before, now = filed.disclosure, tx.now.business
    released = disclosure_rules.release(
        disclosure=before, member=releasing.member, quorum=releasing.quorum, now=now
    )
    await _check_quorum(tx.connection, before, releasing.quorum.quorum_id)
    event = await tx.log(
        EventType.DISCLOSURE_RELEASE,
        account_token=released.account_token,
        disclosure_id=released.disclosure_id,
        custodian=releasing.member.name,
        share_hash=sha256(releasing.resealed).digest(),
    )
    await rows.add_share(tx.connection, released, releasing, now=now, entry_id=event.entry_id)
    await rows.put(tx.connection, released)
    if before.disclosed_at is None and released.disclosed_at is not None:
        await _disclose(tx, released, releasing)
    return replace(filed, disclosure=released)


async def _disclose(tx: Tx, released: Disclosure, releasing: Releasing) -> None:
    # The owner's history names the digest that the request fixed.
    if releasing.record_digest != released.record_digest:
        raise DamagedError(Reason.RECORD_DAMAGED)
    event = await tx.log(
        EventType.DISCLOSURE_DISCLOSE,
        account_token=released.account_token,
        disclosure_id=released.disclosure_id,
        auditor_actor_id=released.auditor_actor_id,
        legal_basis=releasing.legal_basis,
        record_digest=releasing.record_digest,
    )
    await rows.disclose(tx.connection, released, legal_basis=releasing.legal_basis, entry_id=event.entry_id)


async def _check_quorum(connection: Connection, disclosure: Disclosure, quorum_id: str) -> None:
    """Raise PreconditionError unless a quorum is the present one of a disclosure's record."""
    found = await account_version.find(
        connection, account_token=disclosure.account_token, record_id=disclosure.record_id
    )
    if found is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    if found.present_quorum_id != quorum_id:
        raise PreconditionError(Reason.QUORUM_INVALID)


async def pending(
    context: DisclosureContext, *, actor_id: str, offset: int, limit: int, now: ClockReading
) -> tuple[list[PendingDisclosures], int | None, bytes]:
    """Return what waits for a custodian, the next offset (None at the end) and the checkpoint's note."""
    vault, roster_member = context.vault, context.rosters.member(actor_id)
    handed = await people_acts.handed(vault)
    quorum_ids = people_acts.quorum_ids(
        rosters=context.rosters, roster_member=roster_member, handed=handed.values()
    )

    async def work(connection: Connection) -> list[Filed]:
        return await lists.pending(
            connection,
            custodian=roster_member.name,
            quorum_ids=quorum_ids,
            now=now.business,
            offset=offset,
            limit=limit + 1,
        )

    found = await vault.read("disclosure.pending", work)
    note, waiting = b"", []
    for filed in found[:limit]:
        token = filed.disclosure.account_token
        proofs = await context.proofs.now((filed.entry_id,), account_token=token)
        note = proofs.note or note
        waiting.append(await _waiting(context, filed, proofs.entries[0], now))
    return waiting, offset + limit if len(found) > limit else None, note


async def decided(
    context: DisclosureContext, *, actor_id: str, offset: int, limit: int
) -> tuple[list[ShownDisclosure], int | None]:
    """Return what a custodian has decided, the newest first, and the next offset (None at the end)."""
    found = await context.vault.read(
        "disclosure.decided",
        lambda one: lists.decided(one, actor_id=actor_id, offset=offset, limit=limit + 1),
    )
    shown = [_readable(context, filed) for filed in found[:limit]]
    return shown, offset + limit if len(found) > limit else None


def _readable(context: DisclosureContext, filed: Filed) -> ShownDisclosure:
    """Return a disclosure, without its texts if they are damaged: the others of its page are still read."""
    try:
        return context.show(filed)
    except DamagedError:
        return ShownDisclosure(filed, b"")


async def sealed_share(
    context: DisclosureContext, *, actor_id: str, disclosure_id: str, now: ClockReading
) -> tuple[SealedRecord, QuorumMember]:
    """Return the record whose share the custodian is asked to release, and the custodian's place."""
    async with context.refusals.logged(actor_id=actor_id, now=now):
        filed = await context.find(disclosure_id)
        record, member, _ = await _seat(context, filed, context.rosters.member(actor_id))
        disclosure_rules.check_may_decide(disclosure=filed.disclosure, member=member, now=now.business)
        return record, member


async def decide(
    context: DisclosureContext, command: DecideCommand, *, now: ClockReading, patience: float = 0.0
) -> Decided:
    """Approve or deny; raises InvalidError, DeniedError, PreconditionError and others.

    After an approval, waits up to `patience` seconds for a checkpoint that covers its entry, then raises
    UnavailableError (LOG_UNAVAILABLE). The approval counts, and a repeat continues to wait.
    """
    async with context.refusals.logged(actor_id=command.call.actor_id, now=now):
        filed = await _decide(context, command, now=now)
    if command.verdict is Verdict.DENY:
        return Decided(filed, denials=context.denials(filed))
    own = await _own(context, filed, command.call.actor_id)
    proofs = await _proved(context, filed, own.entry_id, patience)
    return Decided(filed, proofs, context.denials(filed))


async def _decide(context: DisclosureContext, command: DecideCommand, *, now: ClockReading) -> Filed:
    vault, call = context.vault, command.call
    await vault.guard.check(now=now)
    request = call.request(vault.fingerprinter)
    # Read before looking for the request: what a concurrent repeat changes must not make this call fail.
    filed = await context.find(command.disclosure_id)
    if await known(vault, request) is not None:
        return await context.find(command.disclosure_id)
    roster_member = context.rosters.member(command.call.actor_id)
    _, member, seats = await _seat(context, filed, roster_member)
    disclosure_rules.check_may_decide(disclosure=filed.disclosure, member=member, now=now.business)
    said = _checked_paper(command, filed, roster_member, member)
    if command.verdict is Verdict.APPROVE:
        await context.second_factor.check(actor_id=command.call.actor_id, code=command.code, now=now)
    deciding = _deciding(context, command, filed, said, member=member, seats=seats)
    decided = await decide_stored.run(vault, call, now, request, deciding)
    context.observe(command.verdict.value.lower())
    return decided


async def release(
    context: DisclosureContext, command: ReleaseCommand, *, now: ClockReading, patience: float = 0.0
) -> Decided:
    """Accept the approved share; the M-th share makes the disclosure. Waits as `decide` does."""
    vault = context.vault
    async with context.refusals.logged(actor_id=command.call.actor_id, now=now):
        await vault.guard.check(now=now)
        request = command.call.request(vault.fingerprinter)
        filed = await context.find(command.disclosure_id)
        if await known(vault, request) is None:
            filed = await _release_once(context, command, filed, request, now)
        own = await _own(context, filed, command.call.actor_id)
        if own.release_entry_id is None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    proofs = await _proved(context, filed, own.release_entry_id, patience)
    return Decided(filed, proofs, context.denials(filed))


async def _release_once(
    context: DisclosureContext, command: ReleaseCommand, filed: Filed, request: Request, now: ClockReading
) -> Filed:
    record, member, seats = await _seat(context, filed, context.rosters.member(command.call.actor_id))
    disclosure_rules.check_may_release(disclosure=filed.disclosure, member=member, now=now.business)
    own = await _own(context, filed, command.call.actor_id)
    said = papers.parse_decision(own.signed, verdict=Verdict.APPROVE)
    is_approved = sha256(command.resealed).digest() == said.resealed_hash
    if len(command.resealed) > LONGEST_SHARE or not is_approved:
        raise PaperError("resealed_share", "this is not the share that was approved")
    releasing = Releasing(
        disclosure_id=filed.disclosure.disclosure_id,
        member=member,
        quorum=seats,
        resealed=command.resealed,
        record_digest=record.digest(),
        legal_basis=papers.parse_request(context.signed_request(filed)).legal_basis,
    )
    released = await release_stored.run(context.vault, command.call, now, request, releasing)
    context.observe("release")
    return released


async def report(
    context: DisclosureContext,
    *,
    actor_id: str,
    disclosure_id: str,
    finding: HistoryFinding,
    now: ClockReading,
) -> None:
    """Log what a roster member's client refused; raises NotFoundError (REQUEST_NOT_FOUND)."""
    await context.vault.guard.check(now=now)
    await context.find(disclosure_id)
    await context.refusals.note(actor_id=actor_id, reason=finding.value, now=now)


async def _seat(
    context: DisclosureContext, filed: Filed, roster_member: RosterMember
) -> tuple[SealedRecord, QuorumMember, DecidingQuorum]:
    found = filed.disclosure
    disclosure_rules.check_not_own(disclosure=found, name=roster_member.name, actor_id=roster_member.actor_id)
    which = {"account_token": found.account_token, "record_id": found.record_id}
    record = await context.vault.read("disclosure.record", lambda one: account_version.find(one, **which))
    if record is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    quorum = people_acts.quorum_of_record(rosters=context.rosters, record=record)
    member = people_acts.member_of(quorum=quorum, roster_member=roster_member)
    return record, member, people_acts.deciding_quorum(quorum=quorum)


async def _waiting(
    context: DisclosureContext, filed: Filed, entry: Proved, now: ClockReading
) -> PendingDisclosures:
    signed = context.signed_request(filed)
    actor_id, since = filed.disclosure.auditor_actor_id, now.business - _COUNTED
    recent = await context.vault.read(
        "disclosure.disclosures_since",
        lambda one: lists.disclosures_since(one, actor_id=actor_id, since=since),
    )
    return PendingDisclosures(filed, signed, entry, recent, context.denials(filed))


def _deciding(
    context: DisclosureContext,
    command: DecideCommand,
    filed: Filed,
    said: DecisionTerms,
    *,
    member: QuorumMember,
    seats: DecidingQuorum,
) -> Deciding:
    sealed = None
    if command.verdict is Verdict.DENY:
        sealed = sealed_denial(
            case_texts=context.case_texts, filed=filed, custodian=member.name, signed=command.signed
        )
    return Deciding(
        disclosure_id=command.disclosure_id,
        member=member,
        verdict=command.verdict,
        quorum=seats,
        signed=command.signed,
        sealed=sealed,
    )


async def _own(context: DisclosureContext, filed: Filed, actor_id: str) -> OwnDecision:
    disclosure_id, name = filed.disclosure.disclosure_id, context.rosters.member(actor_id).name
    own = await context.vault.read(
        "disclosure.own_decision",
        lambda one: lists.own_decision(one, disclosure_id=disclosure_id, custodian=name),
    )
    if own is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return own


async def _proved(context: DisclosureContext, filed: Filed, entry_id: str, patience: float) -> Proofs:
    token = filed.disclosure.account_token
    return await context.proofs.wait((entry_id,), account_token=token, patience=patience)


def _checked_paper(
    command: DecideCommand, filed: Filed, roster_member: RosterMember, member: QuorumMember
) -> DecisionTerms:
    """Return what a signed paper says; raises PaperError, InvalidError unless it matches the call."""
    name = "signed_approval" if command.verdict is Verdict.APPROVE else "signed_denial"
    said = papers.parse_decision(command.signed, verdict=command.verdict, field=name)
    if command.verdict is Verdict.APPROVE and len(said.resealed_hash) != _HASH_SIZE:
        raise PaperError(name, "an approval must have the hash of a share")
    meant = DecisionTerms(
        command.verdict, filed.digest, roster_member.name, member.place, said.resealed_hash, said.reason
    )
    if said != meant:
        raise PaperError(name, "the signed paper does not match the call")
    if command.verdict is Verdict.DENY:
        verify_disclosure.check_reason(said.reason, field=name)
    papers.check_signature(command.signed, roster_member=roster_member, field=name)
    return said
