"""Bar charts as SVG: labels and numbers are text above each bar, so that they are readable at 320 pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW, _BAR = 300, 38, 12
_FEWEST_PIXELS = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. size: None for a hidden number. text: the number as it is shown."""

    label: str
    size: int | None
    text: str


def render(bars: Sequence[Bar], *, title: str) -> str:
    """Return the chart; the same rows are in its description, for readers who do not see it."""
    longest = max((bar.size or 0 for bar in bars), default=0)
    rows = "".join(_row(place, bar, longest) for place, bar in enumerate(bars))
    told = escape(f"{title}. {'; '.join(f'{bar.label}: {bar.text}' for bar in bars)}")
    size = f"0 0 {_WIDTH} {_ROW * len(bars)}"
    return f'<svg role="img" viewBox="{size}" aria-label="{told}">{rows}</svg>'


def _row(place: int, bar: Bar, longest: int) -> str:
    top = place * _ROW
    shape = _hidden(top) if bar.size is None else _shown(top, bar.size, longest)
    return (
        f'<text x="0" y="{top + 15}">{escape(bar.label)}</text>'
        f'<text x="{_WIDTH}" y="{top + 15}" text-anchor="end">{escape(bar.text)}</text>{shape}'
    )


def _shown(top: int, size: int, longest: int) -> str:
    width = max(_WIDTH * size / longest, _FEWEST_PIXELS) if size else 0.0
    return f'<rect x="0" y="{top + 20}" width="{width:.1f}" height="{_BAR}"/>'


def _hidden(top: int) -> str:
    return f'<rect class="hidden" x="0.5" y="{top + 20.5}" width="{_WIDTH - 1}" height="{_BAR - 1}"/>'
