"""Drills of custodians: a custodian reads its sealed share of the drill record and signs the result.

A drill is passed with a recent signature over the current drill record and a code of the second factor:
without either, the custodian could not release a share when it is needed.
"""

from dataclasses import dataclass, field
from datetime import datetime

from idvault.core.entropy import Entropy
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter, Request
from idvault.core.second_factor import SecondFactorCheck
from idvault.custody.drill import rules
from idvault.custody.drill.acts import drill_standing
from idvault.custody.drill.ports import DrillRecord, DrillStore, Passing
from idvault.custody.drill.rules import DrillStanding
from idvault.disclosure.acts.proof import LogProofs, Proofs
from idvault.disclosure.acts.refusal import Refusals
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import quorums
from idvault.people.acts.quorums import RosterSource
from idvault.verify.attest import drill as papers
from idvault.verify.attest.drill import DrillTerms
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import HistoryFinding, QuorumMember
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import EventType
from idvault.verify.record import SealedRecord

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
        member = quorums.member_of(quorum=quorum, roster_member=self._rosters.member(actor_id))
        found = await self._store.get(quorum_id=quorum.id)
        if found is None:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return found, member

    async def _standing(self, member: QuorumMember) -> DrillStanding:
        versions = drill_standing.versions(self._rosters)
        found = drill_standing.standings(versions=versions, history=await self._store.history())
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
