"""Bar charts as SVG: labels and numbers are text above each bar, so that they are readable at 320 pixels."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LINE, _BAR, _GAP = 300, 17, 12, 9
_FEWEST_PIXELS = 1.0
# Widths at 13 pixels, rounded up: nobody knows the reader's font.
_WIDE, _NARROW, _BETWEEN = 13.5, 8.0, 8.0
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. size: None for a hidden number. text: the number as it is shown."""

    label: str
    size: int | None
    text: str


def render(bars: Sequence[Bar], *, title: str) -> str:
    """Return the chart; its description has the same rows, for screen readers."""
    longest = max((bar.size or 0 for bar in bars), default=0)
    rows, top = [], 0
    for bar in bars:
        lines = list(_lines(bar.label, _WIDTH - _width(bar.text) - _BETWEEN))[:_MOST_LINES]
        rows.append(_row(top, lines, bar, longest))
        top += len(lines) * _LINE + _BAR + _GAP
    told = escape(f"{title}. {'; '.join(f'{bar.label}: {bar.text}' for bar in bars)}")
    return f'<svg role="img" viewBox="0 0 {_WIDTH} {top}" aria-label="{told}">{"".join(rows)}</svg>'


def _row(top: int, lines: Sequence[str], bar: Bar, longest: int) -> str:
    label = "".join(_text(0, top + place * _LINE, line) for place, line in enumerate(lines))
    number = _text(_WIDTH, top, bar.text, anchor=' text-anchor="end"')
    below = top + len(lines) * _LINE + 2
    return label + number + (_hidden(below) if bar.size is None else _shown(below, bar.size, longest))


def _text(x: int, top: int, text: str, *, anchor: str = "") -> str:
    return f'<text x="{x}" y="{top + 13}"{anchor}>{escape(text)}</text>'


def _shown(top: int, size: int, longest: int) -> str:
    width = max(_WIDTH * size / longest, _FEWEST_PIXELS) if size else 0.0
    return f'<rect x="0" y="{top}" width="{width:.1f}" height="{_BAR}"/>'


def _hidden(top: int) -> str:
    return f'<rect class="hidden" x="0.5" y="{top + 0.5}" width="{_WIDTH - 1}" height="{_BAR - 1}"/>'


def _lines(text: str, width: float) -> Iterator[str]:
    """Break a label into lines, at spaces where it has some."""
    line = ""
    for character in text:
        if _width(line + character) > width:
            head, space, tail = line.rpartition(" ")
            yield head if space else line
            line = tail if space else ""
        line += character
    yield line


def _width(text: str) -> float:
    return sum(_WIDE if unicodedata.east_asian_width(each) in "WFA" else _NARROW for each in text)
