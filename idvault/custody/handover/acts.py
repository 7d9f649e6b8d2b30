"""Hand-overs: a replaced custodian lists its shares and replaces them with ones sealed to the successor.

- The service and the leaver's client each find the successor in the verified roster versions
  (verify.attest.succession). Neither relies on the other.
- A share is listed only if its record matches the log. A damaged one is left in place and counted.
- The leaver signs the batch. The service rebuilds the signed content from the call and the roster.
- The leaver can end a hand-over for good; a later roster with another successor begins another.
- No code of a second factor is needed: shares can only move to a successor whom M other custodians have
  signed.

Records are counted by who holds their shares:

- PRESENT: every share is with the custodian who has its place now. If the roster no longer has a quorum of
  that name, the former custodians keep their places.
- WAITING: a custodian who lost the place, but is still in the roster, has yet to hand over.
- LOST: a custodian who lost the place is no longer in the roster, or has ended the hand-over to the present
  successor, so the share is not handed over. M other custodians can still open the record.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from idvault.core.act import Tx, Vault, member_mutation
from idvault.core.check import AilmentError
from idvault.core.db.connection import Connection
from idvault.core.request import MemberAsked
from idvault.custody.handover import store
from idvault.disclosure.acts import auditor as disclosure_auditor
from idvault.disclosure.acts.disclosure import DisclosureContext
from idvault.people import acts as people_acts
from idvault.people.acts import RosterSource
from idvault_verify import handover as rules
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import handover as batches
from idvault_verify.attest import hpke, succession
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_change import going_on, is_same_holder
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.succession import Succession
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.handover import HandedShare, HandoverBatch, HandoverEnd
from idvault_verify.record import SealedRecord

_VERB = "hand_over"
_END_VERB = "end_hand_over"
_SHARE_SIZE = 33


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of shares. place: the leaver's, in each record.

    after: where the next page starts, empty at the end; left_out: damaged ones; waiting: the total, on page
    one only.
    """

    records: Sequence[SealedRecord]
    place: int
    after: str
    left_out: int
    waiting: int


@dataclass(frozen=True, slots=True)
class HandOverCommand:
    """A batch to hand over. quorum_id: of the current roster; signature: 64 bytes over the batch."""

    call: MemberAsked
    quorum_id: str
    shares: Sequence[HandedShare]
    signature: bytes


@dataclass(frozen=True, slots=True)
class EndCommand:
    """A hand-over to end. quorum_id: of the current roster; signature: 64 bytes over the end."""

    call: MemberAsked
    quorum_id: str
    signature: bytes


async def _count(_connection: Connection, answer: bytes, *_: object) -> int:
    return int(answer)


@member_mutation("handover.hand_over", again=_count)
async def hand_over_stored(tx: Tx, batch: HandoverBatch, signed: bytes) -> int:
    """Replace shares with re-sealed ones, with one entry for all of them; return how many.

    A share is passed over unless its record's version, quorum and stored hash match. Nothing that the
    record's digest covers changes. Raises PreconditionError (ILLEGAL_TRANSITION) if the hand-over was ended.
    """
    if await store.is_ended(tx.connection, batch.quorum_id, tx.by.actor_id):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    given = {share.account_token: share for share in batch.shares}
    locked = await store.lock(tx.connection, given)
    changes = [
        changed
        for stored in locked
        if (changed := _handed(stored, batch, given[stored.account_token])) is not None
    ]
    if changes:
        await store.put(tx.connection, changes)
    await tx.answer_member(str(len(changes)).encode())
    await tx.log(EventType.SHARES_HAND_OVER, batch=signed, count=len(changes))
    return len(changes)


@member_mutation("handover.end", again=_count)
async def end_stored(tx: Tx, ending: HandoverEnd, signed: bytes) -> int:
    """Store the end of a hand-over; return how many records are left.

    Raises PreconditionError (ILLEGAL_TRANSITION) if it was ended before by another request.
    """
    if not await store.end(tx.connection, ending.quorum_id, ending.actor_id, now=tx.now.business):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    left = await store.count(tx.connection, quorum_ids=ending.held)
    await tx.answer_member(str(left).encode())
    await tx.log(EventType.HANDOVER_END, paper=signed, count=left)
    return left


def _handed(stored: SealedRecord, batch: HandoverBatch, share: HandedShare) -> SealedRecord | None:
    """Return the record with the re-sealed share; None if the share was not made for this record."""
    becomes = batch.becomes.get(stored.present_quorum_id)
    at = batch.place - 1
    if becomes is None or not at < len(stored.shares):
        return None
    found = (stored.record_id, stored.share_quorum_id(batch.place), stored.share_hashes[at])
    if found != (share.record_id, share.quorum_id, share.share_hash):
        return None
    quorum_ids = [stored.share_quorum_id(place) for place in range(1, len(stored.shares) + 1)]
    quorum_ids[at] = batch.quorum_id
    shares = list(stored.shares)
    shares[at] = share.resealed
    return replace(
        stored, present_quorum_id=becomes, share_quorum_ids=tuple(quorum_ids), shares=tuple(shares)
    )


