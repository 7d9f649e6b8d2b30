"""The state of an authority's order, and what an order must have."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from idvault.sanction.order import rules as order_rules
from idvault.sanction.order.rules import RecordedOrder
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import AuthorityOrder, OrderState
from tools.support.builders import NOW

ORDER = AuthorityOrder("an authority (synthetic)", "order 3", date(2026, 2, 27), bytes(32))
SECOND = timedelta(seconds=1)
DEADLINE = NOW + timedelta(days=3)
RECORDED = RecordedOrder("a" * 32, "platform-a", ORDER, DEADLINE, NOW)


@pytest.mark.parametrize(
    ("carried_out", "now", "state"),
    [
        (None, -SECOND, OrderState.OPEN),
        (None, timedelta(0), OrderState.OVERDUE),
        (timedelta(0), timedelta(0), OrderState.CARRIED_OUT),
        (timedelta(0), SECOND, OrderState.CARRIED_OUT),
        (SECOND, SECOND, OrderState.CARRIED_OUT_LATE),
    ],
)
def test_a_deadline_counts_to_the_second(
    carried_out: timedelta | None, now: timedelta, state: OrderState
) -> None:
    """Carried out at its second is in time; one second later is late."""
    at = None if carried_out is None else DEADLINE + carried_out
    assert replace(RECORDED, carried_out_at=at).state(now=DEADLINE + now) is state


def test_a_deadline_has_whole_seconds() -> None:
    """Fractions are dropped."""
    given = replace(RECORDED, deadline=DEADLINE + timedelta(microseconds=9))
    assert order_rules.in_seconds(given) == RECORDED


def test_an_order_is_complete() -> None:
    """Every wrong part is named."""
    assert order_rules.check(ORDER) == ORDER
    with pytest.raises(InvalidError) as refused:
        order_rules.check(replace(ORDER, authority=" ", reference="x" * 201, digest=bytes(31)))
    assert refused.value.reason is Reason.INVALID_MESSAGE
    assert refused.value.violations == (
        Violation("order.authority", FieldCode.REQUIRED),
        Violation("order.reference", FieldCode.LENGTH),
        Violation("order.digest", FieldCode.LENGTH),
    )
