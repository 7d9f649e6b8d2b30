"""What is kept, for how long and why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.erasure.rules import ErasureTerms
from idvault.processes.retention import rules as retention_rules
from idvault.processes.retention.rules import RetentionTerms

TERMS = RetentionTerms()
DAY = timedelta(days=1)


def test_every_rule_says_what_how_long_and_why() -> None:
    """No part is empty, no two rules are about the same, and a setting has something that enforces it."""
    found = retention_rules.table(TERMS)
    assert len({rule.what for rule in found}) == len(found)
    assert all(rule.what and rule.kept and rule.why for rule in found)
    assert all(rule.enforced_by for rule in found if rule.setting)


def test_no_table_belongs_to_two_rules() -> None:
    """So that there is one answer to how long something is kept."""
    tables = [name for rule in retention_rules.table(TERMS) for name in rule.tables]
    assert len(tables) == len(set(tables))


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (replace(TERMS, rejected_days=11), "11 days after the last claim"),
        (replace(TERMS, appeal_text_days=12), "12 days after the decision"),
        (replace(TERMS, tip_off_days=13), "13 days after the report"),
        (
            replace(TERMS, erasure=ErasureTerms(timedelta(days=1), timedelta(days=9))),
            "10 days after its erasure",
        ),
    ],
)
def test_the_operators_terms_are_told(terms: RetentionTerms, told: str) -> None:
    """A setting changes the rule that names it, and no other."""
    before, after = retention_rules.table(TERMS), retention_rules.table(terms)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert any(told in rule.kept for rule in changed)
    assert all(rule.setting for rule in changed)