async def shares(
    context: DisclosureContext, *, actor_id: str, quorum_id: str, after: str, limit: int, now: ClockReading
) -> Listed:
    """Return a leaver's shares, in account order.

    Raises PreconditionError (QUORUM_INVALID, ILLEGAL_TRANSITION for a hand-over that was ended).
    """
    vault = context.vault
    async with context.refusals.logged(actor_id=actor_id, now=now):
        found = _succession(context.rosters, actor_id, quorum_id)
    # Before the leaver's client notes any share as given to this successor.
    if (found.quorum.id, actor_id) in await ended(vault):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    held = frozenset(await _held(context, found))
    tokens = await vault.read(
        "handover.tokens", lambda one: store.tokens(one, quorum_ids=held, after=after, limit=limit)
    )
    records, left_out = await _sound(vault, tokens, held)
    waiting = 0
    if not after:
        waiting = await vault.read("handover.count", lambda one: store.count(one, quorum_ids=held))
    last = tokens[-1] if len(tokens) == limit else ""
    return Listed(records=records, place=found.place, after=last, left_out=left_out, waiting=waiting)


async def ended(vault: Vault) -> Collection[tuple[str, str]]:
    """Return every hand-over that was ended: the quorum's id and the leaver's actor id."""
    return await vault.read("handover.ended", store.ended)


async def hand_over(context: DisclosureContext, command: HandOverCommand, *, now: ClockReading) -> int:
    """Store the shares of a batch; return how many (the same for a repeat).

    Raises InvalidError, PreconditionError (QUORUM_INVALID), AlreadyExistsError and others.
    """
    vault = context.vault
    async with context.refusals.logged(actor_id=command.call.actor_id, now=now):
        await vault.guard.check(now=now)
        found = _succession(context.rosters, command.call.actor_id, command.quorum_id)
        rules.check(command.shares, sealed_size=_sealed_size(found))
        signed = batches.canonical(succession=found, shares=command.shares) + command.signature
        papers.check_signature(signed, roster_member=found.leaver, field="signature")
        held = await _held(context, found)
        batch = HandoverBatch(found.place, found.quorum.id, held, command.shares)
        request = command.call.request(vault.fingerprinter)
        moved = await hand_over_stored.run(vault, command.call, now, request, batch, signed)
        context.observe(_VERB)
        return moved


async def end(context: DisclosureContext, command: EndCommand, *, now: ClockReading) -> int:
    """End a hand-over for good; return how many shares are left (the same for a repeat).

    Raises InvalidError, PreconditionError (QUORUM_INVALID, ILLEGAL_TRANSITION), AlreadyExistsError and
    others.
    """
    vault = context.vault
    async with context.refusals.logged(actor_id=command.call.actor_id, now=now):
        await vault.guard.check(now=now)
        found = _succession(context.rosters, command.call.actor_id, command.quorum_id)
        signed = batches.end(succession=found) + command.signature
        papers.check_signature(signed, roster_member=found.leaver, field="signature")
        held = frozenset(await _held(context, found))
        ending = HandoverEnd(command.call.actor_id, found.quorum.id, held)
        request = command.call.request(vault.fingerprinter)
        left = await end_stored.run(vault, command.call, now, request, ending, signed)
        context.observe(_END_VERB)
        return left


def _succession(rosters: RosterSource, actor_id: str, quorum_id: str) -> Succession:
    roster_member = rosters.member(actor_id)
    try:
        for found in succession.find(people_acts.versions(rosters), leaver=roster_member):
            if found.quorum.id == quorum_id:
                return found
    except RosterError as error:
        raise PreconditionError(Reason.QUORUM_INVALID) from error
    raise PreconditionError(Reason.QUORUM_INVALID)


async def _held(context: DisclosureContext, found: Succession) -> dict[str, str]:
    """Return the present quorum ids of records whose share the leaver holds, with their new ids."""
    held = {}
    for quorum in await _quorums(context, found):
        place = found.place - 1
        custodians = list(quorum.custodians)
        if not is_same_holder(custodians[place], found.leaver):
            continue
        custodians[place] = found.successor
        held[quorum.id] = Quorum(quorum.name, quorum.threshold, tuple(custodians)).id
    return held


async def _quorums(context: DisclosureContext, found: Succession) -> list[Quorum]:
    """Return every quorum of the leaver that a record may have, of rosters and of other hand-overs."""
    rosters = context.rosters
    former = [people_acts.quorum_of(rosters=rosters, quorum_id=each) for each in found.former_ids]
    handed = (await people_acts.handed(context.vault)).values()
    between = [people_acts.holders(rosters=rosters, quorum_ids=ids) for ids in handed]
    alike = len(found.quorum.custodians)
    return former + [each for each in between if _is_of(each, found, alike)]


async def _sound(
    vault: Vault, tokens: Sequence[str], held: Collection[str]
) -> tuple[list[SealedRecord], int]:
    """Return the records that match their newest settlement entry, and how many do not."""
    records, left_out = [], 0
    for account_token in tokens:
        evidence = await disclosure_auditor.evidence_of(vault, account_token)
        if evidence is None or evidence.record.present_quorum_id not in held:
            continue  # the record has been replaced meanwhile
        try:
            records.append(disclosure_auditor.check(evidence).record)
        except DamagedError:
            left_out += 1
    return records, left_out


