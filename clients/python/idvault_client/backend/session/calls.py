"""The calls of SessionService that a backend makes."""

from datetime import UTC

from idvault.session.rules import SessionPurpose, SessionState
from idvault.v1 import session_pb2 as pb
from idvault_client.backend import claim
from idvault_client.backend.rpc import RequestId, Rpc, account, choice, chosen_id, rpc, text
from idvault_client.backend.session.values import HostedSession

_SERVICE = pb.DESCRIPTOR.services_by_name["SessionService"]
_STATES = pb.VerificationSession.DESCRIPTOR.enum_types_by_name["State"]


def create(
    *,
    return_url: str,
    policy_version: str,
    policy_text: str,
    purpose: SessionPurpose = SessionPurpose.SIGN_UP,
    account_token: str | None = None,
    invitation_code: str | None = None,
    locale: str = "zh",
    request_id: RequestId = None,
) -> Rpc[HostedSession]:
    """Make a link with which a person verifies on the vault's own page.

    return_url: where the browser comes to be confirmed, with the parameters session_id and bind_code, and at
    the end with session_id only; its origin must be registered. Keep session_id beside the login that asked.
    policy_text: your terms, as the page shows them. request_id: a random UUID that you saved before the call.
    Raises InvalidFields, RequestIdReused, NotFound, PreconditionFailed, AccessDenied, Unavailable.
    """
    chosen = chosen_id(request_id)
    request = pb.CreateVerificationSessionRequest(
        request_id=chosen,
        account_token=account(account_token or ""),
        purpose=pb.SessionPurpose.Value(f"SESSION_PURPOSE_{purpose.value}"),
        return_url=text(return_url, field="return_url"),
        locale=text(locale, field="locale"),
        policy_version=text(policy_version, field="policy_version"),
        policy_text=text(policy_text, field="policy_text"),
        invitation_code=text(invitation_code or "", field="invitation_code"),
    )
    return rpc(_SERVICE, "CreateVerificationSession", request, _read, request_id=chosen)


def create_identity(
    account_token: str, *, return_url: str, locale: str = "zh", request_id: RequestId = None
) -> Rpc[HostedSession]:
    """Make a link on which the owner of an account sees what is stored about it, and can appeal.

    Bind it as any other session. Whoever passes `bind` sees the account: check that this browser is logged in
    to it. Raises InvalidFields, RequestIdReused, NotFound, PreconditionFailed, AccessDenied, Unavailable.
    """
    chosen = chosen_id(request_id)
    request = pb.CreateIdentitySessionRequest(
        request_id=chosen,
        account_token=account(account_token),
        return_url=text(return_url, field="return_url"),
        locale=text(locale, field="locale"),
    )
    return rpc(_SERVICE, "CreateIdentitySession", request, _read, request_id=chosen)


def bind(session_id: str, bind_code: str, *, request_id: RequestId = None) -> Rpc[HostedSession]:
    """Confirm the browser that came to return_url with these parameters, and send it to continue_url.

    Only after checking that this browser is logged in to the account for which you made this session: anybody
    can send a link to somebody else. Raises NotFound (also for another session's code), PreconditionFailed.
    """
    chosen = chosen_id(request_id)
    request = pb.BindVerificationSessionRequest(
        request_id=chosen,
        session_id=text(session_id, field="session_id"),
        bind_code=text(bind_code, field="bind_code"),
    )
    return rpc(_SERVICE, "BindVerificationSession", request, _read, request_id=chosen)


def get(session_id: str) -> Rpc[HostedSession]:
    """Return a session as of now; raises NotFound. It can be read for 7 days."""
    request = pb.GetVerificationSessionRequest(session_id=text(session_id, field="session_id"))
    return rpc(_SERVICE, "GetVerificationSession", request, _read)


def _read(data: bytes) -> HostedSession:
    answer = pb.VerificationSession.FromString(data)
    if not answer.session_id:
        raise ValueError("a session without an id")
    return HostedSession(
        session_id=answer.session_id,
        state=choice(SessionState, _STATES, answer.state),
        expire_time=answer.expire_time.ToDatetime(UTC),
        url=answer.url,
        continue_url=answer.continue_url,
        verification=claim.from_message(answer.verification) if answer.HasField("verification") else None,
    )
