"""`Vault.erasures`, blocking and awaited: erasing an account at its owner's request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from idvault.v1 import erasure_pb2 as pb
from idvault_client.backend.rpc import RequestId, Rpc, account, awaited, blocking, chosen_id, rpc
from idvault_client.offline import erasure
from idvault_client.offline.erasure import ErasureReceipt

_SERVICE = pb.DESCRIPTOR.services_by_name["ErasureService"]


def request(account_token: str, *, request_id: RequestId = None) -> Rpc[ErasureReceipt]:
    """Request the erasure of an account; it waits for some days and can be cancelled until erase_time.

    Only after checking that it is the owner who asks. request_id: a random UUID that you saved before the
    call. Raises InvalidFields, RequestIdReused, NotFound, PreconditionFailed (also if one is requested
    already), AccessDenied, Unavailable.
    """
    chosen = chosen_id(request_id)
    message = pb.EraseAccountRequest(request_id=chosen, account_token=account(account_token))
    return rpc(_SERVICE, "EraseAccount", message, _read, request_id=chosen)


def cancel(account_token: str, *, request_id: RequestId = None) -> Rpc[ErasureReceipt]:
    """Cancel the requested erasure of an account; raises NotFound, PreconditionFailed after erase_time."""
    chosen = chosen_id(request_id)
    message = pb.CancelErasureRequest(request_id=chosen, account_token=account(account_token))
    return rpc(_SERVICE, "CancelErasure", message, _read, request_id=chosen)


def get(account_token: str) -> Rpc[ErasureReceipt]:
    """Return the newest erasure of an account with the proof of its last step; raises NotFound."""
    return rpc(_SERVICE, "GetErasure", pb.GetErasureRequest(account_token=account(account_token)), _read)


def _read(data: bytes) -> ErasureReceipt:
    return erasure.read(pb.Erasure.FromString(data))


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasureClient:
    """Erasures. run: makes a call and returns its result, or raises VaultError."""

    run: Callable[[Rpc[Any]], Any]

    request = blocking(request)
    cancel = blocking(cancel)
    get = blocking(get)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioErasureClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]

    request = awaited(request)
    cancel = awaited(cancel)
    get = awaited(get)
