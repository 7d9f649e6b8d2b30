"""What is told of statements of reasons, and when."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.sanction import rules as sanction_rules
from idvault.sanction.rules import StatementKind, StatementWeek
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory

WEEK = StatementWeek(date(2026, 2, 23))
KIND = StatementKind(
    Degree.LIMIT,
    Ground.AGAINST_TERMS,
    SanctionCategory.RUMOUR,
    Automation.PARTIAL,
    Automation.NONE,
    IssuerKind.PLATFORM,
    "CN",
)
COMMON = {"ground", "decision_ground", "category", "automation", "issuer_kind", "territory", "week"}
ALLOWED = {"degree", "decision_provision", *COMMON}
# The fields of a statement of reasons and their values, as the DSA transparency database documents its API.
DSA_FIELDS = {
    "decision_visibility": {
        "DECISION_VISIBILITY_CONTENT_REMOVED",
        "DECISION_VISIBILITY_CONTENT_DISABLED",
        "DECISION_VISIBILITY_CONTENT_DEMOTED",
        "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
        "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
        "DECISION_VISIBILITY_CONTENT_LABELLED",
        "DECISION_VISIBILITY_OTHER",
    },
    "decision_provision": {
        "DECISION_PROVISION_PARTIAL_SUSPENSION",
        "DECISION_PROVISION_TOTAL_SUSPENSION",
        "DECISION_PROVISION_PARTIAL_TERMINATION",
        "DECISION_PROVISION_TOTAL_TERMINATION",
    },
    "decision_account": {"DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"},
    "decision_ground": {"DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"},
}
RESTRICTS_NOTHING = {Degree.WARN}


def told(counts: Mapping[StatementKind, int]) -> list[dict[str, Any]]:
    """Return the lines of a file."""
    return [json.loads(line) for line in sanction_rules.render(counts=counts, week=WEEK).splitlines()]


@pytest.mark.parametrize(("count", "lines"), [(0, 0), (4, 0), (5, 5), (6, 6)])
def test_five_must_gather(count: int, lines: int) -> None:
    """Fewer than five equal statements are not told."""
    assert len(told({KIND: count})) == lines


@pytest.mark.parametrize(
    "change",
    [
        {"decided": Degree.WARN},
        {"ground": Ground.ILLEGAL},
        {"category": SanctionCategory.FRAUD},
        {"detection": Automation.FULL},
        {"decision": Automation.FULL},
        {"issuer_kind": IssuerKind.AUTHORITY},
        {"territory": "CN-31"},
    ],
)
def test_what_differs_does_not_gather(change: dict[str, Any]) -> None:
    """Four and one more that differs in any field are not five."""
    assert told({KIND: 4, replace(KIND, **change): 1}) == []


def test_a_line_has_the_allowed_fields() -> None:
    """Exactly these, with these values."""
    assert (
        told({KIND: 5})
        == [
            {
                "degree": "LIMIT",
                "decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION",
                "ground": "AGAINST_TERMS",
                "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
                "category": "RUMOUR",
                "automation": {"detection": "PARTIAL", "decision": "NONE"},
                "issuer_kind": "PLATFORM",
                "territory": "CN",
                "week": "2026-W09",
            }
        ]
        * 5
    )
    assert told({KIND: 5})[0].keys() == ALLOWED


@pytest.mark.parametrize("decided", [*Degree, *ContentMeasureKind])
@pytest.mark.parametrize("ground", list(Ground))
def test_each_decision_is_one_of_the_dsa_database(
    decided: Degree | ContentMeasureKind, ground: Ground
) -> None:
    """A line says whether it is about content or an account, by exactly one field of the database's list."""
    line = told({replace(KIND, decided=decided, ground=ground): 5})[0]
    on_content = isinstance(decided, ContentMeasureKind)
    fields = line.keys() & DSA_FIELDS.keys() - {"decision_ground"}
    assert len(fields) == (0 if decided in RESTRICTS_NOTHING else 1)
    assert ("decision_visibility" in fields) is on_content
    assert all(line[name] in DSA_FIELDS[name] for name in {*fields, "decision_ground"})
    own = "content_measure" if on_content else "degree"
    assert line.keys() == {own, *fields, *COMMON}
    assert line[own] == decided.value


def test_content_and_accounts_do_not_gather() -> None:
    """Four decisions on accounts and one on content, equal otherwise, are not five."""
    assert told({KIND: 4, replace(KIND, decided=ContentMeasureKind.REMOVED): 1}) == []


@given(st.text(max_size=64))
def test_a_territory_is_a_code_or_other(text: str) -> None:
    """Whatever a platform writes there, the public reads a code of at most six characters."""
    (found,) = {line["territory"] for line in told({replace(KIND, territory=text): 5})}
    assert found == "OTHER" or (found == text and len(text) <= 6 and text.isascii() and text.isupper())


def test_texts_gather_under_other() -> None:
    """Different texts are told as one, if they are five together."""
    texts = {replace(KIND, territory=f"street {number}"): 1 for number in range(5)}
    assert [line["territory"] for line in told(texts)] == ["OTHER"] * 5
    assert told(dict(list(texts.items())[:4])) == []


def test_the_order_tells_nothing() -> None:
    """The same statements make the same file, in whatever order they came."""
    other = replace(KIND, decided=Degree.WARN)
    assert sanction_rules.render(counts={KIND: 5, other: 7}, week=WEEK) == sanction_rules.render(
        counts={other: 7, KIND: 5}, week=WEEK
    )


@pytest.mark.parametrize(
    ("at", "label"),
    [
        (datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), "2026-W09"),
        (datetime(2026, 3, 2, tzinfo=UTC), "2026-W10"),
        (datetime(2026, 3, 2, 7, 59, tzinfo=timezone(timedelta(hours=8))), "2026-W09"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2026-W53"),
        (datetime(2027, 1, 3, tzinfo=UTC), "2026-W53"),
        (datetime(2027, 1, 4, tzinfo=UTC), "2027-W01"),
    ],
)
def test_weeks_are_of_iso_and_utc(at: datetime, label: str) -> None:
    """The first days of a year may belong to the last week of the one before."""
    week = sanction_rules.week_of(at)
    assert week.label == label
    assert week.begin <= at < week.end == week.following().begin


def test_a_week_is_told_an_hour_after_its_end() -> None:
    """Acts that were begun in it are stored by then."""
    end = datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert sanction_rules.newest(now=end).label == "2026-W09"
    assert sanction_rules.newest(now=end - timedelta(seconds=1)).label == "2026-W08"
