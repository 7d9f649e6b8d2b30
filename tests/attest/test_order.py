"""The papers that an authority signs: their bytes, and what is no such paper."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idvault_verify import seal
from idvault_verify.attest import order as orders
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.attest.order import WithdrawalTerms
from idvault_verify.error import InvalidError, Reason
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import AuthorityOrder, SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind
from tools.support import builders
from tools.support.orders import answer, joint, signed, terms

PURPOSES = (
    "idvault/order/v1",
    "idvault/order-withdrawal/v1",
    "idvault/joint-operation/v1",
    "idvault/referral-answer/v1",
)


def withdrawal(**changes: Any) -> WithdrawalTerms:
    made = WithdrawalTerms("ab" * 16, bytes(32), "office-a", "by mistake", 1_772_337_600)
    return replace(made, **changes)


PAPERS: dict[str, tuple[Any, Callable[[bytes], Any]]] = {
    PURPOSES[0]: (terms(), orders.parse_order),
    PURPOSES[1]: (withdrawal(), orders.parse_withdrawal),
    PURPOSES[2]: (joint(), orders.parse_operation),
    PURPOSES[3]: (answer(), orders.parse_answer),
}


def test_the_canonical_bytes_are_these() -> None:
    """Purpose and fields in order, so that others can rebuild them."""
    order, ended, operation = terms(), withdrawal(), joint()
    assert order.canonical() == seal.encode(
        PURPOSES[0],
        order.order_id,
        "office-a",
        "platform-a",
        "ACCOUNT",
        builders.TOKEN,
        "WARN",
        order.reference,
        order.legal_basis,
        order.document_digest,
        4_711,
        order.create_time,
        order.deadline,
        order.roster_digest,
    )
    assert ended.canonical() == seal.encode(
        PURPOSES[1], "ab" * 16, bytes(32), "office-a", "by mistake", 1_772_337_600
    )
    assert operation.canonical() == seal.encode(
        PURPOSES[2],
        operation.operation_id,
        "office-a",
        operation.title,
        "RUMOUR,FRAUD",
        "platform-a,platform-b",
        "2026-03-02",
        "2026-03-31",
        operation.create_time,
        operation.roster_digest,
    )
    answered = answer()
    assert answered.canonical() == seal.encode(
        PURPOSES[3],
        "ef" * 16,
        "office-a",
        "platform-a",
        "ACCEPTED",
        "RUMOUR",
        "CONTENT",
        answered.target_mark,
        answered.create_time,
        answered.roster_digest,
    )


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_was_signed_is_read(purpose: str) -> None:
    """Each paper is read as it was made, and is none of the others."""
    paper, parse = PAPERS[purpose]
    assert parse(signed(paper)) == paper
    paper.check()
    for other in PURPOSES:
        if other != purpose:
            with pytest.raises(PaperError, match="purpose"):
                PAPERS[other][1](signed(paper))


def test_times() -> None:
    """Times are seconds since 1970; the digest names an order in a statement of reasons."""
    order = terms(create_time=86_400, deadline=86_401)
    assert (order.created_at.date(), (order.deadline_at - order.created_at).seconds) == (date(1970, 1, 2), 1)
    assert withdrawal(create_time=0).created_at.year == joint(create_time=0).created_at.year == 1970
    assert answer(create_time=0).created_at.year == 1970
    paper = signed(order)
    named = orders.named(order, signed=paper, organisation="an office (synthetic)")
    digest = orders.digest(paper)
    assert named == AuthorityOrder("an office (synthetic)", order.reference, date(1970, 1, 2), digest)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_other_bytes_are_the_same_paper(purpose: str) -> None:
    """A part more or less, another spelling of a number or word, and what is too long are refused."""
    paper, parse = PAPERS[purpose]
    canonical = paper.canonical()
    parts = _parts(canonical)
    for place in range(len(parts)):
        for other in (b"\xff\xfe", b"007", b"2026-3-2", b"NOBODY", b"9" * 30, b""):
            changed = _joined([*parts[:place], other, *parts[place + 1 :]])
            _refused_or_other(parse, changed, paper)
    for changed in (_joined(parts[:-1]), _joined([*parts, b"x"]), canonical[:-1], b""):
        with pytest.raises(PaperError):
            parse(changed + bytes(64))
    with pytest.raises(PaperError, match="too long"):
        parse(bytes(orders.LONGEST_PAPER + 1))


def test_a_day_has_one_spelling() -> None:
    """20260302 is a day to Python, and not to a paper."""
    parts = _parts(joint().canonical())
    parts[6] = b"20260302"
    with pytest.raises(PaperError, match="canonical"):
        orders.parse_operation(_joined(parts) + bytes(64))
    parts[6] = b"2026-02-30"
    with pytest.raises(PaperError, match="a day that is none"):
        orders.parse_operation(_joined(parts) + bytes(64))


@given(st.binary(max_size=300))
@example(bytes(64))
def test_any_bytes_are_refused(data: bytes) -> None:
    """Nothing but a PaperError comes out of bytes that nobody signed."""
    for _, parse in PAPERS.values():
        with pytest.raises(PaperError):
            parse(data)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_id": "AB" * 16}, "order_id"),
        ({"platform": "Platform"}, "platform"),
        ({"target": "x"}, "target"),
        ({"target_kind": TargetKind.PUBLIC_ACCOUNT}, "target"),
        ({"target_kind": TargetKind.CONTENT, "target": ""}, "target"),
        ({"measure": OrderMeasure.REMOVE}, "measure"),
        ({"reference": ""}, "reference"),
        ({"legal_basis": "x" * 501}, "legal_basis"),
        ({"document_digest": bytes(31)}, "document_digest"),
        ({"document_size": 0}, "document_size"),
        ({"deadline": 0}, "deadline"),
        ({"deadline": 1_772_337_612 + 366 * 86_400 + 1}, "deadline"),
    ],
)
def test_an_order_says_what_it_may(changes: dict[str, Any], field: str) -> None:
    """A wrong part is named; one of the right form passes."""
    with pytest.raises(InvalidError) as refused:
        terms(**changes).check()
    assert refused.value.reason in (Reason.INVALID_MESSAGE, Reason.INVALID_ACCOUNT_TOKEN)
    assert [each.field for each in refused.value.violations] == [field]


@pytest.mark.parametrize(
    ("kind", "target", "measure"),
    [
        (TargetKind.ACCOUNT, builders.TOKEN, OrderMeasure.CLOSE),
        (TargetKind.PUBLIC_ACCOUNT, "0f" * 16, OrderMeasure.LIMIT),
        (TargetKind.CONTENT, "post/17", OrderMeasure.REMOVE),
        (TargetKind.CONTENT, "post/17", OrderMeasure.WARN),
    ],
)
def test_targets_and_measures(kind: TargetKind, target: str, measure: OrderMeasure) -> None:
    """A measure on a content needs a content; a sanction may follow from anything."""
    terms(target_kind=kind, target=target, measure=measure).check()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"operation_id": "x"}, "operation_id"),
        ({"title": " "}, "title"),
        ({"categories": ()}, "categories"),
        ({"categories": (SanctionCategory.FRAUD, SanctionCategory.RUMOUR)}, "categories"),
        ({"platforms": ()}, "platforms"),
        ({"platforms": tuple(f"p{each:03}" for each in range(101))}, "platforms"),
        ({"platforms": ("platform-b", "platform-a")}, "platforms"),
        ({"platforms": ("platform-a", "platform-a")}, "platforms"),
        ({"platforms": ("A",)}, "platforms"),
        ({"last_day": date(2026, 3, 1)}, "last_day"),
        ({"first_day": date.min, "last_day": date.min}, "first_day"),
        ({"first_day": date(2025, 2, 27)}, "first_day"),
        ({"first_day": date(2025, 3, 5), "last_day": date(2026, 3, 7)}, "last_day"),
        ({"first_day": date.max, "last_day": date.max}, "first_day"),
        ({"last_day": date(2027, 3, 4)}, "last_day"),
    ],
)
def test_an_operation_says_what_it_may(changes: dict[str, Any], field: str) -> None:
    """A wrong part is named."""
    with pytest.raises(InvalidError) as refused:
        joint(**changes).check()
    assert [each.field for each in refused.value.violations] == [field]


def test_an_operation_is_of_about_its_signing() -> None:
    """366 days before it, or after it, are the farthest; one that is signed in the year 1970, of then."""
    joint(first_day=date(2025, 2, 28), last_day=date(2025, 2, 28)).check()
    joint(first_day=date(2027, 3, 2), last_day=date(2027, 3, 2)).check()
    with pytest.raises(InvalidError):
        joint(create_time=0).check()


def test_a_withdrawal_has_a_reason() -> None:
    """And names an order."""
    for changes, field in (({"reason": ""}, "reason"), ({"order_id": "x"}, "order_id")):
        with pytest.raises(InvalidError) as refused:
            withdrawal(**changes).check()
        assert [each.field for each in refused.value.violations] == [field]


def test_an_answer_says_what_it_may() -> None:
    """Accepted or declined, of a referral and a platform, with a mark."""
    answer(answer=ReferralState.DECLINED).check()
    for changes, field in (
        ({"referral_id": "x"}, "referral_id"),
        ({"platform": "A"}, "platform"),
        ({"answer": ReferralState.LAPSED}, "answer"),
        ({"target_mark": b""}, "target_mark"),
    ):
        with pytest.raises(InvalidError) as refused:
            answer(**changes).check()
        assert [each.field for each in refused.value.violations] == [field]


def _parts(data: bytes) -> list[bytes]:
    found, rest = [], data
    while rest:
        size = int.from_bytes(rest[:4], "big")
        found.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    return found


def _joined(parts: list[bytes]) -> bytes:
    return b"".join(len(each).to_bytes(4, "big") + each for each in parts)


def _refused_or_other(parse: Callable[[bytes], Any], changed: bytes, paper: Any) -> None:
    try:
        found = parse(changed + bytes(64))
    except PaperError:
        return
    assert found != paper
    assert found.canonical() == changed
