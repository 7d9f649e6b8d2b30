"""Drills of custodians: a custodian reads its sealed share of the drill record and signs the result.

A drill is passed with a recent signature over the current drill record and a code of the second factor:
without either, the custodian could not release a share when it is needed.

A new quorum gets its drill record within a minute. The records of former quorums stay, because they show
since when a custodian could have passed a drill.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idvault.core.act import SYSTEM, Tx, Vault, act, known, member_mutation
from idvault.core.request import MemberAsked
from idvault.custody.drill import rules, store
from idvault.custody.drill.rules import DrillHistory, DrillRecord, DrillStanding
from idvault.disclosure.acts.disclosure import DisclosureContext
from idvault.log.acts.stored_log import Proofs
from idvault.people import acts as people_acts
from idvault.people.acts import RosterSource
from idvault.sealing.ports import RecordSealer
from idvault_verify.attest import drill as verify_drill
from idvault_verify.attest.drill import DrillTerms
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.clock import ClockReading
from idvault_verify.disclosure import HistoryFinding, QuorumMember
from idvault_verify.error import AlreadyExistsError, NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer


def drill_versions(rosters: RosterSource) -> list[Roster]:
    """Return all versions of a roster, oldest first."""
    return [rosters.version(number) for number in range(1, rosters.current.version + 1)]


def standings(*, versions: Sequence[Roster], history: DrillHistory) -> list[DrillStanding]:
    """Return the standing of each custodian of the current quorum who has had a drill record.

    versions: of the roster, oldest first. A pass under a former quorum counts for the same custodian and key.
    """
    custodians = versions[-1].quorums[0].custodians
    found = [_standing(custodian, _own_quorums(custodian, versions), history) for custodian in custodians]
    return [each for each in found if each is not None]


def _standing(
    custodian: RosterMember, quorum_ids: frozenset[str], history: DrillHistory
) -> DrillStanding | None:
    return rules.standing(
        custodian=custodian.name,
        made=[made for quorum_id, made in history.made.items() if quorum_id in quorum_ids],
        passed=[
            passed
            for (quorum_id, actor_id), passed in history.passed.items()
            if quorum_id in quorum_ids and actor_id == custodian.actor_id
        ],
    )


def _own_quorums(custodian: RosterMember, versions: Sequence[Roster]) -> frozenset[str]:
    return frozenset(
        quorum.id
        for roster in versions
        for quorum in roster.quorums
        if any(
            (each.name, each.hpke_public_key) == (custodian.name, custodian.hpke_public_key)
            for each in quorum.custodians
        )
    )


@dataclass(frozen=True, slots=True)
class PassCommand:
    """A custodian's report of a passed drill; code: as received, not needed for a repeat."""

    call: MemberAsked
    record_id: str
    quorum_id: str
    signed_at: datetime
    signature: bytes
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ShownDrill:
    """A drill record for one custodian, the proof that it is in the log, and the custodian's standing."""

    record: SealedRecord
    member: QuorumMember
    proofs: Proofs
    standing: DrillStanding


async def _nothing(*_args: object) -> None:
    """Return nothing to a repeat: its standing is read afterwards."""


@member_mutation("drill.complete", again=_nothing)
async def complete_stored(tx: Tx, quorum_id: str, signed_at: datetime, paper: bytes) -> None:
    """Store that who acts passed a drill, by a signature of this time (the custodian's, in whole seconds).

    Raises AlreadyExistsError (REQUEST_ID_REUSED) unless it is later than at the previous pass, so that one
    signature counts once.
    """
    token = verify_drill.token(quorum_id=quorum_id)
    event = await tx.log(EventType.DRILL_COMPLETE, account_token=token, paper=paper)
    which = {"signed_at": signed_at, "now": tx.now.business}
    is_later = await store.complete(
        tx.connection, quorum_id, tx.by.actor_id, **which, entry_id=event.entry_id
    )
    if not is_later:
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


@act("drill.renew")
async def renew(tx: Tx, record: SealedRecord) -> bool:
    """Store a quorum's drill record; False if the quorum has one."""
    entry_id = tx.events.new_id()
    if not await store.renew(tx.connection, record, entry_id=entry_id, now=tx.now.business):
        tx.unchanged("the quorum has a record")
        return False
    await tx.log(
        EventType.DRILL_RENEW,
        entry_id,
        account_token=record.account_token,
        record_id=record.record_id,
        quorum_id=record.present_quorum_id,
        record_digest=record.digest(),
    )
    return True


async def find(vault: Vault, quorum_id: str) -> DrillRecord | None:
    """Return a quorum's drill record."""
    return await vault.main.one("drill.get", store.GET, quorum_id=quorum_id)


