"""Orders of an authority: what a platform must do by a deadline, and whether it has.

- The SHA-256 of an order names it: a platform records an order once. Of an order that an authority signed,
  it is the SHA-256 of what it signed.
- A sanction of an authority whose statement has this digest carries the order out when it comes into force.
  One on paper is carried out by any such sanction, also if that was before the order was recorded; a signed
  one by a sanction of its target of at least the degree that it names, or by a measure on its content that is
  at least as hard as the one that it names; not once it is withdrawn.
- The state is a function of times. The first line that is true is the state:

| state | when |
|---|---|
| WITHDRAWN | its authority has withdrawn it |
| CARRIED_OUT | carried out by the deadline |
| CARRIED_OUT_LATE | carried out after the deadline |
| OVERDUE | the deadline has passed; an objection does not stop it |
| OBJECTED | the platform has objected |
| ACKNOWLEDGED | the platform has said that it has read it |
| OPEN | none of these |

| verb | from | who |
|---|---|---|
| acknowledge | not withdrawn; again changes nothing | the platform |
| object | not withdrawn, not carried out, not objected to | the platform |
| withdraw | not withdrawn | the authority |
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from idvault_verify import order as order_values
from idvault_verify import statement
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.error import (
    FieldCode,
    InvalidError,
    NotFoundError,
    PreconditionError,
    Reason,
    TransitionError,
    Violation,
)
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import AuthorityOrder, Degree, OrderState
from idvault_verify.tip_off import TargetKind

_ACKNOWLEDGED, _OBJECTED, _WITHDRAWN = OrderState.ACKNOWLEDGED, OrderState.OBJECTED, OrderState.WITHDRAWN


@dataclass(frozen=True, slots=True)
class IssuedTerms:
    """What an authority signed. issuer: its actor id; signed: the paper, from which the rest was read."""

    issuer: str
    signed: bytes = field(repr=False)
    target_kind: TargetKind
    target: str = field(repr=False)
    measure: OrderMeasure


@dataclass(frozen=True, slots=True)
class RecordedOrder:
    """An order and its deadline. order_id: 32 lower-case hex digits.

    carried_out_at: when the first sanction that carries it out came into force; None if none has. issued:
    None for an order on paper, for which all that follows stays as it is. objection, withdrawal: the
    platform's reasons, and what the authority signed; empty if there is none.
    """

    order_id: str
    relying_party: str
    order: AuthorityOrder
    deadline: datetime
    recorded_at: datetime
    carried_out_at: datetime | None = None
    issued: IssuedTerms | None = None
    acknowledged_at: datetime | None = None
    objected_at: datetime | None = None
    objection: str = field(default="", repr=False)
    withdrawn_at: datetime | None = None
    withdrawal: bytes = field(default=b"", repr=False)

    def state(self, *, now: datetime) -> OrderState:
        """Return the state at a time."""
        if self.withdrawn_at is not None:
            return _WITHDRAWN
        if self.carried_out_at is not None:
            late = self.carried_out_at > self.deadline
            return OrderState.CARRIED_OUT_LATE if late else OrderState.CARRIED_OUT
        if self.deadline <= now:
            return OrderState.OVERDUE
        if self.objected_at is not None:
            return _OBJECTED
        return OrderState.OPEN if self.acknowledged_at is None else _ACKNOWLEDGED

    def missed(self, *, now: datetime) -> bool:
        """Return whether the deadline passed before it was carried out, and before a withdrawal."""
        ends = [each for each in (self.carried_out_at, self.withdrawn_at) if each is not None]
        return min(ends) > self.deadline if ends else self.deadline <= now


def check(order: AuthorityOrder) -> AuthorityOrder:
    """Return an order unchanged; raises InvalidError (INVALID_MESSAGE) naming every invalid part."""
    codes = statement.order_codes(order)
    wrong = [Violation(name, code) for name, code in codes.items() if code is not None]
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
    return order


def in_seconds(recorded: RecordedOrder) -> RecordedOrder:
    """Return the order with its deadline in whole seconds."""
    return replace(recorded, deadline=recorded.deadline.replace(microsecond=0))


def carries_out(
    *, order: RecordedOrder, account_token: str, public_account_id: str | None, degree: Degree
) -> bool:
    """Return whether a sanction that names an order carries it out; raises as `check_in_force` does.

    A sanction counts for a content's order whomever it concerns: the platform knows whose the content is.
    """
    check_in_force(order=order)
    if order.issued is None:
        return True
    least = order_values.DEGREES.get(order.issued.measure)
    if least is None or list(Degree).index(degree) < list(Degree).index(least):
        return False
    on = {
        TargetKind.ACCOUNT: account_token,
        TargetKind.PUBLIC_ACCOUNT: public_account_id,
        TargetKind.CONTENT: order.issued.target,
    }
    return on[order.issued.target_kind] == order.issued.target


_CONTENT = {
    OrderMeasure.LABEL: ContentMeasureKind.LABELLED,
    OrderMeasure.RESTRICT: ContentMeasureKind.RESTRICTED,
    OrderMeasure.REMOVE: ContentMeasureKind.REMOVED,
}


def measures_out(*, order: RecordedOrder, content: str, kind: ContentMeasureKind) -> bool:
    """Return whether a measure on content carries an order out; raises as `check_in_force` does.

    Of a signed order it must be the measure ordered or a harder one, on the content that the order names.
    """
    check_in_force(order=order)
    if order.issued is None:
        return True
    hardness = list(_CONTENT.values())
    least = _CONTENT.get(order.issued.measure)
    is_enough = least is not None and hardness.index(kind) >= hardness.index(least)
    return is_enough and order.issued.target == content


def check_in_force(*, order: RecordedOrder) -> None:
    """Raise PreconditionError (ORDER_WITHDRAWN) if nothing may be done in its authority's name any more."""
    if order.withdrawn_at is not None:
        raise PreconditionError(Reason.ORDER_WITHDRAWN)


