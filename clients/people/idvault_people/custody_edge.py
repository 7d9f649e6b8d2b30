"""The custody edge as a roster member calls it: unary methods by name, over mutual TLS."""

from types import TracebackType
from typing import Protocol, Self, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from idvault_client import refusals, transport
from idvault_client.transport import Tls
from idvault_verify.v1 import authority_pb2, disclosure_pb2, drill_pb2, roster_pb2, transparency_pb2

Answer = TypeVar("Answer", bound=Message)
DEFAULT_TIMEOUT = 10.0
_SERVICES = {
    name: service.full_name
    for file in (authority_pb2, disclosure_pb2, drill_pb2, roster_pb2, transparency_pb2)
    for name, service in file.DESCRIPTOR.services_by_name.items()
}


class CustodyCalls(Protocol):
    """Answers the methods of the custody edge. The answers are not trusted."""

    def call(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        """Return the answer to "Service/Method"; must raise no other exception than VaultError."""
        ...


class CustodyEdge:
    """A connection to the custody edge; connects with the first call."""

    def __init__(
        self, target: str, *, tls: Tls, timeout: float = DEFAULT_TIMEOUT, server_name: str | None = None
    ) -> None:
        """Read the PEM files at once (OSError if that fails). timeout: seconds for each call."""
        options = transport.options(server_name)
        self._timeout = transport.check_timeout(timeout)
        self._channel = grpc.secure_channel(target, tls.credentials(), options=options)

    def call(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        """Return the answer to a method; raises VaultError and no exception of gRPC."""
        service, _, name = method.partition("/")
        request_id = getattr(request, "request_id", None)
        rpc: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(
            f"/{_SERVICES[service]}/{name}"
        )
        try:
            return answer.FromString(rpc(request.SerializeToString(), timeout=self._timeout))
        except grpc.RpcError as error:
            failure = refusals.from_rpc(error, request_id=request_id)
        except DecodeError:
            failure = refusals.not_understood(request_id=request_id)
        except ValueError:  # what grpc raises once the channel is closed
            failure = refusals.closed(request_id=request_id)
        # Raised outside the handlers, so that grpc's exception does not become the context of ours.
        raise failure

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def __enter__(self) -> Self:
        """Return the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()
