"""`Vault.sanctions`: moderators, sanctions, appeals, orders and operations, and the figures of a month.

request_id: a UUID that you saved before the call, so that you can repeat it: it is signed again and remains
the same decision. Without one the client chooses one. Every method raises VaultError and no exception of
gRPC.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from idvault.report.rules.figure import AppealFigures, ApplicationFigures, TipOffFigures
from idvault.sanction.operation.rules import OperationState
from idvault.sanction.order.rules import OrderState
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.attest import sanction as papers
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.attest.registration import Registration
from idvault.verify.sanction import (
    AppealState,
    AuthorityOrder,
    Degree,
    SanctionState,
    Scope,
    StatementOfReasons,
)
from idvault_client import codec
from idvault_client.backend.rpc import RequestId, Rpc, awaited, blocking, call, chosen_id
from idvault_client.backend.signing import by, imposition, signed
from idvault_client.codec import Id, Named, given, text

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]


@dataclass(frozen=True, slots=True)
class RegisteredModerator:
    """A moderator; revoke_time is None unless the key was revoked."""

    moderator_id: Id
    register_time: datetime
    revoke_time: datetime | None = None
    public_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class AccountSanction:
    """A sanction of one of your accounts; degree, state and scope are None if this client does not know them.

    statement: None if it has a word that this client does not know. measure: your own code for how publishing
    is limited. lapse_time: when it ends if nobody acts, None if it does not. start_time: since when it
    applies, None if it never did. paper_digest: SHA-256 of what was signed.
    """

    sanction_id: Id
    account_token: Id
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
class AccountAppeal:
    """An appeal of one of your accounts; state is None if this client does not know it.

    due_time: until when it must be decided. outside_body, outside_due_time: where the owner can go after a
    rejection, and until when. text: what the owner wrote, only from `get_appeal`, empty once it is deleted;
    text_delete_time: when that is.
    """

    appeal_id: Id
    sanction_id: str
    account_token: Id
    state: AppealState | None
    file_time: datetime
    due_time: datetime
    overdue: bool
    decide_time: datetime | None
    decide_moderator_id: str
    reason: str = field(repr=False)
    outside_body: str
    outside_due_time: datetime | None
    text_delete_time: datetime | None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AppealPage:
    """A page of appeals, oldest first; next_page_token is empty at the end."""

    appeals: tuple[AccountAppeal, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class PlatformOrder:
    """An order that you recorded; state is None if this client does not know it.

    carry_out_time: when the first sanction that carries it out came into force, None if none has.
    """

    order_id: Id
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

    operation_id: Id
    title: str = field(repr=False)
    state: OperationState | None
    open_time: datetime
    close_time: datetime | None
    figures: Annotated[tuple[OperationFigure, ...], Named("counts")] = ()
    tip_offs: Annotated[OperationTipOffs | None, Named("tip_off_count")] = None


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


def _with_text(answer: pb.GetAppealResponse) -> AccountAppeal:
    return codec.read(AccountAppeal, answer.appeal, text=answer.text)


def register_moderator(registration: Registration) -> Rpc[RegisteredModerator]:
    """Register a key that two moderators have countersigned; `key.of(answer.moderator_id)` can then sign.

    A key is one moderator for ever. Raises PreconditionFailed (MODERATORS_TOO_FEW) while your platform has
    fewer than two moderators: the vault's operator names the next one.
    """
    return call(
        _SERVICE,
        "RegisterModerator",
        RegisteredModerator,
        request_id=chosen_id(registration.request_id),
        public_key=registration.public_key,
        signature=registration.own,
        countersignatures=registration.countersignatures,
    )


def revoke_moderator(moderator_id: str, *, request_id: RequestId = None) -> Rpc[RegisteredModerator]:
    """Revoke a moderator for good; raises NotFound."""
    return call(
        _SERVICE,
        "RevokeModerator",
        RegisteredModerator,
        request_id=chosen_id(request_id),
        moderator_id=moderator_id,
    )


def get_moderator(moderator_id: str) -> Rpc[RegisteredModerator]:
    """Return a moderator, revoked or not; raises NotFound."""
    return call(_SERVICE, "GetModerator", RegisteredModerator, moderator_id=moderator_id)


def find_moderator(public_key: bytes) -> Rpc[RegisteredModerator]:
    """Return the moderator who has a key, revoked or not; raises NotFound."""
    return call(_SERVICE, "GetModerator", RegisteredModerator, public_key=public_key)


def impose(
    account_token: str,
    degree: Degree,
    statement: StatementOfReasons,
    *,
    key: ModeratorKey,
    measure: str = "",
    scope: Scope = Scope.ACCOUNT,
    operation: PlatformOperation | None = None,
    public_account_id: str = "",
    request_id: RequestId = None,
) -> Rpc[AccountSanction]:
    """Impose a sanction; CLOSE and scope PERSON are only proposed until another moderator confirms them.

    measure: your code for how publishing is limited, for LIMIT only. scope: PERSON also reaches the owner's
    other accounts, each at its next verification or renewal. operation: an open one that it belongs to.
    public_account_id: the target is this public account of the account's.
    Raises InvalidFields, which names every missing part of the statement, NotFound and PreconditionFailed.
    """
    chosen = chosen_id(request_id)
    imposed = imposition(
        account_token,
        degree,
        statement,
        key=key,
        measure=measure,
        scope=scope,
        operation_id="" if operation is None else operation.operation_id,
        public_account_id=public_account_id,
        signed_id=chosen,
    )
    return call(_SERVICE, "ImposeSanction", AccountSanction, request_id=chosen, **imposed)


def confirm(
    sanction: AccountSanction, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[AccountSanction]:
    """Put a proposed sanction into force, by another moderator's key; read its statement first.

    Raises AccessDenied (SELF_APPROVAL), and PreconditionFailed with both states.
    """
    chosen, named = chosen_id(request_id), sanction.sanction_id
    signature = signed(
        key, chosen, papers.confirmation, sanction_id=named, paper_digest=sanction.paper_digest
    )
    return call(
        _SERVICE,
        "ConfirmSanction",
        AccountSanction,
        request_id=chosen,
        sanction_id=named,
        signature=signature,
    )


def lift(
    sanction: AccountSanction, reason: str, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[AccountSanction]:
    """End a sanction before its end, or withdraw a proposal; raises PreconditionFailed with both states."""
    chosen, named = chosen_id(request_id), sanction.sanction_id
    signature = signed(
        key,
        chosen,
        papers.lift,
        sanction_id=named,
        paper_digest=sanction.paper_digest,
        reason=text(reason, field="reason"),
    )
    return call(
        _SERVICE,
        "LiftSanction",
        AccountSanction,
        request_id=chosen,
        sanction_id=named,
        reason=reason,
        signature=signature,
    )


def get(sanction_id: str) -> Rpc[AccountSanction]:
    """Return a sanction as of now; raises NotFound."""
    return call(_SERVICE, "GetSanction", AccountSanction, sanction_id=sanction_id)


def list_page(
    *,
    account_token: str | None = None,
    operation_id: str = "",
    order_id: str = "",
    state: SanctionState | None = None,
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[SanctionPage]:
    """Return a page of sanctions, oldest first: of all, or of one account, operation or order."""
    return call(
        _SERVICE,
        "ListSanctions",
        SanctionPage,
        operation_id=operation_id,
        order_id=order_id,
        account_token=account_token or "",
        **given(state=state),
        page_size=page_size,
        page_token=page_token,
    )


def file_appeal(sanction_id: str, words: str, *, request_id: RequestId = None) -> Rpc[AccountAppeal]:
    """File the owner's appeal, 1 to 2,000 characters; raises NotFound and PreconditionFailed."""
    return call(
        _SERVICE,
        "FileAppeal",
        AccountAppeal,
        request_id=chosen_id(request_id),
        sanction_id=sanction_id,
        text=words,
    )


