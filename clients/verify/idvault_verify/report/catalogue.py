"""The figures of the transparency report, in the order in which they are shown.

To add one: a logged figure needs its types of entries, in a section of report.identity or
report.moderation. Anything else also needs a query of its name in report.store.
"""

from collections.abc import Iterator, Mapping

from idvault_verify.report import identity, moderation
from idvault_verify.report.figure import Breakdown, Deadline, Duration, Level, LoggedFigure, Section
from idvault_verify.text import texts_of

_ = texts_of(__name__)


DEADLINES: tuple[Deadline, ...] = (
    Deadline(
        _("Reports by the public: reply and decision within seven days"),
        "tip_offs.filed",
        ("tip_offs.reply_missed", "tip_offs.solution_missed"),
    ),
    Deadline(_("Decisions on appeals"), "appeals.filed", ("appeals.missed",)),
    Deadline(
        _("Decisions on appeals against measures on content"),
        "content.appealed",
        ("content.appeals_missed",),
    ),
    Deadline(
        _("Decisions on contested verifications"),
        "contests.filed",
        ("contests.missed",),
    ),
    Deadline(
        _("Decisions on appeals against withdrawals"),
        "reinstatements.filed",
        ("reinstatements.missed",),
    ),
    Deadline(_("Decisions on disowned accounts"), "disavowals.filed", ("disavowals.missed",)),
    Deadline(_("Orders of authorities"), "orders.recorded", ("orders.missed",)),
    Deadline(
        _("Decisions on requests for a disclosure"),
        "disclosures.requested",
        ("disclosures.expired",),
    ),
)

SECTIONS: tuple[Section, ...] = (
    identity.VERIFICATIONS,
    identity.CONTESTS,
    identity.REINSTATEMENTS,
    identity.ACCOUNTS,
    moderation.PUBLIC_ACCOUNTS,
    moderation.SANCTIONS,
    moderation.APPEALS,
    moderation.CONTENT_MEASURES,
    moderation.AUTHORITY_ORDERS,
    moderation.TIP_OFFS,
    identity.ERASURES,
    identity.DISCLOSURES,
    identity.CAMPAIGNS,
    identity.OPERATION,
)


def logged_figures() -> tuple[LoggedFigure, ...]:
    """Return every figure that the public log tells."""
    return tuple(figure for section in SECTIONS for figure in section.logged)


def breakdowns() -> tuple[Breakdown, ...]:
    """Return every breakdown."""
    return tuple(each for section in SECTIONS for each in section.breakdowns)


def levels() -> tuple[Level, ...]:
    """Return every level."""
    return tuple(each for section in SECTIONS for each in section.levels)


def durations() -> tuple[Duration, ...]:
    """Return every duration."""
    return tuple(each for section in SECTIONS for each in section.durations)


def not_logged() -> Iterator[str]:
    """Yield the names of what the log does not tell."""
    yield from (each.name for each in breakdowns())
    yield from (each.name for each in levels())
    yield from (each.name for each in durations())


BY_NAME: Mapping[str, LoggedFigure] = {figure.name: figure for figure in logged_figures()}
