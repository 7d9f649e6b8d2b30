"""What an import may contain, and the account it creates."""

from datetime import date

import pytest

from idvault.campaign.legacy_account import rules as legacy_account_rules
from idvault.campaign.legacy_account.rules import LegacyRow
from idvault.core import day
from idvault_verify.account import AccountState, Standing
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from tools.support import builders

TODAY = builders.TODAY


@pytest.mark.parametrize("count", [1, 2_000])
def test_a_chunk_of_a_label(count: int) -> None:
    """A chunk has 1 to 2,000 rows."""
    assert legacy_account_rules.check_chunk(label="批次 1", count=count) == "批次 1"


@pytest.mark.parametrize(
    ("label", "count", "reason", "field", "code"),
    [
        ("a", 0, Reason.INVALID_MESSAGE, "accounts", FieldCode.REQUIRED),
        ("a", 2_001, Reason.TOO_MANY_ITEMS, "accounts", FieldCode.LENGTH),
        ("", 1, Reason.INVALID_MESSAGE, "label", FieldCode.REQUIRED),
        ("a" * 65, 1, Reason.INVALID_MESSAGE, "label", FieldCode.LENGTH),
        ("a\n", 1, Reason.INVALID_MESSAGE, "label", FieldCode.CHARACTER),
    ],
)
def test_a_wrong_chunk(label: str, count: int, reason: Reason, field: str, code: FieldCode) -> None:
    """The whole chunk is refused, and the error names the field."""
    with pytest.raises(InvalidError) as refused:
        legacy_account_rules.check_chunk(label=label, count=count)
    assert refused.value.reason is reason
    assert refused.value.violations == (Violation(field, code),)


def test_a_row() -> None:
    """A row has a reference and a date up to today; repr does not show the reference."""
    row = legacy_account_rules.read_row(reference="r" * 128, create_date="2026-03-01", today=TODAY)
    assert row == LegacyRow("r" * 128, TODAY)
    assert "rrr" not in repr(row)


@pytest.mark.parametrize(
    ("reference", "create_date", "field", "code"),
    [
        ("", "2014-01-01", "reference", FieldCode.REQUIRED),
        ("r" * 129, "2014-01-01", "reference", FieldCode.LENGTH),
        ("a\tb", "2014-01-01", "reference", FieldCode.CHARACTER),
        ("a", "", "create_date", FieldCode.REQUIRED),
        ("a", "2014-13-01", "create_date", FieldCode.CHARACTER),
        ("a", "20140101", "create_date", FieldCode.CHARACTER),
        ("a", "2026-W01-1", "create_date", FieldCode.CHARACTER),
        ("a", "٢٠١٤-01-01", "create_date", FieldCode.CHARACTER),
        ("a", "2026-03-02", "create_date", FieldCode.FUTURE_DATE),
    ],
)
def test_a_wrong_row(reference: str, create_date: str, field: str, code: FieldCode) -> None:
    """The violation names the field and does not contain the value."""
    row = legacy_account_rules.read_row(reference=reference, create_date=create_date, today=TODAY)
    assert row == Violation(field, code)


def test_an_imported_account() -> None:
    """An imported account is UNVERIFIED and GOOD, with revision 1 and without a person."""
    made = legacy_account_rules.imported(account_token=builders.TOKEN, relying_party="platform-a")
    assert (made.state, made.standing, made.revision) == (AccountState.UNVERIFIED, Standing.GOOD, 1)
    assert (made.person_id, made.open_claim_id, made.verify_date) == (None, None, None)


def test_days_are_days() -> None:
    """Only existing days in the form YYYY-MM-DD are accepted."""
    assert day.read_day("2012-02-29") == date(2012, 2, 29)
    assert day.read_day("2013-02-29") is None
