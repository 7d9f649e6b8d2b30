"""Renders a page from a template, in a language, and says how much time is left."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from idvault_verify.text import Text

_FOLDER = Path(__file__).parent
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STYLE = _FOLDER / "static" / "style.css"
ICONS = _FOLDER / "static" / "icons.svg"
"""The icons of the consoles, each a symbol of its name."""


@cache
def tokens() -> str:
    """Return the colours, sizes and distances of all pages, for pages that load no style sheet."""
    return STYLE.read_text("utf-8").partition("/* Components */")[0]


def hosted_style() -> str:
    """Return the sheet without what consoles alone need: a hosted page has 30 kB in all."""
    sheet = STYLE.read_text("utf-8")
    return sheet[: sheet.index("/* A console, down to the last rule")] + sheet[sheet.index("/* Last,") :]


@cache
def templates(*folders: Path) -> Environment:
    """Return the templates of some folders, and those that all pages share; each is compiled once."""
    return Environment(
        loader=FileSystemLoader([*folders, _FOLDER / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        # Templates are part of the program: looking for changes would ask the disk four times a page.
        auto_reload=False,
    )


def saying(texts: Mapping[str, Text], language: str) -> Callable[..., str]:
    """Return a function that gives the text of a key with its values filled in."""

    def say(key: str, **values: object) -> str:
        return texts[key].in_language(language).format(**values)

    return say


LOCALES = {"zh": "zh_CN", "en": "en_GB"}
"""How the dates and numbers of a language are written."""
BETWEEN_NAMES = {"en": ", ", "zh": "、"}
"""What is between two names of a list."""
BETWEEN_PARTS = {"en": ", ", "zh": "，"}
"""What is between two parts of one thing, such as an order's authority and reference."""


def time_left(due: datetime, *, now: datetime, say: Callable[..., str]) -> str:
    """Return how much time is left, or how long it is over: in the largest unit of which there are two.

    say: gives a text of SHARED.
    """
    late = now >= due
    rest = now - due if late else due - now
    for unit, length in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE)):
        if rest >= 2 * length:
            return say(f"late_{unit}" if late else f"left_{unit}", **{unit: rest // length})
    return say("late_now" if late else "left_now")


def time_spent(begin: datetime, due: datetime, *, now: datetime) -> int:
    """Return how much of a time has passed, in per cent, for the bar beside what is left."""
    whole = due - begin
    return 100 if now >= due or whole <= timedelta() else max(0, 100 * (now - begin) // whole)


def minute(time: datetime, zone: tzinfo) -> str:
    """Return a time with its zone, as 2026-02-01 20:30 UTC+8."""
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M} {zone_text(time, zone)}"


def zone_text(time: datetime, zone: tzinfo) -> str:
    """Return how far a zone is from UTC at a time, as UTC+8."""
    offset = f"{time.astimezone(zone):%z}"
    hours, minutes = offset[:3], offset[3:5]
    return f"UTC{int(hours):+d}{f':{minutes}' if minutes != '00' else ''}"


def render(environment: Environment, template: str, *, language: str, **values: Any) -> str:
    """Return a page as HTML.

    The link to the other language asks for the page's own address, with `keep`. A page that an address cannot
    lead to has `resend`: the form, as address and fields, that shows it again. `errors` and `labels` are by
    the id of a field: with its label the summary of errors says which field is meant.
    """
    shared: dict[str, Any] = {
        "errors": {},
        "labels": {},
        "retype": False,
        "leave_to": "",
        "waits": False,
        "hides": None,
        "menu": [],
        "keep": "",
        "resend": None,
        "script": "form.js",
        "service": "service",
        "brand": "",
        "stripe": "",
        "console_head": None,
        "at_step": 0,
        "time_left": "",
        "time_spent": 0,
        "supervision": "",
        "run_by": "",
        "came": "",
    }
    return environment.get_template(template).render(**{**shared, **values}, language=language)
