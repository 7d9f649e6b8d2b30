"""Cases of a report that is compared with its log: the note beside it, its checkpoint, figures and cells.

A case with `published` is compared with a log of which `leaves` are all entries, in hex, and that input the
newest checkpoint. `beside` is the note beside the report, null without one. The report's own checkpoint is
cosigned as `quorum` of `witnesses` demand.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from idvault_verify import seal
from idvault_verify.event import FIELDS, SYSTEM_ACTOR, Event, EventType
from idvault_verify.period import Period, month_of
from idvault_verify.report import catalogue
from idvault_verify.transparency import checkpoint, entry, note, report
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.report import Report
from tools.support import logs, merkle
from tools.support.generate.vectors.members import compact, put

WITNESS = merkle.witness("witness.example/w1", seed=2)
STRANGER = merkle.signer(logs.ORIGIN, seed=9)
_OPEN, _WARN = EventType.DISCLOSURE_OPEN, EventType.SANCTION_WARN_IMPOSE
_SETTLE, _POSTPONE = EventType.CLAIM_SETTLE, EventType.CLAIM_POSTPONE
# October 2026 in Shanghai begins at 16:00 UTC of 30 September.
_ENTRIES = (
    (_OPEN, "2026-09-30T15:59"),
    (_OPEN, "2026-09-30T16:00"),
    (_SETTLE, "2026-10-01T00:00"),
    *((_WARN, f"2026-10-0{day}T12:00") for day in range(2, 8)),
    (_POSTPONE, "2026-10-09T01:00"),
    (_POSTPONE, "2026-10-09T01:59"),
    (_POSTPONE, "2026-10-09T02:00"),
    (_OPEN, "2026-10-31T15:59"),
    (_OPEN, "2026-10-31T16:00"),
)
_LATER = ((_OPEN, "2026-11-05T00:00"), (_SETTLE, "2026-11-06T00:00"))
_COUNTED = {
    "disclosures.openings": 2,
    "verifications.decided": 1,
    "verifications.postponed": 3,
    "registry.outage_hours": 2,
    "sanctions.imposed": 6,
    "sanctions.warned": 6,
}
_PERIOD = month_of(date(2026, 10, 1))


def _leaf(type_: EventType, time: str) -> bytes:
    at = datetime.fromisoformat(time).replace(tzinfo=UTC)
    return entry.encode_leaf(
        Event(type_, SYSTEM_ACTOR, "", at, at, "0" * 32, bytes(32), dict.fromkeys(FIELDS[type_], "x"))
    )


LEAVES = [_leaf(*each) for each in (*_ENTRIES, *_LATER)]
_AT = len(_ENTRIES)


def _checkpoint(size: int, *, by: note.NoteSigner = logs.SIGNER, cosigned: bool = True,
                root: bytes | None = None, extensions: tuple[str, ...] = ()) -> bytes:  # fmt: skip
    made = Checkpoint(logs.ORIGIN, size, root or merkle.mth(LEAVES[:size]), extensions)
    lines = [note.sign(WITNESS, made.text, time=1)] if cosigned else []
    return note.parse(checkpoint.sign(made, [by])).with_signatures(lines).encode()


REPORT = Report(
    edition=1,
    period=_PERIOD,
    zone="Asia/Shanghai",
    made=datetime(2026, 11, 1, 0, 15, tzinfo=UTC),
    checkpoint=_checkpoint(_AT).decode(),
    logged={
        each.name: _COUNTED.get(each.name, 0) for each in catalogue.logged_figures() if each.edition == 1
    },
    breakdowns={"sanctions.detection": {"FULL": 2, "PARTIAL": None, "NONE": None}, "tip_offs.channel": None},
    levels={"accounts.state": {"VERIFIED": 5, "EXPIRED": 0}},
    durations={"appeals.time": report.Hours(3, 70), "contests.time": None},
)

_SECOND = replace(
    REPORT,
    edition=2,
    logged={
        each.name: _COUNTED.get(each.name, 0) for each in catalogue.logged_figures() if each.edition <= 2
    },
)


@dataclass(frozen=True, kw_only=True)
class ComparedReport:
    """A report, the note beside it, and what the log shows; note None: the log's of these bytes."""

    report: Report = REPORT
    beside: bytes | None = None
    has_note: bool = True
    leaves: list[bytes] = field(default_factory=lambda: LEAVES)
    published: bytes = field(default_factory=lambda: _checkpoint(len(LEAVES), cosigned=False))
    demands: Mapping[str, Any] = field(default_factory=dict)


