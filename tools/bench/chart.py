"""A goal's chart: how far each figure is from its goal, and the figures that it was compared with."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MET, _MISSED, _BAR, _ROUND = "#2e7d4f", "#b5473c", "#5b8fb9", "#22313f"
_WIDTH, _ROW, _EDGES = 8.0, 0.34, 0.9


def svg(result: Mapping[str, Any]) -> str:
    """Return the chart of a goal's result as an SVG document; the same result gives the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    groups = _groups(result["figures"])
    rows = [len(result["checks"]), *map(len, groups.values())]
    with mpl.rc_context({"svg.hashsalt": "idvault", "svg.fonttype": "none", "font.size": 9}):
        drawn = Figure(figsize=(_WIDTH, _ROW * sum(rows) + _EDGES * len(rows)), layout="constrained")
        axes = drawn.subplots(len(rows), 1, squeeze=False, height_ratios=[rows_ + 1 for rows_ in rows])[:, 0]
        _draw_checks(axes[0], result["checks"])
        for place, (unit, figures) in zip(axes[1:], groups.items(), strict=True):
            _draw_figures(place, unit, figures)
        saved = io.StringIO()
        drawn.savefig(saved, format="svg", metadata={"Date": None})
    return "\n".join(line.rstrip() for line in saved.getvalue().splitlines()) + "\n"


def _groups(figures: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Group figures by their unit, in order of appearance."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for each in figures:
        groups.setdefault(each["unit"], []).append(each)
    return groups


def _draw_checks(axes: "Axes", checks: Sequence[Mapping[str, Any]]) -> None:
    """Draw each figure as a multiple of its goal, with its rounds as dots."""
    for place, check in enumerate(checks):
        scale = check["goal"] or 1.0
        color = _MET if check["met"] else _MISSED
        axes.barh(place, check["value"] / scale, color=color, height=0.6)
        axes.plot([one / scale for one in check["rounds"]], [place] * len(check["rounds"]), ".", color=_ROUND)
    axes.axvline(1.0, color=_ROUND, linewidth=1, linestyle="--")
    signs = ["<=" if check["less"] else ">=" for check in checks]
    axes.set_yticks(
        range(len(checks)), [f"{check['name']} ({sign})" for check, sign in zip(checks, signs, strict=True)]
    )
    axes.invert_yaxis()
    axes.set_xlabel("multiple of the goal (dashed)")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_figures(axes: "Axes", unit: str, figures: Sequence[Mapping[str, Any]]) -> None:
    for place, each in enumerate(figures):
        axes.barh(place, each["value"], color=_BAR, height=0.6)
        axes.plot(each["rounds"], [place] * len(each["rounds"]), ".", color=_ROUND)
    axes.set_yticks(range(len(figures)), [each["name"] for each in figures])
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