def decide_appeal(
    appeal: AccountAppeal,
    verdict: AppealState,
    reason: str,
    *,
    sanction: AccountSanction,
    key: ModeratorKey,
    request_id: RequestId = None,
) -> Rpc[AccountAppeal]:
    """Decide an appeal against a sanction, UPHELD or REJECTED.

    Raises PreconditionFailed with both states, and AccessDenied for a moderator who imposed or confirmed it.
    """
    chosen = chosen_id(request_id)
    signature = signed(
        key,
        chosen,
        papers.appeal_decision,
        appeal_id=appeal.appeal_id,
        paper_digest=sanction.paper_digest,
        verdict=verdict.value,
        reason=text(reason, field="reason"),
    )
    return call(
        _SERVICE,
        "DecideAppeal",
        AccountAppeal,
        request_id=chosen,
        appeal_id=appeal.appeal_id,
        verdict=verdict,
        reason=reason,
        signature=signature,
    )


def get_appeal(appeal_id: str) -> Rpc[AccountAppeal]:
    """Return an appeal with its text; raises NotFound."""
    return call(_SERVICE, "GetAppeal", _with_text, appeal_id=appeal_id)


def list_appeals(
    *,
    account_token: str | None = None,
    state: AppealState | None = None,
    overdue: bool = False,
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[AppealPage]:
    """Return a page of appeals without their texts: of all, of an account, in a state, or overdue."""
    return call(
        _SERVICE,
        "ListAppeals",
        AppealPage,
        account_token=account_token or "",
        **given(state=state),
        overdue=overdue,
        page_size=page_size,
        page_token=page_token,
    )


def record_order(
    order: AuthorityOrder, *, deadline: datetime, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[PlatformOrder]:
    """Record an authority's order; sanctions whose statement has it carry it out. Raises InvalidFields."""
    signed_parts = ("order.authority", "order.reference", "order.order_date", "order.digest")
    return call(
        _SERVICE,
        "RecordOrder",
        PlatformOrder,
        request_id=chosen_id(request_id),
        order=order,
        deadline=deadline,
        sign=by(key, *signed_parts, "deadline.seconds", "deadline.nanos"),
    )


def list_orders(
    *, state: OrderState | None = None, page_size: int = 100, page_token: str = ""
) -> Rpc[OrderPage]:
    """Return a page of orders, as they were recorded: all, or those in one state."""
    return call(
        _SERVICE, "ListOrders", OrderPage, **given(state=state), page_size=page_size, page_token=page_token
    )


def open_operation(title: str, *, key: ModeratorKey, request_id: RequestId = None) -> Rpc[PlatformOperation]:
    """Open an operation that sanctions and reports may name; the title must name nobody."""
    return call(
        _SERVICE,
        "OpenOperation",
        PlatformOperation,
        request_id=chosen_id(request_id),
        title=title,
        sign=by(key, "title"),
    )


def close_operation(
    operation_id: str, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[PlatformOperation]:
    """Close an operation; raises NotFound, and PreconditionFailed with both states."""
    return call(
        _SERVICE,
        "CloseOperation",
        PlatformOperation,
        request_id=chosen_id(request_id),
        operation_id=operation_id,
        sign=by(key, "operation_id"),
    )


def get_operation(operation_id: str) -> Rpc[PlatformOperation]:
    """Return an operation with its figures as of now; raises NotFound."""
    return call(_SERVICE, "GetOperation", PlatformOperation, operation_id=operation_id)


def list_operations(
    *, state: OperationState | None = None, page_size: int = 100, page_token: str = ""
) -> Rpc[OperationPage]:
    """Return a page of operations without their figures, oldest first."""
    return call(
        _SERVICE,
        "ListOperations",
        OperationPage,
        **given(state=state),
        page_size=page_size,
        page_token=page_token,
    )


def get_month(month: str = "") -> Rpc[PlatformMonth]:
    """Return what happened to everything that began in a month such as "2026-10"; "" for the present one.

    Raises InvalidFields for a month that has not begun.
    """
    return call(_SERVICE, "GetMonthFigures", PlatformMonth, month=month)


@dataclass(frozen=True, kw_only=True, slots=True)
class SanctionClient:
    """Moderators and sanctions. run: makes a call and returns its result, or raises VaultError."""

    run: Callable[[Rpc[Any]], Any]

    register_moderator = blocking(register_moderator)
    revoke_moderator = blocking(revoke_moderator)
    get_moderator = blocking(get_moderator)
    find_moderator = blocking(find_moderator)
    impose = blocking(impose)
    confirm = blocking(confirm)
    lift = blocking(lift)
    get = blocking(get)
    list_page = blocking(list_page)
    file_appeal = blocking(file_appeal)
    decide_appeal = blocking(decide_appeal)
    get_appeal = blocking(get_appeal)
    list_appeals = blocking(list_appeals)
    record_order = blocking(record_order)
    list_orders = blocking(list_orders)
    open_operation = blocking(open_operation)
    close_operation = blocking(close_operation)
    get_operation = blocking(get_operation)
    list_operations = blocking(list_operations)
    get_month = blocking(get_month)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioSanctionClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]

    register_moderator = awaited(register_moderator)
    revoke_moderator = awaited(revoke_moderator)
    get_moderator = awaited(get_moderator)
    find_moderator = awaited(find_moderator)
    impose = awaited(impose)
    confirm = awaited(confirm)
    lift = awaited(lift)
    get = awaited(get)
    list_page = awaited(list_page)
    file_appeal = awaited(file_appeal)
    decide_appeal = awaited(decide_appeal)
    get_appeal = awaited(get_appeal)
    list_appeals = awaited(list_appeals)
    record_order = awaited(record_order)
    list_orders = awaited(list_orders)
    open_operation = awaited(open_operation)
    close_operation = awaited(close_operation)
    get_operation = awaited(get_operation)
    list_operations = awaited(list_operations)
    get_month = awaited(get_month)