async def get(context: DisclosureContext, *, actor_id: str, now: ClockReading) -> ShownDrill:
    """Return the drill record of the current quorum to one of its custodians.

    Raises DeniedError (ACCESS_DENIED) for any other caller, NotFoundError (REQUEST_NOT_FOUND) if the worker
    has not created the record yet.
    """
    async with context.refusals.logged(actor_id=actor_id, now=now):
        drill, member = await _own(context, actor_id)
        token = drill.record.account_token
        proofs = await context.proofs.now((drill.entry_id,), account_token=token)
        return ShownDrill(drill.record, member, proofs, await _standing_of(context, member))


async def complete(context: DisclosureContext, command: PassCommand, *, now: ClockReading) -> DrillStanding:
    """Record that a custodian opened its share; raises InvalidError, DeniedError and others."""
    vault, call = context.vault, command.call
    async with context.refusals.logged(actor_id=command.call.actor_id, now=now):
        await vault.guard.check(now=now)
        request = call.request(vault.fingerprinter)
        # Read before looking for the request: what a concurrent repeat changes must not make this call fail.
        drill, member = await _own(context, command.call.actor_id)
        if await known(vault, request) is None:
            paper = _checked(context, command, drill, now)
            await context.second_factor.check(actor_id=command.call.actor_id, code=command.code, now=now)
            await complete_stored.run(vault, call, now, request, command.quorum_id, command.signed_at, paper)
        return await _standing_of(context, member)


async def report(
    context: DisclosureContext, *, actor_id: str, finding: HistoryFinding, now: ClockReading
) -> None:
    """Log what a custodian's client refused."""
    await context.vault.guard.check(now=now)
    await context.refusals.note(actor_id=actor_id, reason=finding.value, now=now)


def _checked(
    context: DisclosureContext, command: PassCommand, drill: DrillRecord, now: ClockReading
) -> bytes:
    """Return the signed paper if it is for this record and recent."""
    roster_member, record = context.rosters.member(command.call.actor_id), drill.record
    if (command.record_id, command.quorum_id) != (record.record_id, record.present_quorum_id):
        raise PreconditionError(Reason.QUORUM_INVALID)
    rules.check_fresh(signed_at=command.signed_at, now=now.real)
    time = int(command.signed_at.timestamp())
    terms = DrillTerms(command.record_id, command.quorum_id, roster_member.name, time)
    return verify_drill.check_signature(terms, command.signature, roster_member=roster_member)


async def _own(context: DisclosureContext, actor_id: str) -> tuple[DrillRecord, QuorumMember]:
    quorum = context.rosters.current.quorums[0]
    member = people_acts.member_of(quorum=quorum, roster_member=context.rosters.member(actor_id))
    found = await find(context.vault, quorum.id)
    if found is None:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found, member


async def _standing_of(context: DisclosureContext, member: QuorumMember) -> DrillStanding:
    found = await _standings(context.vault, context.rosters)
    return next(each for each in found if each.custodian == member.name)


async def _standings(vault: Vault, rosters: RosterSource) -> list[DrillStanding]:
    versions = drill_versions(rosters)
    return standings(versions=versions, history=await vault.read("drill.history", store.history))


class HeldRosters(RosterSource, Protocol):
    """A RosterSource that also has the quorum for new records (people.acts)."""

    @property
    def quorum(self) -> Quorum:
        """The current quorum."""
        ...


async def keep(vault: Vault, now: ClockReading, *, rosters: HeldRosters, sealer: RecordSealer) -> bool:
    """Create the drill record of the current quorum if it has none; return True if created."""
    quorum_id = rosters.quorum.id
    if await find(vault, quorum_id) is not None:
        return False
    await vault.guard.check(now=now)
    record = await sealer.seal(
        relying_party=verify_drill.RELYING_PARTY,
        account_token=verify_drill.token(quorum_id=quorum_id),
        identity=rules.identity(),
        answer=RegistryAnswer.MATCH,
        consent=rules.consent(now=now.business),
    )
    if record.present_quorum_id != quorum_id:
        return False  # the quorum has changed meanwhile; the next run creates its record
    return await renew(vault, SYSTEM, now, record)


async def count(
    vault: Vault, now: ClockReading, *, rosters: RosterSource, observe: Callable[[int, float], None]
) -> None:
    """Report how many custodians of the current quorum are overdue, and the oldest pass's age (s)."""
    found = await _standings(vault, rosters)
    ages = [(now.business - (each.due_at - rules.PERIOD)).total_seconds() for each in found]
    observe(sum(each.is_overdue(now.business) for each in found), max([0.0, *ages]))
