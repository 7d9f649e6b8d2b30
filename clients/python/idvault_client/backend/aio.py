"""The client for asyncio: the methods of `vault.Vault`, awaited."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

import grpc

from idvault_client import refusals, transport
from idvault_client.backend import claim, status
from idvault_client.backend.campaign import AioCampaignClient
from idvault_client.backend.erasure import AioErasureClient
from idvault_client.backend.feed import AioStatusFeed
from idvault_client.backend.public_account import AioPublicAccountClient
from idvault_client.backend.rpc import Result, Rpc, awaited
from idvault_client.backend.sanction import AioSanctionClient
from idvault_client.backend.session import AioSessionClient
from idvault_client.backend.status import Statuses
from idvault_client.backend.tip_off import AioTipOffClient
from idvault_client.errors import DeadlineExceeded, VaultError
from idvault_client.transport import Tls


def connect(
    target: str, *, tls: Tls, timeout: float = transport.DEFAULT_TIMEOUT, server_name: str | None = None
) -> "AioVault":
    """Return a client of the vault; create and use it in one running event loop.

    The arguments are those of `idvault_client.connect`.
    """
    options = transport.options(server_name)
    checked = transport.check_timeout(timeout)

    def channel(given: Tls) -> grpc.aio.Channel:
        return grpc.aio.secure_channel(target, given.credentials(), options=options)

    return AioVault(channel(tls), timeout=checked, reconnect=channel)


class AioVault:
    """The vault as a backend sees it; every method raises VaultError and no exception of gRPC.

    statuses: all your accounts, answered from a feed that is at most ten seconds behind:
    `await vault.statuses.get(token)`, and public accounts: `await vault.statuses.public_account(id)`.
    campaigns: legacy accounts and campaigns. sanctions: moderators, and what they decide about accounts.
    public_accounts: applications, terms and profiles of public accounts. tip_offs: reports of rumours.
    sessions: verification on the vault's own pages, so that you never see a name. erasures: of accounts.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        timeout: float,
        reconnect: Callable[[Tls], grpc.aio.Channel] | None = None,
    ) -> None:
        """Use an open channel; `connect` creates both. reconnect: opens a channel with other files."""
        self._channel = channel
        self._reconnect = reconnect
        self._timeout = timeout
        self._places = asyncio.Semaphore(transport.AT_ONCE)
        self.campaigns = AioCampaignClient(run=self.run)
        self.tip_offs = AioTipOffClient(run=self.run)
        self.sanctions = AioSanctionClient(run=self.run)
        self.erasures = AioErasureClient(run=self.run)
        self.sessions = AioSessionClient(run=self.run)
        self.public_accounts = AioPublicAccountClient(run=self.run, stream=self._stream)
        self.statuses = AioStatusFeed(channel, self.get_status, self.public_accounts.get)

    verify_individual = awaited(claim.verify_individual)
    verify_organization = awaited(claim.verify_organization)
    get_verification = awaited(claim.get_verification)
    get_status = awaited(status.get_status)
    get_disclosure_history = awaited(status.get_disclosure_history)
    issue_status_token = awaited(status.issue_status_token)
    issue_status_credential = awaited(status.issue_status_credential)

    async def batch_get_statuses(self, account_tokens: Iterable[str]) -> Statuses:
        """Return the statuses of any number of accounts; every 1,000 are one call with its own timeout."""
        return status.join([await self.run(call) for call in status.batch_get_statuses(account_tokens)])

    async def use_certificate(self, tls: Tls) -> None:
        """Make the next calls with these files; running ones have their timeout to end. Raises OSError."""
        if self._reconnect is None:
            raise ValueError("only a client that `connect` has made can change its certificate")
        former, self._channel = self._channel, self._reconnect(tls)
        self.statuses.use(self._channel)
        await former.close(grace=self._timeout)

    async def close(self) -> None:
        """Close the connection; calls that still run end with Unavailable."""
        await self.statuses.close()
        await self._channel.close()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        await self.close()

    async def run(self, call: Rpc[Result]) -> Result:
        """Make a call and return what the answer means; raises VaultError."""
        end = time.monotonic() + self._timeout
        answer = await self._ask(call, self._timeout)
        if refusals.connection_lost(answer):
            # The vault may be restarting: the same bytes, once there is a connection again.
            second = await self._ask(call, max(end - time.monotonic(), 0), wait_for_ready=True)
            answer = answer if isinstance(second, DeadlineExceeded) else second
        # Raised outside the handlers, so that grpc's exception does not become the context of ours.
        if isinstance(answer, VaultError):
            raise answer
        return call.result(answer)

    async def _ask(
        self, call: Rpc[Result], seconds: float, *, wait_for_ready: bool = False
    ) -> bytes | VaultError:
        end = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds if self._places.locked() else None):  # a timer only to wait
                await self._places.acquire()
        except TimeoutError:
            return refusals.late(request_id=call.request_id)
        try:
            return await self._send(call, max(end - time.monotonic(), 0), wait_for_ready=wait_for_ready)
        finally:
            self._places.release()

    async def _send(self, call: Rpc[Result], seconds: float, *, wait_for_ready: bool) -> bytes | VaultError:
        method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(call.path)
        try:
            return await method(call.request, timeout=seconds, wait_for_ready=wait_for_ready)
        except grpc.RpcError as error:
            return refusals.from_rpc(error, request_id=call.request_id)
        except (ValueError, grpc.aio.UsageError):  # what grpc raises once the channel is closed
            return refusals.closed(request_id=call.request_id)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled this task: close() ended the call.
            return refusals.closed(request_id=call.request_id)

    async def _stream(self, call: Rpc[Result]) -> AsyncIterator[Result]:
        """Make a call with several answers, without deadline; yield what each means. Raises VaultError."""
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(call.path)
        try:
            async for answer in method(call.request):
                yield call.result(answer)
        except grpc.RpcError as error:
            failure = refusals.from_rpc(error, request_id=call.request_id)
        except (ValueError, grpc.aio.UsageError):  # what grpc raises once the channel is closed
            failure = refusals.closed(request_id=call.request_id)
        else:
            return
        raise failure
