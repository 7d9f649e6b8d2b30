"""The page of one platform in one month: which deadlines it missed, and what it entered in the log."""

from collections.abc import Sequence

from idvault.report.acts import page as report_page
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import Language, LoggedFigure
from idvault_verify.report.provider import ACTS, MISSED
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.platforms import PlatformEntries
from idvault_verify.transparency.report import Report

_SECTIONS = {each.name: section.title for section in report_catalogue.SECTIONS for each in section.logged}


def render(report: Report, name: str, platform: PlatformEntries, *, language: Language) -> str:
    """Return the page in one language. name: the registered one."""
    say, month = report_page.saying(language), report.period.name
    other = Language.EN if language is Language.ZH else Language.ZH
    shown = report_page.platform_text(name, platform.title, language)
    told = report_page.period_text(month, language)
    return report_page.published(
        "provider.html",
        language=language,
        title=f"{shown} {told}",
        heading=f"{shown} {told}",
        links=[
            (f"{month}.{language.value}.html", f"{say('report')} {told}"),
            (f"{month}.{name}.{other.value}.html", say("other_language")),
            (f"{month}.platforms.json", say("data")),
        ],
        missed_head=[
            say("figure"),
            say("fell_due", month=told),
            say("filed_in", month=told),
            say("filed_before", month=told),
        ],
        missed=[_missed(each, platform, month, language) for each in MISSED],
        acts=_acts(platform, language),
        month=month,
        told=told,
        actors=len(platform.actors),
        origin=checkpoint.parse(note.parse(report.checkpoint.encode()).text).origin,
    )


def _missed(
    figure: LoggedFigure, platform: PlatformEntries, month: str, language: Language
) -> tuple[str, Sequence[int]]:
    """Return a row: all that fell due in the month, and of these what was filed in it and before it."""
    months = platform.missed.get(figure.name, {})
    total, same = sum(months.values()), months.get(month, 0)
    return _named(figure, language), (total, same, total - same)


def _acts(platform: PlatformEntries, language: Language) -> list[tuple[str, int]]:
    found = [(each, platform.acts.get(each.name, 0)) for each in ACTS]
    return [(f"✓ {_named(each, language)}", count) for each, count in found if count]


def _named(figure: LoggedFigure, language: Language) -> str:
    """Return what a figure counts, with its matter: "not decided" alone is true of several."""
    matter, title = _SECTIONS[figure.name].in_language(language), figure.title.in_language(language)
    return report_page.saying(language)("of_matter", matter=matter, title=title)
