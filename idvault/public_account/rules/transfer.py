"""Transfers: the owner offers a public account to another account, whose owner accepts with consent.

- Only a live public account is offered, to a verified account of the same platform whose public accounts
  would be of the same kind. A new offer replaces the one before. After 14 days an offer counts no more.
- Neither an offer nor an acceptance is possible under a sanction, a proposal or an appeal.
- The new owner must be eligible as for an application (domain.public_account.owner).
- The category becomes the new owner's. A declared one ends, because the licence was the former owner's, and
  so do the rights of operators. Term and standing stay. The day of the transfer is public.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from idvault.account.rules import account as account_rules
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules.values import PublicAccount, TransferOffer
from idvault.verify import public_account as category
from idvault.verify.account import Account
from idvault.verify.error import FieldCode, InvalidError, PreconditionError, Reason, Violation

OFFER_LIFETIME = timedelta(days=14)


def offer(
    *,
    public_account: PublicAccount,
    owner: Account,
    receiver: Account,
    disputed: bool,
    today: date,
    now: datetime,
) -> PublicAccount:
    """Return the public account with an offer to another account.

    Raises InvalidError (INVALID_MESSAGE, account_token) for the owner itself, and PreconditionError
    (PUBLIC_ACCOUNT_NOT_LIVE, SANCTION_OPEN, KIND_DIFFERS, and what the rules' `admit` raises of the
    receiver).
    """
    if receiver.account_token == owner.account_token:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("account_token", FieldCode.CHARACTER))
    live = rules.check_live(public_account=public_account, owner=owner, today=today, now=now)
    rules.check_clear(public_account=live, owner=owner, disputed=disputed, now=now)
    _check_receiver(live, receiver, today, now)
    return replace(live, offer=TransferOffer(receiver.account_token, now), revision=live.revision + 1)


def accept(
    *,
    public_account: PublicAccount,
    owner: Account,
    receiver: Account,
    eligible: bool,
    disputed: bool,
    today: date,
    now: datetime,
) -> PublicAccount:
    """Return the public account of its new owner.

    Raises PreconditionError (PUBLIC_ACCOUNT_NOT_LIVE, TRANSFER_NOT_OFFERED, SANCTION_OPEN, KIND_DIFFERS,
    OWNER_NOT_ELIGIBLE, and what the rules' `admit` raises of the receiver).
    """
    live = rules.check_live(public_account=public_account, owner=owner, today=today, now=now)
    if offered_to(live, now=now) != receiver.account_token:
        raise PreconditionError(Reason.TRANSFER_NOT_OFFERED)
    rules.check_clear(public_account=live, owner=owner, disputed=disputed, now=now)
    _check_receiver(live, receiver, today, now)
    if not eligible:
        raise PreconditionError(Reason.OWNER_NOT_ELIGIBLE)
    # What is published is the sum of both revisions, which must grow although the new owner's may be lower.
    former, new = (
        account_rules.project(account=each, today=today, now=now).revision for each in (owner, receiver)
    )
    return replace(
        live,
        account_token=receiver.account_token,
        person_id=receiver.person_id or "",
        owner_category=category.category_of(receiver),
        licence=None,
        owner_changed_on=today,
        offer=None,
        revision=live.revision + max(0, former - new) + 1,
    )


def offered_to(public_account: PublicAccount, *, now: datetime) -> str | None:
    """Return the account that may accept now, None if there is no valid offer."""
    offer = public_account.offer
    if offer is None or now >= offer.offered_at + OFFER_LIFETIME:
        return None
    return offer.account_token


def _check_receiver(public_account: PublicAccount, receiver: Account, today: date, now: datetime) -> None:
    rules.admit(owner=receiver, today=today, now=now)
    if category.kind_of(receiver) is not public_account.kind:
        raise PreconditionError(Reason.KIND_DIFFERS)
