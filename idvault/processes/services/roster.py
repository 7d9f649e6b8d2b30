"""RosterService: roster versions, registered platforms, and second factors of roster members."""

from dataclasses import dataclass

from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.moderator.api import NamingMethods
from idvault.people import rules as people_rules
from idvault.people.acts import Proposal, ProposeCommand, RosterFlow, SignCommand
from idvault.people.second_factor.acts import EnrolCommand, SecondFactorFlow
from idvault.platform.api import PlatformMethods
from idvault.v1 import roster_pb2
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class RosterServicer(PlatformMethods, NamingMethods):
    """Converts, calls one flow, converts back."""

    rosters: RosterFlow
    second_factors: SecondFactorFlow

    async def GetRoster(
        self,
        request: roster_pb2.GetRosterRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.Roster:
        """Return one version, and the proposals for the next one."""
        found = await self.rosters.get(version=request.version)
        return roster_pb2.Roster(
            version=found.roster.version,
            hash=found.roster.digest(),
            file=found.roster.to_bytes(),
            newest_version=found.newest_version,
            proposals=[_proposal(each) for each in found.proposals],
        )

    async def ProposeRoster(
        self,
        request: roster_pb2.ProposeRosterRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.RosterProposal:
        """Store a proposal for the next version."""
        command = ProposeCommand(caller.actor_id, convert.request_id(request.request_id), request.file)
        return _proposal(await self.rosters.propose(command, now=now))

    async def SignRoster(
        self,
        request: roster_pb2.SignRosterRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.RosterProposal:
        """Add the calling custodian's signature."""
        command = SignCommand(
            actor_id=caller.actor_id,
            name=caller.name,
            request_id=convert.request_id(request.request_id),
            digest=convert.sha256(request.hash, field="hash"),
            signature=people_rules.check_signature(request.signature),
        )
        return _proposal(await self.rosters.sign(command, now=now))

    async def GetSecondFactor(
        self,
        request: roster_pb2.GetSecondFactorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.SecondFactorState:
        """Return the state of the caller's second factor."""
        found = await self.second_factors.state(actor_id=caller.actor_id, now=now)
        message = roster_pb2.SecondFactorState(
            enrolled=found.enrolled, pending=found.pending, tries_left=found.tries_left
        )
        if found.locked_until is not None:
            message.lock_end_time.FromDatetime(found.locked_until)
        return message

    async def BeginSecondFactor(
        self,
        request: roster_pb2.BeginSecondFactorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.SecondFactor:
        """Make a new secret that only the caller can read."""
        command = EnrolCommand(caller.actor_id, convert.request_id(request.request_id), request.code)
        begun = await self.second_factors.begin(command, now=now)
        return roster_pb2.SecondFactor(suite=begun.suite, sealed_uri=begun.sealed_uri)

    async def ConfirmSecondFactor(
        self,
        request: roster_pb2.ConfirmSecondFactorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.ConfirmSecondFactorResponse:
        """Confirm the enrolment of the new secret."""
        command = EnrolCommand(caller.actor_id, convert.request_id(request.request_id), request.code)
        await self.second_factors.confirm(command, now=now)
        return roster_pb2.ConfirmSecondFactorResponse()


def _proposal(found: Proposal) -> roster_pb2.RosterProposal:
    return roster_pb2.RosterProposal(
        version=found.roster.version,
        hash=found.roster.digest(),
        file=found.roster.to_bytes(),
        adopted=found.adopted,
    )
