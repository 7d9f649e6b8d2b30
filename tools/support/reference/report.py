"""The form of a transparency report (formats.md, section 9); its figures need a log."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from tools.support.reference.encoding import RefusedError, check, from_json

_MEMBERS = {"format", "edition", "from", "to", "zone", "made", "checkpoint", "logged", "not_logged"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z", re.ASCII)
_FIGURE = re.compile(r"[a-z_]+(?:\.[a-z_]+)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


def read(data: bytes) -> dict[str, Any]:
    """Return a report."""
    found = _object(from_json(data, limit=4 << 20))
    check(found.keys() == _MEMBERS and found["format"] == "idvault/report/v1", "no report")
    check(_is_count(found["edition"]), "no edition")
    for name in ("zone", "checkpoint"):
        check(isinstance(found[name], str), "not a text")
    check(_ZONE.fullmatch(found["zone"]) is not None, "no time zone")
    days = [_day(found[name]) for name in ("from", "to")]
    check(days[0] <= days[1] and days[0].year >= 1000 and days[1].year <= 8999, "no period")
    _time(found["made"], _MINUTE, "%Y-%m-%dT%H:%MZ")
    _figures(found["logged"], _is_count)
    rest = _object(found["not_logged"])
    check(rest.keys() == {"breakdowns", "levels", "durations"}, "a member is missing or not known")
    _figures(
        rest["breakdowns"],
        lambda each: each is None or _is_cells(each, lambda one: one is None or _is_count(one)),
    )
    _figures(rest["levels"], lambda each: _is_cells(each, lambda one: _is_count(one) and one % 5 == 0))
    _figures(rest["durations"], _is_duration)
    return found


def _day(value: Any) -> date:
    return _time(value, _DAY, "%Y-%m-%d").date()


def _time(value: Any, form: re.Pattern[str], how: str) -> datetime:
    check(isinstance(value, str) and form.fullmatch(value) is not None, "not a time")
    try:
        return datetime.strptime(value, how)
    except ValueError:
        raise RefusedError("a time that never was") from None


def _figures(value: Any, is_right: Callable[[Any], bool]) -> None:
    found = _object(value)
    check(all(_FIGURE.fullmatch(name) is not None for name in found), "a wrong name of a figure")
    check(all(is_right(each) for each in found.values()), "a wrong figure")


def _is_cells(value: Any, is_right: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(
        1 <= len(name) <= 500 and is_right(each) for name, each in value.items()
    )


def _is_duration(value: Any) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, dict) and value.keys() == {"median", "p90"} and all(map(_is_count, value.values()))
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _object(value: Any) -> dict[str, Any]:
    check(isinstance(value, dict), "not an object")
    return dict(value)
