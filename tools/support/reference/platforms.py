"""The file of a month's platforms: its form, and its numbers against a log (formats.md, section 9)."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from tools.support.reference import note, report, tree
from tools.support.reference.encoding import check, from_json
from tools.support.reference.note import Key

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_FIGURE = re.compile(r"[a-z_]+(?:\.[a-z_]+)?", re.ASCII)
_MONTH = re.compile(r"[1-8][0-9]{3}-(?:0[1-9]|1[0-2])", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ACTOR = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LATE = ("miss", "overdue")


def read(data: bytes) -> dict[str, Any]:
    """Return the content of a file."""
    found = _members(from_json(data, limit=4 << 20), "format", "report", "platforms", "unnamed")
    check(found["format"] == "idvault/platforms/v1", "another format")
    _match(found["report"], _DIGEST)
    listed = list[str]()
    for each in _by(found["platforms"], _NAME).values():
        one = _members(each, "title", "actors", "acts", "missed")
        title, actors = one["title"], one["actors"]
        check(isinstance(title, str) and len(title) <= 60 and title.isprintable(), "a wrong title")
        check(isinstance(actors, list), "no list of actors")
        listed += [_match(actor, _ACTOR) for actor in actors]
        _counts(one["acts"], _FIGURE)
        for months in _by(one["missed"], _FIGURE).values():
            _counts(months, _MONTH)
    check(len(set(listed)) == len(listed), "an actor twice")
    _counts(found["unnamed"], _FIGURE)
    return found


def check_file(data: bytes, beside: bytes | None, *, read_report: bytes, log: Key) -> dict[str, Any]:
    """Return the content of a file that the log signed, of this report. beside: the note."""
    check(beside is not None, "no note")
    text = f"idvault/platforms/v1\nsha256 {sha256(data).hexdigest()}\n"
    check(note.signed_text(beside or b"", log=log) == text, "the note of another file")
    found = read(data)
    check(found["report"] == sha256(read_report).hexdigest(), "the file of another report")
    return found


def check_numbers(found: dict[str, Any], *, read_report: bytes, leaves: Sequence[bytes]) -> None:
    """Check the numbers against the entries of the log up to the report's checkpoint."""
    head = report.read(read_report)
    zone = ZoneInfo(head["zone"])
    size = int(head["checkpoint"].split("\n")[1])
    entries = [each for each in map(tree.read_leaf, leaves[:size]) if _is_within(each, head, zone)]
    late = [each for each in entries if each.type.rpartition(":")[2] in _LATE]
    acts = [each for each in entries if each.type.rpartition(":")[2] not in _LATE]
    check({each.platform for each in late if each.platform} <= found["platforms"].keys(), "one is left out")
    nobody = [each for each in late if not each.platform]
    edition = head["edition"]
    check(_figures(nobody, edition, is_missed=True) == found["unnamed"], "other misses of nobody")
    for name, one in found["platforms"].items():
        total = {figure: sum(months.values()) for figure, months in one["missed"].items()}
        missed = [each for each in late if each.platform == name]
        check(_figures(missed, edition, is_missed=True) == total, "other misses")
        mine = [each for each in acts if each.actor_id in one["actors"]]
        check(_figures(mine, edition, is_missed=False) == one["acts"], "other acts")
        filed = [month for months in one["missed"].values() for month in months]
        check(all(month <= head["from"][:7] for month in filed), "filed after the month")


def _is_within(leaf: tree.Leaf, head: dict[str, Any], zone: ZoneInfo) -> bool:
    at = datetime.strptime(leaf.minute, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    return bool(head["from"] <= at.astimezone(zone).date().isoformat() <= head["to"])


def _figures(entries: Sequence[tree.Leaf], edition: int, *, is_missed: bool) -> dict[str, int]:
    """Return the numbers of the entries by figure of an edition, of those of misses or of the others."""
    numbers = Counter(each.type for each in entries)
    found = dict[str, int]()
    for name, types in report.entry_figures(edition).items():
        if all(kind.rpartition(":")[2] in _LATE for kind in types) is is_missed:
            found[name] = sum(numbers[kind] for kind in types)
    return {name: number for name, number in found.items() if number}


def _members(value: Any, *names: str) -> dict[str, Any]:
    check(isinstance(value, dict) and value.keys() == set(names), "other members")
    return dict(value)


def _by(value: Any, form: re.Pattern[str]) -> dict[str, Any]:
    check(isinstance(value, dict) and all(form.fullmatch(name) for name in value), "a wrong name")
    return dict(value)


def _counts(value: Any, form: re.Pattern[str]) -> None:
    check(all(type(each) is int and each > 0 for each in _by(value, form).values()), "a wrong number")


def _match(value: Any, form: re.Pattern[str]) -> str:
    check(isinstance(value, str) and form.fullmatch(value) is not None, "a wrong text")
    return str(value)
