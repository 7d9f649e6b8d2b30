"""Use cases of drills.

When each custodian of the current quorum last passed a drill, and when the next one is due.

Drills of custodians: a custodian reads its sealed share of the drill record and signs the result.

A drill is passed with a recent signature over the current drill record and a code of the second factor:
without either, the custodian could not release a share when it is needed.

The worker's part of drills: a drill record for the current quorum, and the count of overdue custodians.

A new quorum gets its drill record within a minute. The records of former quorums stay, because they show
since when a custodian could have passed a drill.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter, Request
from idvault.core.second_factor import SecondFactorCheck
from idvault.custody.drill import rules
from idvault.custody.drill.ports import DrillHistory, DrillRecord, DrillStore, Passing
from idvault.custody.drill.rules import DrillStanding
from idvault.disclosure.acts.history import LogProofs, Proofs
from idvault.disclosure.acts.refusal import Refusals
from idvault.log.acts.guard import LogGuard
from idvault.people import acts as people_acts
from idvault.people.acts import RosterSource
from idvault.platform import rules as platform_rules
from idvault.sealing.ports import RecordSealer
from idvault.verify.attest import drill as papers
from idvault.verify.attest.drill import DrillTerms
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.attest.quorum import Quorum
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import HistoryFinding, QuorumMember
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import SYSTEM_ACTOR, EventType
from idvault.verify.record import SealedRecord
from idvault.verify.registry import RegistryAnswer


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


_METHOD = "PassDrill"


@dataclass(frozen=True, slots=True)
class PassCommand:
    """A custodian's report of a passed drill; code: as received, not needed for a repeat."""

    actor_id: str
    request_id: str
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


