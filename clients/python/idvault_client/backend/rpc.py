"""One call of the vault as a value, and what makes it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID, uuid4

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from idvault_client import codec, refusals
from idvault_client.codec import text
from idvault_verify.error import Reason

Result = TypeVar("Result")
RequestId = str | UUID | None


@dataclass(frozen=True, slots=True)
class Rpc(Generic[Result]):
    """One call: its path, its request as bytes, and how to read the answer."""

    path: str
    request: bytes = field(repr=False)
    read: Callable[[bytes], Result]
    request_id: str | None = None

    def result(self, answer: bytes) -> Result:
        """Return what the answer means; raises VaultError if it breaks the contract."""
        # Raised outside the handler, so that the answer's bytes do not become the exception's context.
        with suppress(ValueError, DecodeError):
            return self.read(answer)
        raise refusals.not_understood(request_id=self.request_id)


class AioRunCall(Protocol):
    """Makes a call and returns what the answer means; raises VaultError."""

    async def __call__(self, call: Rpc[Result], /) -> Result:
        """Return what the answer means."""
        ...


class RunCall(Protocol):
    """The same, blocking."""

    def __call__(self, call: Rpc[Result], /) -> Result:
        """Return what the answer means."""
        ...


def rpc(
    service: ServiceDescriptor,
    method: str,
    request: Message,
    read: Callable[[bytes], Result],
    *,
    request_id: str | None = None,
) -> Rpc[Result]:
    """Return the call of a service's method; raises KeyError if the service has no such method."""
    path = f"/{service.full_name}/{service.methods_by_name[method].name}"
    return Rpc(path, request.SerializeToString(), read, request_id)


def call(
    service: ServiceDescriptor,
    method: str,
    answer: type[Result] | Callable[[Any], Result],
    /,
    *,
    sign: Callable[[str, Any], Message] | None = None,
    **values: object,
) -> Rpc[Result]:
    """Return the call of a service's method; values: the fields of its request.

    answer: the class of the answer's value, or what makes one of the message. sign: returns the signature of
    the request, of which it is told the method. Raises InvalidFields for a text that cannot be sent.
    """
    described = service.methods_by_name[method]
    request = codec.message_of(described.input_type, values)
    if sign is not None:
        request.signature.CopyFrom(sign(method, request))
    kind = GetMessageClass(described.output_type)

    def read(data: bytes) -> Result:
        message = kind.FromString(data)
        return codec.read(answer, message) if isinstance(answer, type) else answer(message)

    request_id = values.get("request_id")
    return rpc(service, method, request, read, request_id=request_id if isinstance(request_id, str) else None)


def chosen_id(request_id: RequestId) -> str:
    """Return the request id of the caller, or a random one."""
    return text(str(request_id or uuid4()), field="request_id", reason=Reason.INVALID_REQUEST_ID)


def account(token: str) -> str:
    """Return an account token."""
    return text(token, field="account_token", reason=Reason.INVALID_ACCOUNT_TOKEN)
