"""RosterService: roster versions, registered platforms, and second factors of roster members."""

from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.core.platform import Platform
from idvault.moderator import api as moderator_api
from idvault.moderator.acts import NamingCommand, OperatorNamingFlow
from idvault.people import rules as people_rules
from idvault.people.acts import Proposal, ProposeCommand, RosterFlow, SignCommand
from idvault.people.second_factor.acts import EnrolCommand, SecondFactorFlow
from idvault.platform.acts import OperatorFlow, PlatformCommand
from idvault.v1 import options_pb2, roster_pb2, sanction_pb2
from idvault.verify.attest.certificate import NAME
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation

_ROLES = {
    options_pb2.ROLE_PLATFORM: "platform",
    options_pb2.ROLE_MONITOR: "monitor",
    options_pb2.ROLE_WEB: "web",
    options_pb2.ROLE_MODERATOR: "moderator",
}


@dataclass(kw_only=True, eq=False, repr=False)
class RosterServicer:
    """Converts, calls one flow, converts back."""

    rosters: RosterFlow
    platforms: OperatorFlow
    second_factors: SecondFactorFlow
    moderators: OperatorNamingFlow

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
            digest=people_rules.check_hash(request.hash, field="hash"),
            signature=people_rules.check_signature(request.signature),
        )
        return _proposal(await self.rosters.sign(command, now=now))

    async def RegisterPlatform(
        self,
        request: roster_pb2.RegisterPlatformRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.Platform:
        """Pin a key of a platform or monitor."""
        if request.role not in _ROLES:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("role", FieldCode.CHARACTER))
        command = _platform_command(request, caller, role=_ROLES[request.role])
        return _platform(await self.platforms.register(command, now=now))

    async def RevokePlatform(
        self,
        request: roster_pb2.RevokePlatformRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.Platform:
        """Revoke a key of a platform or monitor."""
        command = _platform_command(request, caller, role="")
        return _platform(await self.platforms.revoke(command, now=now))

    async def NameModerator(
        self,
        request: roster_pb2.NameModeratorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> sanction_pb2.Moderator:
        """Name a moderator of a platform that has fewer than two."""
        if not NAME.fullmatch(request.platform):
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("platform", FieldCode.CHARACTER))
        registration = moderator_api.registration(
            request.platform, request.request_id, request.public_key, request.signature
        )
        command = NamingCommand(caller.actor_id, registration, request.code)
        return moderator_api.moderator(await self.moderators.name(command, now=now))

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


def _platform_command(
    request: roster_pb2.RegisterPlatformRequest | roster_pb2.RevokePlatformRequest,
    caller: Caller,
    *,
    role: str,
) -> PlatformCommand:
    if not NAME.fullmatch(request.platform):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("platform", FieldCode.CHARACTER))
    return PlatformCommand(
        actor_id=caller.actor_id,
        request_id=convert.request_id(request.request_id),
        name=request.platform,
        role=role,
        spki=people_rules.check_hash(request.spki, field="spki"),
    )


def _platform(found: Platform) -> roster_pb2.Platform:
    numbers = {name: number for number, name in _ROLES.items()}
    return roster_pb2.Platform(
        platform=found.name,
        role=numbers[found.role],
        actor_id=found.actor_id,
        spki=found.spki,
        register_time=_time(found.registered_at),
        revoke_time=_time(found.revoked_at) if found.revoked_at else None,
    )


def _time(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time.astimezone(UTC))
    return stamp
