"""What weekly lists of statements tell of a month: only kinds of five, also across the month's end."""

from dataclasses import replace

from idvault.report.rules import WeekInMonth, elsewhere
from idvault.sanction.rules import StatementKind
from idvault_verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory
from idvault_verify.suppression import Elsewhere

FRAUD = StatementKind(
    decided=Degree.WARN,
    ground=Ground.ILLEGAL,
    category=SanctionCategory.FRAUD,
    detection=Automation.NONE,
    decision=Automation.PARTIAL,
    issuer_kind=IssuerKind.PLATFORM,
    territory="CN",
)
RUMOUR = replace(FRAUD, category=SanctionCategory.RUMOUR)


def test_only_what_is_listed_counts() -> None:
    """Five of a kind in the week are listed, and those within the month count for their cell."""
    weeks = [
        WeekInMonth({FRAUD: 5, RUMOUR: 4}, {FRAUD: 5, RUMOUR: 4}, is_told=True),
        WeekInMonth({FRAUD: 6}, {FRAUD: 2}, is_told=True),
        WeekInMonth({FRAUD: 1, RUMOUR: 3}, {FRAUD: 1, RUMOUR: 2}, is_told=False),
    ]
    assert elsewhere(weeks, field="category") == {
        "FRAUD": Elsewhere(told=7, doubtful=1),
        "RUMOUR": Elsewhere(told=0, doubtful=2),
    }
    assert elsewhere(weeks, field="issuer_kind") == {"PLATFORM": Elsewhere(told=7, doubtful=3)}


def test_territories_that_are_not_told_apart_gather() -> None:
    """Statements that are equal in all that is told are one kind."""
    here, there = replace(FRAUD, territory="the north"), replace(FRAUD, territory="the south")
    week = WeekInMonth({here: 3, there: 2}, {here: 3}, is_told=True)
    assert elsewhere([week], field="category") == {"FRAUD": Elsewhere(told=3)}
    assert elsewhere([], field="category") == {}
