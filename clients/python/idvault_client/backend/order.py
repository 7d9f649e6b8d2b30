"""What a sanction carries out, belongs to or begins with, as a platform reads it.

Orders of authorities, with the check without which none is followed; operations; templates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from idvault_client.codec import Id, Named
from idvault_verify.attest.people.roster import Roster
from idvault_verify.offline import order as order_check
from idvault_verify.offline.order import CheckedOrder, OrderError
from idvault_verify.order import OrderSource
from idvault_verify.sanction import (
    AuthorityOrder,
    Degree,
    Ground,
    OperationState,
    OrderState,
    SanctionCategory,
    Scope,
)


@dataclass(frozen=True, slots=True)
class PlatformOrder:
    """An order that you recorded, or that an authority signed; state is None if this client does not know it.

    carry_out_time: when the first sanction that carries it out came into force, None if none has.
    signed_order, signed_withdrawal: what the authority signed, empty for an order on paper and for one that
    stands. Use nothing of a signed order but what `check_order` returns: the rest is the vault's word.
    """

    order_id: Id
    order: AuthorityOrder
    deadline: datetime
    record_time: datetime
    state: OrderState | None
    carry_out_time: datetime | None
    signed_order: bytes = field(repr=False)
    acknowledge_time: datetime | None
    object_time: datetime | None
    objection: str = field(repr=False)
    withdraw_time: datetime | None
    signed_withdrawal: bytes = field(repr=False)

    @property
    def source(self) -> OrderSource:
        """How it came to you."""
        return OrderSource.SIGNED if self.signed_order else OrderSource.PAPER


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
    """An operation of yours. figures, of sanctions, and tip_offs, of reports: only from `get_operation`.

    signed_operation, end_time: of an authority's joint operation, what it signed
    (`idvault_verify.offline.order.check_operation`), and when it closes by itself.
    """

    operation_id: Id
    title: str = field(repr=False)
    state: OperationState | None
    open_time: datetime
    close_time: datetime | None
    figures: Annotated[tuple[OperationFigure, ...], Named("counts")] = ()
    tip_offs: Annotated[OperationTipOffs | None, Named("tip_off_count")] = None
    signed_operation: bytes = field(default=b"", repr=False)
    end_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class OperationPage:
    """A page of operations, oldest first; next_page_token is empty at the end."""

    operations: tuple[PlatformOperation, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class PlatformTemplate:
    """What the form of a sanction begins with; it must name nobody.

    ground, category and degree are None if this client does not know them. measure: for LIMIT only. days:
    until the sanction's end, 0 for none. template_id: "" for a new one.
    """

    title: str = field(repr=False)
    rule_reference: str = field(repr=False)
    ground: Ground | None
    category: SanctionCategory | None
    degree: Degree | None
    territory: str
    redress: str = field(repr=False)
    measure: str = ""
    days: int = 0
    template_id: str = ""


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """A page of templates, oldest first; next_page_token is empty at the end."""

    templates: tuple[PlatformTemplate, ...]
    next_page_token: str


def check_order(
    order: PlatformOrder, *, platform: str, versions: Sequence[Roster], known: bool = False
) -> CheckedOrder:
    """Return what an authority ordered you to do, after a check of its signature; raises OrderError.

    platform: your name in your certificate. versions: every version of the roster
    (`idvault_verify.attest.people.roster_chain.load_all`). known: whether you checked it before: then it
    counts although the authority has left the roster. A withdrawn order is checked with its withdrawal.
    """
    found = order_check.check(order.signed_order, platform=platform, versions=versions, known=known)
    said = (order.order_id, order.order, order.deadline)
    if said != (found.terms.order_id, found.order, found.terms.deadline_at):
        raise OrderError("OTHER_ORDER", "the vault describes the order in other words than its authority")
    if order.signed_withdrawal:
        order_check.check_withdrawal(order.signed_withdrawal, of=order.signed_order, versions=versions)
    elif order.withdraw_time is not None:
        raise OrderError("SIGNATURE_INVALID", "the vault says that the order is withdrawn, its authority not")
    return found
