"""The calls of "my identity", with the role web."""

from idvault_client.backend.rpc import Rpc, rpc
from idvault_client.codec import text
from idvault_verify import secret
from idvault_verify.v1 import (
    contest_pb2,
    erasure_pb2,
    identity_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    verification_pb2,
)

_SERVICE = session_pb2.DESCRIPTOR.services_by_name["SessionService"]


def identity(session_id: str, browser_key: str) -> Rpc[identity_pb2.Identity]:
    """Read the account of a session."""
    request = identity_pb2.GetIdentityRequest(session_id=session_id, browser_key=browser_key)
    return rpc(_SERVICE, "GetIdentity", request, identity_pb2.Identity.FromString)


def history(session_id: str, browser_key: str) -> Rpc[status_pb2.DisclosureHistory]:
    """Read the disclosures and openings of the account's records."""
    request = identity_pb2.GetIdentityHistoryRequest(session_id=session_id, browser_key=browser_key)
    return rpc(_SERVICE, "GetIdentityHistory", request, status_pb2.DisclosureHistory.FromString)


def receipt(session_id: str, browser_key: str, *, verification_id: str) -> Rpc[verification_pb2.Receipt]:
    """Read the receipt of a verification."""
    request = identity_pb2.GetIdentityReceiptRequest(
        session_id=session_id, browser_key=browser_key, verification_id=verification_id
    )
    return rpc(_SERVICE, "GetIdentityReceipt", request, verification_pb2.Receipt.FromString)


def appeal(session_id: str, browser_key: str, *, sanction_id: str, words: str) -> Rpc[sanction_pb2.Appeal]:
    """File an appeal; a repeat in the same session is the same request."""
    request = identity_pb2.AppealFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"appeal {sanction_id}"),
        session_id=session_id,
        browser_key=browser_key,
        sanction_id=sanction_id,
        text=text(words, field="text"),
    )
    return rpc(_SERVICE, "AppealFromSession", request, sanction_pb2.Appeal.FromString)


def erase(session_id: str, browser_key: str, *, former: str) -> Rpc[erasure_pb2.Erasure]:
    """Request an erasure; a repeat after the same former one ("" for none) is the same request."""
    request = identity_pb2.EraseFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"erase {former}"),
        session_id=session_id,
        browser_key=browser_key,
    )
    return rpc(_SERVICE, "EraseFromSession", request, erasure_pb2.Erasure.FromString)


def keep(session_id: str, browser_key: str, *, erasure_id: str) -> Rpc[erasure_pb2.Erasure]:
    """Cancel an erasure; a repeat is the same request."""
    request = identity_pb2.KeepFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"keep {erasure_id}"),
        session_id=session_id,
        browser_key=browser_key,
    )
    return rpc(_SERVICE, "KeepFromSession", request, erasure_pb2.Erasure.FromString)


def contest(
    session_id: str, browser_key: str, *, verification_id: str, words: str
) -> Rpc[contest_pb2.Contest]:
    """Say of a verification that it was not the owner; a repeat in the same session is the same request."""
    request = contest_pb2.ContestFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"contest {verification_id}"),
        session_id=session_id,
        browser_key=browser_key,
        verification_id=verification_id,
        text=text(words, field="text"),
    )
    return rpc(_SERVICE, "ContestFromSession", request, contest_pb2.Contest.FromString)