def compared() -> Iterator[tuple[str, ComparedReport, bool]]:
    """Yield reports with their log, and whether a reader confirms them."""
    yield "as it is", ComparedReport(), True
    yield "without a note", ComparedReport(has_note=False), True
    newest = _checkpoint(_AT, cosigned=False)
    yield "the log has no later entry", ComparedReport(leaves=LEAVES[:_AT], published=newest), True
    older = _checkpoint(_AT - 1, cosigned=False)
    yield "the log shows an older checkpoint", ComparedReport(leaves=LEAVES[:_AT], published=older), True
    yield from _notes()
    yield from _checkpoints()
    yield from _logs()
    yield from _figures()
    yield from _late()
    yield from _cells()
    yield from _two_faults()


def _notes() -> Iterator[tuple[str, ComparedReport, bool]]:
    data = REPORT.to_bytes()
    own, text = report.sign(data, logs.SIGNER), note.parse(report.sign(data, logs.SIGNER)).text
    for told, beside, is_right in (
        ("also by a stranger", own + note.sign(STRANGER, text).line.encode(), True),
        ("by a stranger", report.sign(data, STRANGER), False),
        ("of another report", report.sign(data + b" ", logs.SIGNER), False),
        ("with a line more", note.sign_note(f"{text}x\n", [logs.SIGNER]), False),
        ("of another format", note.sign_note(text.replace("/v1", "/v2"), [logs.SIGNER]), False),
        ("that is the log's checkpoint", _checkpoint(_AT), False),
        ("that is none", b"x", False),
        ("that is empty", b"", False),
        ("with a byte changed", own[:-4] + b"AA=\n", False),
    ):
        yield f"a note {told}", ComparedReport(beside=beside), is_right


def _with_checkpoint(raw: bytes) -> Report:
    return replace(REPORT, checkpoint=raw.decode())


def _checkpoints() -> Iterator[tuple[str, ComparedReport, bool]]:
    """Yield other checkpoints that the report names, and that the log shows."""
    bare = {"witnesses": [], "quorum": 0}
    alone = _with_checkpoint(_checkpoint(_AT, cosigned=False))
    yield "the checkpoint is not cosigned", ComparedReport(report=alone), False
    yield "no witness is demanded", ComparedReport(report=alone, demands=bare), True
    yield (
        "the checkpoint is a stranger's",
        ComparedReport(report=_with_checkpoint(_checkpoint(_AT, by=STRANGER))),
        False,
    )
    forked = _checkpoint(_AT, root=bytes(32))
    yield "the checkpoint has another root", ComparedReport(report=_with_checkpoint(forked)), False
    yield "the checkpoint is none", ComparedReport(report=_with_checkpoint(b"x")), False
    later = _checkpoint(_AT, extensions=(f"epoch 2 {'0' * 64}",))
    yield "the checkpoint is of a later epoch", ComparedReport(report=_with_checkpoint(later)), False
    yield "the log's newest is of a later epoch", ComparedReport(published=later), False
    size = len(LEAVES)
    for told, raw in (
        ("is a stranger's", _checkpoint(size, by=STRANGER)),
        ("has another root", _checkpoint(size, root=bytes(32))),
        ("is none", b"x"),
        ("has the report's size and another root", _checkpoint(_AT, root=bytes(32))),
    ):
        yield f"the log's newest {told}", ComparedReport(published=raw), False


def _logs() -> Iterator[tuple[str, ComparedReport, bool]]:
    """Yield other entries under the same checkpoints."""
    other = _leaf(_SETTLE, "2026-10-02T00:00")
    for told, leaves in (
        ("an entry is another", [*LEAVES[:3], other, *LEAVES[4:]]),
        ("two entries are exchanged", [LEAVES[1], LEAVES[0], *LEAVES[2:]]),
        ("a later entry is another", [*LEAVES[:-1], other]),
        ("an entry that is none", [*LEAVES[:3], b"x", *LEAVES[4:]]),
    ):
        yield f"the log: {told}", ComparedReport(leaves=leaves), False
    yield from _named()


