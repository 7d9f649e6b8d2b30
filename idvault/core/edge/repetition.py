"""What a repetition of a request must share, read off its message: the content of its fingerprint.

- Each field that is set stands in field-number order: its number, then its value, each as a 4-byte big-endian
  length and its bytes (verify.seal). Text is UTF-8; numbers, truth values and enum values are ASCII decimal;
  a message is its own fields in the same way. A repeated field stands once for each of its values.
- A field with its default value is not set, unless it has presence: the wire tells no difference.
- The request id is a field as any other. It is random, and not stored where a field may be personal: without
  it nobody can test a guess, also not with the request key.
- What is left out is in NOT_SHARED. Fields that this version does not know are left out, too.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from google.protobuf.descriptor import FieldDescriptor

from idvault.core.edge.call import Caller
from idvault.core.request import Asked, MemberAsked, check_id
from idvault_verify import seal

_ANEW = "a moderator signs a repetition anew"
_USED = "a repetition has no unused code"
_SHOWN = "a form that is sent again shows the attempt; its claim has a fingerprint of everything"
_FORGOTTEN = "the adult of a child's session is in no digest; a repetition asks for one again"
_BOUND = "the hash that binds the proof is compared in their place"
NOT_SHARED: Mapping[str, str] = {
    "idvault.v1.Consent.agree_time": "a platform may repeat with another time; the first is kept",
    "idvault.v1.ModeratorSignature.sign_time": _ANEW,
    "idvault.v1.ModeratorSignature.signature": _ANEW,
    "idvault.v1.ModeratorSignature.text_salt": _ANEW,
    "idvault.v1.RegisterModeratorRequest.countersignatures": "others may countersign a repetition",
    "idvault.v1.RegisterPlatformRequest.code": _USED,
    "idvault.v1.RevokePlatformRequest.code": _USED,
    "idvault.v1.NameModeratorRequest.code": _USED,
    "idvault.v1.SpendCodeRequest.code": _USED,
    "idvault.v1.IssueOrdersRequest.code": _USED,
    "idvault.v1.WithdrawOrderRequest.code": _USED,
    "idvault.v1.OpenJointOperationRequest.code": _USED,
    "idvault.v1.AnswerReferralRequest.code": _USED,
    "idvault.v1.OpenDisclosureRequest.code": _USED,
    "idvault.v1.ApproveDisclosureRequest.code": _USED,
    "idvault.v1.PassDrillRequest.code": _USED,
    "idvault.v1.SubmitIdentityRequest.real_name": _SHOWN,
    "idvault.v1.SubmitIdentityRequest.document": _SHOWN,
    "idvault.v1.SubmitIdentityRequest.guardian": _FORGOTTEN,
    "idvault.v1.BeginProofRequest.guardian": _FORGOTTEN,
    "idvault.v1.BeginProofRequest.real_name": _BOUND,
    "idvault.v1.BeginProofRequest.document": _BOUND,
    "idvault.v1.BeginProofRequest.former_document": _BOUND,
}
"""The fields in which a repetition may differ, each with the reason."""


class MessageFields(Protocol):
    """A message."""

    def ListFields(self) -> Sequence[tuple[FieldDescriptor, Any]]:
        """Return the fields that are set, in field-number order."""
        ...


class RepeatableRequest(MessageFields, Protocol):
    """A request that may be repeated."""

    request_id: str


def content(message: MessageFields, *, without: Collection[str] = NOT_SHARED) -> bytes:
    """Return the encoded fields of a message. without: full names of those that are left out."""
    encoded: list[bytes] = []
    for field, found in message.ListFields():
        name, number, is_repeated = _shape(field)
        if name not in without:
            for value in found if is_repeated else (found,):
                data = _value(value, without)
                encoded += (number, len(data).to_bytes(4, "big"), data)
    return b"".join(encoded)


def _value(value: Any, without: Collection[str]) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    return str(int(value)).encode() if isinstance(value, int) else content(value, without=without)


# An import has two thousand rows, and a descriptor makes its name anew each time.
@cache
def _shape(field: FieldDescriptor) -> tuple[str, bytes, bool]:
    """Return a field's full name, its number as it is encoded, and whether it is repeated."""
    return field.full_name, seal.encode(str(field.number)), field.is_repeated


def method(message: MessageFields) -> str:
    """Return the name of the method that a request is for."""
    return type(message).__name__.removesuffix("Request")


def asked(message: RepeatableRequest, caller: Caller) -> Asked:
    """Return a mutation's caller and content; raises InvalidError (INVALID_REQUEST_ID)."""
    request_id = check_id(message.request_id)
    return Asked(caller.name, caller.actor_id, request_id, method(message), content(message))


def asked_by_member(message: RepeatableRequest, caller: Caller) -> MemberAsked:
    """Return a roster member's mutation and its content; raises InvalidError (INVALID_REQUEST_ID)."""
    return MemberAsked(caller.actor_id, check_id(message.request_id), method(message), content(message))
