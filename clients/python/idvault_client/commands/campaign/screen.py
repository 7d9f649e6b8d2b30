"""Shows the progress of a campaign in a terminal: the funnel as bars, the coverage as a curve of blocks."""

from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from idvault_client.backend.campaign import CampaignProgress
from idvault_client.commands.campaign.chart import STAGES, coverage_by_day
from idvault_verify.campaign import ReverificationMethod as Method
from idvault_verify.printable import escaped

_BAR_WIDTH, _CURVE_LEAST, _CURVE_WIDTH, _CURVE_HEIGHT = 40, 24, 60, 8
_LABEL_WIDTH, _UNBOUNDED = 36, 1_000
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_METHODS: dict[Method | None, str] = {
    Method.WHEN_DUE: "when due",
    Method.AT_LOGIN: "at login",
    Method.AT_SENSITIVE_ACTION: "sensitive",
    Method.HOSTED_LINK: "link",
}
_STYLES = {"verified": "green", "failed": "red", "dismissed": "yellow", "later": "dim"}


def show(progress: CampaignProgress, console: Console) -> None:
    """Print the funnel, the funnel by day and method, and the curve."""
    console.print(figures(progress, console))


def figures(progress: CampaignProgress, console: Console) -> RenderableType:
    """Return the funnel, the funnel by day and method, and the curve, no wider than the terminal."""
    parts: list[RenderableType] = [_funnel(progress, min(_BAR_WIDTH, console.width - _LABEL_WIDTH))]
    if progress.days:
        days = _days(progress)
        # A table that is too wide would cut its figures.
        free = console.options.update(width=_UNBOUNDED)
        fits = Measurement.get(console, free, days).maximum <= console.width
        parts += [days if fits else _days_in_words(progress), _curve(progress, console.width - 1)]
    return Group(*parts)


def show_plan(plan: Mapping[str, object], console: Console) -> None:
    """Print what a plan says, by name."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in plan.items():
        if value is not None:
            table.add_row(name.replace("_", " "), Text(escaped(str(value))))
    console.print(table)


def _funnel(progress: CampaignProgress, bar_width: int) -> Table:
    table = Table(title=f"campaign {progress.campaign_id}", title_justify="left", box=None)
    table.add_column("stage")
    table.add_column("owners", justify="right")
    table.add_column("of cohort", justify="right")
    table.add_column("")
    counts = {"cohort": progress.cohort_size, **{name: getattr(progress.total, name) for name in STAGES}}
    counts["no answer"] = progress.unanswered
    for stage, count in counts.items():
        share = count / max(1, progress.cohort_size)
        style = _STYLES.get(stage, "cyan")
        table.add_row(stage, str(count), f"{share:.1%}", Text("█" * round(bar_width * share), style=style))
    return table


def _days(progress: CampaignProgress) -> Table:
    table = Table(
        title="by day and method", title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False
    )
    table.add_column("day", no_wrap=True)
    table.add_column("method", no_wrap=True)
    # A stage that nobody reached would make the table too wide for a small terminal.
    reached = [stage for stage in STAGES if getattr(progress.total, stage)]
    for stage in reached:
        table.add_column(stage, justify="right")
    for day, method, funnel in progress.days:
        counts = [str(getattr(funnel, stage) or "") for stage in reached]
        table.add_row(day.isoformat(), _METHODS.get(method, ""), *counts)
    return table


def _days_in_words(progress: CampaignProgress) -> Table:
    table = Table(
        title="by day and method", title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False
    )
    table.add_column("day", no_wrap=True)
    table.add_column("method", no_wrap=True)
    table.add_column("owners")
    for day, method, funnel in progress.days:
        counts = [f"{getattr(funnel, stage)} {stage}" for stage in STAGES if getattr(funnel, stage)]
        table.add_row(day.isoformat(), _METHODS.get(method, ""), ", ".join(counts))
    return table


def _curve(progress: CampaignProgress, width: int) -> RenderableType:
    curve = coverage_by_day(progress)
    shares = [verified / max(1, progress.cohort_size) for _, verified in curve]
    top = max(0.01, *shares)
    heights = [share / top * _CURVE_HEIGHT for share in _spread(shares, min(_CURVE_WIDTH, width))]
    rows = [Text(f"verified, share of the cohort (top: {top:.1%})", style="italic")]
    for level in range(_CURVE_HEIGHT - 1, -1, -1):
        blocks = "".join(_EIGHTHS[round(8 * min(1.0, max(0.0, height - level)))] for height in heights)
        rows.append(Text(f"│{blocks}", style="green"))
    first, last = curve[0][0].isoformat(), curve[-1][0].isoformat()
    rows.append(Text(f"└{'─' * len(heights)}"))
    rows.append(Text(f" {first}{last:>{max(1, len(heights) - len(first))}}", style="dim"))
    return Group(*rows)


def _spread(shares: Sequence[float], width: int) -> list[float]:
    """Return the share of each column; with more days than columns, that of the last day."""
    days = len(shares)
    columns = min(width, max(days, _CURVE_LEAST))
    if days < columns:
        return [shares[column * days // columns] for column in range(columns)]
    return [shares[(column + 1) * days // columns - 1] for column in range(columns)]
