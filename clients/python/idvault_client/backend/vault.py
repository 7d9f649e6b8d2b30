"""The vault as a backend sees it: the connection, and the calls of verifications and statuses.

This is the client for asyncio. The blocking one is made of it (`blocking/`).
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

import grpc

from idvault_client import refusals, transport
from idvault_client.backend import on_loop as waiting
from idvault_client.backend import status
from idvault_client.backend.campaign import AioCampaignClient
from idvault_client.backend.claim import Consent, IdentityDocument, Verification
from idvault_client.backend.content_measure import AioContentMeasureClient
from idvault_client.backend.disavowal import AioDisavowalClient
from idvault_client.backend.erasure import AioErasureClient
from idvault_client.backend.feed import AioStatusFeed
from idvault_client.backend.narrowing import AioNarrowingClient
from idvault_client.backend.public_account import AioPublicAccountClient
from idvault_client.backend.review import AioReviewClient
from idvault_client.backend.rpc import RequestId, Result, Rpc, account, call, chosen_id, rpc
from idvault_client.backend.sanction import AioSanctionClient
from idvault_client.backend.session import AioSessionClient
from idvault_client.backend.status import BATCH_SIZE, IssuedToken, Status, Statuses
from idvault_client.backend.tip_off import AioTipOffClient
from idvault_client.backend.usage import PlatformUsage
from idvault_client.codec import given
from idvault_client.errors import DeadlineExceeded, VaultError
from idvault_client.transport import Tls
from idvault_verify.account import MinimumAssurance
from idvault_verify.offline import disclosure_history
from idvault_verify.offline.disclosure_history import DisclosureHistory
from idvault_verify.v1 import status_pb2, usage_pb2, verification_pb2

_CLAIMS = verification_pb2.DESCRIPTOR.services_by_name["VerificationService"]
_STATUSES = status_pb2.DESCRIPTOR.services_by_name["StatusService"]
_USAGE = usage_pb2.DESCRIPTOR.services_by_name["UsageService"]


def connect(
    target: str, *, tls: Tls, timeout: float = transport.DEFAULT_TIMEOUT, server_name: str | None = None
) -> "AioVault":
    """Return a client of the vault at a gRPC target, for example "dns:///vault.internal:7443".

    tls: PEM files, read at once: OSError if one cannot be read, ValueError if it cannot be used, as is a
    target that is no HOST:PORT. timeout: seconds that each call may take, retries included. server_name: the
    name in the server's certificate if it differs from the target's. Connects with the first call. A blocking
    client is safe to share between threads; one of `aio` is created and used in one running event loop.
    """
    address = transport.check_target(target)
    options = transport.options(server_name)
    checked = transport.check_timeout(timeout)

    def channel(given: Tls) -> grpc.aio.Channel:
        return grpc.aio.secure_channel(address, transport.check_tls(given).checked(), options=options)

    return AioVault(channel(tls), timeout=checked, reconnect=channel)


class AioVault:
    """The vault as a backend sees it; every method raises VaultError and no exception of gRPC.

    statuses: all your accounts, answered from a feed that is at most ten seconds behind:
    `await vault.statuses.get(token)`, and public accounts: `await vault.statuses.public_account(id)`.
    campaigns: legacy accounts and campaigns. sanctions: moderators, and what they decide about accounts.
    public_accounts: applications, terms and profiles of public accounts. tip_offs: reports of rumours.
    sessions: verification on the vault's own pages, so that you never see a name. erasures: of accounts.
    narrowings: of sanctions of revoked accounts. content_measures: on pieces of content.
    disavowals: of accounts, by whom they are named after.
    reviews: of passports and travel permits that your reviewers saw.
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
        self._answered = False
        self._places = waiting.Places(transport.AT_ONCE)
        self.campaigns = AioCampaignClient(run=self.run)
        self.tip_offs = AioTipOffClient(run=self.run)
        self.sanctions = AioSanctionClient(run=self.run)
        self.narrowings = AioNarrowingClient(run=self.run)
        self.content_measures = AioContentMeasureClient(run=self.run)
        self.disavowals = AioDisavowalClient(run=self.run)
        self.reviews = AioReviewClient(run=self.run)
        self.erasures = AioErasureClient(run=self.run)
        self.sessions = AioSessionClient(run=self.run)
        self.public_accounts = AioPublicAccountClient(run=self.run, stream=self._stream)
        self.statuses = AioStatusFeed(channel, self.get_status, self.public_accounts.get)

    async def verify_individual(
        self,
        name: str,
        document: IdentityDocument,
        *,
        consent: Consent,
        request_id: RequestId = None,
        account_token: str | None = None,
        invitation_code: str | None = None,
    ) -> Verification:
        """Verify a person's real name and number.

        account_token: the account to verify again; none at sign-up. invitation_code: the code of an
        invitation by link, if the person followed one.
        request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client
        chooses one; the result or the error has it. Raises InvalidFields, RequestIdReused, NotFound,
        TooManyAttempts, RegistryBacklog, PreconditionFailed, AccessDenied, Unavailable. A mismatch is not an
        error: see Verification.failed.
        """
        return await self.run(
            call(
                _CLAIMS,
                "VerifyIndividual",
                Verification,
                request_id=chosen_id(request_id),
                real_name=name,
                document=document,
                consent=consent,
                account_token=account_token or "",
                invitation_code=invitation_code or "",
            )
        )

    async def verify_organization(
        self,
        name: str,
        document: IdentityDocument,
        *,
        representative_name: str,
        representative_document: IdentityDocument,
        consent: Consent,
        request_id: RequestId = None,
        account_token: str | None = None,
        invitation_code: str | None = None,
    ) -> Verification:
        """Verify an organisation's registered name, its unified social credit code and who represents it.

        representative_name, representative_document: of its legal representative. Arguments and errors else
        are those of verify_individual. The status shows the organisation's category once it is verified.
        """
        return await self.run(
            call(
                _CLAIMS,
                "VerifyOrganization",
                Verification,
                request_id=chosen_id(request_id),
                organization_name=name,
                document=document,
                representative_name=representative_name,
                representative_document=representative_document,
                consent=consent,
                account_token=account_token or "",
                invitation_code=invitation_code or "",
            )
        )

    async def get_verification(self, request_id: RequestId) -> Verification:
        """Return the current state of a claim; raises NotFound, AccessDenied, Unavailable."""
        return await self.run(call(_CLAIMS, "GetVerification", Verification, request_id=str(request_id)))

    async def get_status(self, account_token: str) -> Status:
        """Return the status of one account; raises NotFound, AccessDenied, Unavailable."""
        return await self.run(call(_STATUSES, "GetStatus", Status, account_token=account_token))

    async def batch_get_statuses(self, account_tokens: Iterable[str]) -> Statuses:
        """Return the statuses of any number of accounts; every 1,000 are one call with its own timeout.

        A repeated token is asked for once.
        """
        if isinstance(account_tokens, str):
            raise TypeError("account_tokens must be several tokens, not one text")
        tokens = [account(token) for token in dict.fromkeys(account_tokens)]
        asked = [tokens[start : start + BATCH_SIZE] for start in range(0, len(tokens), BATCH_SIZE)]
        calls = [call(_STATUSES, "BatchGetStatuses", Statuses, account_tokens=part) for part in asked]
        return status.join([await self.run(each) for each in calls])

    async def get_usage(self, month: str) -> PlatformUsage:
        """Return what you used in a month, YYYY-MM: calls, claims by outcome, charged checks, storage.

        Raises InvalidFields, AccessDenied, Unavailable.
        """
        return await self.run(call(_USAGE, "GetUsage", PlatformUsage, month=month))

    async def get_disclosure_history(self, account_token: str) -> DisclosureHistory:
        """Return every disclosure of an account's records before a horizon, with its proofs.

        Raises NotFound, AccessDenied, Unavailable, RecordDamaged.
        """
        request = status_pb2.GetDisclosureHistoryRequest(account_token=account(account_token))
        return await self.run(rpc(_STATUSES, "GetDisclosureHistory", request, disclosure_history.read_answer))

    async def issue_status_token(
        self,
        account_token: str,
        audience: str,
        *,
        minimum_assurance: MinimumAssurance | None = None,
    ) -> IssuedToken:
        """Return a statement for a third party about an account's current status, valid for ten minutes.

        audience: who will check it. minimum_assurance: what it demands and the token states. Raises
        InvalidFields, NotFound, PreconditionFailed (ASSURANCE_MISSING), AccessDenied, Unavailable.
        """
        return await self.run(
            call(
                _STATUSES,
                "IssueStatusToken",
                IssuedToken,
                account_token=account_token,
                audience=audience,
                **given(minimum_assurance=minimum_assurance),
            )
        )

    async def issue_status_credential(
        self,
        account_token: str,
        audience: str,
        *,
        public_account_id: str = "",
        minimum_assurance: MinimumAssurance | None = None,
        request_id: RequestId = None,
    ) -> IssuedToken:
        """Return a credential for a third party, valid for 30 days while its entry in a public list says so.

        It is the one that the account has for this audience and minimum, unless a new one would live 20 days
        longer. minimum_assurance: what the audience demands; the credential states it, and no fact.
        public_account_id: attests this public account of the account's, by its own id, as long as it is
        active. request_id: a UUID that you saved before the call; the same id gives the same credential.
        Raises InvalidFields, RequestIdReused, NotFound, PreconditionFailed, Exhausted, AccessDenied,
        Unavailable.
        """
        return await self.run(
            call(
                _STATUSES,
                "IssueStatusCredential",
                IssuedToken,
                request_id=chosen_id(request_id),
                account_token=account_token,
                audience=audience,
                public_account_id=public_account_id,
                **given(minimum_assurance=minimum_assurance),
            )
        )

    async def use_certificate(self, tls: Tls) -> None:
        """Make the next calls with these files; running ones have their timeout to end.

        Raises OSError and ValueError as `connect` does, and keeps the files in use.
        """
        if self._reconnect is None:
            raise ValueError("only a client that `connect` has made can change its certificate")
        former, self._channel = self._channel, self._reconnect(tls)
        self.statuses.use(self._channel)
        await waiting.close_later(former, self._timeout)

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
        if refusals.connection_lost(answer, answered=self._answered):
            # The vault may be restarting: the same bytes, once there is a connection again.
            second = await self._ask(call, max(end - time.monotonic(), 0), wait_for_ready=True)
            answer = answer if isinstance(second, DeadlineExceeded) else second
        # Raised outside the handlers, so that grpc's exception does not become the context of ours.
        if isinstance(answer, VaultError):
            self._answered = self._answered or answer.reason is not None
            raise answer if self._answered else refusals.before_any_answer(answer)
        self._answered = True
        return call.result(answer)

    async def _ask(
        self, call: Rpc[Result], seconds: float, *, wait_for_ready: bool = False
    ) -> bytes | VaultError:
        end = time.monotonic() + seconds
        if not await waiting.take(self._places, seconds):
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
        except waiting.CLOSED:
            return refusals.closed(request_id=call.request_id)
        except waiting.CANCELLED:
            if waiting.is_cancelled():
                raise
            # Nobody cancelled the caller: close() ended the call.
            return refusals.closed(request_id=call.request_id)

    async def _stream(self, call: Rpc[Result]) -> AsyncIterator[Result]:
        """Make a call with several answers, without deadline; yield what each means. Raises VaultError."""
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(call.path)
        try:
            async for answer in method(call.request):
                yield call.result(answer)
        except grpc.RpcError as error:
            failure = refusals.from_rpc(error, request_id=call.request_id)
        except waiting.CLOSED:
            failure = refusals.closed(request_id=call.request_id)
        else:
            return
        raise failure
