"""The calls that the pages make, with the role web."""

from idvault_client.backend.rpc import Rpc, rpc
from idvault_client.codec import text
from idvault_verify import secret
from idvault_verify.document import DocumentType
from idvault_verify.v1 import common_pb2, session_pb2

_SERVICE = session_pb2.DESCRIPTOR.services_by_name["SessionService"]
_PAGE = session_pb2.SessionPage.FromString


def of_link(link_code: str) -> Rpc[session_pb2.SessionPage]:
    """Read a link."""
    return rpc(_SERVICE, "GetSessionLink", session_pb2.GetSessionLinkRequest(link_code=link_code), _PAGE)


def redeem(link_code: str, browser_key: str) -> Rpc[session_pb2.SessionPage]:
    """Give a link to a browser; a repeat by the same browser is the same request."""
    request_id = secret.request_id(browser_key, session_id=link_code, step="redeem")
    request = session_pb2.RedeemSessionRequest(
        request_id=request_id, link_code=link_code, browser_key=browser_key
    )
    return rpc(_SERVICE, "RedeemSession", request, _PAGE)


def page(session_id: str, browser_key: str) -> Rpc[session_pb2.SessionPage]:
    """Read a browser's session."""
    request = session_pb2.GetSessionPageRequest(session_id=session_id, browser_key=browser_key)
    return rpc(_SERVICE, "GetSessionPage", request, _PAGE)


def agree(session_id: str, browser_key: str) -> Rpc[session_pb2.SessionPage]:
    """Record that the person agreed to the terms."""
    request_id = secret.request_id(browser_key, session_id=session_id, step="agree")
    request = session_pb2.AgreeToTermsRequest(
        request_id=request_id, session_id=session_id, browser_key=browser_key
    )
    return rpc(_SERVICE, "AgreeToTerms", request, _PAGE)


def answer(session_id: str, browser_key: str, *, answer: str) -> Rpc[session_pb2.SessionPage]:
    """Record the answer to an invitation: LATER or DISMISSED."""
    request = session_pb2.AnswerInvitationRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"answer {answer}"),
        session_id=session_id,
        browser_key=browser_key,
        answer=session_pb2.AnswerInvitationRequest.Answer.Value(f"ANSWER_{answer}"),
    )
    return rpc(_SERVICE, "AnswerInvitation", request, _PAGE)


def submit(
    session_id: str, browser_key: str, *, attempt: int, name: str, kind: DocumentType, number: str
) -> Rpc[session_pb2.SessionPage]:
    """Make the claim of an attempt; a repeat of the attempt is the same request."""
    request = session_pb2.SubmitIdentityRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"attempt {attempt}"),
        session_id=session_id,
        browser_key=browser_key,
        attempt=attempt,
        real_name=text(name, field="real_name"),
        document=common_pb2.IdentityDocument(
            type=common_pb2.DocumentType.Value(f"DOCUMENT_TYPE_{kind.value}"),
            number=text(number, field="document.number"),
        ),
    )
    return rpc(_SERVICE, "SubmitIdentity", request, _PAGE)
