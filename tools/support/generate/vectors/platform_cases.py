"""Vectors of the file of a month's platforms: its note, form and report, and its numbers against the log.

`beside` is the note beside the file, null without one; `report` is the report's file. `log` is the log's
verifier key. A case with `published` also compares the numbers with a log of which `leaves` are all entries,
in hex, and that input the newest checkpoint; no witness is demanded. Only a reader of the log has these.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from idvault_verify import seal
from idvault_verify.event import FIELDS, SYSTEM_ACTOR, Event, EventType
from idvault_verify.period import month_of
from idvault_verify.report import catalogue
from idvault_verify.report.figure import EDITION, EntryCount
from idvault_verify.transparency import entry, note, platforms
from idvault_verify.transparency.platforms import PlatformEntries, Platforms
from idvault_verify.transparency.report import Report
from tools.support import logs, merkle
from tools.support.generate.vectors.case import Case, apply, changed, repeated
from tools.support.generate.vectors.members import compact, unreadable

_A, _B, _C = "aa" * 16, "bb" * 16, "cc" * 16
_STRANGER = merkle.signer(logs.ORIGIN, seed=9)
_WITNESS = merkle.witness("witness.example/w1", seed=2)
_REPLY, _SOLUTION = EventType.TIP_OFF_MISS_REPLY, EventType.TIP_OFF_MISS_SOLUTION
_WARN, _ORDER = EventType.SANCTION_WARN_IMPOSE, EventType.ORDER_MISS
_ZONE, _PERIOD = "Asia/Shanghai", month_of(date(2026, 10, 1))
# October 2026 in Shanghai begins at 16:00 UTC of 30 September.
_ENTRIES = (
    (_REPLY, "2026-09-30T15:59", SYSTEM_ACTOR, "platform-a"),
    (_REPLY, "2026-09-30T16:00", SYSTEM_ACTOR, "platform-a"),
    (_REPLY, "2026-10-08T00:00", _A, "platform-a"),
    (_SOLUTION, "2026-10-09T00:00", SYSTEM_ACTOR, "platform-a"),
    (_ORDER, "2026-10-10T00:00", SYSTEM_ACTOR, "platform-b"),
    (_WARN, "2026-10-11T00:00", _A, ""),
    (_WARN, "2026-10-12T00:00", _B, ""),
    (_WARN, "2026-10-13T00:00", _C, ""),
    (EventType.DISCLOSURE_OPEN, "2026-10-14T00:00", SYSTEM_ACTOR, ""),
    (EventType.ORDER_OBJECT, "2026-10-16T00:00", _C, ""),
    (_WARN, "2026-10-31T16:00", _A, ""),
)
_MOST = platforms.MAX_BYTES


def _leaf(kind: EventType, time: str, actor: str, platform: str) -> bytes:
    at = datetime.fromisoformat(time).replace(tzinfo=UTC)
    fields = dict.fromkeys(FIELDS[kind], "x")
    return entry.encode_leaf(Event(kind, actor, "", at, at, "0" * 32, bytes(32), fields, platform))


# A missed deadline that names nobody: of the first version of the leaf.
_UNNAMED = seal.encode("idvault/log-entry/v1", _REPLY.value, "2026-10-15T00:00Z", SYSTEM_ACTOR, bytes(32))
LEAVES = [*(_leaf(*each) for each in _ENTRIES), _UNNAMED]


def _report(edition: int) -> Report:
    counted = EntryCount(_PERIOD, zone=ZoneInfo(_ZONE))
    for each in map(entry.decode_leaf, LEAVES):
        counted.add(each.type, each.occurred_at)
    return Report(
        edition=edition,
        period=_PERIOD,
        zone=_ZONE,
        made=datetime(2026, 11, 1, 0, 15, tzinfo=UTC),
        checkpoint=logs.signed(LEAVES).decode(),
        logged={
            each.name: counted.value(each) for each in catalogue.logged_figures() if each.edition <= edition
        },
        breakdowns={},
        levels={},
        durations={},
    )


REPORT, _FIRST = _report(EDITION).to_bytes(), _report(1).to_bytes()
_LATE = PlatformEntries(
    "某某平台",
    (_A, _B),
    {"sanctions.imposed": 2, "sanctions.warned": 2},
    {"tip_offs.reply_missed": {"2026-09": 1, "2026-10": 1}, "tip_offs.solution_missed": {"2026-10": 1}},
)
_OTHER = PlatformEntries(
    "",
    (_C,),
    {"sanctions.imposed": 1, "sanctions.warned": 1, "orders.objected": 1},
    {"orders.missed": {"2026-08": 1}},
)


FILE = Platforms(
    sha256(REPORT).hexdigest(), {"platform-a": _LATE, "platform-b": _OTHER}, {"tip_offs.reply_missed": 1}
)
_BASE = compact(json.loads(FILE.to_bytes()))
_KINDS = {
    "format": "text",
    "report": "text",
    "platforms": "object",
    "platforms.platform-a": "object",
    "platforms.platform-a.title": "text",
    "platforms.platform-a.actors": "list",
    "platforms.platform-a.actors.0": "text",
    "platforms.platform-a.acts": "object",
    "platforms.platform-a.missed": "object",
    "unnamed": "object",
}


def page(read: Callable[[dict[str, Any], Case], str | None]) -> dict[str, Any]:
    """Return the content of platforms.json. read: the reader of Python, which says each reason."""
    inputs = {"platforms": _BASE, "report": REPORT, "nothing": b"", "published": logs.signed(LEAVES)}
    made: dict[str, Any] = {
        "source": __doc__,
        "log": logs.VKEY,
        "inputs": {name: data.decode("latin-1") for name, data in inputs.items()},
        "report": {"of": "report"},
        "leaves": [each.hex() for each in LEAVES],
    }
    cases: list[Case] = []
    for name, is_right, case in _cases(made["inputs"]):
        reason = read(made, case)
        assert (reason is None) is is_right, (name, reason)
        cases.append({"name": name, **case, "reason": reason})
    return {**made, "cases": cases}


def _cases(inputs: dict[str, str]) -> Iterator[tuple[str, bool, Case]]:
    """Yield the cases, and whether a reader accepts each."""
    yield "as it is", True, _case(_BASE)
    yield "as it is written", True, _case(FILE.to_bytes())
    for name, data in unreadable(json.loads(_BASE), _KINDS):
        yield name, False, _case(data)
    for name, document, is_read in _forms():
        yield f"the form: {name}", is_read, _case(compact(document))
    for told, more, is_read in (("as long as it may be", 0, True), ("too long", 1, False)):
        given = repeated("platforms", len(_BASE), b" ", _MOST - len(_BASE) + more)
        yield told, is_read, {**_case(apply(inputs, given)), "input": given}
    yield from _notes()
    yield from _reports()
    for name, found, is_right in _numbers():
        data = found.to_bytes()
        yield f"with its log: {name}", is_right, {**_case(data), "published": {"of": "published"}}
    yield from _of_first_edition()
    yield from _two_faults()


def _of_first_edition() -> Iterator[tuple[str, bool, Case]]:
    """Yield files of a report of the first edition, which has fewer figures."""
    older = {name: count for name, count in _OTHER.acts.items() if name != "orders.objected"}
    named = replace(FILE, report=sha256(_FIRST).hexdigest())
    for told, acts, is_right in (
        ("without a figure of the second", older, True),
        ("with one of the second", _OTHER.acts, False),
    ):
        platforms_of = {**FILE.platforms, "platform-b": replace(_OTHER, acts=acts)}
        data = replace(named, platforms=platforms_of).to_bytes()
        given = {"report": changed("report", REPORT, _FIRST), "published": {"of": "published"}}
        yield f"of a report of the first edition: {told}", is_right, {**_case(data), **given}


def _case(data: bytes, raw: bytes | None = None, **given: Any) -> Case:
    """Return a case of a file. raw: the note beside it, the log's own if it is left out."""
    raw = platforms.sign(data, logs.SIGNER) if raw is None else raw
    made = {"input": changed("platforms", _BASE, data), "beside": changed("nothing", b"", raw)}
    return made | given


