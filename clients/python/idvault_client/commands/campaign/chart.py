"""Draws the progress of a campaign: the funnel, and the coverage over the days."""

from datetime import date, timedelta

from idvault_client.backend.campaign.values import CampaignProgress
from idvault_client.commands.campaign.picture import Label, Line, Picture, Point, Rect, Shape

STAGES = ("invited", "shown", "opened", "later", "dismissed", "completed", "verified", "failed")
"""The stages in the order in which they are drawn."""
_COLORS = {
    "invited": "#3e5c76",
    "shown": "#4a7196",
    "opened": "#5b8fb9",
    "later": "#b8c4ce",
    "dismissed": "#c9a227",
    "completed": "#6aa67a",
    "verified": "#2e7d4f",
    "failed": "#b5473c",
}
_WIDTH, _MARGIN, _LABELS = 760, 40, 92
_BAR, _GAP, _TOP = 20, 8, 64
_CURVE_HEIGHT = 200
_TOPS = (1, 2, 4, 8, 20, 40, 60, 80, 100)
_GRID, _MUTED, _CURVE = "#e4e7eb", "#52606d", "#2e7d4f"


def chart(progress: CampaignProgress) -> Picture:
    """Return the picture of a campaign's progress; it names the campaign by its id only."""
    funnel, bottom = _funnel(progress)
    curve, height = _coverage(progress, bottom + 56)
    verified = progress.coverage[-1][1] if progress.coverage else 0
    told = f"{verified} of {progress.cohort_size} accounts verified"
    title = [
        Label(_MARGIN, 30, f"Campaign {progress.campaign_id[:12]}", size=16),
        Label(_WIDTH - _MARGIN, 30, told, size=13, color=_MUTED, anchor="end"),
    ]
    return Picture(_WIDTH, height, f"Campaign {progress.campaign_id}: {told}", [*title, *funnel, *curve])


def coverage_by_day(progress: CampaignProgress) -> list[tuple[date, int]]:
    """Return how many are verified at the end of each day, from the first day on which anything happened."""
    changes = dict(progress.coverage)
    days = [day for day, _, _ in progress.days] + list(changes)
    if not days:
        return []
    day, verified, curve = min(days), 0, []
    while day <= max(days):
        verified = changes.get(day, verified)
        curve.append((day, verified))
        day += timedelta(days=1)
    return curve


def _funnel(progress: CampaignProgress) -> tuple[list[Shape], int]:
    room = _WIDTH - 2 * _MARGIN - _LABELS - 60
    most = max(1, progress.cohort_size)
    shapes: list[Shape] = []
    y = _TOP
    for stage in ("cohort", *STAGES):
        count = progress.cohort_size if stage == "cohort" else getattr(progress.total, stage)
        width = room * count / most
        base = y + _BAR - 6
        shapes.append(Label(_MARGIN, base, stage, size=13))
        if count:
            color = _COLORS.get(stage, "#cbd2d9")
            shapes.append(Rect(_MARGIN + _LABELS, y, max(width, 1.5), _BAR, color))
        share = f"{count}" if stage == "cohort" else f"{count}  {100 * count / most:.0f} %"
        shapes.append(Label(_MARGIN + _LABELS + width + 6, base, share, size=12, color=_MUTED))
        y += _BAR + _GAP
    return shapes, y


def _coverage(progress: CampaignProgress, top: int) -> tuple[list[Shape], int]:
    curve = coverage_by_day(progress)
    left, right = _MARGIN + 40, _WIDTH - _MARGIN
    bottom = top + _CURVE_HEIGHT
    shapes: list[Shape] = [Label(_MARGIN, top - 14, "verified, share of the cohort", size=13)]
    highest = _ceiling(progress, curve)
    for part in range(5):
        y = bottom - _CURVE_HEIGHT * part / 4
        shapes.append(Line(((left, y), (right, y)), _GRID))
        shapes.append(
            Label(left - 6, y + 4, f"{highest * part / 4:g} %", size=11, color=_MUTED, anchor="end")
        )
    if curve:
        shapes += _drawn(progress, curve, highest, (left, right, bottom))
    return shapes, bottom + 48


def _ceiling(progress: CampaignProgress, curve: list[tuple[date, int]]) -> int:
    """Return the top of the scale in per cent: the smallest round value that leaves room above the curve."""
    share = 100 * max((verified for _, verified in curve), default=0) / max(1, progress.cohort_size)
    return next((top for top in _TOPS if share * 1.1 <= top), _TOPS[-1])


def _drawn(
    progress: CampaignProgress,
    curve: list[tuple[date, int]],
    highest: int,
    frame: tuple[float, float, float],
) -> list[Shape]:
    left, right, bottom = frame
    step = (right - left) / max(1, len(curve) - 1)
    most = max(1, progress.cohort_size)
    points: list[Point] = [
        (left + place * step, bottom - _CURVE_HEIGHT * min(1.0, 100 * verified / most / highest))
        for place, (_, verified) in enumerate(curve)
    ]
    if len(points) == 1:
        points.append((right, points[0][1]))
    shapes: list[Shape] = [Line(tuple(points), _CURVE, width=2.5)]
    every = max(1, -(-len(curve) // 6))
    for place in range(0, len(curve), every):
        x = left + place * step
        shapes.append(Line(((x, bottom), (x, bottom + 5)), _MUTED))
        label = curve[place][0].isoformat()
        shapes.append(Label(x, bottom + 20, label, size=11, color=_MUTED, anchor="middle"))
    return shapes
