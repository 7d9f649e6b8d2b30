"""Methods of status tokens and credentials, and their messages."""

from dataclasses import dataclass

from idvault.core import request as request_rules
from idvault.core.act import Vault
from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.public_account import api as public_account_api
from idvault.status.credential import acts, rules
from idvault.status.credential.acts import CredentialCommand, Issued, TokenContext, TokenDemand
from idvault_verify import token
from idvault_verify.account import MinimumAssurance
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.v1 import status_pb2


@dataclass(kw_only=True, eq=False, repr=False)
class CredentialMethods:
    """The methods that state a status to somebody else."""

    vault: Vault
    tokens: TokenContext

    async def IssueStatusToken(
        self,
        request: status_pb2.IssueStatusTokenRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> status_pb2.IssueStatusTokenResponse:
        """Return a signed statement of an account's current status."""
        issued = await acts.issue_token(
            self.vault,
            caller.name,
            token.check(request.account_token),
            now,
            demand=TokenDemand(
                rules.check_audience(request.audience), convert.minimum_assurance(request.minimum_assurance)
            ),
            context=self.tokens,
        )
        return _token(issued)

    async def IssueStatusCredential(
        self,
        request: status_pb2.IssueStatusCredentialRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> status_pb2.IssueStatusCredentialResponse:
        """Return a credential with an entry in a public list."""
        command = _command(request, caller=caller)
        return _credential(await acts.issue_credential(self.vault, command, now, context=self.tokens))


def _command(request: status_pb2.IssueStatusCredentialRequest, *, caller: Caller) -> CredentialCommand:
    """Return the credential that a request asks for; raises InvalidError."""
    minimum = convert.minimum_assurance(request.minimum_assurance)
    if request.public_account_id and minimum is not MinimumAssurance.ANY:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("minimum_assurance", FieldCode.CHARACTER))
    return CredentialCommand(
        relying_party=caller.name,
        actor_id=caller.actor_id,
        request_id=request_rules.check_id(request.request_id),
        content=repetition.content(request),
        account_token=token.check(request.account_token),
        audience=rules.check_audience(request.audience),
        public_account_id=public_account_api.check(request.public_account_id)
        if request.public_account_id
        else None,
        minimum=minimum,
    )


def _token(issued: Issued) -> status_pb2.IssueStatusTokenResponse:
    """Return the message of a status token."""
    message = status_pb2.IssueStatusTokenResponse(status_token=issued.token)
    message.expire_time.FromDatetime(issued.expires_at)
    return message


def _credential(issued: Issued) -> status_pb2.IssueStatusCredentialResponse:
    """Return the message of a credential."""
    message = status_pb2.IssueStatusCredentialResponse(status_credential=issued.token)
    message.expire_time.FromDatetime(issued.expires_at)
    return message