def _named() -> Iterator[tuple[str, ComparedReport, bool]]:
    """Yield logs whose last entry is of the second version: a missed deadline that names its platform."""
    good = ("order:deadline:miss", "platform-a", b"", "idvault/log-entry/v2", ())
    for told, changes, is_right in (
        ("with a platform", {}, True),
        ("without a platform", {1: ""}, True),
        ("with a tag", {2: b"t" * 16}, True),
        ("of a type that nobody knows", {0: "pact:word:overdue"}, True),
        ("of a type that names none", {0: "order:authority:record"}, False),
        ("of a type that ends like one", {0: "order:deadline:dismiss"}, False),
        ("of a type that begins like one", {0: "overdue:case:miss_all"}, False),
        ("of such a type, without a platform", {0: "order:authority:record", 1: ""}, True),
        ("with a platform in capitals", {1: "Platform-A"}, False),
        ("with a platform that begins with a hyphen", {1: "-a"}, False),
        ("with a platform that ends with a hyphen", {1: "a-"}, False),
        ("with a platform with a dot", {1: "im.example"}, False),
        ("with a platform of one letter", {1: "a"}, True),
        ("with a platform of 63 letters", {1: "a" * 63}, True),
        ("with a platform of 64 letters", {1: "a" * 64}, False),
        ("with a platform and a line end", {1: "a\n"}, False),
        ("with a platform in Chinese", {1: "平台"}, False),
        ("with a tag of 15 bytes", {2: b"t" * 15}, False),
        ("with a tag of 17 bytes", {2: b"t" * 17}, False),
        ("of the first version", {3: "idvault/log-entry/v1"}, False),
        ("of the third version", {3: "idvault/log-entry/v3"}, False),
        ("with a part more", {4: (b"",)}, False),
    ):
        changed: dict[int, Any] = changes
        kind, platform, tag, purpose, more = (changed.get(at, each) for at, each in enumerate(good))
        own = (kind, "2026-11-07T00:00Z", SYSTEM_ACTOR, bytes(32), platform, tag)
        leaves = [*LEAVES, seal.encode(purpose, *own, *more)]
        yield f"an entry {told}", ComparedReport(leaves=leaves, published=logs.signed(leaves)), is_right


