"""The blocking client: each method builds a call, makes it, and returns what the answer means."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

import grpc

from idvault_client import calls, refusals, status_calls, transport
from idvault_client.accounts import Consent, IdentityDocument, Status, Statuses, Verification
from idvault_client.campaigns import Campaigns
from idvault_client.history import DisclosureHistory
from idvault_client.status_calls import IssuedToken
from idvault_client.status_feed import StatusFeed
from idvault_client.transport import Tls

Result = TypeVar("Result")


def connect(
    target: str, *, tls: Tls, timeout: float = transport.DEFAULT_TIMEOUT, server_name: str | None = None
) -> "Vault":
    """Return a client of the vault at a gRPC target, for example "dns:///vault.internal:7443".

    tls: PEM files, read at once (OSError if that fails). timeout: seconds that each call may take, retries
    included. server_name: the name in the server's certificate where it is not that of the target.
    Connects with the first call; safe to share between threads.
    """
    options = transport.options(server_name)
    checked = transport.check_timeout(timeout)
    return Vault(grpc.secure_channel(target, tls.credentials(), options=options), timeout=checked)


class Vault:
    """The vault as a backend sees it; every method raises VaultError and nothing of gRPC.

    statuses: all your accounts, answered from a feed that is at most ten seconds behind:
    `vault.statuses.get(token)`.
    """

    def __init__(self, channel: grpc.Channel, *, timeout: float) -> None:
        """Keep the open channel; `connect` makes both."""
        self._channel = channel
        self._timeout = timeout
        self.statuses = StatusFeed(channel, self.get_status)
        self.campaigns = Campaigns(self._run)

    def verify_individual(
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
        return self._run(call)

    def verify_organization(
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
        return self._run(call)

    def get_verification(self, request_id: str | UUID) -> Verification:
        """Return a claim as it stands now; raises NotFound, AccessDenied, Unavailable."""
        return self._run(calls.get_verification(request_id))

    def get_status(self, account_token: str) -> Status:
        """Return the status of one account; raises NotFound, AccessDenied, Unavailable."""
        return self._run(calls.get_status(account_token))

    def batch_get_statuses(self, account_tokens: Iterable[str]) -> Statuses:
        """Return the statuses of any number of accounts; each 1,000 are one call with its own timeout."""
        return calls.join([self._run(call) for call in calls.batch_get_statuses(account_tokens)])

    def get_disclosure_history(self, account_token: str) -> DisclosureHistory:
        """Return the openings of an account's records up to a horizon; `history.check` verifies it.

        Raises NotFound, AccessDenied, Unavailable, RecordDamaged.
        """
        return self._run(calls.get_disclosure_history(account_token))

    def issue_status_token(self, account_token: str, audience: str) -> IssuedToken:
        """Return a statement for a third party about an account as it is now, valid for ten minutes.

        audience: who will check it. Raises InvalidFields, NotFound, AccessDenied, Unavailable.
        """
        return self._run(status_calls.issue_status_token(account_token, audience))

    def issue_status_credential(
        self, account_token: str, audience: str, *, request_id: str | UUID | None = None
    ) -> IssuedToken:
        """Return a credential for a third party, valid for 30 days while its entry in a public list says so.

        request_id: a UUID that you saved before the call; the same id gives the same credential. Raises
        InvalidFields, RequestIdReused, NotFound, PreconditionFailed, AccessDenied, Unavailable.
        """
        call = status_calls.issue_status_credential(account_token, audience, request_id=request_id)
        return self._run(call)

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

    def _run(self, call: calls.Call[Result]) -> Result:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(call.path)
        try:
            answer = method(call.request, timeout=self._timeout)
        except grpc.RpcError as error:
            failure = refusals.from_rpc(error, request_id=call.request_id)
        except ValueError:  # what grpc raises once the channel is closed
            failure = refusals.closed(request_id=call.request_id)
        else:
            return call.result(answer)
        # Raised outside of the handlers: grpc's exception must not travel along as the context of ours.
        raise failure
