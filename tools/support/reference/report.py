"""Transparency reports: their form, and their figures against a log (formats.md, section 9).

The figures and the cells are those of the page's own tables.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tools.support.reference import note, tree
from tools.support.reference.encoding import RefusedError, check, from_json
from tools.support.reference.note import Key

_MEMBERS = {"format", "edition", "from", "to", "zone", "made", "checkpoint", "logged", "not_logged"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z", re.ASCII)
_FIGURE = re.compile(r"[a-z_]+(?:\.[a-z_]+)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,3}", re.ASCII)
_PAGE = Path(__file__).resolve().parents[3] / "docs" / "formats.md"
_DEGREES = ("warn", "limit", "suspend", "close")
_HOURS = "hours, UTC"
_EDITIONS = (1, 2)


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
    made = _time(found["made"], _MINUTE, "%Y-%m-%dT%H:%MZ")
    check(1000 <= made.year <= 8999, "a time of no such year")
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


def check_logged(
    data: bytes, beside: bytes | None, *, log: Key, published: bytes, leaves: Sequence[bytes], **demands: Any
) -> None:
    """Check a report with its log. beside: the note, if there is one; leaves: all entries of the log.

    published: the log's newest checkpoint. demands: whose cosignatures the report's own checkpoint needs.
    """
    found = read(data)
    if beside is not None:
        text = f"idvault/report/v1\nsha256 {sha256(data).hexdigest()}\n"
        check(note.signed_text(beside, log=log) == text, "the note of another file")
    named = note.read(found["checkpoint"].encode(), log=log, **demands)
    newest = note.read(published, log=log)
    try:
        zone = ZoneInfo(found["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RefusedError("a time zone that is not known") from None
    for at in (named, newest):
        check(at.size <= len(leaves), "an entry is missing")
        hashes = [tree.leaf_hash(each) for each in leaves[: at.size]]
        check(tree.root(hashes) == at.root, "the entries are not those of the log")
    entries = [_in_period(tree.read_leaf(each), found, zone) for each in leaves]
    check(found["edition"] in _EDITIONS, "an edition that is not known")
    _check_figures(found, [each for each in entries[: named.size] if each is not None])
    end = datetime.combine(_day(found["to"]) + timedelta(days=1), time(), zone)
    is_early = datetime.strptime(found["made"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC) < end
    late = [each for each in entries[named.size :] if each is not None]
    check(is_early or not late, "an entry of these days comes later")


def _in_period(leaf: tree.Leaf, found: dict[str, Any], zone: ZoneInfo) -> tuple[str, datetime] | None:
    """Return type and time of an entry of the report's days."""
    at = datetime.strptime(leaf.minute, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    day = at.astimezone(zone).date().isoformat()
    return (leaf.type, at) if found["from"] <= day <= found["to"] else None


def _check_figures(found: dict[str, Any], entries: list[tuple[str, datetime]]) -> None:
    counted: dict[str, int] = {}
    for name, told in _figures_of(found["edition"]):
        types = _types(told)
        of_it = [at for kind, at in entries if kind in types]
        hours = {at.replace(minute=0) for at in of_it}
        counted[name] = len(hours) if _HOURS in told else len(of_it)
    check(found["logged"] == counted, "the figures are not those of the log")
    for name, total, _ in _table("| Breakdown | Divides | Cells |"):
        cells = found["not_logged"]["breakdowns"].get(name)
        if cells is None:
            continue
        shown, number = sum(each or 0 for each in cells.values()), counted[total.strip("`")]
        check(shown == number or (shown < number and None in cells.values()), "cells that do not add up")


def _types(told: str) -> set[str]:
    return {each.replace("*", degree) for each in re.findall(r"`([a-z:*_]+)`", told) for degree in _DEGREES}


def _figures_of(edition: int) -> list[list[str]]:
    """Return the rows of an edition: those of a later one say so."""
    later = [f"(edition {each})" for each in _EDITIONS if each > edition]
    rows = _table("| Figure | Types |")
    return [[name, told] for name, told in rows if not any(each in told for each in later)]


def entry_figures(edition: int) -> dict[str, set[str]]:
    """Return the types of each figure of an edition that counts entries."""
    return {name: _types(told) for name, told in _figures_of(edition) if _HOURS not in told}


def figures() -> list[str]:
    """Return the names of the figures of the page's table."""
    return [name for name, _ in _table("| Figure | Types |")]


def _table(head: str) -> list[list[str]]:
    """Return the cells of a table of the page, the first one without its quotes."""
    lines = _PAGE.read_text("utf-8").split(f"{head}\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [[row[0].strip("`"), *row[1:]] for row in rows]


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
