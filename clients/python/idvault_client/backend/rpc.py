"""One call of the vault as a value.

`blocking` and `awaited` turn a function that builds a call into a method of a client.
"""

import inspect
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID, uuid4

from google.protobuf.descriptor import EnumDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message

from idvault.verify.error import FieldCode, Reason
from idvault_client import refusals
from idvault_client.errors import InvalidFields

Result = TypeVar("Result")
Choice = TypeVar("Choice", bound=StrEnum)
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


def text(value: str, *, field: str, reason: Reason = Reason.INVALID_MESSAGE) -> str:
    """Return the text if UTF-8 can encode it.

    Otherwise raises InvalidFields, because protobuf's own error would show the value.
    """
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidFields(reason, "INVALID_ARGUMENT", fields={field: FieldCode.CHARACTER})
    return value


def choice(choices: type[Choice], descriptor: EnumDescriptor, number: int) -> Choice | None:
    """Return the value of our own enum; None for a value that only a newer server knows."""
    value = descriptor.values_by_number.get(number)
    if value is None:
        return None
    prefix = descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED")
    name = value.name.removeprefix(prefix)
    return choices(name) if name in choices.__members__ else None
