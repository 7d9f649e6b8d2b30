"""The five numbers of the page of public supervision: which months they have, and what is told of each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from idvault.report.acts.headline import MONTHS, Headline, headlines
from idvault_verify.period import month_of, quarter_of
from idvault_verify.report.figure import Language
from idvault_verify.suppression import Cells
from idvault_verify.transparency.report import Report
from tests.support.report_world import made_up

VERIFIED, DISCLOSED, SANCTIONS, ANSWERED, APPEALS = range(5)


def month(
    number: int,
    logged: Mapping[str, int] | None = None,
    *,
    verified: int | None = 90,
    outcomes: bool = True,
) -> Report:
    """Return a report of a month of 2026. verified: None if withheld. outcomes: whether it tells any."""
    made = made_up()
    cells: Cells = {"SUCCEEDED": verified, "MISMATCH": 7}
    return replace(
        made,
        period=month_of(date(2026, number, 1)),
        logged=made.logged if logged is None else logged,
        breakdowns={**made.breakdowns, "verifications.outcome": cells if outcomes else None},
    )


def shown(*reports: Report) -> list[Headline]:
    """Return the five numbers in November 2026."""
    return headlines(reports, running="2026-11", language=Language.EN)


def test_twelve_months_end_with_the_last_one() -> None:
    """The month that goes on has no report; a month without one says so and has no bar."""
    for each in shown(month(9)):
        assert [column.month for column in each.columns][:: MONTHS - 1] == ["2025-11", "2026-10"]
        assert len(each.columns) == MONTHS
        absent = [column for column in each.columns if column.month != "2026-09"]
        assert {(column.text, column.height) for column in absent} == {("no report", 0.0)}
        assert each.month == "2026-09"


def test_before_the_first_report_there_is_no_number() -> None:
    """The page says that there is none, and draws nothing."""
    for each in shown():
        assert (each.text, each.month, each.sentence) == ("–", "no report yet", "no report yet")
        assert each.absent == MONTHS
        assert all(column.height == 0 for column in each.columns)


def test_a_quarter_is_no_month() -> None:
    """Nor is a report from before the twelve months."""
    quarter = replace(made_up(), period=quarter_of(date(2026, 7, 1)))
    old = replace(made_up(), period=month_of(date(2025, 10, 1)))
    assert {each.text for each in shown(quarter, old)} == {"–"}


def test_bars_are_as_high_as_their_numbers() -> None:
    """The highest fills the chart, a small number is still seen, and a zero has no bar."""
    counts = {7: 0, 8: 1, 9: 500, 10: 1_000}
    reports = [month(number, {"sanctions.imposed": count}) for number, count in counts.items()]
    columns = shown(*reports)[SANCTIONS].columns[-4:]
    assert [column.height for column in columns] == [0, 2, 50, 100]
    assert [column.top for column in columns] == [100, 98, 50, 0]
    assert [column.text for column in columns] == ["0", "1", "500", "1,000"]
    assert all(0 <= column.left <= 93.7 for column in columns)


def test_a_withheld_number_stays_withheld() -> None:
    """It has a frame instead of a bar, and counts for no scale."""
    verified = shown(month(8, verified=50), month(9, verified=None), month(10, outcomes=False))[VERIFIED]
    last = verified.columns[-3:]
    assert [(each.text, each.height, each.is_withheld) for each in last] == [
        ("50", 100, False),
        ("withheld", 100, True),
        ("–", 0, False),
    ]


@pytest.mark.parametrize(
    ("received", "no_reply", "flooded", "told"),
    [
        (1, 0, 0, ("1 / 1", "Reports received: 1, all of them answered in time.")),
        (10_000, 1, 0, ("9,999 / 10,000", "Reports received: 10,000. Not answered in time: 1.")),
        (1_000, 12, 1, ("987 / 1,000", "Reports received: 1,000. Not answered in time: 13.")),
        (4, 6, 0, ("0 / 4", "Reports received: 4. Not answered in time: 4.")),
        (0, 3, 0, ("–", "No report was received.")),
    ],
)
def test_reports_answered_in_time(received: int, no_reply: int, flooded: int, told: tuple[str, str]) -> None:
    """Of those received; late floods count; nothing received is no part."""
    names = ("tip_offs.filed", "tip_offs.reply_missed", "tip_offs.flood_missed")
    logged = dict(zip(names, (received, no_reply, flooded), strict=True))
    answered = shown(month(10, logged))[ANSWERED]
    assert (answered.text, answered.sentence) == (told[0], f"2026-10: {told[1]}")


def test_appeals_are_told_of_those_decided() -> None:
    """A report of an earlier edition may lack a figure: then it is no number."""
    logged = {"appeals.upheld": 3, "appeals.decided": 20}
    assert shown(month(10, logged))[APPEALS].text == "3 / 20"
    assert shown(month(10, {"appeals.upheld": 3}))[APPEALS].text == "–"
    assert shown(month(10, {}))[DISCLOSED].text == "–"
    assert shown(month(10, {}))[DISCLOSED].sentence == "2026-10: The report does not tell this number."
    none = {"appeals.upheld": 0, "appeals.decided": 0}
    assert (shown(month(10, none))[APPEALS].text, shown(month(10, logged))[APPEALS].sentence) == (
        "0",
        "2026-10: Appeals decided: 20. Upheld: 3.",
    )


def test_each_number_is_said_in_a_sentence() -> None:
    """A zero in words, a withheld one as such, and in Chinese with the month as it is written there."""
    names = (
        "disclosures.disclosed",
        "sanctions.imposed",
        "tip_offs.filed",
        "appeals.upheld",
        "appeals.decided",
    )
    nothing = month(10, dict.fromkeys(names, 0), verified=0)
    told = headlines([nothing], running="2026-11", language=Language.ZH)
    assert [each.sentence for each in told] == [
        "2026年10月，没有个人或单位通过认证。",
        "2026年10月，没有任何身份信息被调阅。",
        "2026年10月，没有作出处置。",
        "2026年10月，没有收到举报。",
        "2026年10月，没有申诉作出决定。",
    ]
    assert {each.absent for each in told} == {MONTHS - 1}
    withheld = shown(month(10, verified=None))[VERIFIED]
    assert (withheld.text, withheld.sentence) == (
        "withheld",
        "2026-10: The number is so small that it is withheld.",
    )


@pytest.mark.parametrize("language", Language)
def test_both_languages_tell_the_same_numbers(language: Language) -> None:
    """Only the words differ."""
    told = headlines([month(10)], running="2026-11", language=language)
    assert [each.text for each in told][:3] == ["90", "12,345,678", "12,345,678"]
