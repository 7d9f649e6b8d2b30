"""A report as text for a terminal: one figure a line."""

from collections.abc import Iterator

from idvault.report.acts import page, words
from idvault.report.rules import catalogue
from idvault.report.rules.figure import Language, Section
from idvault.verify.transparency.report import Report


def render(report: Report, *, language: Language) -> str:
    """Return the text in one language."""
    lines = [f"{words.REPORT.in_language(language)} {report.period.name}"]
    lines += page.introduction(report, language)
    for section in catalogue.SECTIONS:
        lines += ["", section.title.in_language(language), *_lines(section, report, language)]
    return "\n".join(lines) + "\n"


def _lines(section: Section, report: Report, language: Language) -> Iterator[str]:
    for figure in section.logged:
        if figure.name in report.logged:
            yield f"  ✓ {figure.title.in_language(language)}: {report.logged[figure.name]}"
    for breakdown in section.breakdowns:
        cells = report.breakdowns.get(breakdown.name)
        yield f"  {breakdown.title.in_language(language)}:"
        if cells is None:
            yield f"    {words.NO_BREAKDOWN.in_language(language)}"
        for cell, count in reversed(tuple((cells or {}).items())):
            yield f"    {breakdown.title_of(cell).in_language(language)}: {page.cell_text(count, language)}"
    for level in section.levels:
        yield f"  {level.title.in_language(language)}:"
        for cell, count in report.levels.get(level.name, {}).items():
            if cell in level.cells:
                shown = page.level_text(count, language)
                yield f"    {level.cells[cell].in_language(language)}: {shown}"
    for duration in section.durations:
        hours = page.hours_text(report.durations.get(duration.name), language)
        yield f"  {duration.title.in_language(language)}: {hours}"
