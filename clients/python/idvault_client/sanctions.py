"""The types that a backend needs for sanctions and appeals; `Vault.sanctions` makes the calls."""

from idvault_client.backend.blocking.content_measure import ContentMeasureClient as ContentMeasures
from idvault_client.backend.blocking.narrowing import NarrowingClient as Narrowings
from idvault_client.backend.blocking.sanction import SanctionClient as Sanctions
from idvault_client.backend.content_measure import AioContentMeasureClient as AioContentMeasures
from idvault_client.backend.content_measure import (
    ContentMeasureAppeal,
    ContentMeasurePage,
    PlatformContentMeasure,
    UpheldContentMeasure,
)
from idvault_client.backend.narrowing import AioNarrowingClient as AioNarrowings
from idvault_client.backend.narrowing import NarrowingPage, SanctionNarrowing
from idvault_client.backend.order import (
    OperationFigure,
    OperationPage,
    OperationTipOffs,
    OrderPage,
    PlatformOperation,
    PlatformOrder,
    PlatformTemplate,
    TemplatePage,
    check_order,
)
from idvault_client.backend.sanction import (
    AccountAppeal,
    AccountSanction,
    AppealPage,
    PlatformMonth,
    RegisteredModerator,
    SanctionPage,
)
from idvault_client.backend.sanction import AioSanctionClient as AioSanctions
from idvault_client.backend.texts import cause_text
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.registration import Registration as ModeratorRegistration
from idvault_verify.attest.registration import register as sign_registration
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.offline.order import CheckedOrder, OrderError
from idvault_verify.order import OrderMeasure, OrderSource
from idvault_verify.report.figure import AppealFigures, ApplicationFigures, TipOffFigures
from idvault_verify.sanction import (
    AppealState,
    AuthorityOrder,
    Automation,
    Degree,
    Ground,
    IssuerKind,
    NarrowingState,
    OperationState,
    OrderState,
    Origin,
    SanctionCategory,
    SanctionState,
    Scope,
    StatementOfReasons,
)

__all__ = [
    "AccountAppeal",
    "AccountSanction",
    "AioContentMeasures",
    "AioNarrowings",
    "AioSanctions",
    "AppealFigures",
    "AppealPage",
    "AppealState",
    "ApplicationFigures",
    "AuthorityOrder",
    "Automation",
    "CheckedOrder",
    "ContentMeasureAppeal",
    "ContentMeasureKind",
    "ContentMeasurePage",
    "ContentMeasureState",
    "ContentMeasures",
    "Degree",
    "Ground",
    "IssuerKind",
    "ModeratorKey",
    "ModeratorRegistration",
    "NarrowingPage",
    "NarrowingState",
    "Narrowings",
    "OperationFigure",
    "OperationPage",
    "OperationState",
    "OperationTipOffs",
    "OrderError",
    "OrderMeasure",
    "OrderPage",
    "OrderSource",
    "OrderState",
    "Origin",
    "PlatformContentMeasure",
    "PlatformMonth",
    "PlatformOperation",
    "PlatformOrder",
    "PlatformTemplate",
    "RegisteredModerator",
    "SanctionCategory",
    "SanctionNarrowing",
    "SanctionPage",
    "SanctionState",
    "Sanctions",
    "Scope",
    "StatementOfReasons",
    "TemplatePage",
    "TipOffFigures",
    "UpheldContentMeasure",
    "cause_text",
    "check_order",
    "sign_registration",
]