def _with(**changes: Any) -> dict[str, Any]:
    """Return the file with other members; `a`: with other members of its first platform."""
    document: dict[str, Any] = json.loads(_BASE)
    document["platforms"]["platform-a"] |= changes.pop("a", {})
    return document | changes


def _forms() -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield files of forms that are just read, and just not."""
    some = json.loads(_BASE)["platforms"]
    for name, is_read in (
        ("a", True), ("7", True), ("a" * 63, True), ("a" * 64, False), ("a-b", True), ("-a", False),
        ("a-", False), ("", False), ("a.b", False), ("a\n", False), ("A", False), ("\u5e73", False),
        ("__proto__", False), ("constructor", True),
    ):  # fmt: skip
        yield f"a platform {name!a}", _with(platforms={**some, name: _EMPTY}), is_read
    for title, is_read in (
        ("", True), (" ", True), ("x" * 60, True), ("x" * 61, False), ("\U0001f600" * 60, True),
        ("\U0001f600" * 61, False), ("a\u00a0b", False), ("a\u3000b", False), ("a\u200bb", False),
        ("a\u202eb", False), ("a\tb", False), ("a\u0378b", False), ("a\ue000b", False), ("a\u2028b", False),
        ("e\u0301", True), ("\x7f", False),
    ):  # fmt: skip
        yield f"a title {title!a}", _with(a={"title": title}), is_read
    for actors, is_read in (
        ([], True), (["0" * 32], True), (["0" * 31], False), (["0" * 33], False), (["A" * 32], False),
        (["system"], False), (["0" * 32, "0" * 32], False), ([_C], False), ([_A, _A + "\n"], False),
    ):  # fmt: skip
        yield f"actors {actors}", _with(a={"actors": actors}), is_read
    for told, counts, is_read in _counts():
        missed = {name: {"2026-10": count} for name, count in counts.items()}
        yield f"acts {told}", _with(a={"acts": counts}), is_read
        yield f"unnamed {told}", _with(unnamed=counts), is_read
        yield f"missed {told}", _with(a={"missed": missed}), is_read
    yield "missed in no month", _with(a={"missed": {"x": {}}}), True
    for month, is_read in (
        ("2026-10", True), ("1000-01", True), ("8999-12", True), ("0999-12", False), ("9000-01", False),
        ("2026-00", False), ("2026-13", False), ("2026-1", False), ("2026-10-01", False), ("", False),
        ("2026-10\n", False), ("\u0662026-10", False),
    ):  # fmt: skip
        yield f"a month {month!a}", _with(a={"missed": {"x": {month: 1}}}), is_read
    for told, report, is_read in (
        ("in capitals", FILE.report.upper(), False), ("a letter less", FILE.report[1:], False),
        ("a letter more", f"{FILE.report}0", False),
    ):  # fmt: skip
        yield f"a report {told}", _with(report=report), is_read
    yield "another format", _with(format="idvault/platforms/v2"), False
    yield "no platform", _with(platforms={}), True
    yield "in another order", dict(reversed(_with().items())), True


_EMPTY = {"title": "", "actors": [], "acts": {}, "missed": {}}


def _counts() -> Iterator[tuple[str, dict[str, Any], bool]]:
    for name in ("x.y", "x_y.z_", "_"):
        yield f"of {name}", {name: 1}, True
    for name in ("X", "x.y.z", "x.", ".x", "", "x1", "x\n", "\u00e9"):
        yield f"of {name!a}", {name: 1}, False
    yield "none", {}, True
    yield "one", {"x": 1}, True
    yield "as many as there can be", {"x": 2**53 - 1}, True
    for told, count in (
        ("0", 0),
        ("below 0", -1),
        ("true", True),
        ("null", None),
        ("a text", "1"),
        ("a list", [1]),
    ):
        yield told, {"x": count}, False
    yield "2^53", {"x": 2**53}, False
    yield "a fraction", {"x": 1.5}, False


def _notes() -> Iterator[tuple[str, bool, Case]]:
    """Yield other notes beside the file."""
    own = platforms.sign(_BASE, logs.SIGNER)
    text = note.parse(own).text
    line = note.sign(_STRANGER, text).line.encode()
    for told, raw, is_right in (
        ("also by a stranger", own + line, True),
        ("also by a witness", own + note.sign(_WITNESS, text, time=1).line.encode(), True),
        ("by a stranger", platforms.sign(_BASE, _STRANGER), False),
        ("of another file", platforms.sign(_BASE + b" ", logs.SIGNER), False),
        ("of a report", note.sign_note(text.replace("platforms", "report"), [logs.SIGNER]), False),
        ("of another format", note.sign_note(text.replace("/v1", "/v2"), [logs.SIGNER]), False),
        ("with a line more", note.sign_note(f"{text}x\n", [logs.SIGNER]), False),
        ("with capitals", note.sign_note(text.upper(), [logs.SIGNER]), False),
        ("that is a checkpoint", logs.signed(LEAVES), False),
        ("that is none", b"x", False),
        ("that is empty", b"", False),
        ("that is no UTF-8", own[:-1] + b"\xff\n", False),
        ("with a byte changed", own[:-4] + b"AA=\n", False),
        (
            "whose second line of the log is wrong",
            own + own.splitlines(keepends=True)[-1][:-6] + b"AAA=\n",
            False,
        ),
        ("without its last line end", own[:-1], False),
    ):
        yield f"a note {told}", is_right, _case(_BASE, raw)
    yield "without a note", False, {"input": {"of": "platforms"}, "beside": None}


def _reports() -> Iterator[tuple[str, bool, Case]]:
    for told, other in (("a byte more", REPORT + b" "), ("empty", b""), ("this file itself", _BASE)):
        yield f"beside another report: {told}", False, _case(_BASE, report=changed("report", REPORT, other))
    named = replace(FILE, report="0" * 64)
    yield "of another report", False, _case(compact(json.loads(named.to_bytes())))


def _numbers() -> Iterator[tuple[str, Platforms, bool]]:
    """Yield other numbers than those of the log."""
    yield "as it is", FILE, True
    months, later = {"2026-09": 1, "2026-10": 1}, {"2026-10": 1, "2026-11": 1}
    missed = dict(_LATE.missed)
    for told, change, is_right in (
        ("filed in other months", {"missed": {**missed, "tip_offs.reply_missed": {"1000-01": 2}}}, True),
        ("a miss less", {"missed": {**missed, "tip_offs.reply_missed": {"2026-09": 1}}}, False),
        ("a miss more", {"missed": {**missed, "tip_offs.reply_missed": {**months, "2026-08": 1}}}, False),
        ("a miss that was filed later", {"missed": {**missed, "tip_offs.reply_missed": later}}, False),
        ("no miss", {"missed": {}}, False),
        ("a figure of no miss", {"missed": {**missed, "x": {}}}, False),
        ("an actor less", {"actors": (_A,)}, False),
        ("an actor more without an entry", {"actors": (_A, _B, "0" * 32)}, True),
        ("no actor", {"actors": ()}, False),
        ("no act", {"acts": {}}, False),
        ("an act more", {"acts": {"sanctions.imposed": 3, "sanctions.warned": 2}}, False),
        ("an act of a figure that nobody knows", {"acts": {**_LATE.acts, "x": 1}}, False),
        ("misses as acts", {"acts": {**_LATE.acts, "tip_offs.reply_missed": 1}}, False),
        ("another title", {"title": "x"}, True),
    ):  # fmt: skip
        changes: dict[str, Any] = change
        yield (
            told,
            replace(FILE, platforms={**FILE.platforms, "platform-a": replace(_LATE, **changes)}),
            is_right,
        )
    for told, given, is_right in (
        ("a late platform is left out", {"platform-a": _LATE}, False),
        ("a late platform has another name", {"platform-a": _LATE, "platform-c": _OTHER}, False),
        ("a platform without an entry", {**FILE.platforms, "platform-c": PlatformEntries()}, True),
        ("in another order", dict(reversed([*FILE.platforms.items()])), True),
    ):
        yield told, replace(FILE, platforms=given), is_right
    for told, unnamed in (("none is unnamed", {}), ("two are unnamed", {"tip_offs.reply_missed": 2})):
        yield told, replace(FILE, unnamed=unnamed), False


def _two_faults() -> Iterator[tuple[str, bool, Case]]:
    bad, other = compact(_with(format="x")), compact(_with(report="0" * 64))
    broken = compact(_with(format="x", report="0" * 64))
    published: dict[str, Any] = {"published": {"of": "nothing"}}
    forged = compact(_with(unnamed={}))
    for told, made in (
        ("note, form", _case(bad, b"")),
        ("note, report", _case(other, b"")),
        ("form, report", _case(broken)),
        ("report, the log's checkpoint", _case(other, **published)),
        ("form, the log's checkpoint", _case(bad, **published)),
        ("the log's checkpoint, numbers", _case(forged, **published)),
    ):
        yield f"two faults: {told}", False, made
