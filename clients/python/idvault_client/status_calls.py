"""Requests for status tokens and credentials built, and their answers read, by pure functions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from idvault.domain.error import Reason
from idvault.v1 import status_pb2
from idvault_client.calls import Call, path, text

_SERVICE = status_pb2.DESCRIPTOR.services_by_name["StatusService"]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token for one audience, and when it runs out; `idvault_client.offline` checks it."""

    token: str
    expires_at: datetime


def issue_status_token(account_token: str, audience: str) -> Call[IssuedToken]:
    """Return the call that signs a statement about an account as it is now."""
    request = status_pb2.IssueStatusTokenRequest(
        account_token=text(account_token, field="account_token", reason=Reason.INVALID_ACCOUNT_TOKEN),
        audience=text(audience, field="audience", reason=Reason.INVALID_MESSAGE),
    )
    return Call(path(_SERVICE, "IssueStatusToken"), request.SerializeToString(), _read_token)


def issue_status_credential(
    account_token: str, audience: str, *, request_id: str | UUID | None
) -> Call[IssuedToken]:
    """Return the call that issues a credential; without request_id it gets a random one."""
    chosen = text(str(request_id or uuid4()), field="request_id", reason=Reason.INVALID_REQUEST_ID)
    request = status_pb2.IssueStatusCredentialRequest(
        request_id=chosen,
        account_token=text(account_token, field="account_token", reason=Reason.INVALID_ACCOUNT_TOKEN),
        audience=text(audience, field="audience", reason=Reason.INVALID_MESSAGE),
    )
    return Call(
        path(_SERVICE, "IssueStatusCredential"), request.SerializeToString(), _read_credential, chosen
    )


def _read_token(data: bytes) -> IssuedToken:
    answer = status_pb2.IssueStatusTokenResponse.FromString(data)
    return _issued(answer.status_token, answer.expire_time.ToDatetime(tzinfo=UTC))


def _read_credential(data: bytes) -> IssuedToken:
    answer = status_pb2.IssueStatusCredentialResponse.FromString(data)
    return _issued(answer.status_credential, answer.expire_time.ToDatetime(tzinfo=UTC))


def _issued(token: str, expires_at: datetime) -> IssuedToken:
    if not token:
        raise ValueError("an answer without token")
    return IssuedToken(token, expires_at)
