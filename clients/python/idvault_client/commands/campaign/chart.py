"""A campaign's figures as CSV, and as a chart: the funnel, and the coverage over the days (extra `plot`)."""

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

from idvault_client.backend.campaign import CampaignProgress

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STAGES = ("invited", "shown", "opened", "later", "dismissed", "completed", "verified", "failed")
"""The stages in the order in which they are drawn."""
_COLORS = {
    "cohort": "#cbd2d9",
    "invited": "#3e5c76",
    "shown": "#4a7196",
    "opened": "#5b8fb9",
    "later": "#b8c4ce",
    "dismissed": "#c9a227",
    "completed": "#6aa67a",
    "verified": "#2e7d4f",
    "failed": "#b5473c",
    "no answer": "#e4e7eb",
}
_SIZE, _DPI = (7.6, 6.0), 200
_TOPS = (1, 2, 4, 8, 20, 40, 60, 80, 100)


class NoMatplotlibError(Exception):
    """A chart was requested, but matplotlib is not installed: pip install 'idvault-client[plot]'."""


def table(progress: CampaignProgress) -> str:
    """Return the figures as CSV, one row for each day and method, for spreadsheets.

    It begins with a header; the last row has the totals, and who gave no answer.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("day", "method", *STAGES, "no_answer"))
    for day, method, funnel in progress.days:
        rows.writerow((day.isoformat(), method or "", *(getattr(funnel, stage) for stage in STAGES), ""))
    total = (getattr(progress.total, stage) for stage in STAGES)
    rows.writerow(("total", "", *total, progress.unanswered))
    return text.getvalue()


def svg(progress: CampaignProgress) -> bytes:
    """Return the chart as an SVG document with a title for screen readers; raises NoMatplotlibError."""
    said = f"Campaign {progress.campaign_id}: {_summary(progress)}"
    document = _saved(progress, "svg").decode()
    head, start, rest = document.partition("<svg ")
    attributes, end, shapes = rest.partition(">")
    title = f'role="img" {attributes}{end}<title>{escape(said)}</title>{shapes}'
    return f"{head}{start}{title}".encode()


def png(progress: CampaignProgress) -> bytes:
    """Return the chart as a PNG file; raises NoMatplotlibError."""
    return _saved(progress, "png")


def chart(progress: CampaignProgress) -> "Figure":
    """Return the chart of a campaign's progress, which names the campaign by its id only."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra that most callers do not install
    except ModuleNotFoundError as error:
        raise NoMatplotlibError("a chart needs matplotlib: pip install 'idvault-client[plot]'") from error
    figure = Figure(figsize=_SIZE, layout="constrained")
    figure.suptitle(f"Campaign {progress.campaign_id[:12]}: {_summary(progress)}")
    funnel, coverage = figure.subplots(2, height_ratios=(3, 2))
    _draw_funnel(progress, funnel)
    _draw_coverage(progress, coverage)
    return figure


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


def _summary(progress: CampaignProgress) -> str:
    verified = progress.coverage[-1][1] if progress.coverage else 0
    return f"{verified} of {progress.cohort_size} accounts verified"


def _saved(progress: CampaignProgress, form: Literal["svg", "png"]) -> bytes:
    figure = chart(progress)
    from matplotlib import rc_context  # noqa: PLC0415 - `chart` has checked that it is installed

    file = io.BytesIO()
    # Text stays text in an SVG, so that it can be searched and read aloud.
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(file, format=form, dpi=_DPI)
    return file.getvalue()


def _draw_funnel(progress: CampaignProgress, axes: "Axes") -> None:
    most = max(1, progress.cohort_size)
    reached = [getattr(progress.total, stage) for stage in STAGES]
    counts = [progress.cohort_size, *reached, progress.unanswered]
    bars = axes.barh(list(_COLORS), counts, color=list(_COLORS.values()))
    shares = [f"{count}  {100 * count / most:.0f} %" for count in counts[1:]]
    axes.bar_label(bars, [f"{progress.cohort_size}", *shares], padding=4)
    axes.set_xlim(0, 1.15 * most)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(left=False, bottom=False, labelbottom=False)


def _draw_coverage(progress: CampaignProgress, axes: "Axes") -> None:
    curve = coverage_by_day(progress)
    shares = [100 * verified / max(1, progress.cohort_size) for _, verified in curve]
    axes.set_title("verified, share of the cohort", loc="left", fontsize="medium")
    axes.set_ylim(0, next((top for top in _TOPS if 1.1 * max(shares, default=0) <= top), _TOPS[-1]))
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.grid(axis="y", color="#e4e7eb")
    axes.plot(shares, marker="o" if len(curve) == 1 else "", color=_COLORS["verified"])
    every = max(1, -(-len(curve) // 6))
    labels = [day.isoformat() for day, _ in curve[::every]]
    axes.set_xticks(range(0, len(curve), every), labels)
