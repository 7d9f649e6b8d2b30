"""Small pictures of rectangles, lines and labels, as SVG, or as PNG by Pillow (an extra)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]
_SCALE = 2  # PNG pixels for each unit, so that text stays sharp
_FONT = "DejaVu Sans, Noto Sans, Helvetica, Arial, sans-serif"
_PILLOW_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


class NoPillowError(Exception):
    """Pillow is not installed: pip install 'idvault[plot]'."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    color: str
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Label:
    """A text; x and y are the start, middle or end of its base line."""

    x: float
    y: float
    text: str
    size: float = 12.0
    color: str = "#1f2933"
    anchor: Anchor = "start"


Shape = Rect | Line | Label


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes on a white ground, drawn in order. description: what a screen reader says."""

    width: int
    height: int
    description: str
    shapes: Sequence[Shape]


def svg(picture: Picture) -> str:
    """Return the picture as an SVG document."""
    size = f'width="{picture.width}" height="{picture.height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}'
    lines = [
        f'{head} viewBox="0 0 {picture.width} {picture.height}"',
        f"  font-family={quoteattr(_FONT)}>",
        f"<title>{escape(picture.description)}</title>",
        f'<rect {size} fill="#ffffff"/>',
        *(_svg_shape(shape) for shape in picture.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Rect):
        place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}"'
        return f"<rect {place} fill={quoteattr(shape.fill)}/>"
    if isinstance(shape, Line):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
        stroke = f'stroke={quoteattr(shape.color)} stroke-width="{shape.width:g}"'
        return f'<polyline points="{points}" fill="none" {stroke}/>'
    place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size:g}" text-anchor="{shape.anchor}"'
    return f"<text {place} fill={quoteattr(shape.color)}>{escape(shape.text)}</text>"


def png(picture: Picture) -> bytes:
    """Return the picture as a PNG file; raises NoPillowError without Pillow."""
    try:
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise NoPillowError("a PNG needs Pillow: pip install 'idvault[plot]'") from error
    image = Image.new("RGB", (picture.width * _SCALE, picture.height * _SCALE), "#ffffff")
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        if isinstance(shape, Rect):
            corner = (shape.x + shape.width, shape.y + shape.height)
            draw.rectangle((*_scaled((shape.x, shape.y)), *_scaled(corner)), fill=shape.fill)
        elif isinstance(shape, Line):
            points = [_scaled(point) for point in shape.points]
            draw.line(points, fill=shape.color, width=round(shape.width * _SCALE), joint="curve")
        else:
            draw.text(
                _scaled((shape.x, shape.y)),
                shape.text,
                fill=shape.color,
                font=ImageFont.load_default(shape.size * _SCALE),
                anchor=_PILLOW_ANCHORS[shape.anchor],
            )
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _scaled(point: Point) -> Point:
    return point[0] * _SCALE, point[1] * _SCALE
