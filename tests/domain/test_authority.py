"""What an authority may ask of the vault: numbers, times and the roster in force."""

from datetime import UTC, date, datetime, timedelta

import pytest

from idvault.authority import rules
from idvault.authority.joint_operation import rules as joint_rules
from idvault.people import rules as people_rules
from idvault_verify import order as order_values
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.error import (
    AlreadyExistsError,
    ExhaustedError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    Violation,
)
from idvault_verify.sanction import Degree
from tools.support import builders, people
from tools.support.builders import NOW
from tools.support.orders import OFFICE, OTHER_OFFICE, joint, signed


def test_how_many_orders_a_call_has() -> None:
    """One to twenty, and none twice."""
    for count in (1, 20):
        rules.check_count([bytes([each]) for each in range(count)])
    for count in (0, 21):
        with pytest.raises(InvalidError):
            rules.check_count([bytes([each]) for each in range(count)])
    with pytest.raises(AlreadyExistsError) as refused:
        rules.check_count([b"x", b"y", b"x"])
    assert refused.value.reason is Reason.REQUEST_ID_REUSED


def test_a_paper_is_of_now() -> None:
    """Ten minutes before or after the vault's clock; earlier and later ones are refused."""
    for minutes in (-10, 0, 10):
        people_rules.check_fresh(created_at=NOW + timedelta(minutes=minutes), now=NOW, field="signed_orders")
    for minutes in (-11, 11):
        with pytest.raises(InvalidError) as refused:
            people_rules.check_fresh(
                created_at=NOW + timedelta(minutes=minutes), now=NOW, field="signed_orders"
            )
        assert refused.value.violations == (Violation("signed_orders", FieldCode.CHARACTER),)


def test_an_order_leaves_a_day() -> None:
    """Counted from its receipt; a second less is refused."""
    day = timedelta(hours=24)
    order_values.check_notice(deadline=NOW + day, received_at=NOW)
    with pytest.raises(InvalidError) as refused:
        order_values.check_notice(deadline=NOW + day - timedelta(seconds=1), received_at=NOW)
    assert [each.field for each in refused.value.violations] == ["deadline"]


def test_a_paper_names_the_roster_in_force() -> None:
    """What was signed under another version is signed again."""
    people_rules.check_roster(named="a" * 64, in_force="a" * 64)
    with pytest.raises(PreconditionError) as refused:
        people_rules.check_roster(named="a" * 64, in_force="b" * 64)
    assert refused.value.reason is Reason.ROSTER_INVALID


def test_a_paper_is_its_callers() -> None:
    """It names the member who calls, and has that member's signature."""
    member, paper = people.roster_member(OFFICE, role="authority"), signed(joint())
    people_rules.check_signed(paper, OFFICE, member, "signed_operation")
    for wrong, authority in ((paper, OTHER_OFFICE), (signed(joint(), OTHER_OFFICE), OFFICE)):
        with pytest.raises(PaperError):
            people_rules.check_signed(wrong, authority, member, "signed_operation")


def test_a_day_has_so_many_calls() -> None:
    """The budget tells when to come again."""
    rules.check_budget(used=100)
    with pytest.raises(ExhaustedError) as refused:
        rules.check_budget(used=None)
    assert refused.value.reason is Reason.TOO_MANY_ATTEMPTS


def test_a_joint_operation_counts_by_its_days() -> None:
    """From the first second of its first day to the end of its last, in the deployment's time zone."""
    terms = joint(first_day=date(2026, 3, 2), last_day=date(2026, 3, 3))
    opened = joint_rules.opened(terms=terms, signed=b"x", issuer="a" * 32, zone=builders.ZONE, now=NOW)
    assert opened.begin_at == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert opened.end_at == datetime(2026, 3, 3, 16, tzinfo=UTC)
    assert (opened.operation_id, opened.opened_at) == (terms.operation_id, NOW)


def test_small_counts_are_withheld() -> None:
    """1 to 4 could be about one person; 0 and 5 are told, and the mildest degree comes first."""
    assert [joint_rules.shown(count) for count in range(6)] == [0, None, None, None, None, 5]
    told = joint_rules.counted(platform="im", sanctions={Degree.LIMIT: 9, Degree.WARN: 1}, reports=2)
    assert list(told.sanctions.items()) == [(Degree.WARN, None), (Degree.LIMIT, 9)]
    assert told.reports is None
