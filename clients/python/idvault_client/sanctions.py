"""The types that a backend needs for sanctions and appeals; `Vault.sanctions` makes the calls."""

from idvault.attest.moderator_key import ModeratorKey
from idvault.attest.registration import Registration as ModeratorRegistration
from idvault.attest.registration import register as sign_registration
from idvault.domain.report.month import AppealFigures, ApplicationFigures, TipOffFigures
from idvault.domain.sanction.appeal import AppealState
from idvault.domain.sanction.operation import OperationState
from idvault.domain.sanction.order import OrderState
from idvault.domain.sanction.sanction import Degree, SanctionState, Scope
from idvault.domain.sanction.statement import (
    AuthorityOrder,
    Automation,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    StatementOfReasons,
)
from idvault_client.backend.sanction.appeals import AccountAppeal, AppealPage
from idvault_client.backend.sanction.client import AioSanctionClient as AioSanctions
from idvault_client.backend.sanction.client import SanctionClient as Sanctions
from idvault_client.backend.sanction.texts import cause_text
from idvault_client.backend.sanction.values import (
    AccountSanction,
    OperationFigure,
    OperationPage,
    OperationTipOffs,
    OrderPage,
    PlatformMonth,
    PlatformOperation,
    PlatformOrder,
    RegisteredModerator,
    SanctionPage,
)

__all__ = [
    "AccountAppeal",
    "AccountSanction",
    "AioSanctions",
    "AppealFigures",
    "AppealPage",
    "AppealState",
    "ApplicationFigures",
    "AuthorityOrder",
    "Automation",
    "Degree",
    "Ground",
    "IssuerKind",
    "ModeratorKey",
    "ModeratorRegistration",
    "OperationFigure",
    "OperationPage",
    "OperationState",
    "OperationTipOffs",
    "OrderPage",
    "OrderState",
    "Origin",
    "PlatformMonth",
    "PlatformOperation",
    "PlatformOrder",
    "RegisteredModerator",
    "SanctionCategory",
    "SanctionPage",
    "SanctionState",
    "Sanctions",
    "Scope",
    "StatementOfReasons",
    "TipOffFigures",
    "cause_text",
    "sign_registration",
]