def _logged(**changes: int | None) -> Report:
    """Return the report with other figures; `__` stands for the dot of their names, None leaves one out."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    figures: dict[str, int | None] = {**REPORT.logged, **named}
    return replace(REPORT, logged={name: value for name, value in figures.items() if value is not None})


def _figures() -> Iterator[tuple[str, ComparedReport, bool]]:
    for told, made in (
        ("one more", _logged(disclosures__openings=3)),
        ("one less", _logged(disclosures__openings=1)),
        ("of what never was", _logged(drills__passed=1)),
        ("left out", _logged(disclosures__openings=None)),
        ("left out that is 0", _logged(drills__passed=None)),
        ("that nobody knows", _logged(x=0)),
        ("of hours as of entries", _logged(registry__outage_hours=3)),
        ("of edition 1 in edition 0", replace(REPORT, edition=0)),
        ("of an edition that nobody knows", replace(REPORT, edition=999)),
        ("of no edition at all", replace(REPORT, edition=0, logged={})),
        ("of edition 2 in edition 1", replace(REPORT, logged=_SECOND.logged)),
        ("of edition 2 left out", replace(REPORT, edition=2)),
        ("of edition 2 that is wrong", replace(_SECOND, logged={**_SECOND.logged, "orders.objected": 1})),
    ):
        yield f"a figure {told}", ComparedReport(report=made), False
    yield "of edition 2", ComparedReport(report=_SECOND), True
    yield "in UTC", ComparedReport(report=replace(REPORT, zone="UTC")), True
    september = replace(REPORT, zone="America/New_York", logged=_logged(verifications__decided=0).logged)
    yield "in New York", ComparedReport(report=september), True
    yield "in Honolulu", ComparedReport(report=replace(REPORT, zone="Pacific/Honolulu")), False
    yield from _reinstated()
    for zone in ("Mars/Base", "x", "Asia", "A/B/C/D"):
        yield f"in the zone {zone}", ComparedReport(report=replace(REPORT, zone=zone)), False
    days = replace(REPORT, period=Period(date(2026, 10, 2), date(2026, 10, 3)), breakdowns={})
    yield "of two days, as of the month", ComparedReport(report=days), False
    two = dict.fromkeys(("sanctions.imposed", "sanctions.warned"), 2)
    of_two = replace(days, logged={**dict.fromkeys(REPORT.logged, 0), **two})
    yield "of two days", ComparedReport(report=of_two), True


def _reinstated() -> Iterator[tuple[str, ComparedReport, bool]]:
    """Yield reports of a log with appeals against withdrawals, each type as often as no other."""
    counts = (
        (EventType.REINSTATEMENT_UPHOLD, 1),
        (EventType.REINSTATEMENT_REJECT, 2),
        (EventType.REINSTATEMENT_OVERDUE, 4),
        (EventType.REINSTATEMENT_FILE, 5),
        (EventType.REINSTATEMENT_PROPOSE, 6),
    )
    leaves = [
        *LEAVES[:_AT],
        *(_leaf(kind, "2026-10-30T00:00") for kind, count in counts for _ in range(count)),
    ]
    raw = _checkpoint(len(leaves), root=merkle.mth(leaves))
    for told, decided, is_right in (("as they are", 3, True), ("with those that are proposed", 9, False)):
        made = _logged(
            reinstatements__filed=5,
            reinstatements__decided=decided,
            reinstatements__upheld=1,
            reinstatements__rejected=2,
            reinstatements__missed=4,
        )
        counted = replace(made, checkpoint=raw.decode())
        yield f"appeals, {told}", ComparedReport(report=counted, leaves=leaves, published=raw), is_right


def _late() -> Iterator[tuple[str, ComparedReport, bool]]:
    """Yield entries of the period after the report's checkpoint."""
    leaves = [*LEAVES[:_AT], _leaf(_WARN, "2026-10-20T00:00")]
    raw = logs.signed(leaves)
    yield "an entry of the period is left out", ComparedReport(leaves=leaves, published=raw), False
    for told, made, is_right in (
        ("made in its last minute", datetime(2026, 10, 31, 15, 59, tzinfo=UTC), True),
        ("made at its end", datetime(2026, 10, 31, 16, 0, tzinfo=UTC), False),
    ):
        early = replace(REPORT, made=made)
        yield (
            f"an entry of the period comes later, {told}",
            ComparedReport(report=early, leaves=leaves, published=raw),
            is_right,
        )


def _cells() -> Iterator[tuple[str, ComparedReport, bool]]:
    for told, cells, is_right in (
        ("as many as there are", {"FULL": 2, "NONE": 4}, True),
        ("one more", {"FULL": 3, "NONE": 4}, False),
        ("one less", {"FULL": 1, "NONE": 4}, False),
        ("one less, one withheld", {"FULL": 1, "NONE": 4, "PARTIAL": None}, True),
        ("all, one withheld", {"FULL": 2, "NONE": 4, "PARTIAL": None}, True),
        ("one more, one withheld", {"FULL": 3, "NONE": 4, "PARTIAL": None}, False),
        ("none", {}, False),
        ("all withheld", {"FULL": None}, True),
        ("of a name that nobody knows", {"X": 6}, True),
    ):
        made = replace(REPORT, breakdowns={"sanctions.detection": cells})
        yield f"cells: {told}", ComparedReport(report=made), is_right
    for told, shown in (("none", None), ("of a figure that nobody knows", {"X": 9})):
        name = "sanctions.detection" if shown is None else "x.y"
        yield f"a breakdown: {told}", ComparedReport(report=replace(REPORT, breakdowns={name: shown})), True