class DrillFlow:
    """The custody edge's part of drills: returns a custodian's sealed share and accepts its signature."""

    def __init__(
        self,
        *,
        store: DrillStore,
        requests: MemberRequestStore,
        rosters: RosterSource,
        second_factor: SecondFactorCheck,
        fingerprinter: Fingerprinter,
        proofs: LogProofs,
        guard: LogGuard,
        refusals: Refusals,
        entropy: Entropy,
    ) -> None:
        """Initialise with the ports."""
        self._store = store
        self._requests = requests
        self._rosters = rosters
        self._second_factor = second_factor
        self._fingerprinter = fingerprinter
        self._proofs = proofs
        self._guard = guard
        self._refusals = refusals
        self._events = EventFactory(entropy=entropy)

    async def get(self, *, actor_id: str, now: ClockReading) -> ShownDrill:
        """Return the drill record of the current quorum to one of its custodians.

        Raises DeniedError (ACCESS_DENIED) for any other caller, NotFoundError (REQUEST_NOT_FOUND) if the
        worker has not created the record yet.
        """
        async with self._refusals.logged(actor_id=actor_id, now=now):
            drill, member = await self._find(actor_id)
            proofs = await self._proofs.now((drill.entry_id,), account_token=drill.record.account_token)
            return ShownDrill(drill.record, member, proofs, await self._standing(member))

    async def complete(self, command: PassCommand, *, now: ClockReading) -> DrillStanding:
        """Record that a custodian opened its share; raises InvalidError, DeniedError and others."""
        async with self._refusals.logged(actor_id=command.actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request(command)
            # Read before looking for the request: what a concurrent repeat changes must not make this call
            # fail.
            drill, member = await self._find(command.actor_id)
            if await self._requests.find(asked) is None:
                paper = self._check(command, drill, now)
                await self._second_factor.check(actor_id=command.actor_id, code=command.code, now=now)
                await self._complete(command, asked, paper, now)
            return await self._standing(member)

    async def report(self, *, actor_id: str, finding: HistoryFinding, now: ClockReading) -> None:
        """Log what a custodian's client refused."""
        await self._guard.check(now=now)
        await self._refusals.note(actor_id=actor_id, reason=finding.value, now=now)

    def _check(self, command: PassCommand, drill: DrillRecord, now: ClockReading) -> bytes:
        """Return the signed paper if it is for this record and recent."""
        roster_member = self._rosters.member(command.actor_id)
        record = drill.record
        if (command.record_id, command.quorum_id) != (record.record_id, record.present_quorum_id):
            raise PreconditionError(Reason.QUORUM_INVALID)
        rules.check_fresh(signed_at=command.signed_at, now=now.real)
        time = int(command.signed_at.timestamp())
        terms = DrillTerms(command.record_id, command.quorum_id, roster_member.name, time)
        return papers.check_signature(terms, command.signature, roster_member=roster_member)

    async def _complete(self, command: PassCommand, asked: Request, paper: bytes, now: ClockReading) -> None:
        event = self._events.event(
            EventType.DRILL_COMPLETE,
            actor_id=command.actor_id,
            now=now,
            account_token=rules.token(quorum_id=command.quorum_id),
            paper=paper,
        )
        passing = Passing(command.quorum_id, command.actor_id, command.signed_at)
        await self._store.complete(passing, request=asked, now=now, event=event)

    async def _find(self, actor_id: str) -> tuple[DrillRecord, QuorumMember]:
        quorum = self._rosters.current.quorums[0]
        member = people_acts.member_of(quorum=quorum, roster_member=self._rosters.member(actor_id))
        found = await self._store.get(quorum_id=quorum.id)
        if found is None:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return found, member

    async def _standing(self, member: QuorumMember) -> DrillStanding:
        versions = drill_versions(self._rosters)
        found = standings(versions=versions, history=await self._store.history())
        return next(each for each in found if each.custodian == member.name)

    def _request(self, command: PassCommand) -> Request:
        fields = (
            command.record_id,
            command.quorum_id,
            int(command.signed_at.timestamp()),
            command.signature,
        )
        fingerprint = self._fingerprinter.fingerprint(method=_METHOD, fields=fields)
        return Request(command.actor_id, command.request_id, fingerprint)


class HeldRosters(RosterSource, Protocol):
    """A RosterSource that also has the quorum for new records (people.acts)."""

    @property
    def quorum(self) -> Quorum:
        """The current quorum."""
        ...


class DrillKeeper:
    """Creates drill records and reports how many custodians are overdue."""

    def __init__(
        self,
        *,
        store: DrillStore,
        rosters: HeldRosters,
        sealer: RecordSealer,
        guard: LogGuard,
        entropy: Entropy,
        observe: Callable[[int, float], None],
    ) -> None:
        """Initialise with the ports. observe: receives the overdue count and the oldest pass's age (s)."""
        self._store = store
        self._rosters = rosters
        self._sealer = sealer
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    async def keep(self, *, now: ClockReading) -> bool:
        """Create the drill record of the current quorum if it has none; return True if created."""
        quorum_id = self._rosters.quorum.id
        if await self._store.get(quorum_id=quorum_id) is not None:
            return False
        await self._guard.check(now=now)
        token = rules.token(quorum_id=quorum_id)
        record = await self._sealer.seal(
            relying_party=platform_rules.RELYING_PARTY,
            account_token=token,
            identity=rules.identity(),
            answer=RegistryAnswer.MATCH,
            consent=rules.consent(now=now.business),
        )
        if record.present_quorum_id != quorum_id:
            return False  # the quorum has changed meanwhile; the next run creates its record
        event = self._events.event(
            EventType.DRILL_RENEW,
            actor_id=SYSTEM_ACTOR,
            now=now,
            account_token=token,
            record_id=record.record_id,
            quorum_id=quorum_id,
            record_digest=record.digest(),
        )
        return await self._store.renew(record, now=now, event=event)

    async def count(self, *, now: ClockReading) -> None:
        """Report how many custodians of the current quorum are overdue."""
        versions = drill_versions(self._rosters)
        found = standings(versions=versions, history=await self._store.history())
        ages = [(now.business - (each.due_at - rules.PERIOD)).total_seconds() for each in found]
        self._observe(sum(each.is_overdue(now.business) for each in found), max([0.0, *ages]))
