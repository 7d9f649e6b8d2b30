"""ErasureService: erasures of accounts, for platforms."""

from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.api import convert
from idvault.api.disclosure.convert_history import logged
from idvault.api.edge.call import Caller
from idvault.domain import request as request_rules
from idvault.domain import token
from idvault.domain.clock import ClockReading
from idvault.domain.erasure import ErasureState
from idvault.flows.erasure.erasure import ErasureCall, ErasureFlow, ShownErasure
from idvault.v1 import erasure_pb2 as pb

_STATES = convert.numbers(ErasureState, pb.Erasure.State.Value, "STATE_")


@dataclass(kw_only=True, eq=False, repr=False)
class ErasureServicer:
    """Converts, calls one flow, converts back."""

    flow: ErasureFlow

    async def EraseAccount(
        self, request: pb.EraseAccountRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Erasure:
        """Request the erasure of an account."""
        return message(await self.flow.request(_call(request, "EraseAccount", caller), now=now))

    async def CancelErasure(
        self, request: pb.CancelErasureRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Erasure:
        """Cancel the erasure of an account."""
        return message(await self.flow.cancel(_call(request, "CancelErasure", caller), now=now))

    async def GetErasure(
        self, request: pb.GetErasureRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Erasure:
        """Return the newest erasure of an account."""
        account_token = token.check(request.account_token)
        return message(await self.flow.get(relying_party=caller.name, account_token=account_token))


def _call(
    request: pb.EraseAccountRequest | pb.CancelErasureRequest, method: str, caller: Caller
) -> ErasureCall:
    request_id = request_rules.check_id(request.request_id)
    return ErasureCall(caller.name, caller.actor_id, request_id, method, token.check(request.account_token))


def message(shown: ShownErasure) -> pb.Erasure:
    """Return the message of an erasure, with the proof of its last step if there is one."""
    value = shown.erasure
    made = pb.Erasure(
        erasure_id=value.erasure_id,
        account_token=value.account_token,
        state=_STATES[value.state],
        request_time=Timestamp(seconds=int(value.requested_at.timestamp())),
        erase_time=Timestamp(seconds=int((value.erased_at or value.erase_at).timestamp())),
        destroy_time=Timestamp(seconds=int((value.destroyed_at or value.destroy_at).timestamp())),
        entry=logged(shown.entry),
    )
    if shown.note:
        made.checkpoint.note = shown.note
    return made
