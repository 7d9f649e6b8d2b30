"""Orders of an authority: what a platform must do by a deadline, and whether it has.

- The SHA-256 of an order names it: a platform records an order once.
- A sanction of an authority whose statement has this digest carries the order out when it comes into force,
  also if that was before the order was recorded.

| state | when |
|---|---|
| OPEN | not carried out, and the deadline is in the future |
| CARRIED_OUT | carried out by the deadline |
| OVERDUE | not carried out, and the deadline has passed |
| CARRIED_OUT_LATE | carried out after the deadline |
"""

from dataclasses import dataclass, replace
from datetime import datetime

from idvault_verify import statement
from idvault_verify.error import InvalidError, Reason, Violation
from idvault_verify.sanction import AuthorityOrder, OrderState


@dataclass(frozen=True, slots=True)
class RecordedOrder:
    """An order and its deadline. order_id: 32 lower-case hex digits.

    carried_out_at: when the first sanction that carries it out came into force; None if none has.
    """

    order_id: str
    relying_party: str
    order: AuthorityOrder
    deadline: datetime
    recorded_at: datetime
    carried_out_at: datetime | None = None

    def state(self, *, now: datetime) -> OrderState:
        """Return the state at a time."""
        if self.carried_out_at is None:
            return OrderState.OVERDUE if self.deadline <= now else OrderState.OPEN
        late = self.carried_out_at > self.deadline
        return OrderState.CARRIED_OUT_LATE if late else OrderState.CARRIED_OUT


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
