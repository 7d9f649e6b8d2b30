"""Reads the messages of PublicAccountService; raises ValueError if one breaks the contract."""

from datetime import UTC, date

from idvault.public_account.rules.public_account import PublicAccountState, RejectReason
from idvault.v1 import common_pb2
from idvault.v1 import public_account_pb2 as pb
from idvault.verify.account import Standing
from idvault.verify.public_account import PublicAccountCategory, PublicAccountKind
from idvault_client.backend.public_account.values import (
    AccountFiling,
    OwnedPublicAccount,
    PublicAccountPage,
    ReaderProfile,
    ShownLicence,
    ShownOffer,
    ShownOperator,
)
from idvault_client.backend.rpc import choice

_PROFILE = pb.PublicProfile.DESCRIPTOR.enum_types_by_name
_REASON = pb.PublicAccount.DESCRIPTOR.enum_types_by_name["RejectReason"]
_STANDING = common_pb2.AccountStatus.DESCRIPTOR.enum_types_by_name["Standing"]


def read_public_account(data: bytes) -> OwnedPublicAccount:
    """Return a public account."""
    return public_account(pb.PublicAccount.FromString(data))


def read_profile(data: bytes) -> ReaderProfile:
    """Return a profile."""
    return profile(pb.PublicProfile.FromString(data))


def read_page(data: bytes) -> PublicAccountPage:
    """Return a page of the list."""
    return _page(pb.ListPublicAccountsResponse.FromString(data))


def read_expiring_page(data: bytes) -> PublicAccountPage:
    """Return a page of the list of expiring ones."""
    return _page(pb.ListExpiringPublicAccountsResponse.FromString(data))


def _page(answer: pb.ListPublicAccountsResponse | pb.ListExpiringPublicAccountsResponse) -> PublicAccountPage:
    return PublicAccountPage(tuple(map(public_account, answer.public_accounts)), answer.next_page_token)


def public_account(message: pb.PublicAccount) -> OwnedPublicAccount:
    """Return the public account of a message."""
    if not message.account_token:
        raise ValueError("a public account without owner")
    return OwnedPublicAccount(
        profile=profile(message.profile),
        account_token=message.account_token,
        apply_time=message.apply_time.ToDatetime(UTC),
        expire_date=_day(message.expire_date),
        reject_reason=choice(RejectReason, _REASON, message.reject_reason),
        operators=tuple(ShownOperator(each.account_token, each.may_publish) for each in message.operators),
        offer=_offer(message.offer) if message.HasField("offer") else None,
    )


def profile(message: pb.PublicProfile) -> ReaderProfile:
    """Return the profile of a message."""
    if not message.public_account_id:
        raise ValueError("a profile without public account")
    return ReaderProfile(
        public_account_id=message.public_account_id,
        kind=choice(PublicAccountKind, _PROFILE["Kind"], message.kind),
        category=choice(PublicAccountCategory, _PROFILE["Category"], message.category),
        licence=_licence(message.licence) if message.HasField("licence") else None,
        state=choice(PublicAccountState, _PROFILE["State"], message.state),
        standing=choice(Standing, _STANDING, message.standing),
        since=_day(message.since),
        owner_changed_on=_day(message.owner_changed_on),
        revision=message.revision,
        next_change_date=_day(message.next_change_date),
        standing_until=message.standing_until.ToDatetime(UTC) if message.HasField("standing_until") else None,
    )


def read_filings(data: bytes) -> tuple[AccountFiling, ...]:
    """Return the filings of a message."""
    answer = pb.ExportPublicAccountFilingsResponse.FromString(data)
    as_of = date.fromisoformat(answer.as_of)
    return tuple(_filing(each, as_of) for each in answer.filings)


def _filing(message: pb.PublicAccountFiling, as_of: date) -> AccountFiling:
    if not message.public_account_id:
        raise ValueError("a filing without public account")
    return AccountFiling(
        as_of=as_of,
        public_account_id=message.public_account_id,
        account_token=message.account_token,
        kind=choice(PublicAccountKind, _PROFILE["Kind"], message.kind),
        category=choice(PublicAccountCategory, _PROFILE["Category"], message.category),
        licence=_licence(message.licence) if message.HasField("licence") else None,
        state=choice(PublicAccountState, _PROFILE["State"], message.state),
        standing=choice(Standing, _STANDING, message.standing),
        since=_day(message.since),
        expire_date=_day(message.expire_date),
        owner_changed_on=_day(message.owner_changed_on),
    )


def _offer(message: pb.TransferOffer) -> ShownOffer:
    times = message.offer_time.ToDatetime(UTC), message.expire_time.ToDatetime(UTC)
    return ShownOffer(message.account_token, *times)


def _licence(message: pb.Licence) -> ShownLicence:
    category = choice(PublicAccountCategory, _PROFILE["Category"], message.category)
    return ShownLicence(category, message.reference, date.fromisoformat(message.expire_date))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
