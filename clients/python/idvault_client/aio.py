"""The client for asyncio: the same calls and answers as in `vault`, awaited."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

import grpc

from idvault_client import calls, refusals, status_calls, transport
from idvault_client.accounts import Consent, IdentityDocument, Status, Statuses, Verification
from idvault_client.campaigns import AioCampaigns
from idvault_client.history import DisclosureHistory
from idvault_client.status_calls import IssuedToken
from idvault_client.status_feed import AioStatusFeed
from idvault_client.transport import Tls

Result = TypeVar("Result")


def connect(
    target: str, *, tls: Tls, timeout: float = transport.DEFAULT_TIMEOUT, server_name: str | None = None
) -> "Vault":
    """Return a client of the vault, to be made and used in one running event loop.

    The arguments are those of `idvault_client.connect`.
    """
    options = transport.options(server_name)
    checked = transport.check_timeout(timeout)
    return Vault(grpc.aio.secure_channel(target, tls.credentials(), options=options), timeout=checked)


class Vault:
    """The vault as a backend sees it; every method raises VaultError and nothing of gRPC.

    statuses: all your accounts, answered from a feed that is at most ten seconds behind:
    `await vault.statuses.get(token)`.
    """

    def __init__(self, channel: grpc.aio.Channel, *, timeout: float) -> None:
        """Keep the open channel; `connect` makes both."""
        self._channel = channel
        self._timeout = timeout
        self.statuses = AioStatusFeed(channel, self.get_status)
        self.campaigns = AioCampaigns(self._run)

    async def verify_individual(
        self,
        name: str,
        document: IdentityDocument,
        *,
        consent: Consent,
        request_id: str | UUID | None = None,
        account_token: str | None = None,
        invitation_code: str | None = None,
    ) -> Verification:
        """Verify a person's real name and number.

        account_token: the account to verify again; none at sign-up. invitation_code: the one-time code of an
        invitation by link, if the person followed one.
        request_id: a UUID that you saved before the call, so that the same call can be made again; if none is
        given the client chooses one, and the result or error tells it.
        Raises InvalidFields, RequestIdReused, NotFound, TooManyAttempts, RegistryBacklog, PreconditionFailed,
        AccessDenied, Unavailable. A mismatch is an answer: see Verification.failed.
        """
        call = calls.verify_individual(
            name,
            document,
            consent=consent,
            request_id=request_id,
            account_token=account_token,
            invitation_code=invitation_code,
        )
        return await self._run(call)

    async def verify_organization(
        self,
        name: str,
        document: IdentityDocument,
        *,
        consent: Consent,
        request_id: str | UUID | None = None,
        account_token: str | None = None,
        invitation_code: str | None = None,
    ) -> Verification:
        """Verify an organisation's registered name and unified social credit code.

        The arguments and errors are those of verify_individual. The status shows the organisation's category
        once it is verified.
        """
        call = calls.verify_organization(
            name,
            document,
            consent=consent,
            request_id=request_id,
            account_token=account_token,
            invitation_code=invitation_code,
        )
        return await self._run(call)

    async def get_verification(self, request_id: str | UUID) -> Verification:
        """Return a claim as it stands now; raises NotFound, AccessDenied, Unavailable."""
        return await self._run(calls.get_verification(request_id))

    async def get_status(self, account_token: str) -> Status:
        """Return the status of one account; raises NotFound, AccessDenied, Unavailable."""
        return await self._run(calls.get_status(account_token))

    async def batch_get_statuses(self, account_tokens: Iterable[str]) -> Statuses:
        """Return the statuses of any number of accounts; each 1,000 are one call with its own timeout."""
        return calls.join([await self._run(call) for call in calls.batch_get_statuses(account_tokens)])

    async def get_disclosure_history(self, account_token: str) -> DisclosureHistory:
        """Return the openings of an account's records up to a horizon; `history.check` verifies it.

        Raises NotFound, AccessDenied, Unavailable, RecordDamaged.
        """
        return await self._run(calls.get_disclosure_history(account_token))

    async def issue_status_token(self, account_token: str, audience: str) -> IssuedToken:
        """Return a statement for a third party about an account as it is now, valid for ten minutes.

        audience: who will check it. Raises InvalidFields, NotFound, AccessDenied, Unavailable.
        """
        return await self._run(status_calls.issue_status_token(account_token, audience))

    async def issue_status_credential(
        self, account_token: str, audience: str, *, request_id: str | UUID | None = None
    ) -> IssuedToken:
        """Return a credential for a third party, valid for 30 days while its entry in a public list says so.

        request_id: a UUID that you saved before the call; the same id gives the same credential. Raises
        InvalidFields, RequestIdReused, NotFound, PreconditionFailed, AccessDenied, Unavailable.
        """
        call = status_calls.issue_status_credential(account_token, audience, request_id=request_id)
        return await self._run(call)

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

    async def _run(self, call: calls.Call[Result]) -> Result:
        method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(call.path)
        try:
            answer = await method(call.request, timeout=self._timeout)
        except grpc.RpcError as error:
            failure = refusals.from_rpc(error, request_id=call.request_id)
        except (ValueError, grpc.aio.UsageError):  # what grpc raises once the channel is closed
            failure = refusals.closed(request_id=call.request_id)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled this task: close() ended the call.
            failure = refusals.closed(request_id=call.request_id)
        else:
            return call.result(answer)
        # Raised outside of the handlers: grpc's exception must not travel along as the context of ours.
        raise failure
