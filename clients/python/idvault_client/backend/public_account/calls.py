"""The calls of PublicAccountService."""

from datetime import date

from idvault.public_account.rules.public_account import PublicAccountState, RejectReason
from idvault.v1 import public_account_pb2 as pb
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.public_account import Licence, PublicAccountCategory
from idvault_client.backend.claim import Consent, consent_message
from idvault_client.backend.public_account import messages
from idvault_client.backend.public_account.values import (
    AccountFiling,
    OwnedPublicAccount,
    PublicAccountPage,
    ReaderProfile,
)
from idvault_client.backend.rpc import RequestId, Rpc, account, chosen_id, rpc, text
from idvault_client.backend.sanction.calls import act

_SERVICE = pb.DESCRIPTOR.services_by_name["PublicAccountService"]


def apply(
    account_token: str, *, licence: Licence | None = None, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """File an application for a verified account.

    licence: declares a category. Raises NotFound, PreconditionFailed, and InvalidFields for the licence.
    """
    chosen = chosen_id(request_id)
    request = pb.ApplyPublicAccountRequest(
        request_id=chosen, account_token=account(account_token), licence=_licence(licence)
    )
    return rpc(_SERVICE, "ApplyPublicAccount", request, messages.read_public_account, request_id=chosen)


def approve(
    public_account_id: str, *, key: ModeratorKey | None = None, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Open a public account. Check the result: it is REJECTED if its owner is not eligible.

    key: of the moderator who decides; None if your platform does by itself.
    """
    request = pb.DecidePublicAccountRequest(
        public_account_id=_id(public_account_id), decision=pb.DecidePublicAccountRequest.DECISION_APPROVE
    )
    return _decide(request, key, request_id)


def reject(
    public_account_id: str,
    reason: RejectReason,
    *,
    key: ModeratorKey | None = None,
    request_id: RequestId = None,
) -> Rpc[OwnedPublicAccount]:
    """Reject an application; raises PreconditionFailed with both states. key: as of `approve`."""
    request = pb.DecidePublicAccountRequest(
        public_account_id=_id(public_account_id),
        decision=pb.DecidePublicAccountRequest.DECISION_REJECT,
        reason=pb.PublicAccount.RejectReason.Value(f"REJECT_REASON_{reason.value}"),
    )
    return _decide(request, key, request_id)


def _decide(
    request: pb.DecidePublicAccountRequest, key: ModeratorKey | None, request_id: RequestId
) -> Rpc[OwnedPublicAccount]:
    chosen = request.request_id = chosen_id(request_id)
    if key is not None:
        fields = (request.public_account_id, request.decision, request.reason)
        request.signature.CopyFrom(act(key, chosen, "DecidePublicAccount", *fields))
    return rpc(_SERVICE, "DecidePublicAccount", request, messages.read_public_account, request_id=chosen)


def renew(
    public_account_id: str,
    *,
    licence: Licence | None = None,
    key: ModeratorKey | None = None,
    request_id: RequestId = None,
) -> Rpc[OwnedPublicAccount]:
    """Begin another term, with a new licence if one is given; raises PreconditionFailed.

    key: as of `approve`.
    """
    chosen = chosen_id(request_id)
    request = pb.RenewPublicAccountRequest(
        request_id=chosen, public_account_id=_id(public_account_id), licence=_licence(licence)
    )
    if key is not None:
        given = request.licence
        fields = (public_account_id, given.category, given.reference, given.expire_date)
        request.signature.CopyFrom(act(key, chosen, "RenewPublicAccount", *fields))
    return rpc(_SERVICE, "RenewPublicAccount", request, messages.read_public_account, request_id=chosen)


def close(public_account_id: str, *, request_id: RequestId = None) -> Rpc[OwnedPublicAccount]:
    """Close a public account for good, as its owner wishes; raises PreconditionFailed."""
    chosen = chosen_id(request_id)
    request = pb.ClosePublicAccountRequest(request_id=chosen, public_account_id=_id(public_account_id))
    return rpc(_SERVICE, "ClosePublicAccount", request, messages.read_public_account, request_id=chosen)


def add_operator(
    public_account_id: str, account_token: str, *, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Name a verified person's account that may publish for an organisation; raises PreconditionFailed."""
    return _about_two("AddOperator", pb.AddOperatorRequest, public_account_id, account_token, request_id)


def remove_operator(
    public_account_id: str, account_token: str, *, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Remove an operator's right to publish; raises NotFound for an unknown public account."""
    return _about_two(
        "RemoveOperator", pb.RemoveOperatorRequest, public_account_id, account_token, request_id
    )


def offer_transfer(
    public_account_id: str, account_token: str, *, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Offer a public account to another account, for 14 days; raises PreconditionFailed."""
    return _about_two("OfferTransfer", pb.OfferTransferRequest, public_account_id, account_token, request_id)


def accept_transfer(
    public_account_id: str, account_token: str, *, consent: Consent, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Accept an offer for the account that it was made to; raises PreconditionFailed."""
    chosen = chosen_id(request_id)
    request = pb.AcceptTransferRequest(
        request_id=chosen,
        public_account_id=_id(public_account_id),
        account_token=account(account_token),
        consent=consent_message(consent),
    )
    return rpc(_SERVICE, "AcceptTransfer", request, messages.read_public_account, request_id=chosen)


def _about_two(
    method: str,
    kind: type[pb.AddOperatorRequest] | type[pb.RemoveOperatorRequest] | type[pb.OfferTransferRequest],
    public_account_id: str,
    account_token: str,
    request_id: RequestId,
) -> Rpc[OwnedPublicAccount]:
    """Return a call that is about a public account and another account."""
    chosen = chosen_id(request_id)
    request = kind(
        request_id=chosen, public_account_id=_id(public_account_id), account_token=account(account_token)
    )
    return rpc(_SERVICE, method, request, messages.read_public_account, request_id=chosen)


def get(public_account_id: str) -> Rpc[OwnedPublicAccount]:
    """Return a public account as of now; raises NotFound."""
    request = pb.GetPublicAccountRequest(public_account_id=_id(public_account_id))
    return rpc(_SERVICE, "GetPublicAccount", request, messages.read_public_account)


def get_profile(public_account_id: str) -> Rpc[ReaderProfile]:
    """Return what readers may see of a public account; raises NotFound."""
    request = pb.GetPublicProfileRequest(public_account_id=_id(public_account_id))
    return rpc(_SERVICE, "GetPublicProfile", request, messages.read_profile)


def list_page(
    *,
    account_token: str | None = None,
    state: PublicAccountState | None = None,
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[PublicAccountPage]:
    """Return a page of public accounts, the oldest application first: of all, of one owner, in one state."""
    kind = pb.PublicProfile.State
    request = pb.ListPublicAccountsRequest(
        account_token=account(account_token) if account_token else "",
        state=kind.Value(f"STATE_{state.value}") if state else pb.PublicProfile.STATE_UNSPECIFIED,
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListPublicAccounts", request, messages.read_page)


def list_expiring_page(
    *, within_days: int = 60, page_size: int = 100, page_token: str = ""
) -> Rpc[PublicAccountPage]:
    """Return a page of public accounts whose term ends soon or has ended, the first to expire first."""
    request = pb.ListExpiringPublicAccountsRequest(
        within_days=within_days, page_size=page_size, page_token=text(page_token, field="page_token")
    )
    return rpc(_SERVICE, "ListExpiringPublicAccounts", request, messages.read_expiring_page)


def export_filings(
    *, category: PublicAccountCategory | None = None, as_of: date | None = None
) -> Rpc[tuple[AccountFiling, ...]]:
    """Return the stream of the live public accounts of a day: today's as of now, or a past day's."""
    kind = pb.PublicProfile.Category
    request = pb.ExportPublicAccountFilingsRequest(
        category=kind.Value(f"CATEGORY_{category.value}") if category else kind.Value("CATEGORY_UNSPECIFIED"),
        as_of=as_of.isoformat() if as_of else "",
    )
    return rpc(_SERVICE, "ExportPublicAccountFilings", request, messages.read_filings)


def _id(public_account_id: str) -> str:
    return text(public_account_id, field="public_account_id")


def _licence(given: Licence | None) -> pb.Licence | None:
    if given is None:
        return None
    return pb.Licence(
        category=pb.PublicProfile.Category.Value(f"CATEGORY_{given.category.value}"),
        reference=text(given.reference, field="licence.reference"),
        expire_date=given.expire_date.isoformat(),
    )
