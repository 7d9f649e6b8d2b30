"""The methods of erasures, for platforms."""

from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.act import Vault
from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.erasure import acts
from idvault.erasure.acts import ErasureCall, ErasureContext, ShownErasure
from idvault.erasure.rules import Erasure
from idvault.sanction import api as sanction_api
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.v1 import erasure_pb2 as pb

_STATES = convert.numbers(ErasureState, pb.Erasure.State.Value, "STATE_")
_WORDS = {number: word for word, number in _STATES.items()}
_ORIGINS = convert.numbers(ErasureOrigin, pb.Erasure.Origin.Value, "ORIGIN_")


@dataclass(kw_only=True, eq=False, repr=False)
class ErasureMethods:
    """Converts, calls one act, converts back."""

    vault: Vault
    context: ErasureContext

    async def EraseAccount(
        self, request: pb.EraseAccountRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Erasure:
        """Request the erasure of an account."""
        return message(await acts.request(self.vault, _call(request, caller), now, context=self.context))

    async def CancelErasure(
        self, request: pb.CancelErasureRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Erasure:
        """Cancel the erasure of an account."""
        return message(await acts.cancel(self.vault, _call(request, caller), now, context=self.context))

    async def ListErasures(
        self, request: pb.ListErasuresRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListErasuresResponse:
        """Return a page of erasures, oldest first."""
        after, limit = sanction_api.page(request)
        found, following = await acts.page(
            self.vault, caller.name, state=_state(request.state), after=after, limit=limit
        )
        return pb.ListErasuresResponse(erasures=[_message(each) for each in found], next_page_token=following)

    async def GetErasure(
        self, request: pb.GetErasureRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Erasure:
        """Return the newest erasure of an account."""
        account_token = token.check(request.account_token)
        return message(await acts.get(self.vault, caller.name, account_token, proofs=self.context.proofs))


def _call(request: pb.EraseAccountRequest | pb.CancelErasureRequest, caller: Caller) -> ErasureCall:
    asked = repetition.asked(request, caller)
    account_token = token.check(request.account_token)
    return ErasureCall(
        asked.relying_party, asked.actor_id, asked.request_id, asked.method, asked.content, account_token
    )


def _state(number: pb.Erasure.State.ValueType) -> ErasureState | None:
    """Return which state to list, None for all; raises InvalidError (INVALID_MESSAGE, state)."""
    if not number:
        return None
    if number not in _WORDS:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("state", FieldCode.CHARACTER))
    return _WORDS[number]


def message(shown: ShownErasure) -> pb.Erasure:
    """Return the message of an erasure, with the proof of its last step if there is one."""
    made = _message(shown.erasure)
    made.entry.CopyFrom(convert.logged(shown.entry))
    if shown.note:
        made.checkpoint.note = shown.note
    return made


def _message(value: Erasure) -> pb.Erasure:
    made = pb.Erasure(
        erasure_id=value.erasure_id,
        account_token=value.account_token,
        state=_STATES[value.state],
        request_time=Timestamp(seconds=int(value.requested_at.timestamp())),
        erase_time=Timestamp(seconds=int((value.erased_at or value.erase_at).timestamp())),
        destroy_time=Timestamp(seconds=int((value.destroyed_at or value.destroy_at).timestamp())),
        origin=_ORIGINS[value.origin],
    )
    if value.absent_from is not None:
        made.absent_time.seconds = int(value.absent_from.timestamp())
    if value.kept_until is not None:
        made.kept_until_time.seconds = int(value.kept_until.timestamp())
    return made
