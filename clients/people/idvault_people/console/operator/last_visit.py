"""What the operator saw on the first page at the last visit, so that what is new since then stands out.

- A visit ends when nobody has looked at the first page for an hour. A page that comes anew by itself is no
  look: what nobody may have seen stays new. Only the first result of doctor is kept from it, too, for without
  one nothing would ever be new.
- Kept in the operator's own folder: times, the names of checks and whether each passed, names of platforms,
  and counts.
- A file that cannot be read counts as none, and then nothing is called new.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from idvault_verify import durable_file, small_file

NAME = "last-visit.json"
_ENDS_AFTER = timedelta(hours=1)
Missed = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What the first page shows at a time. None: that could not be read then.

    findings: by their names the checks that failed or have a remark, and whether each passed. missed: by
    platform and figure, since the month began.
    """

    at: datetime
    findings: Mapping[str, bool] | None = None
    month: str = ""
    missed: Missed | None = None

    def after(self, former: "Sight") -> "Sight":
        """Return it with what was seen before in place of what could not be read."""
        known = self.missed is not None
        return Sight(
            at=self.at,
            findings=former.findings if self.findings is None else self.findings,
            month=self.month if known else former.month,
            missed=self.missed if known else former.missed,
        )


@dataclass(kw_only=True, eq=False)
class LastVisit:
    """The last visit and the present one. before: the end of the last one, None if there was none.

    is_kept: whether the present one could be written.
    """

    path: Path
    before: Sight | None = None
    is_kept: bool = True
    _now: Sight | None = field(default=None, repr=False)
    _shown: Sight | None = field(default=None, repr=False)
    _is_read: bool = False

    def look(self, seen: Sight, *, by_itself: bool = False) -> None:
        """Take what the first page shows now; keep it for the next visit, unless it came anew by itself."""
        if not self._is_read:
            self.before, self._now, self._is_read = *_read(self.path), True
        if self._now is not None:
            if not by_itself and seen.at - self._now.at >= _ENDS_AFTER:
                self.before = self._now
            seen = seen.after(self._now)
        self._shown = seen
        is_first = self._now is not None and self._now.findings is None and seen.findings is not None
        if is_first or not by_itself:
            self._now = seen
            self._keep()

    def _keep(self) -> None:
        text = json.dumps([_written(each) for each in (self.before, self._now)])
        try:
            durable_file.replace(self.path, text.encode())
            self.is_kept = True
        except OSError:
            # A full disk must not take the first page away, which tells of it.
            self.is_kept = False

    def is_new(self, check: str, *, passed: bool) -> bool:
        """Return whether a check had found nothing at the last visit, or fails since it had only a remark."""
        if self.before is None or self.before.findings is None:
            return False
        former = self.before.findings.get(check)
        return former is None or (former and not passed)

    def new_misses(self) -> Mapping[str, int]:
        """Return by platform how many deadlines were missed since the last visit."""
        before, shown = self.before, self._shown
        if shown is None or shown.missed is None or before is None or before.missed is None:
            return {}
        former = before.missed if before.month == shown.month else {}
        counts = {
            platform: sum(
                max(count - former.get(platform, {}).get(figure, 0), 0) for figure, count in figures.items()
            )
            for platform, figures in shown.missed.items()
        }
        return {platform: count for platform, count in sorted(counts.items()) if count}


def _read(path: Path) -> tuple[Sight | None, Sight | None]:
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        before, now = json.loads(small_file.read(path))
        return _sight(before), _sight(now)
    return None, None


def _sight(told: Mapping[str, Any] | None) -> Sight | None:
    if told is None:
        return None
    at, findings, missed = datetime.fromisoformat(told["at"]), told["findings"], told["missed"]
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    counts = None if missed is None else {name: {**figures} for name, figures in missed.items()}
    return Sight(
        at=at,
        findings=None if findings is None else {name: bool(passed) for name, passed in findings.items()},
        month=str(told["month"]),
        missed=counts,
    )


def _written(sight: Sight | None) -> Mapping[str, Any] | None:
    if sight is None:
        return None
    return {
        "at": sight.at.isoformat(),
        "findings": sight.findings,
        "month": sight.month,
        "missed": sight.missed,
    }
