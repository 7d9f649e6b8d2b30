"""One blocking call of gRPC. A call that lost its connection may be repeated, within its deadline."""

import time

import grpc

from idvault_client import refusals
from idvault_client.errors import DeadlineExceeded, VaultError


def call(
    channel: grpc.Channel, path: str, request: bytes, *, seconds: float, request_id: str | None, repeat: bool
) -> bytes:
    """Return the answer's bytes; raises VaultError.

    repeat: send the same bytes again after a lost connection, as soon as there is one again; the vault may be
    restarting.
    """
    end = time.monotonic() + seconds
    answer = _ask(channel, path, request, seconds, request_id)
    if repeat and refusals.connection_lost(answer):
        left = max(end - time.monotonic(), 0)
        second = _ask(channel, path, request, left, request_id, wait_for_ready=True)
        answer = answer if isinstance(second, DeadlineExceeded) else second
    # Raised outside the handlers, so that grpc's exception does not become the context of ours.
    if isinstance(answer, VaultError):
        raise answer
    return answer


def _ask(
    channel: grpc.Channel,
    path: str,
    request: bytes,
    seconds: float,
    request_id: str | None,
    *,
    wait_for_ready: bool = False,
) -> bytes | VaultError:
    method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    try:
        return method(request, timeout=seconds, wait_for_ready=wait_for_ready)
    except grpc.RpcError as error:
        return refusals.from_rpc(error, request_id=request_id)
    except ValueError:  # what grpc raises once the channel is closed
        return refusals.closed(request_id=request_id)