def _two_faults() -> Iterator[tuple[str, ComparedReport, bool]]:
    forged, alone = _logged(drills__passed=1), _with_checkpoint(_checkpoint(_AT, cosigned=False))
    cells = {"sanctions.detection": {"FULL": 9}}
    leaves = [*LEAVES[:_AT], _leaf(_WARN, "2026-10-20T00:00")]
    for told, made in (
        ("note, checkpoint", ComparedReport(report=alone, beside=b"x")),
        ("checkpoint, the log's newest", ComparedReport(report=alone, published=b"x")),
        ("the log's newest, zone", ComparedReport(report=replace(REPORT, zone="x"), published=b"x")),
        ("zone, entries", ComparedReport(report=replace(REPORT, zone="x"), leaves=LEAVES[::-1])),
        ("entries, edition", ComparedReport(report=replace(REPORT, edition=0), leaves=LEAVES[::-1])),
        ("edition, figure", ComparedReport(report=replace(forged, edition=0))),
        ("an unknown figure, a wrong one", ComparedReport(report=_logged(x=0, drills__passed=1))),
        ("figure, late entry",
         ComparedReport(report=forged, leaves=leaves, published=logs.signed(leaves))),
        ("late entry, cells",
         ComparedReport(
             report=replace(REPORT, breakdowns=cells), leaves=leaves, published=logs.signed(leaves))),
    ):  # fmt: skip
        yield f"two faults: {told}", made, False


_FORMS: tuple[tuple[str, Any, bool], ...] = (
    ("zone", "A/B/C/D", True),
    ("zone", "A/B/C/D/E", False),
    ("zone", "Mars/Base", True),
    ("zone", "", False),
    ("zone", "/A", False),
    ("zone", "A/", False),
    ("zone", "A//B", False),
    ("zone", "A B", False),
    ("zone", "\u4e0a\u6d77", False),
    ("zone", "Etc/GMT+8", True),
    ("zone", "A.B", False),
    ("edition", 0, True),
    ("edition", 2, True),
    ("edition", 3, True),
    ("from", "1000-01-01", True),
    ("to", "8999-12-31", True),
    ("to", "2026-09-30", False),
    ("to", "2026-10-01", True),
    ("made", "0999-12-31T23:59Z", False),
    ("made", "1000-01-01T00:00Z", True),
    ("made", "8999-12-31T23:59Z", True),
    ("made", "9000-01-01T00:00Z", False),
    ("made", "2026-02-29T00:00Z", False),
    ("checkpoint", "", True),
    ("logged", {}, True),
    ("logged", {"x": 0}, True),
    ("logged", {"x.y": 0}, True),
    ("logged", {"X": 0}, False),
    ("logged", {"x.y.z": 0}, False),
    ("logged", {"x.": 0}, False),
    ("logged", {"": 0}, False),
    ("logged", {"x1": 0}, False),
    ("logged", {"x": None}, False),
    ("logged", {"x": True}, False),
    ("not_logged.breakdowns", None, False),
    ("not_logged.levels", None, False),
    ("not_logged.durations", None, False),
    ("not_logged.breakdowns", {}, True),
    ("not_logged.breakdowns", {"x": None}, True),
    ("not_logged.breakdowns", {"x": {}}, True),
    ("not_logged.breakdowns", {"x": {"c" * 500: 0}}, True),
    ("not_logged.breakdowns", {"x": {"c" * 501: 0}}, False),
    ("not_logged.breakdowns", {"x": {"\U0001f600" * 500: 1}}, True),
    ("not_logged.breakdowns", {"x": []}, False),
    ("not_logged.breakdowns", {"X": {}}, False),
    ("not_logged.breakdowns", {"x": {"\n": 1}}, True),
    ("not_logged.levels", {"x": None}, False),
    ("not_logged.levels", {"x": {"c": 0}}, True),
    ("not_logged.levels", {"x": {"c": -5}}, False),
    ("not_logged.levels", {"x": {"c": 4}}, False),
    ("not_logged.levels", {"X": {}}, False),
    ("not_logged.durations", {"x": None}, True),
    ("not_logged.durations", {"x": {"median": 0, "p90": 0}}, True),
    ("not_logged.durations", {"x": {}}, False),
    ("not_logged.durations", {"x": {"median": None, "p90": None}}, False),
    ("not_logged.durations", {"x": {"median": 1}}, False),
    ("not_logged.durations", {"x": {"median": 9, "p90": 1}}, True),
    ("not_logged.durations", {"x": {"median": 1, "p90": -1}}, False),
    ("not_logged.durations", {"x": {"median": 1, "p90": 2, "x": 3}}, False),
    ("not_logged.durations", {"X": None}, False),
)


def forms(base: Any) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield reports of forms that are just read (None), and just not."""
    for path, value, is_read in _FORMS:
        told = json.dumps(value)
        made = compact(put(base, path, value))
        yield f"the form of {path}: {told[:60]} of {len(told)}", made, None if is_read else "*"