def check_read(*, order: RecordedOrder, digest: bytes) -> None:
    """Raise an error unless a moderator read this order: NotFoundError for one on paper, InvalidError."""
    if order.issued is None:
        raise NotFoundError(Reason.ORDER_NOT_FOUND)
    if digest != order.order.digest:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("order_digest", FieldCode.CHARACTER))


def acknowledge(*, order: RecordedOrder, now: datetime) -> RecordedOrder:
    """Return the order as the platform has read it; raises TransitionError."""
    if order.withdrawn_at is not None:
        raise TransitionError(state=_WITHDRAWN.value, wanted=_ACKNOWLEDGED.value)
    return order if order.acknowledged_at is not None else replace(order, acknowledged_at=now)


def object_to(*, order: RecordedOrder, reason: str, now: datetime) -> RecordedOrder:
    """Return the order with the platform's objection; raises InvalidError, TransitionError."""
    order_values.check_text(reason, field="reason", limit=order_values.REASON_LENGTH)
    if order.withdrawn_at is not None or order.carried_out_at is not None or order.objected_at is not None:
        raise TransitionError(state=_fixed(order, now=now).value, wanted=_OBJECTED.value)
    return replace(order, objected_at=now, objection=reason)


def withdraw(*, order: RecordedOrder, signed: bytes, now: datetime) -> RecordedOrder:
    """Return the withdrawn order; raises TransitionError."""
    if order.withdrawn_at is not None:
        raise TransitionError(state=_WITHDRAWN.value, wanted=_WITHDRAWN.value)
    return replace(order, withdrawn_at=now, withdrawal=signed)


def _fixed(order: RecordedOrder, *, now: datetime) -> OrderState:
    """Return the state that stands against an objection: OBJECTED also after the deadline."""
    found = order.state(now=now)
    return _OBJECTED if found is OrderState.OVERDUE else found
