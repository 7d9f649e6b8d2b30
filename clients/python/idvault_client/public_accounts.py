"""The types that a backend needs for public accounts; `Vault.public_accounts` makes the calls."""

from idvault_client.backend.blocking.public_account import PublicAccountClient as PublicAccounts
from idvault_client.backend.public_account import (
    AccountFiling,
    OwnedPublicAccount,
    PublicAccountPage,
    ReaderProfile,
    ShownLicence,
    ShownOffer,
    ShownOperator,
)
from idvault_client.backend.public_account import AioPublicAccountClient as AioPublicAccounts
from idvault_client.backend.texts import reject_text
from idvault_verify.public_account import (
    Licence,
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)

__all__ = [
    "AccountFiling",
    "AioPublicAccounts",
    "Licence",
    "OwnedPublicAccount",
    "PublicAccountCategory",
    "PublicAccountKind",
    "PublicAccountPage",
    "PublicAccountState",
    "PublicAccounts",
    "ReaderProfile",
    "RejectReason",
    "ShownLicence",
    "ShownOffer",
    "ShownOperator",
    "reject_text",
]
