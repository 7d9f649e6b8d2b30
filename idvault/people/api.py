"""The methods of RosterService about roster versions, and their messages."""

from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.people import acts, rules
from idvault.people.acts import Proposal, RosterHolder
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import roster_pb2


@dataclass(kw_only=True, eq=False, repr=False)
class RosterMethods:
    """The methods about roster versions. rosters: already started."""

    vault: Vault
    rosters: RosterHolder

    async def GetRoster(
        self,
        request: roster_pb2.GetRosterRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.Roster:
        """Return one version, and the proposals for the next one."""
        found = await acts.published(self.vault, self.rosters, version=request.version)
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
        call = repetition.asked_by_member(request, caller)
        return _proposal(await acts.propose(self.vault, call, now, self.rosters, request.file))

    async def SignRoster(
        self,
        request: roster_pb2.SignRosterRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.RosterProposal:
        """Add the calling custodian's signature."""
        call = repetition.asked_by_member(request, caller)
        digest = convert.sha256(request.hash, field="hash")
        signature = rules.check_signature(request.signature)
        signed = acts.sign(
            self.vault, call, now, self.rosters, name=caller.name, digest=digest, signature=signature
        )
        return _proposal(await signed)


def _proposal(found: Proposal) -> roster_pb2.RosterProposal:
    return roster_pb2.RosterProposal(
        version=found.roster.version,
        hash=found.roster.digest(),
        file=found.roster.to_bytes(),
        adopted=found.adopted,
    )
