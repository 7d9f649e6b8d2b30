"""What a custodian does in a drill: take the own sealed share of the drill record, and sign what came of it.

A drill is passed by a signature over just this record, made just now, and by a code of the second factor:
whoever lacks one of them could not give a share when it is needed.
"""

from dataclasses import dataclass, field
from datetime import datetime

from idvault.attest import drill as papers
from idvault.attest.drill import DrillTerms
from idvault.domain import drill as rules
from idvault.domain.clock import ClockReading
from idvault.domain.disclosure import HistoryFinding, QuorumMember
from idvault.domain.drill import DrillStanding
from idvault.domain.error import NotFoundError, PreconditionError, Reason
from idvault.domain.event import EventType
from idvault.domain.record import SealedRecord
from idvault.domain.request import Request
from idvault.flows.custody import drill_standing
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs, Proofs
from idvault.flows.people import quorums
from idvault.flows.people.quorums import RosterSource
from idvault.ports.disclosure import SecondFactorCheck
from idvault.ports.drill import DrillRecord, DrillStore, Passing
from idvault.ports.entropy import Entropy
from idvault.ports.people.request import MemberRequestStore
from idvault.ports.sealing import Fingerprinter

_METHOD = "PassDrill"


@dataclass(frozen=True, slots=True)
class PassCommand:
    """A drill that a custodian says to have passed; code: as received, not needed in a repeat."""

    actor_id: str
    request_id: str
    record_id: str
    quorum_id: str
    signed_at: datetime
    signature: bytes
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ShownDrill:
    """A drill record for one custodian, the proof that it is in the log, and how the custodian stands."""

    record: SealedRecord
    member: QuorumMember
    proofs: Proofs
    standing: DrillStanding


class DrillFlow:
    """The custody edge's half: hands a custodian the own sealed share, and takes the signature."""

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
        """Take the ports."""
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
        """Return the drill record of the quorum in force for one of its custodians.

        Raises DeniedError (ACCESS_DENIED) for everybody else, NotFoundError (REQUEST_NOT_FOUND) while the
        worker has not made it.
        """
        async with self._refusals.logged(actor_id=actor_id, now=now):
            drill, member = await self._find(actor_id)
            proofs = await self._proofs.now((drill.entry_id,), account_token=drill.record.account_token)
            return ShownDrill(drill.record, member, proofs, await self._standing(member))

    async def complete(self, command: PassCommand, *, now: ClockReading) -> DrillStanding:
        """Note that a custodian has opened the own share; raises InvalidError, DeniedError and others."""
        async with self._refusals.logged(actor_id=command.actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request(command)
            # In this order: what a repeat of this very call has done meanwhile must not speak against it.
            drill, member = await self._find(command.actor_id)
            if await self._requests.find(asked) is None:
                paper = self._check(command, drill, now)
                await self._second_factor.check(actor_id=command.actor_id, code=command.code, now=now)
                await self._complete(command, asked, paper, now)
            return await self._standing(member)

    async def report(self, *, actor_id: str, finding: HistoryFinding, now: ClockReading) -> None:
        """Log what a custodian's own client refused."""
        await self._guard.check(now=now)
        await self._refusals.note(actor_id=actor_id, reason=finding.value, now=now)

    def _check(self, command: PassCommand, drill: DrillRecord, now: ClockReading) -> bytes:
        """Return the whole paper if it is of just this record, signed just now."""
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