def _is_of(quorum: Quorum, found: Succession, size: int) -> bool:
    return (quorum.name, quorum.threshold, len(quorum.custodians)) == (
        found.quorum.name,
        found.quorum.threshold,
        size,
    )


def _sealed_size(found: Succession) -> int:
    """Return the size of a share sealed to the successor."""
    key = found.successor
    return len(
        hpke.seal(suite=key.suite, public_key=key.hpke_public_key, plaintext=bytes(_SHARE_SIZE), info=b"")
    )


BETWEEN = "between"
"""Stands for the version of a quorum that is in no roster: one leaver has handed over before another."""


class Holders(StrEnum):
    """Who holds the shares of a record."""

    PRESENT = "PRESENT"
    WAITING = "WAITING"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Count:
    """records: by roster version (the newest that has the quorum, or BETWEEN) and holders.

    leavers: how many records wait for each custodian who has yet to hand over. missed: for each custodian who
    is no longer in the roster, how many records with a share of theirs have fewer than M custodians in the
    roster.
    """

    records: Mapping[tuple[str, Holders], int]
    leavers: Mapping[str, int]
    missed: Mapping[str, int] = field(default_factory=dict)


def count(
    versions: Sequence[Roster],
    *,
    by_quorum: Mapping[str, int],
    handed: Mapping[str, Sequence[str]],
    ended: Collection[tuple[str, str]] = (),
) -> Count:
    """Return the count. by_quorum: records of each present quorum; handed: quorums that hand-overs created.

    ended: hand-overs that their leavers have ended, by the quorum of the successor and the leaver's actor id.
    versions: verified, from the first to the current one.
    """
    records, leavers, missed = Counter[tuple[str, Holders]](), Counter[str](), Counter[str]()
    for quorum_id, number in by_quorum.items():
        version, quorum = _find(versions, quorum_id, handed)
        gone = list(_gone(quorum, versions[-1])) if quorum else []
        after = going_on(quorum, versions[-1]) if quorum else None
        over = {actor_id for quorum_id, actor_id in ended if after is not None and after.id == quorum_id}
        named = [each for each in gone if _is_named(each, versions[-1])]
        waiting = [each.name for each in named if each.actor_id not in over]
        records[version, _holders(quorum, gone, waiting)] += number
        leavers.update(dict.fromkeys(waiting, number))
        missed.update(dict.fromkeys(_missed(quorum, versions[-1]) if quorum else (), number))
    return Count(records, leavers, missed)


def check_handed_over(found: Count) -> None:
    """Raise AilmentError if a custodian has yet to hand over; the text has names and record counts."""
    if found.missed:
        missed = ", ".join(f"{number} of {name}" for name, number in sorted(found.missed.items()))
        raise AilmentError(
            f"some records have fewer than M custodians in the roster; missing are {missed}: put them back "
            "into the next roster with the same keys, and have them hand over"
        )
    if found.leavers:
        waiting = ", ".join(f"{number} of {name}" for name, number in sorted(found.leavers.items()))
        raise AilmentError(
            f"shares wait to be handed over, {waiting}: have each of them run "
            "`idvault-people custodian hand-over` before they leave the roster"
        )


def _find(
    versions: Sequence[Roster], quorum_id: str, handed: Mapping[str, Sequence[str]]
) -> tuple[str, Quorum | None]:
    known = {quorum.id: (roster, quorum) for roster in versions for quorum in roster.quorums}
    if quorum_id in known:
        roster, quorum = known[quorum_id]
        return str(roster.version), quorum
    ids = handed.get(quorum_id, ())
    if not ids or not known.keys() >= set(ids):
        return BETWEEN, None
    return BETWEEN, succession.holders(lambda each: known[each][1], quorum_ids=ids)


def _gone(quorum: Quorum, roster: Roster) -> Iterator[RosterMember]:
    """Yield the custodians who hold a share but no longer have its place."""
    after = going_on(quorum, roster)
    for place, roster_member in enumerate(quorum.custodians):
        if after is None:
            if not _is_named(roster_member, roster):
                yield roster_member
        elif place >= len(after.custodians) or not is_same_holder(roster_member, after.custodians[place]):
            yield roster_member


def _missed(quorum: Quorum, roster: Roster) -> list[str]:
    """Return who must be in the roster again so that M custodians can open; empty if M are in it."""
    unnamed = [
        roster_member.name for roster_member in quorum.custodians if not _is_named(roster_member, roster)
    ]
    return unnamed if len(quorum.custodians) - len(unnamed) < quorum.threshold else []


def _is_named(roster_member: RosterMember, roster: Roster) -> bool:
    return any(is_same_holder(roster_member, each) for each in roster.people)


def _holders(quorum: Quorum | None, gone: Sequence[RosterMember], waiting: Sequence[str]) -> Holders:
    if waiting:
        return Holders.WAITING
    return Holders.LOST if gone or quorum is None else Holders.PRESENT
