"""The methods of RosterService about the keys of platforms, and their messages."""

from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.act import Vault
from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.core.platform import Platform
from idvault.core.request import MemberAsked
from idvault.core.second_factor import SecondFactorCheck
from idvault.platform import acts
from idvault_verify.attest.certificate import NAME
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.v1 import options_pb2, roster_pb2

_ROLES = {
    options_pb2.ROLE_PLATFORM: "platform",
    options_pb2.ROLE_MONITOR: "monitor",
    options_pb2.ROLE_WEB: "web",
    options_pb2.ROLE_MODERATOR: "moderator",
    options_pb2.ROLE_REGISTRY: "registry",
}
_NUMBERS = {name: number for number, name in _ROLES.items()}


@dataclass(kw_only=True, eq=False, repr=False)
class PlatformMethods:
    """The methods about the keys of platforms."""

    vault: Vault
    second_factor: SecondFactorCheck

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
        role = _ROLES[request.role]
        asked = _asked(request, caller)
        made = acts.register_with_code(
            self.vault,
            asked,
            now,
            name=request.platform,
            role=role,
            spki=request.spki,
            code=request.code,
            second_factor=self.second_factor,
        )
        return _message(await made)

    async def RevokePlatform(
        self,
        request: roster_pb2.RevokePlatformRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.Platform:
        """Revoke a key of a platform or monitor."""
        asked = _asked(request, caller)
        ended = acts.revoke_with_code(
            self.vault,
            asked,
            now,
            request.platform,
            request.spki,
            code=request.code,
            second_factor=self.second_factor,
        )
        return _message(await ended)


def _asked(
    request: roster_pb2.RegisterPlatformRequest | roster_pb2.RevokePlatformRequest, caller: Caller
) -> MemberAsked:
    if not NAME.fullmatch(request.platform):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("platform", FieldCode.CHARACTER))
    asked = repetition.asked_by_member(request, caller)
    convert.sha256(request.spki, field="spki")
    return asked


def _message(found: Platform) -> roster_pb2.Platform:
    return roster_pb2.Platform(
        platform=found.name,
        role=_NUMBERS[found.role],
        actor_id=found.actor_id,
        spki=found.spki,
        register_time=_time(found.registered_at),
        revoke_time=_time(found.revoked_at) if found.revoked_at else None,
    )


def _time(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time.astimezone(UTC))
    return stamp
