"""The month of a platform's figures."""

from datetime import date

import pytest

from idvault.report import rules as report_rules
from idvault_verify.error import FieldCode, InvalidError, Violation
from idvault_verify.period import month_of

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("name", "day"),
    [("", TODAY), ("2026-03", TODAY), ("2026-02", date(2026, 2, 9)), ("1999-12", date(1999, 12, 1))],
)
def test_a_month_is_named_or_the_present_one(name: str, day: date) -> None:
    """An empty name is the month of today."""
    assert report_rules.read_figures(name, today=TODAY) == month_of(day)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("2026-04", FieldCode.FUTURE_DATE),
        ("2026-13", FieldCode.CHARACTER),
        ("2026-Q1", FieldCode.CHARACTER),
        ("2026-3", FieldCode.CHARACTER),
        ("２０２６-03", FieldCode.CHARACTER),
        ("0000-01", FieldCode.CHARACTER),
    ],
)
def test_any_other_month_is_refused(name: str, code: FieldCode) -> None:
    """The refusal names the field; a month that begins tomorrow has not begun."""
    with pytest.raises(InvalidError) as caught:
        report_rules.read_figures(name, today=date(2026, 3, 31))
    assert caught.value.violations == (Violation("month", code),)
