"""What a figure of the transparency report is, and the figures of one month of a platform's moderation.

- A logged figure counts entries of the public log by their types. Anybody can recompute it.
- A breakdown divides a logged figure by something that the log does not tell. The last cell, OTHER, has what
  belongs to no other cell, so that the cells always add up to the logged figure.
- A level is the present number of something, by cell. A duration has median and 90th percentile of the hours
  that cases took. Neither is in the log.
- A month is counted by the deployment's time zone, and has begun. What has not been done when it was due is
  late for ever, done or not.
- A platform reads its own figures only, so nothing is suppressed (verify.suppression).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from idvault.sanction import rules as sanction_rules
from idvault.sanction.operation.rules import SanctionCount
from idvault.sanction.rules import LEAST, StatementKind
from idvault_verify import period
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.period import Period
from idvault_verify.report.figure import AppealFigures, ApplicationFigures, ContentFigures, TipOffFigures
from idvault_verify.suppression import FEWEST, Elsewhere, beside_rest

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SanctionFigures:
    """Sanctions that were imposed or proposed in a month; counts: of those that have come into force."""

    counts: tuple[SanctionCount, ...] = ()
    proposals_open: int = 0
    proposals_ended: int = 0


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of one month."""

    month: Period
    tip_offs: TipOffFigures
    sanctions: SanctionFigures
    appeals: AppealFigures
    applications: ApplicationFigures
    contests: AppealFigures
    reinstatements: AppealFigures
    content_measures: tuple[ContentFigures, ...]
    content_appeals: AppealFigures


def read_figures(name: str, *, today: date) -> Period:
    """Return the month of a name such as 2026-10, or today's if it is empty.

    Raises InvalidError (INVALID_MESSAGE, month) for anything else and for a month that has not begun.
    """
    month = period.month_of(today) if not name else _named(name)
    if month.first > today:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("month", FieldCode.FUTURE_DATE))
    return month


def _named(name: str) -> Period:
    found = period.named(name) if _NAME.fullmatch(name) else None
    if found is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("month", FieldCode.CHARACTER))
    return found


@dataclass(frozen=True, slots=True)
class WeekInMonth:
    """The statements of a week that the month touches: all of them, and those within the month.

    is_told: whether the week's file is final. Until then a kind may still gather enough to be told.
    """

    whole: Mapping[StatementKind, int]
    within: Mapping[StatementKind, int]
    is_told: bool


CHANNEL, _WEB = "tip_offs.channel", "WEB"


def by_form(counts: Mapping[str, int], *, others: int) -> Mapping[str, Elsewhere]:
    """Return what is known of the channels of reports: those of the pages' forms are no platform's entries.

    others: how many entries of reports have an actor that is no platform's. The signed file of the month
    tells which are, so their number is the difference of two public ones.
    """
    return {_WEB: Elsewhere(told=min(others, counts.get(_WEB, 0)))}


def texts(parts: Iterable[tuple[str, str, int]]) -> Mapping[str, int]:
    """Return the texts that may be cells, with their counts. parts: by platform and text, "" for no text.

    A platform's page has its total. So of each platform the rest, which belongs to none of its texts, is no
    small number: until then, the first of the texts joins it.
    """
    by_platform: dict[str, dict[str, int]] = {}
    for platform, text, count in parts:
        by_platform.setdefault(platform, {})[text] = count
    found: dict[str, int] = {}
    for counts in by_platform.values():
        common = {text: count for text, count in counts.items() if text and count >= FEWEST}
        kept, _ = beside_rest(common, rest=sum(counts.values()) - sum(common.values()))
        for text, count in kept.items():
            found[text] = found.get(text, 0) + count
    return found


def elsewhere(weeks: Sequence[WeekInMonth], *, field: str) -> Mapping[str, Elsewhere]:
    """Return what is known by cell, a value of this field of the statements."""
    told: dict[str, int] = {}
    doubtful: dict[str, int] = {}
    for week in weeks:
        whole = sanction_rules.gather(week.whole)
        for kind, count in sanction_rules.gather(week.within).items():
            cell = str(getattr(kind, field).value)
            if not week.is_told:
                doubtful[cell] = doubtful.get(cell, 0) + count
            elif whole[kind] >= LEAST:
                told[cell] = told.get(cell, 0) + count
    return {cell: Elsewhere(told.get(cell, 0), doubtful.get(cell, 0)) for cell in {**told, **doubtful}}
