"""The state of an authority's order, what an order must have, and who carries it out."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product

import pytest

from idvault.sanction.order import rules as order_rules
from idvault.sanction.order.rules import IssuedTerms, RecordedOrder
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
from tools.support.builders import NOW, TOKEN

ORDER = AuthorityOrder("an authority (synthetic)", "order 3", date(2026, 2, 27), bytes(32))
SECOND = timedelta(seconds=1)
DEADLINE = NOW + timedelta(days=3)
RECORDED = RecordedOrder("a" * 32, "platform-a", ORDER, DEADLINE, NOW)
TERMS = IssuedTerms("b" * 32, b"paper", TargetKind.ACCOUNT, TOKEN, OrderMeasure.LIMIT)
SIGNED = replace(RECORDED, issued=TERMS)


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


TIMES = (None, DEADLINE - SECOND, DEADLINE, DEADLINE + SECOND)


@pytest.mark.parametrize("now", [DEADLINE - SECOND, DEADLINE, DEADLINE + SECOND])
def test_the_state_is_a_rule_of_times(now: datetime) -> None:
    """Every combination, as the table says: withdrawn, carried out, overdue, objected, acknowledged, open."""
    for read, objected, carried, withdrawn in product(TIMES, repeat=4):
        order = replace(
            SIGNED, acknowledged_at=read, objected_at=objected, carried_out_at=carried, withdrawn_at=withdrawn
        )
        if withdrawn:
            expected = OrderState.WITHDRAWN
        elif carried:
            expected = OrderState.CARRIED_OUT if carried <= DEADLINE else OrderState.CARRIED_OUT_LATE
        elif now >= DEADLINE:
            expected = OrderState.OVERDUE
        else:
            expected = OrderState.OBJECTED if objected else OrderState.OPEN
            expected = OrderState.ACKNOWLEDGED if read and not objected else expected
        assert order.state(now=now) is expected


def test_a_miss_is_for_ever() -> None:
    """What ends an order after its deadline takes no miss back; what ends it by then leaves none."""
    assert not SIGNED.missed(now=DEADLINE - SECOND)
    assert SIGNED.missed(now=DEADLINE)
    later = DEADLINE + timedelta(days=1)
    for name in ("carried_out_at", "withdrawn_at"):
        ends = {name: DEADLINE}
        assert not replace(SIGNED, **ends).missed(now=later)  # type: ignore[arg-type]
        ends = {name: DEADLINE + SECOND}
        assert replace(SIGNED, **ends).missed(now=later)  # type: ignore[arg-type]
    both = replace(SIGNED, carried_out_at=DEADLINE, withdrawn_at=later)
    assert not both.missed(now=later)


def test_only_what_is_signed_is_answered() -> None:
    """Nobody answers an order on paper."""
    order_rules.check_read(order=SIGNED, digest=bytes(32))
    with pytest.raises(NotFoundError):
        order_rules.check_read(order=RECORDED, digest=bytes(32))
    with pytest.raises(InvalidError):
        order_rules.check_read(order=SIGNED, digest=b"x" * 32)


def carried(order: RecordedOrder, *, on: str = TOKEN, public: str | None = None, by: Degree) -> bool:
    return order_rules.carries_out(order=order, account_token=on, public_account_id=public, degree=by)


def test_which_sanction_carries_an_order_out() -> None:
    """One on paper any; a signed one a sanction of its target that is hard enough."""
    assert all(carried(RECORDED, on="other", by=degree) for degree in Degree)
    hard = [degree for degree in Degree if carried(SIGNED, by=degree)]
    assert hard == [Degree.LIMIT, Degree.SUSPEND, Degree.CLOSE]
    assert not carried(SIGNED, on="other", by=Degree.CLOSE)
    public = replace(SIGNED, issued=replace(TERMS, target_kind=TargetKind.PUBLIC_ACCOUNT, target="c" * 32))
    assert carried(public, public="c" * 32, by=Degree.LIMIT)
    assert not carried(public, public="d" * 32, by=Degree.LIMIT)
    assert not carried(public, by=Degree.LIMIT)
    removed = replace(TERMS, target_kind=TargetKind.CONTENT, target="post/1", measure=OrderMeasure.REMOVE)
    assert not carried(replace(SIGNED, issued=removed), on="other", by=Degree.CLOSE)
    warned = replace(removed, measure=OrderMeasure.WARN)
    assert carried(replace(SIGNED, issued=warned), on="other", by=Degree.WARN)
    with pytest.raises(PreconditionError) as refused:
        carried(replace(SIGNED, withdrawn_at=NOW), by=Degree.CLOSE)
    assert refused.value.reason is Reason.ORDER_WITHDRAWN


def test_the_platform_answers_once() -> None:
    """A second acknowledgement changes nothing; an objection is final, also after the deadline."""
    read = order_rules.acknowledge(order=SIGNED, now=NOW)
    assert order_rules.acknowledge(order=read, now=NOW + SECOND) == read
    objected = order_rules.object_to(order=read, reason="unknown", now=NOW)
    assert (objected.objected_at, objected.objection) == (NOW, "unknown")
    assert order_rules.object_to(order=SIGNED, reason="late", now=DEADLINE).objected_at == DEADLINE
    for order, state in (
        (objected, OrderState.OBJECTED),
        (replace(SIGNED, carried_out_at=NOW), OrderState.CARRIED_OUT),
        (replace(SIGNED, withdrawn_at=NOW), OrderState.WITHDRAWN),
    ):
        with pytest.raises(TransitionError) as refused:
            order_rules.object_to(order=order, reason="again", now=NOW)
        assert (refused.value.state, refused.value.wanted) == (state.value, "OBJECTED")
    with pytest.raises(TransitionError) as after:
        order_rules.object_to(order=objected, reason="again", now=DEADLINE)
    assert after.value.state == "OBJECTED"
    with pytest.raises(InvalidError):
        order_rules.object_to(order=SIGNED, reason="", now=NOW)


def test_a_withdrawal_is_final() -> None:
    """Whatever had become of the order; nothing follows it."""
    for order in (SIGNED, replace(SIGNED, carried_out_at=NOW), replace(SIGNED, objected_at=NOW)):
        withdrawn = order_rules.withdraw(order=order, signed=b"paper", now=NOW)
        assert (withdrawn.withdrawn_at, withdrawn.withdrawal) == (NOW, b"paper")
        with pytest.raises(TransitionError):
            order_rules.withdraw(order=withdrawn, signed=b"", now=NOW)
        with pytest.raises(TransitionError):
            order_rules.acknowledge(order=withdrawn, now=NOW)


def test_which_measure_on_content_carries_an_order_out() -> None:
    """One on paper any; a signed one a measure on its content that is hard enough, and no other."""
    kinds = list(ContentMeasureKind)
    assert all(measured(RECORDED, kind=kind) for kind in kinds)
    restricted = replace(
        TERMS, target_kind=TargetKind.CONTENT, target="post/1", measure=OrderMeasure.RESTRICT
    )
    order = replace(SIGNED, issued=restricted)
    assert {kind for kind in kinds if measured(order, kind=kind)} == {
        ContentMeasureKind.RESTRICTED,
        ContentMeasureKind.REMOVED,
    }
    assert not measured(order, content="post/2", kind=ContentMeasureKind.REMOVED)
    assert not measured(SIGNED, kind=ContentMeasureKind.REMOVED)
    with pytest.raises(PreconditionError):
        measured(replace(order, withdrawn_at=NOW), kind=ContentMeasureKind.REMOVED)


def measured(order: RecordedOrder, *, content: str = "post/1", kind: ContentMeasureKind) -> bool:
    return order_rules.measures_out(order=order, content=content, kind=kind)
