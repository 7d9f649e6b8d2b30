"""`Vault.erasures`, blocking and awaited: erasing an account at its owner's request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idvault.erasure.rules import ErasureOrigin
from idvault.v1 import erasure_pb2 as pb
from idvault.verify.erasure import ErasureState
from idvault_client.backend.rpc import (
    RequestId,
    Rpc,
    account,
    awaited,
    blocking,
    choice,
    chosen_id,
    rpc,
    text,
)
from idvault_client.offline import erasure
from idvault_client.offline.erasure import ErasureReceipt

_SERVICE = pb.DESCRIPTOR.services_by_name["ErasureService"]


@dataclass(frozen=True, slots=True)
class ListedErasure:
    """An erasure without its proof. state, origin: None for a value that this client does not know.

    origin: OWNER for one that was requested on a page of the vault; None also for one from before that was
    recorded. erase_time, destroy_time, absent_time: as in ErasureReceipt.
    """

    erasure_id: str
    account_token: str
    state: ErasureState | None
    origin: ErasureOrigin | None
    request_time: datetime
    erase_time: datetime
    destroy_time: datetime
    absent_time: datetime | None


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """A page of erasures, in the order in which they were requested; next_page_token is empty at the end."""

    erasures: tuple[ListedErasure, ...]
    next_page_token: str


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


def list_page(
    *, state: ErasureState | None = None, page_size: int = 100, page_token: str = ""
) -> Rpc[ErasurePage]:
    """Return a page of your accounts' erasures, whoever requested them. state: only those in it.

    Raises InvalidFields, AccessDenied, Unavailable.
    """
    message = pb.ListErasuresRequest(
        state=pb.Erasure.State.Value(f"STATE_{state.value}") if state else pb.Erasure.STATE_UNSPECIFIED,
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListErasures", message, _read_page)


def _read_page(data: bytes) -> ErasurePage:
    answer = pb.ListErasuresResponse.FromString(data)
    return ErasurePage(tuple(_listed(each) for each in answer.erasures), answer.next_page_token)


def _listed(message: pb.Erasure) -> ListedErasure:
    kinds = pb.Erasure.DESCRIPTOR.enum_types_by_name
    return ListedErasure(
        message.erasure_id,
        message.account_token,
        choice(ErasureState, kinds["State"], message.state),
        choice(ErasureOrigin, kinds["Origin"], message.origin),
        message.request_time.ToDatetime(UTC),
        message.erase_time.ToDatetime(UTC),
        message.destroy_time.ToDatetime(UTC),
        message.absent_time.ToDatetime(UTC) if message.HasField("absent_time") else None,
    )


def _read(data: bytes) -> ErasureReceipt:
    return erasure.read(pb.Erasure.FromString(data))


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasureClient:
    """Erasures. run: makes a call and returns its result, or raises VaultError."""

    run: Callable[[Rpc[Any]], Any]

    request = blocking(request)
    cancel = blocking(cancel)
    get = blocking(get)
    list_page = blocking(list_page)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioErasureClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]

    request = awaited(request)
    cancel = awaited(cancel)
    get = awaited(get)
    list_page = awaited(list_page)
