"""A campaign's figures: the funnel and the curve of its coverage, each with the table behind it."""

from dataclasses import dataclass
from datetime import date

from idvault_client.campaigns import CampaignProgress
from idvault_client.commands.campaign import chart
from idvault_people.console.visit import Visit
from idvault_people.moderation import shown
from idvault_people.moderation.shown import Row

_TOPS = (1, 2, 5, 10, 20, 40, 60, 80, 100)
_MOST_DAYS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class FunnelStage:
    """One stage. share: of the invited owners, in words; percent: of the largest stage."""

    name: str
    count: int
    share: str
    percent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverageCurve:
    """The verified share of the cohort by day. points: of a line in a box of 100 by 100, from the top left.

    top: the share at the upper edge, in per cent.
    """

    points: str
    label: str
    top: int
    first: str
    last: str


def funnel(progress: CampaignProgress, visit: Visit) -> list[FunnelStage]:
    """Return the stages in the order in which an owner reaches them, the cohort first."""
    total = progress.total
    most = max(1, progress.cohort_size, total.invited)
    counts = [(each, getattr(total, each)) for each in chart.STAGES]
    return [
        FunnelStage(
            name=visit.say(f"stage.{name}"),
            count=count,
            share="–" if name == "cohort" else share(count, total.invited),
            percent=100 * count // most,
        )
        for name, count in [("cohort", progress.cohort_size), *counts, ("unanswered", progress.unanswered)]
    ]


def share(count: int, of: int) -> str:
    """Return a share in per cent, a dash of nothing."""
    return _percent(100 * count / of) if of else "–"


def _percent(value: float) -> str:
    """Return a percentage with one decimal, as the other figures without one if that is 0."""
    return f"{value:.1f}".removesuffix(".0") + "%"


def verified(progress: CampaignProgress) -> int:
    """Return how many accounts of the cohort are verified now."""
    return progress.coverage[-1][1] if progress.coverage else 0


def curve(progress: CampaignProgress, visit: Visit) -> CoverageCurve | None:
    """Return the curve; None before anything happened."""
    days = chart.coverage_by_day(progress)
    if not days:
        return None
    shares = [100 * count / max(1, progress.cohort_size) for _, count in days]
    top = next((each for each in _TOPS if max(shares) <= each), _TOPS[-1])
    # One day is a level line.
    ends = shares if len(shares) > 1 else shares * 2
    heights = [100 - min(100.0, 100 * each / top) for each in ends]
    step = 100 / (len(ends) - 1)
    first, last = (_day(days[at][0], visit) for at in (0, -1))
    told = visit.say("curve_label", first=first, last=last, share=_percent(shares[-1]))
    return CoverageCurve(
        points=" ".join(f"{place * step:.2f},{height:.2f}" for place, height in enumerate(heights)),
        label=told,
        top=top,
        first=first,
        last=last,
    )


def by_day(progress: CampaignProgress, visit: Visit) -> list[tuple[str, list[str]]]:
    """Return the newest days of the funnel: the method, and the count of each stage."""
    return [
        (
            day.isoformat(),
            [
                shown.word("method", method, visit.say),
                *(str(getattr(figures, name)) for name in chart.STAGES),
            ],
        )
        for day, method, figures in progress.days[: -_MOST_DAYS - 1 : -1]
    ]


def coverage(progress: CampaignProgress, visit: Visit) -> list[Row]:
    """Return the newest days on which the number of verified accounts changed."""
    return [
        (_day(day, visit), visit.say("count_share", count=count, share=share(count, progress.cohort_size)))
        for day, count in progress.coverage[: -_MOST_DAYS - 1 : -1]
    ]


def _day(value: date, visit: Visit) -> str:
    return shown.day(value, language=visit.language)
