"""Status tokens and credentials: signed statements for third parties, which check them offline."""

from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.v1 import status_pb2
from idvault_client.backend.rpc import RequestId, Rpc, account, chosen_id, rpc, text

_SERVICE = status_pb2.DESCRIPTOR.services_by_name["StatusService"]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token for one audience, and when it expires; `idvault_client.offline` checks it."""

    token: str
    expires_at: datetime


def issue_status_token(account_token: str, audience: str) -> Rpc[IssuedToken]:
    """Return a statement for a third party about an account's current status, valid for ten minutes.

    audience: who will check it. Raises InvalidFields, NotFound, AccessDenied, Unavailable.
    """
    request = status_pb2.IssueStatusTokenRequest(
        account_token=account(account_token), audience=text(audience, field="audience")
    )
    return rpc(_SERVICE, "IssueStatusToken", request, _read_token)


def issue_status_credential(
    account_token: str, audience: str, *, public_account_id: str = "", request_id: RequestId = None
) -> Rpc[IssuedToken]:
    """Return a credential for a third party, valid for 30 days while its entry in a public list says so.

    It is the one that the account has for this audience, unless a new one would live 20 days longer.
    public_account_id: attests this public account of the account's, by its own id, as long as it is active.
    request_id: a UUID that you saved before the call; the same id gives the same credential. Raises
    InvalidFields, RequestIdReused, NotFound, PreconditionFailed, Exhausted, AccessDenied, Unavailable.
    """
    chosen = chosen_id(request_id)
    request = status_pb2.IssueStatusCredentialRequest(
        request_id=chosen,
        account_token=account(account_token),
        audience=text(audience, field="audience"),
        public_account_id=text(public_account_id, field="public_account_id"),
    )
    return rpc(_SERVICE, "IssueStatusCredential", request, _read_credential, request_id=chosen)


def _read_token(data: bytes) -> IssuedToken:
    answer = status_pb2.IssueStatusTokenResponse.FromString(data)
    return _issued(answer.status_token, answer.expire_time)


def _read_credential(data: bytes) -> IssuedToken:
    answer = status_pb2.IssueStatusCredentialResponse.FromString(data)
    return _issued(answer.status_credential, answer.expire_time)


def _issued(token: str, expires_at: Timestamp) -> IssuedToken:
    if not token:
        raise ValueError("an answer without token")
    return IssuedToken(token, expires_at.ToDatetime(tzinfo=UTC))
