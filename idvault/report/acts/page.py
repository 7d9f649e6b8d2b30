"""A report as a page: tables of what the log tells, charts of the rest; no script, nothing loaded."""

from collections.abc import Iterator, Mapping
from datetime import UTC

from idvault.report.acts import chart, html, words
from idvault.report.acts.chart import Bar
from idvault.report.rules import catalogue
from idvault.report.rules.figure import Language, Section, Title
from idvault.verify.suppression import Cells
from idvault.verify.transparency import checkpoint, note
from idvault.verify.transparency.report import Hours, Report

_OTHER = {Language.ZH: Language.EN, Language.EN: Language.ZH}


def render(report: Report, *, language: Language) -> str:
    """Return the page in one language."""
    title = f"{words.REPORT.in_language(language)} {report.period.name}"
    body = "\n".join(
        (
            html.element("h1", title),
            *(html.element("p", text) for text in introduction(report, language)),
            *(_section(section, report, language) for section in catalogue.SECTIONS),
            _check(report, language),
        )
    )
    return html.page(body, links=_links(report, language), title=title, language=language)


def introduction(report: Report, language: Language) -> Iterator[str]:
    """Yield the paragraphs that say what the report covers, and what its numbers are."""
    period = report.period
    covered = words.PERIOD.in_language(language)
    made = f"{report.made.astimezone(UTC):%Y-%m-%d %H:%M}"
    yield covered.format(first=period.first, last=period.last, zone=report.zone)
    yield words.MADE.in_language(language).format(made=made)
    yield words.COUNTED.in_language(language).format(size=checkpoint.parse(_note_text(report)).size)
    yield words.SUPPRESSED.in_language(language)


def _note_text(report: Report) -> str:
    return note.parse(report.checkpoint.encode()).text


def _links(report: Report, language: Language) -> str:
    name = report.period.name
    supervision = {Language.ZH: "../index.html", Language.EN: "../index.en.html"}[language]
    links = (
        html.link(supervision, words.SUPERVISION.in_language(language)),
        html.link(f"{name}.{_OTHER[language].value}.html", words.OTHER_LANGUAGE.in_language(language)),
        html.link(f"{name}.json", words.DATA.in_language(language)),
    )
    return "".join(links)


def _section(section: Section, report: Report, language: Language) -> str:
    rows = [
        (f"✓ {each.title.in_language(language)}", str(report.logged[each.name]))
        for each in section.logged
        if each.name in report.logged
    ]
    head = (words.FIGURE.in_language(language), words.NUMBER.in_language(language))
    parts = [
        html.element("h2", section.title.in_language(language)),
        html.table(rows, head=head, kind="number"),
    ]
    for breakdown in section.breakdowns:
        titles = {cell: breakdown.title_of(cell) for cell in report.breakdowns.get(breakdown.name) or {}}
        parts += _breakdown(breakdown.title, report.breakdowns.get(breakdown.name), titles, language)
    for level in section.levels:
        parts += _level(level.title, report.levels.get(level.name, {}), level.cells, language)
    for duration in section.durations:
        text = hours_text(report.durations.get(duration.name), language)
        parts += [html.element("h3", duration.title.in_language(language)), html.element("p", text)]
    return "\n".join(parts)


def _breakdown(
    title: Title, cells: Cells | None, titles: Mapping[str, Title], language: Language
) -> list[str]:
    name = title.in_language(language)
    if cells is None:
        return [html.element("h3", name), html.element("p", words.NO_BREAKDOWN.in_language(language))]
    # The most interesting cells are hidden last, and shown first.
    bars = [
        Bar(titles[cell].in_language(language), count, cell_text(count, language))
        for cell, count in reversed(tuple(cells.items()))
    ]
    return [html.element("h3", name), chart.render(bars, title=name)]


def _level(
    title: Title, cells: Mapping[str, int], titles: Mapping[str, Title], language: Language
) -> list[str]:
    name = title.in_language(language)
    bars = [
        Bar(titles[cell].in_language(language), count, level_text(count, language))
        for cell, count in cells.items()
        if cell in titles
    ]
    return [html.element("h3", name), chart.render(bars, title=name)]


def cell_text(count: int | None, language: Language) -> str:
    """Return a cell of a breakdown as it is shown."""
    return words.HIDDEN.in_language(language) if count is None else str(count)


def level_text(count: int, language: Language) -> str:
    """Return a level as it is shown."""
    text = words.AT_LEAST if count else words.FEWER
    return text.in_language(language).format(count=count)


def hours_text(hours: Hours | None, language: Language) -> str:
    """Return a duration as it is shown."""
    if hours is None:
        return words.HIDDEN.in_language(language)
    return words.HOURS.in_language(language).format(median=hours.median, p90=hours.p90)


def _check(report: Report, language: Language) -> str:
    origin = checkpoint.parse(_note_text(report)).origin
    command = (
        f"idvault-client check-report {report.period.name}.json --log https://{origin}/ "
        f"--public-key {origin}+…"
    )
    return "\n".join(
        (
            html.element("h2", words.CHECK.in_language(language)),
            html.element("p", words.CHECK_HOW.in_language(language)),
            html.element("pre", command),
        )
    )
