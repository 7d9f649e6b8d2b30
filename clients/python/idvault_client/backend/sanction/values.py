"""Moderators and sanctions as a backend sees them."""

from dataclasses import dataclass, field
from datetime import datetime

from idvault.report.rules.figure import AppealFigures, ApplicationFigures, TipOffFigures
from idvault.sanction.operation.rules import OperationState
from idvault.sanction.order.rules import OrderState
from idvault.verify.sanction import AuthorityOrder, Degree, SanctionState, Scope, StatementOfReasons


@dataclass(frozen=True, slots=True)
class RegisteredModerator:
    """A moderator; revoke_time is None unless the key was revoked."""

    moderator_id: str
    register_time: datetime
    revoke_time: datetime | None = None
    public_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class AccountSanction:
    """A sanction of one of your accounts; degree, state and scope are None if this client does not know them.

    measure: your own code for how publishing is limited. lapse_time: when it ends if nobody acts, None if it
    does not. start_time: since when it applies, None if it never did. paper_digest: SHA-256 of what was
    signed.
    """

    sanction_id: str
    account_token: str
    degree: Degree | None
    state: SanctionState | None
    measure: str
    statement: StatementOfReasons | None
    impose_moderator_id: str
    impose_time: datetime
    paper_digest: bytes
    start_time: datetime | None
    confirm_moderator_id: str
    lapse_time: datetime | None
    finish_time: datetime | None
    lift_moderator_id: str
    lift_reason: str = field(repr=False)
    scope: Scope | None
    operation_id: str
    public_account_id: str


@dataclass(frozen=True, slots=True)
class SanctionPage:
    """A page of sanctions, oldest first; next_page_token is empty at the end."""

    sanctions: tuple[AccountSanction, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class PlatformOrder:
    """An order that you recorded; state is None if this client does not know it.

    carry_out_time: when the first sanction that carries it out came into force, None if none has.
    """

    order_id: str
    order: AuthorityOrder
    deadline: datetime
    record_time: datetime
    state: OrderState | None
    carry_out_time: datetime | None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A page of orders, as they were recorded; next_page_token is empty at the end."""

    orders: tuple[PlatformOrder, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class OperationFigure:
    """How many sanctions of a degree and scope came into force, and what happened to them."""

    degree: Degree | None
    scope: Scope | None
    imposed: int
    in_force: int
    lifted: int
    lapsed: int
    overturned: int = 0


@dataclass(frozen=True, slots=True)
class OperationTipOffs:
    """How many reports of an operation are in each state now."""

    received: int = 0
    assigned: int = 0
    answered: int = 0
    merged: int = 0
    resolved: int = 0


@dataclass(frozen=True, slots=True)
class PlatformOperation:
    """An operation of yours. figures, of sanctions, and tip_offs, of reports: only from `get_operation`."""

    operation_id: str
    title: str = field(repr=False)
    state: OperationState | None
    open_time: datetime
    close_time: datetime | None
    figures: tuple[OperationFigure, ...] = ()
    tip_offs: OperationTipOffs | None = None


@dataclass(frozen=True, slots=True)
class OperationPage:
    """A page of operations, oldest first; next_page_token is empty at the end."""

    operations: tuple[PlatformOperation, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class PlatformMonth:
    """What has become by now of everything that began in one month.

    tip_offs, appeals, applications, contests: those that were filed in it. sanctions: those that were imposed
    in it and have come into force. proposals_open: sanctions of the month that wait for a second moderator;
    proposals_ended: those that ended before that.
    """

    month: str
    tip_offs: TipOffFigures
    sanctions: tuple[OperationFigure, ...]
    proposals_open: int
    proposals_ended: int
    appeals: AppealFigures
    applications: ApplicationFigures
    contests: AppealFigures
