"""`Vault.erasures`, blocking and awaited: erasing an account at its owner's request."""

from dataclasses import dataclass
from datetime import datetime

from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.codec import given
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.offline import erasure
from idvault_verify.offline.erasure import ErasureReceipt
from idvault_verify.v1 import erasure_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["ErasureService"]


@dataclass(frozen=True, slots=True)
class ListedErasure:
    """An erasure without its proof. state, origin: None for a value that this client does not know.

    origin: OWNER for one that was requested on a page of the vault. erase_time, destroy_time, absent_time,
    kept_until_time: as in ErasureReceipt.
    """

    erasure_id: str
    account_token: str
    state: ErasureState | None
    origin: ErasureOrigin | None
    request_time: datetime
    erase_time: datetime
    destroy_time: datetime
    absent_time: datetime | None
    kept_until_time: datetime | None


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """A page of erasures, in the order in which they were requested; next_page_token is empty at the end."""

    erasures: tuple[ListedErasure, ...]
    next_page_token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AioErasureClient:
    """Erasures. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def request(self, account_token: str, *, request_id: RequestId = None) -> ErasureReceipt:
        """Request the erasure of an account; it waits for some days and can be cancelled until erase_time.

        Only after checking that it is the owner who asks. request_id: a random UUID that you saved before the
        call. Raises InvalidFields, RequestIdReused, NotFound, PreconditionFailed (also if one is requested
        already), AccessDenied, Unavailable.
        """
        return await self.run(
            call(
                _SERVICE,
                "EraseAccount",
                erasure.read,
                request_id=chosen_id(request_id),
                account_token=account_token,
            )
        )

    async def cancel(self, account_token: str, *, request_id: RequestId = None) -> ErasureReceipt:
        """Cancel the requested erasure of an account.

        Raises NotFound, PreconditionFailed after erase_time.
        """
        return await self.run(
            call(
                _SERVICE,
                "CancelErasure",
                erasure.read,
                request_id=chosen_id(request_id),
                account_token=account_token,
            )
        )

    async def get(self, account_token: str) -> ErasureReceipt:
        """Return the newest erasure of an account with the proof of its last step; raises NotFound."""
        return await self.run(call(_SERVICE, "GetErasure", erasure.read, account_token=account_token))

    async def list_page(
        self, *, state: ErasureState | None = None, page_size: int = 100, page_token: str = ""
    ) -> ErasurePage:
        """Return a page of your accounts' erasures, whoever requested them. state: only those in it.

        Raises InvalidFields, AccessDenied, Unavailable.
        """
        return await self.run(
            call(
                _SERVICE,
                "ListErasures",
                ErasurePage,
                **given(state=state),
                page_size=page_size,
                page_token=page_token,
            )
        )
