"""What is kept, for how long and why."""

from datetime import timedelta

from idvault.erasure.rules import ErasureTerms
from idvault.processes.retention import rules as retention_rules

TERMS = ErasureTerms()


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


def test_the_operators_terms_are_told() -> None:
    """The time for a cancellation changes the rule that names it, and no other."""
    before, after = (retention_rules.table(terms) for terms in (TERMS, ErasureTerms(timedelta(days=1))))
    (changed,) = (new for old, new in zip(before, after, strict=True) if old != new)
    assert "9 days after its erasure" in changed.kept
    assert changed.setting == "IDVAULT_ERASURE_WAITING_DAYS"
