"""The list of figures: unique names, titles in both languages, totals that exist; and the counting."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest

from idvault_verify.account import AccountState
from idvault_verify.claim import FailureReason
from idvault_verify.event import EventType
from idvault_verify.period import Period
from idvault_verify.public_account import PublicAccountCategory
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import OTHER, Breakdown, EntryCount, Language, Level
from idvault_verify.sanction import Automation, IssuerKind, SanctionCategory
from idvault_verify.text import Text
from idvault_verify.tip_off import TipOffChannel
from tests.support.bilingual import bilingual

DAY = Period(date(2026, 10, 1), date(2026, 10, 1))
START = datetime(2026, 10, 1, tzinfo=UTC)


def titles() -> list[Text]:
    found = [section.title for section in report_catalogue.SECTIONS]
    found += [figure.title for figure in report_catalogue.logged_figures()]
    divided: list[Breakdown | Level] = [*report_catalogue.breakdowns(), *report_catalogue.levels()]
    for each in divided:
        found += [each.title, *each.cells.values()]
    return [*found, *(each.title for each in report_catalogue.durations())]


def test_every_name_is_one_figure() -> None:
    """No name is used twice, and every breakdown and duration divides a logged figure."""
    names = [figure.name for figure in report_catalogue.logged_figures()] + list(
        report_catalogue.not_logged()
    )
    assert len(names) == len(set(names))
    totals = [each.total for each in report_catalogue.breakdowns()] + [
        each.total for each in report_catalogue.durations()
    ]
    assert set(totals) <= report_catalogue.BY_NAME.keys()
    assert all(figure.events and figure.edition >= 1 for figure in report_catalogue.logged_figures())


def test_every_title_is_there_in_both_languages() -> None:
    """English has no Chinese, and Chinese has some."""
    for title in titles():
        assert title.in_language(Language.EN).isascii()
        assert not title.in_language(Language.ZH).isascii()


@pytest.mark.parametrize(
    ("name", "values", "missing"),
    [
        ("verifications.outcome", FailureReason, {"SUPERSEDED", "ERASED", "GUARDIAN_REQUIRED"}),
        ("sanctions.category", SanctionCategory, {"OTHER"}),
        ("sanctions.issuer", IssuerKind, set()),
        ("tip_offs.category", SanctionCategory, {"OTHER"}),
        ("tip_offs.channel", TipOffChannel, set()),
        ("sanctions.detection", Automation, set()),
        ("sanctions.decision", Automation, set()),
    ],
)
def test_cells_are_the_values_that_are_stored(name: str, values: type[StrEnum], missing: set[str]) -> None:
    """A value without a cell counts as OTHER; a new one is noticed here."""
    (found,) = (each for each in report_catalogue.breakdowns() if each.name == name)
    assert {value.value for value in values} - set(found.cells) == missing


@pytest.mark.parametrize(
    ("name", "values"),
    [("accounts.state", AccountState), ("public_accounts.category", PublicAccountCategory)],
)
def test_levels_have_every_value(name: str, values: type[StrEnum]) -> None:
    """No state and no category is left out."""
    (found,) = (each for each in report_catalogue.levels() if each.name == name)
    assert set(found.cells) == {value.value for value in values}


def test_the_title_of_a_cell() -> None:
    """OTHER is the rest, a text is its own title."""
    plain = Breakdown("x.y", bilingual("某", "some"), "x", {"A": bilingual("甲", "first")})
    assert [plain.title_of("A", each) for each in Language] == ["甲", "first"]
    assert [plain.title_of("text", each) for each in Language] == ["text", "text"]
    assert [plain.title_of(OTHER, each) for each in Language] == ["其他", "other"]


def test_entries_of_a_period_are_counted() -> None:
    """From the first minute to the last one; hours count once each; unknown types are counted, too."""
    tally = EntryCount(DAY, zone=UTC)
    times = [START - timedelta(minutes=1), START, START + timedelta(minutes=59), START + timedelta(hours=23)]
    for time in [*times, START + timedelta(days=1)]:
        tally.add(EventType.CLAIM_POSTPONE.value, time)
    tally.add("future:thing:happen", START)
    assert tally.entries == 4
    assert tally.value(report_catalogue.BY_NAME["verifications.postponed"]) == 3
    assert tally.value(report_catalogue.BY_NAME["registry.outage_hours"]) == 2
    assert set(tally.values(report_catalogue.logged_figures())) == set(report_catalogue.BY_NAME)
