"""Whose deadlines passed, on the page of public supervision: in this month so far, and in the last one.

- What passed so far is counted from the entries of missed deadlines, which name the platform.
- What is late at this moment nobody can tell from published data: an entry of a reply or decision has its
  type, its minute and who made it in the clear, and its case only under the commitment. So no miss can be
  matched with what came after it, and the page says that deadlines passed, never that something is late now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idvault.report.acts import page as report_page
from idvault.report.acts.sources import path_of
from idvault_verify.period import Period
from idvault_verify.report.figure import Language
from idvault_verify.report.provider import UNNAMED
from idvault_verify.transparency.platforms import PlatformEntries, Platforms

Late = Mapping[str, int]
"""How many deadlines each platform missed, by its name; under UNNAMED those whose entries name nobody."""
_NOBODY = PlatformEntries()


@dataclass(frozen=True, slots=True)
class LatePlatform:
    """A row. page: the address of the platform's page in the newest month that has one, or empty."""

    title: str
    page: str
    so_far: int
    before: int
    answered: int


def platforms(
    so_far: Late, newest: tuple[Period, Platforms] | None, *, language: Language
) -> Sequence[LatePlatform]:
    """Return each platform that let a deadline pass or is in the newest file of a month; the latest first."""
    of_month: Mapping[str, PlatformEntries] = {} if newest is None else newest[1].platforms
    unnamed = 0 if newest is None else sum(newest[1].unnamed.values())
    rows = []
    for name in sorted({*of_month, *so_far} - {UNNAMED}):
        entries = of_month.get(name, _NOBODY)
        page = path_of(newest[0], f"{name}.{language.value}.html") if newest and name in of_month else ""
        title = report_page.platform_text(name, entries.title, language)
        before, answered = sum(entries.total().values()), entries.acts.get("tip_offs.answered", 0)
        rows.append(LatePlatform(title, page, so_far.get(name, 0), before, answered))
    if so_far.get(UNNAMED) or unnamed:
        title = report_page.saying(language)("unnamed")
        rows.append(LatePlatform(title, "", so_far.get(UNNAMED, 0), unnamed, 0))
    return sorted(rows, key=lambda one: (-one.so_far, -one.before))
