"""The blocking client. `aio` has the same methods, awaited. Docstrings are where the calls are built."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self

import grpc

from idvault_client import refusals, transport
from idvault_client.backend import claim, status
from idvault_client.backend.campaign import CampaignClient
from idvault_client.backend.erasure import ErasureClient
from idvault_client.backend.feed import StatusFeed
from idvault_client.backend.public_account import PublicAccountClient
from idvault_client.backend.rpc import Result, Rpc, blocking
from idvault_client.backend.sanction import SanctionClient
from idvault_client.backend.session import SessionClient
from idvault_client.backend.status import Statuses
from idvault_client.backend.tip_off import TipOffClient
from idvault_client.errors import DeadlineExceeded, VaultError
from idvault_client.transport import Tls


def connect(
    target: str, *, tls: Tls, timeout: float = transport.DEFAULT_TIMEOUT, server_name: str | None = None
) -> "Vault":
    """Return a client of the vault at a gRPC target, for example "dns:///vault.internal:7443".

    tls: PEM files, read at once (OSError if that fails). timeout: seconds that each call may take, retries
    included. server_name: the name in the server's certificate if it differs from the target's.
    Connects with the first call; safe to share between threads.
    """
    options = transport.options(server_name)
    checked = transport.check_timeout(timeout)

    def channel(given: Tls) -> grpc.Channel:
        return grpc.secure_channel(target, given.credentials(), options=options)

    return Vault(channel(tls), timeout=checked, reconnect=channel)


class Vault:
    """The vault as a backend sees it; every method raises VaultError and no exception of gRPC.

    statuses: all your accounts, answered from a feed that is at most ten seconds behind:
    `vault.statuses.get(token)`, and public accounts: `vault.statuses.public_account(id)`. campaigns: legacy
    accounts and campaigns. sanctions: moderators, and what they decide about accounts.
    public_accounts: applications, terms and profiles of public accounts. tip_offs: reports of rumours.
    sessions: verification on the vault's own pages, so that you never see a name. erasures: of accounts.
    """

    def __init__(
        self, channel: grpc.Channel, *, timeout: float, reconnect: Callable[[Tls], grpc.Channel] | None = None
    ) -> None:
        """Use an open channel; `connect` creates both. reconnect: opens a channel with other files."""
        self._channel = channel
        self._reconnect = reconnect
        self._timeout = timeout
        self._places = threading.BoundedSemaphore(transport.AT_ONCE)
        self.campaigns = CampaignClient(run=self.run)
        self.tip_offs = TipOffClient(run=self.run)
        self.sanctions = SanctionClient(run=self.run)
        self.erasures = ErasureClient(run=self.run)
        self.sessions = SessionClient(run=self.run)
        self.public_accounts = PublicAccountClient(run=self.run, stream=self._stream)
        self.statuses = StatusFeed(channel, self.get_status, self.public_accounts.get)

    verify_individual = blocking(claim.verify_individual)
    verify_organization = blocking(claim.verify_organization)
    get_verification = blocking(claim.get_verification)
    get_status = blocking(status.get_status)
    get_disclosure_history = blocking(status.get_disclosure_history)
    issue_status_token = blocking(status.issue_status_token)
    issue_status_credential = blocking(status.issue_status_credential)

    def batch_get_statuses(self, account_tokens: Iterable[str]) -> Statuses:
        """Return the statuses of any number of accounts; every 1,000 are one call with its own timeout."""
        return status.join([self.run(call) for call in status.batch_get_statuses(account_tokens)])

    def use_certificate(self, tls: Tls) -> None:
        """Make the next calls with these files; running ones have their timeout to end. Raises OSError."""
        if self._reconnect is None:
            raise ValueError("only a client that `connect` has made can change its certificate")
        former, self._channel = self._channel, self._reconnect(tls)
        self.statuses.use(self._channel)
        later = threading.Timer(self._timeout, former.close)
        later.daemon = True
        later.start()

    def close(self) -> None:
        """Close the connection; calls that still run end with Unavailable."""
        self.statuses.close()
        self._channel.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def run(self, call: Rpc[Result]) -> Result:
        """Make a call and return what the answer means; raises VaultError."""
        end = time.monotonic() + self._timeout
        answer = self._ask(call, self._timeout)
        if refusals.connection_lost(answer):
            # The vault may be restarting: the same bytes, once there is a connection again.
            second = self._ask(call, max(end - time.monotonic(), 0), wait_for_ready=True)
            answer = answer if isinstance(second, DeadlineExceeded) else second
        # Raised outside the handlers, so that grpc's exception does not become the context of ours.
        if isinstance(answer, VaultError):
            raise answer
        return call.result(answer)

    def _ask(self, call: Rpc[Result], seconds: float, *, wait_for_ready: bool = False) -> bytes | VaultError:
        end = time.monotonic() + seconds
        if not self._places.acquire(timeout=seconds):
            return refusals.late(request_id=call.request_id)
        try:
            return self._send(call, max(end - time.monotonic(), 0), wait_for_ready=wait_for_ready)
        finally:
            self._places.release()

    def _send(self, call: Rpc[Result], seconds: float, *, wait_for_ready: bool) -> bytes | VaultError:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(call.path)
        try:
            return method(call.request, timeout=seconds, wait_for_ready=wait_for_ready)
        except grpc.RpcError as error:
            return refusals.from_rpc(error, request_id=call.request_id)
        except ValueError:  # what grpc raises once the channel is closed
            return refusals.closed(request_id=call.request_id)

    def _stream(self, call: Rpc[Result]) -> Iterator[Result]:
        """Make a call with several answers, without deadline; yield what each means. Raises VaultError."""
        method: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(call.path)
        try:
            for answer in method(call.request):
                yield call.result(answer)
        except grpc.RpcError as error:
            failure = refusals.from_rpc(error, request_id=call.request_id)
        except ValueError:  # what grpc raises once the channel is closed
            failure = refusals.closed(request_id=call.request_id)
        else:
            return
        raise failure
