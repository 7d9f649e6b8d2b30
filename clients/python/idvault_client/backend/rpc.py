"""One call of the vault as a value.

`blocking` and `awaited` turn a function that builds a call into a method of a client.
"""

import inspect
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID, uuid4

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from idvault.verify.error import Reason
from idvault_client import codec, refusals
from idvault_client.codec import text

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
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


def blocking(build: Callable[Parameters, Rpc[Result]]) -> Callable[Concatenate[Any, Parameters], Result]:
    """Return a method that runs the built call with `self.run`."""

    def method(self: Any, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        result: Result = self.run(build(*args, **kwargs))
        return result

    return _described(method, build)


def awaited(
    build: Callable[Parameters, Rpc[Result]],
) -> Callable[Concatenate[Any, Parameters], Coroutine[Any, Any, Result]]:
    """Return an async method that runs the built call with `self.run`."""

    async def method(self: Any, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        result: Result = await self.run(build(*args, **kwargs))
        return result

    return _described(method, build)


Described = TypeVar("Described", bound=Callable[..., Any])


def _described(method: Described, build: Callable[..., Any]) -> Described:
    """Give a method the name, docstring and signature of the function that builds its call."""
    update_wrapper(method, build)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = inspect.signature(build)
    described = signature.replace(parameters=[own, *signature.parameters.values()])
    method.__signature__ = described  # type: ignore[attr-defined]
    return method


def chosen_id(request_id: RequestId) -> str:
    """Return the request id of the caller, or a random one."""
    return text(str(request_id or uuid4()), field="request_id", reason=Reason.INVALID_REQUEST_ID)


def account(token: str) -> str:
    """Return an account token."""
    return text(token, field="account_token", reason=Reason.INVALID_ACCOUNT_TOKEN)
