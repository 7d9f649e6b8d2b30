"""A report as a page, or as text for a terminal: tables, charts, two languages; no script, nothing loaded."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from idvault.report.acts.texts import TEXTS
from idvault_client.pages import rendering
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import Breakdown, Duration, Language, Level, LoggedFigure, Section
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.report import Hours, Report

_TEMPLATES = Path(__file__).parent.parent / "templates"
_LEAST_PERCENT = 0.3
_NAMED = re.compile(r"(\d{4})-(?:Q(\d)|(\d\d))", re.ASCII)
minute = rendering.minute


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart. percent: of the longest bar, None for a withheld number. text: what is shown."""

    label: str
    percent: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under a title; bars: None if the figure is published for whole months only."""

    title: str
    bars: list[Bar] | None


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section in one language: logged figures, charts, and durations with their texts."""

    title: str
    figures: list[tuple[str, int]]
    charts: list[Chart]
    durations: list[tuple[str, str]]


def published(template: str, *, language: Language, **values: Any) -> str:
    """Return a page of the public directory. links: addresses with their texts, of the page's head."""
    environment = rendering.templates(_TEMPLATES)
    told = saying(language)
    return environment.get_template(template).render(
        **{"footer": (), **values}, t=told, language=language.value, tokens=rendering.tokens()
    )


def saying(language: Language) -> Callable[..., str]:
    """Return a function that gives the text of a key, with its values filled in."""

    def say(key: str, **values: object) -> str:
        return TEXTS[key].in_language(language).format(**values)

    return say


def period_text(name: str, language: Language) -> str:
    """Return the name of a period as people of a language write it: 2026-12, 2026-Q4, or days as they are."""
    found = _NAMED.fullmatch(name)
    if language is not Language.ZH or found is None:
        return name
    year, quarter, month = found.groups()
    return f"{year}年第{quarter}季度" if quarter else f"{year}年{int(month)}月"


def platform_text(name: str, title: str, language: Language) -> str:
    """Return a platform's title with its registered name, or the name alone."""
    return saying(language)("platform_named", title=title, name=name) if title else name


def render(report: Report, *, language: Language, platforms: Sequence[str] = ()) -> str:
    """Return the page in one language. platforms: those with a page of their own."""
    say, name = saying(language), report.period.name
    title = f"{say('report')} {period_text(name, language)}"
    other = Language.EN if language is Language.ZH else Language.ZH
    supervision = {Language.ZH: "../index.html", Language.EN: "../index.en.html"}[language]
    return published(
        "report.html",
        language=language,
        title=title,
        heading=title,
        links=[
            (supervision, say("supervision")),
            (f"{name}.{other.value}.html", say("other_language")),
            (f"{name}.json", say("data")),
        ],
        introduction=list(_introduction(report, language)),
        sections=[_shown(section, report, language) for section in report_catalogue.SECTIONS],
        period=name,
        platforms=[(f"{name}.{each}.{language.value}.html", each) for each in platforms],
        origin=checkpoint.parse(_note_text(report)).origin,
    )


def render_text(report: Report, *, language: Language) -> str:
    """Return the text in one language, for a terminal."""
    say = saying(language)
    lines = [f"{say('report')} {report.period.name}", *_introduction(report, language)]
    for section in report_catalogue.SECTIONS:
        lines += ["", *_text_lines(_shown(section, report, language), say)]
    return "\n".join(lines) + "\n"


def _text_lines(section: ShownSection, say: Callable[..., str]) -> Iterator[str]:
    yield section.title
    yield from (f"  {name}: {number}" for name, number in section.figures)
    for chart in section.charts:
        yield f"  {chart.title}:"
        if chart.bars is None:
            yield f"    {say('no_breakdown')}"
        yield from (f"    {bar.label}: {bar.text}" for bar in chart.bars or ())
    yield from (f"  {name}: {text}" for name, text in section.durations)


def _introduction(report: Report, language: Language) -> Iterator[str]:
    """Yield the paragraphs that say what the report covers, and what its numbers are."""
    say, period = saying(language), report.period
    yield say("period", first=period.first, last=period.last, zone=report.zone)
    yield say("made", made=f"{report.made.astimezone(UTC):%Y-%m-%d %H:%M}")
    yield say("counted", size=checkpoint.parse(_note_text(report)).size)
    yield say("suppressed")


def _note_text(report: Report) -> str:
    return note.parse(report.checkpoint.encode()).text


def headed(figure: LoggedFigure | Duration, language: Language) -> str:
    """Return the title of a figure as a label, which begins with a capital letter."""
    title = figure.title.in_language(language)
    return title[:1].upper() + title[1:]


def _shown(section: Section, report: Report, language: Language) -> ShownSection:
    say = saying(language)
    return ShownSection(
        title=section.title.in_language(language),
        figures=[
            (f"✓ {headed(each, language)}", report.logged[each.name])
            for each in section.logged
            if each.name in report.logged
        ],
        charts=[
            *(_breakdown(each, report, language) for each in section.breakdowns),
            *(_level(each, report, language) for each in section.levels),
        ],
        durations=[
            (headed(each, language), _hours_text(report.durations.get(each.name), say))
            for each in section.durations
        ],
    )


def _breakdown(breakdown: Breakdown, report: Report, language: Language) -> Chart:
    title = breakdown.title.in_language(language)
    cells = report.breakdowns.get(breakdown.name)
    if cells is None:
        return Chart(title, None)
    withheld = saying(language)("hidden")
    # The most interesting cells are withheld last, and shown first.
    rows = [
        (breakdown.title_of(cell, language), count, withheld if count is None else str(count))
        for cell, count in reversed(tuple(cells.items()))
    ]
    return Chart(title, _bars(rows))


def _level(level: Level, report: Report, language: Language) -> Chart:
    say = saying(language)
    rows = [
        (level.cells[cell].in_language(language), count, say("at_least" if count else "fewer", count=count))
        for cell, count in report.levels.get(level.name, {}).items()
        if cell in level.cells
    ]
    return Chart(level.title.in_language(language), _bars(rows))


def _bars(rows: Sequence[tuple[str, int | None, str]]) -> list[Bar]:
    longest = max((count or 0 for _, count, _ in rows), default=0)
    return [Bar(label, _percent(count, longest), text) for label, count, text in rows]


def _percent(count: int | None, longest: int) -> float | None:
    """Return the length of a bar; the smallest number that is not zero is still seen."""
    if not count:
        return count
    return max(round(100 * count / longest, 1), _LEAST_PERCENT)


def _hours_text(hours: Hours | None, say: Callable[..., str]) -> str:
    return say("hidden") if hours is None else say("hours", median=hours.median, p90=hours.p90)
