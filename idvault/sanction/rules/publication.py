"""Publishes statements of reasons: an allow-list of fields, for groups of five or more equal ones.

- A statement belongs to the ISO week (UTC) in which its sanction came into force.
- Degree, ground, category, automation, kind of issuer, territory and week are published; nothing else is.
- The territory is a text of the platform's: only a code of ISO 3166 is published, anything else as OTHER.
- Statements that are equal in all of this are told if there are five of them, each as a line of its own.
  Lines are sorted, so that their order tells nothing.
- A week is published an hour after its end, once, and never again: what happens to a sanction later is not.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from idvault.verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory

LEAST = 5
OTHER = "OTHER"
_AFTER = timedelta(hours=1)
_WEEK = timedelta(days=7)
_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class StatementWeek:
    """An ISO week; monday: its first day."""

    monday: date

    @property
    def label(self) -> str:
        """The week as 2026-W09."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def begin(self) -> datetime:
        """Its first second."""
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first second after it."""
        return self.begin + _WEEK

    def following(self) -> "StatementWeek":
        """Return the next week."""
        return StatementWeek(self.monday + _WEEK)


@dataclass(frozen=True, slots=True)
class StatementKind:
    """Everything that may be told about a statement, except its week."""

    degree: Degree
    ground: Ground
    category: SanctionCategory
    detection: Automation
    decision: Automation
    issuer_kind: IssuerKind
    territory: str


def week_of(at: datetime) -> StatementWeek:
    """Return the week of a time."""
    day = at.astimezone(UTC).date()
    return StatementWeek(day - timedelta(days=day.weekday()))


def newest(*, now: datetime) -> StatementWeek:
    """Return the last week that may be told."""
    return StatementWeek(week_of(now - _AFTER).monday - _WEEK)


def render(*, counts: Mapping[StatementKind, int], week: StatementWeek) -> bytes:
    """Return the file of a week: a line for each statement that may be told."""
    gathered = gather(counts)
    lines = [_line(kind, week) * count for kind, count in gathered.items() if count >= LEAST]
    return "".join(sorted(lines)).encode()


def gather(counts: Mapping[StatementKind, int]) -> Counter[StatementKind]:
    """Count statements by all that may be told about them."""
    gathered: Counter[StatementKind] = Counter()
    for kind, count in counts.items():
        code = kind.territory if _CODE.fullmatch(kind.territory) else OTHER
        gathered[replace(kind, territory=code)] += count
    return gathered


def _line(kind: StatementKind, week: StatementWeek) -> str:
    told = {
        "degree": kind.degree.value,
        "ground": kind.ground.value,
        "category": kind.category.value,
        "automation": {"detection": kind.detection.value, "decision": kind.decision.value},
        "issuer_kind": kind.issuer_kind.value,
        "territory": kind.territory,
        "week": week.label,
    }
    return json.dumps(told, separators=(",", ":")) + "\n"
