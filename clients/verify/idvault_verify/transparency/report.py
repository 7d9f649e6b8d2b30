"""The transparency report as a file, and the note with which the log's key signs it.

- The file is JSON with exactly these members; unknown ones are refused, so that nobody reads a figure that
  the check ignores.
- `logged` are figures that the public log tells, up to the checkpoint that the report names. The rest is the
  operator's statement.
- null stands for a hidden count. A breakdown is null if the period has no whole months; a level has its lower
  end, a multiple of 5; a duration is null if there were too few cases.
- The note's text is not a checkpoint: its second line is not a number.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from idvault_verify import strict_json
from idvault_verify.period import Period
from idvault_verify.strict_json import HIGHEST, JsonError, JsonSizeError
from idvault_verify.suppression import FEWEST, Cells
from idvault_verify.transparency import note
from idvault_verify.transparency.note import NoteError, NoteSigner, VerifierKey

FORMAT = "idvault/report/v1"
MAX_BYTES = 4 * 1024 * 1024
_MINUTE = "%Y-%m-%dT%H:%MZ"
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,3}", re.ASCII)
_NAME = re.compile(r"[a-z_]+(?:\.[a-z_]+)?", re.ASCII)
_LONGEST_CELL = 500
_FIELDS = ("format", "edition", "from", "to", "zone", "made", "checkpoint", "logged", "not_logged")
_NOT_LOGGED = ("breakdowns", "levels", "durations")


class ReportError(ValueError):
    """The file is not a report, or its signature does not verify; the text names the field."""


class LongReportError(ReportError):
    """The file is longer than a report can be."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Median and 90th percentile, in whole hours."""

    median: int
    p90: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report. made: to the minute, UTC. checkpoint: the signed note of the log.

    logged: each figure's value by its name. breakdowns, levels, durations: what the log does not tell.
    """

    edition: int
    period: Period
    zone: str
    made: datetime
    checkpoint: str
    logged: Mapping[str, int]
    breakdowns: Mapping[str, Cells | None]
    levels: Mapping[str, Mapping[str, int]]
    durations: Mapping[str, Hours | None]

    def to_bytes(self) -> bytes:
        """Return the file."""
        document = {
            "format": FORMAT,
            "edition": self.edition,
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "zone": self.zone,
            "made": self.made.astimezone(UTC).strftime(_MINUTE),
            "checkpoint": self.checkpoint,
            "logged": dict(self.logged),
            "not_logged": {
                "breakdowns": {
                    name: None if cells is None else dict(cells) for name, cells in self.breakdowns.items()
                },
                "levels": {name: dict(cells) for name, cells in self.levels.items()},
                "durations": {
                    name: None if hours is None else {"median": hours.median, "p90": hours.p90}
                    for name, hours in self.durations.items()
                },
            },
        }
        return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def parse(data: bytes) -> Report:
    """Return the report in a file; raises ReportError, which names the field."""
    try:
        document = strict_json.parse(data, limit=MAX_BYTES)
    except JsonSizeError as error:
        raise LongReportError(f"{error}") from error
    except JsonError as error:
        raise ReportError(f"the report: {error}") from error
    fields = _members(document, "the report", _FIELDS)
    if fields["format"] != FORMAT:
        raise ReportError(f"format must be {FORMAT}")
    rest = _members(fields["not_logged"], "not_logged", _NOT_LOGGED)
    return Report(
        edition=_count(fields["edition"], "edition"),
        period=_period(fields["from"], fields["to"]),
        zone=_matching(fields["zone"], "zone", _ZONE),
        made=_minute(fields["made"]),
        checkpoint=_text(fields["checkpoint"], "checkpoint"),
        logged={name: _count(value, f"logged.{name}") for name, value in _named(fields["logged"], "logged")},
        breakdowns={
            name: None if cells is None else _cells(cells, name)
            for name, cells in _named(rest["breakdowns"], "breakdowns")
        },
        levels={name: _levels(cells, name) for name, cells in _named(rest["levels"], "levels")},
        durations={
            name: None if hours is None else _hours(hours, name)
            for name, hours in _named(rest["durations"], "durations")
        },
    )


def sign(data: bytes, signer: NoteSigner) -> bytes:
    """Return the note that says whose report a file is."""
    return note.sign_file(data, signer, format=FORMAT)


def verify(data: bytes, raw: bytes, *keys: VerifierKey) -> None:
    """Raise ReportError unless the note is this file's, signed by one of the log's keys."""
    try:
        note.open_file(data, raw, keys, format=FORMAT)
    except NoteError as error:
        raise ReportError(f"the signature of the report does not verify: {error}") from error


def _members(value: Any, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise ReportError(f"{where} must have exactly the members {', '.join(names)}")
    return value


def _named(value: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict) or not all(_NAME.fullmatch(name) for name in value):
        raise ReportError(f"{where} must have figures by their names")
    return list(value.items())


def _cells(value: Any, where: str) -> dict[str, int | None]:
    return {
        name: None if count is None else _count(count, f"{where}: a cell")
        for name, count in _labelled(value, where)
    }


def _levels(value: Any, where: str) -> dict[str, int]:
    found = {name: _count(count, f"{where}: a cell") for name, count in _labelled(value, where)}
    if any(count % FEWEST for count in found.values()):
        raise ReportError(f"{where}: a cell must be a multiple of {FEWEST}")
    return found


def _labelled(value: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict) or not all(0 < len(name) <= _LONGEST_CELL for name in value):
        raise ReportError(f"{where} must have counts by cell")
    return list(value.items())


def _hours(value: Any, where: str) -> Hours:
    fields = _members(value, where, ("median", "p90"))
    return Hours(_count(fields["median"], f"{where}: median"), _count(fields["p90"], f"{where}: p90"))


def _count(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= HIGHEST:
        raise ReportError(f"{where} must be a whole number that is not negative")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ReportError(f"{where} must be a text")
    return value


def _matching(value: Any, where: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(_text(value, where)):
        raise ReportError(f"{where} has a wrong form")
    return str(value)


def _period(first: Any, last: Any) -> Period:
    days = [_day(first, "from"), _day(last, "to")]
    if days[1] < days[0]:
        raise ReportError("to must not be before from")
    return Period(days[0], days[1])


def _day(value: Any, where: str) -> date:
    try:
        day = date.fromisoformat(_text(value, where))
    except ValueError as error:
        raise ReportError(f"{where} must be a day, YYYY-MM-DD") from error
    if day.isoformat() != value or not 1000 <= day.year < 9000:
        raise ReportError(f"{where} must be a day, YYYY-MM-DD")
    return day


def _minute(value: Any) -> datetime:
    try:
        made = datetime.strptime(_text(value, "made"), _MINUTE).replace(tzinfo=UTC)
    except ValueError as error:
        raise ReportError("made must be a minute, YYYY-MM-DDTHH:MMZ") from error
    if made.strftime(_MINUTE) != value or not 1000 <= made.year < 9000:
        raise ReportError("made must be a minute, YYYY-MM-DDTHH:MMZ")
    return made
