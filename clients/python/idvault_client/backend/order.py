"""Orders of authorities as a platform reads them, and the check without which none is followed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from idvault_client.codec import Id
from idvault_verify.attest.people.roster import Roster
from idvault_verify.offline import order as order_check
from idvault_verify.offline.order import CheckedOrder, OrderError
from idvault_verify.order import OrderSource
from idvault_verify.sanction import AuthorityOrder, OrderState


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
