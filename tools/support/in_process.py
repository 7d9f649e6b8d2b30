"""The real client against real servicers in one process: a channel without a network.

Requests and answers cross as bytes. A refusal reaches the client as the status and the trailers that the
edge would send, so that the client raises what it raises over the network. An exception that the edge does
not foresee becomes no refusal: over the network it would be Unavailable, which a test may expect, and a bug
would pass for an outage. What the edge does before a method (TLS, shares, deadlines) is not here, except that
a role must be one of the method's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

import grpc
from google.protobuf import message_factory
from google.protobuf.message import Message

from idvault.core.edge import errors, server
from idvault.core.edge.call import Call, Caller
from idvault.core.edge.server import Service
from idvault_client import refusals
from idvault_client.aio import Vault
from idvault_client.errors import VaultError
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, IdvaultError, Reason

_TIMEOUT, _REMAINING = 60.0, 10.0


class ServicerFaultError(Exception):
    """A servicer raised what the edge does not foresee, which is the cause.

    No client takes it for something else, as it takes a ValueError for gRPC's word for a closed connection.
    """


class RefusedCallError(grpc.RpcError):
    """The refusal of a call, as gRPC would hand it to a client."""

    def __init__(self, told: errors.Refusal) -> None:
        """Set what the edge would send."""
        super().__init__(told.reason.value)
        self._told = told

    def code(self) -> grpc.StatusCode:
        """Return the status code."""
        return self._told.code

    def details(self) -> str:
        """Return the reason, which is the status's text."""
        return self._told.reason.value

    def trailing_metadata(self) -> tuple[Any, ...]:
        """Return the trailers, with the details of the status."""
        return self._told.trailers


@dataclass(frozen=True, kw_only=True)
class InProcessChannel:
    """What a client calls instead of a channel: servicers, as one caller.

    services: those of now. now: the time of each call. remaining: the seconds that a method is told to have
    left, whatever the client's timeout is: no test depends on how fast the machine is.
    """

    services: Callable[[], Iterable[Service]]
    caller: Caller
    now: Callable[[], ClockReading]
    remaining: Callable[[], float | None] = field(default=lambda: _REMAINING)

    def unary_unary(self, path: str) -> Callable[..., Awaitable[bytes]]:
        """Return what calls a method as `ask` does; a client's timeout does not count."""
        return lambda request, **_options: self.ask(path, request)

    async def ask(self, path: str, request: bytes) -> bytes:
        """Call a method; raises RefusedCallError, ServicerFaultError."""
        call, answer = self._begun(path, request)
        try:
            return await server.dispatch(call.method, answer)(call)
        except Exception as error:
            refused = _refused(call, error)
        raise refused

    async def call(self, method: str, request: Message, answer: type[Message]) -> Any:
        """Return the answer to a message (method: Service/Name); raises VaultError, ServicerFaultError."""
        try:
            found = await self.ask(f"/idvault.v1.{method}", request.SerializeToString())
        except RefusedCallError as error:
            failure = refusals.from_rpc(error, request_id=getattr(request, "request_id", None))
        else:
            return answer.FromString(found)
        raise failure

    def unary_stream(self, path: str) -> Callable[[bytes], AsyncIterator[bytes]]:
        """Return what calls a method with several answers; raises RefusedCallError, ServicerFaultError."""

        async def ask(request: bytes) -> AsyncIterator[bytes]:
            call, answer = self._begun(path, request)
            try:
                message = call.method.request_type.FromString(request)
                answers = answer(message, caller=call.caller, now=call.now, remaining=call.remaining)
                async with aclosing(answers):
                    async for each in answers:
                        yield each.SerializeToString()
                return
            except Exception as error:
                refused = _refused(call, error)
            raise refused

        return ask

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    def _begun(self, path: str, request: bytes) -> tuple[Call, Callable[..., Any]]:
        """Return a call and its method; raises KeyError if no such service is here."""
        _, full_name, name = path.split("/")
        services = {each.descriptor.full_name: each for each in self.services()}
        service = services[full_name]
        method = server.describe(service.descriptor.methods_by_name[name])
        call = Call(method, request, None, self.remaining(), self.now(), caller=self.caller)
        if self.caller.role not in method.roles:
            raise _refused(call, DeniedError(Reason.ACCESS_DENIED, why="wrong_role"))
        return call, getattr(service.servicer, name)


def _refused(call: Call, error: Exception) -> RefusedCallError:
    """Return what the edge would make of an error; raises ServicerFaultError if it foresees none."""
    told = errors.refusal(error, request=call.name_error())
    if not told.foreseen:
        raise ServicerFaultError(call.method.path) from error
    return RefusedCallError(told)


def told(error: IdvaultError) -> VaultError:
    """Return what a client is told of an error."""
    refused = RefusedCallError(errors.refusal(error, request=str(uuid4())))
    return refusals.from_rpc(refused, request_id=None)


async def ask(service: Service, method: str, request: Message, *, caller: Caller, now: ClockReading) -> Any:
    """Call a method as a caller without a client of its own, as the hosted pages; raises VaultError."""
    channel = InProcessChannel(
        services=lambda: [service], caller=caller, now=lambda: now, remaining=lambda: None
    )
    kind = message_factory.GetMessageClass(service.descriptor.methods_by_name[method].output_type)
    return await channel.call(f"{service.descriptor.name}/{method}", request, kind)


def client(
    services: Iterable[Service], caller: Caller, now: ClockReading, *, remaining: float | None = _REMAINING
) -> Vault:
    """Return the client of a platform whose calls come at one time. remaining: None without a deadline."""
    channel = InProcessChannel(
        services=lambda: services, caller=caller, now=lambda: now, remaining=lambda: remaining
    )
    return Vault(cast(grpc.aio.Channel, channel), timeout=_TIMEOUT)


@dataclass(frozen=True, slots=True)
class DatedKey(ModeratorKey):
    """A moderator's key whose holder's clock stands still."""

    signs_at: datetime = field(kw_only=True)

    def occasion(self, request_id: str, *, now: datetime) -> SigningOccasion:
        """Return what a paper begins with that is signed at the holder's time."""
        return ModeratorKey.occasion(self, request_id, now=self.signs_at)


def dated(key: ModeratorKey, signs_at: datetime) -> DatedKey:
    """Return a key that signs at one time, whatever the time is."""
    return DatedKey(key.relying_party, key.private_key, key.moderator_id, signs_at=signs_at)


def _id(item: Any) -> str:
    """Return an item's id: its first field, or that of its first part."""
    first = getattr(item, fields(item)[0].name)
    return first if isinstance(first, str) else _id(first)


async def ids(list_page: Callable[..., Awaitable[Any]], **filters: Any) -> list[list[str]]:
    """Return the ids on every page of a list, whose items are a page's first field."""
    found, token = list[list[str]](), ""
    while True:
        page = await list_page(page_token=token, **filters)
        items, following = (getattr(page, each.name) for each in fields(page))
        found.append([_id(each) for each in items])
        if not following:
            return found
        if following == token:
            raise AssertionError("a page is followed by itself")
        token = following
