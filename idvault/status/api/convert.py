"""Converts messages of feeds, tokens, credentials and receipts to domain values and back."""

from idvault.core import request as request_rules
from idvault.core.edge import page_token
from idvault.core.edge.call import Caller
from idvault.public_account.api import identifier
from idvault.status.credential import rules as credential
from idvault.status.credential.acts.status_token import CredentialCommand, Issued
from idvault.v1 import status_pb2
from idvault.verify import token
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation

_FEED = "WatchStatuses/"


def cursor(place: int, *, relying_party: str) -> str:
    """Return the cursor with which a feed continues after a place."""
    return page_token.encode(place, of=_FEED + relying_party)


def place(text: str, *, relying_party: str) -> int:
    """Return the place of a cursor, 0 if empty; raises InvalidError (INVALID_MESSAGE, cursor)."""
    if not text:
        return 0
    try:
        return page_token.decode(text, of=_FEED + relying_party)
    except InvalidError:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("cursor", FieldCode.CHARACTER)) from None


def credential_command(
    request: status_pb2.IssueStatusCredentialRequest, *, caller: Caller
) -> CredentialCommand:
    """Return the credential that a request asks for; raises InvalidError."""
    return CredentialCommand(
        relying_party=caller.name,
        actor_id=caller.actor_id,
        request_id=request_rules.check_id(request.request_id),
        fields=(request.account_token, request.audience, request.public_account_id),
        account_token=token.check(request.account_token),
        audience=credential.check_audience(request.audience),
        public_account_id=identifier.check(request.public_account_id) if request.public_account_id else None,
    )


def status_token(issued: Issued) -> status_pb2.IssueStatusTokenResponse:
    """Return the message of a status token."""
    message = status_pb2.IssueStatusTokenResponse(status_token=issued.token)
    message.expire_time.FromDatetime(issued.expires_at)
    return message


def status_credential(issued: Issued) -> status_pb2.IssueStatusCredentialResponse:
    """Return the message of a credential."""
    message = status_pb2.IssueStatusCredentialResponse(status_credential=issued.token)
    message.expire_time.FromDatetime(issued.expires_at)
    return message
