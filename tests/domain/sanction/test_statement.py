"""The statement of reasons: nothing is imposed without every part of it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from idvault_verify import statement
from idvault_verify.error import FieldCode, InvalidError, Reason
from idvault_verify.sanction import AuthorityOrder, IssuerKind, Origin
from tools.support.builders import NOW
from tools.support.sanction_world import reasons

ORDER = AuthorityOrder("an authority (synthetic)", "order 3", date(2026, 2, 27), bytes(32))
LATER = NOW + timedelta(days=1)


def refused(**changes: Any) -> dict[str, FieldCode]:
    """Return what is refused of a statement with changes."""
    with pytest.raises(InvalidError) as caught:
        statement.check(reasons(**changes), now=NOW)
    assert caught.value.reason is Reason.INVALID_MESSAGE
    return {each.field.removeprefix("statement."): each.code for each in caught.value.violations}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"end_at": LATER},
        {"origin": Origin.TIP_OFF, "tip_off": "1002"},
        {"issuer_kind": IssuerKind.AUTHORITY, "order": ORDER},
        {"rule_reference": "四" * 200, "evidence": (bytes(32),) * 50},
    ],
)
def test_a_complete_statement_passes(changes: dict[str, Any]) -> None:
    """A statement with every part is returned unchanged."""
    given = reasons(**changes)
    assert statement.check(given, now=NOW) == given


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"rule_reference": " "}, "rule_reference", FieldCode.REQUIRED),
        ({"rule_reference": "a" * 201}, "rule_reference", FieldCode.LENGTH),
        ({"case_reference": ""}, "case_reference", FieldCode.REQUIRED),
        ({"case_reference": "a\nb"}, "case_reference", FieldCode.CHARACTER),
        ({"evidence": ()}, "evidence_digests", FieldCode.REQUIRED),
        ({"evidence": (bytes(31),)}, "evidence_digests", FieldCode.LENGTH),
        ({"evidence": (bytes(32),) * 51}, "evidence_digests", FieldCode.LENGTH),
        ({"territory": ""}, "territory", FieldCode.REQUIRED),
        ({"redress": ""}, "redress", FieldCode.REQUIRED),
        ({"redress": "a" * 501}, "redress", FieldCode.LENGTH),
        ({"end_at": NOW}, "end_time", FieldCode.LENGTH),
        ({"origin": Origin.TIP_OFF}, "tip_off", FieldCode.REQUIRED),
        ({"tip_off": "1002"}, "tip_off", FieldCode.CHARACTER),
        ({"order": ORDER}, "order", FieldCode.CHARACTER),
        ({"issuer_kind": IssuerKind.AUTHORITY}, "order", FieldCode.REQUIRED),
    ],
)
def test_a_missing_or_wrong_part_is_named(changes: dict[str, Any], field: str, code: FieldCode) -> None:
    """Each part that is missing, too long or out of place is named alone."""
    assert refused(**changes) == {field: code}


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (replace(ORDER, authority=""), "order.authority"),
        (replace(ORDER, reference=""), "order.reference"),
        (replace(ORDER, digest=b""), "order.digest"),
    ],
)
def test_an_order_is_complete(order: AuthorityOrder, field: str) -> None:
    """The sanction of an authority names the authority, its order, and the order's digest."""
    assert list(refused(issuer_kind=IssuerKind.AUTHORITY, order=order)) == [field]


def test_all_wrong_parts_are_named_at_once() -> None:
    """One refusal names every wrong part."""
    assert len(refused(rule_reference="", case_reference="", evidence=(), territory="", redress="")) == 5


def test_an_end_has_whole_seconds() -> None:
    """Fractions of a second are dropped."""
    given = reasons(end_at=LATER + timedelta(microseconds=5))
    assert statement.check(given, now=NOW).end_at == LATER
    assert refused(end_at=NOW + timedelta(microseconds=5)) == {"end_time": FieldCode.LENGTH}


def test_texts_do_not_show() -> None:
    """The repr of a statement shows no text that may name somebody."""
    shown = repr(reasons(tip_off="tip 9"))
    for text in ("terms 4.2", "case 17", "write to appeals", "tip 9"):
        assert text not in shown
