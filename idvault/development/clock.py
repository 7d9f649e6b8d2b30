"""A clock whose business time a file shifts; TLS, second factors and leases keep real time."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idvault.domain.clock import ClockReading

_READ_EVERY = 0.1
_LONGEST_SHIFT = timedelta(days=36_500)


class ClockFileError(Exception):
    """The clock file does not hold seconds to add."""


class ShiftedClock:
    """Says what time it is; the file holds the seconds to add and is re-read at most every 100 ms."""

    def __init__(
        self,
        *,
        file: Path,
        monotonic: Callable[[], float] = time.monotonic,
        real: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read the file; a missing one shifts nothing, one that holds no number raises ClockFileError."""
        self._file = file
        self._monotonic = monotonic
        self._real = real
        self._shift = self._read(timedelta())
        self._read_at = monotonic()

    def __call__(self) -> ClockReading:
        """Return both times. A file that is being rewritten just now leaves the shift as it was."""
        if self._monotonic() - self._read_at >= _READ_EVERY:
            self._read_at = self._monotonic()
            with suppress(ClockFileError):
                self._shift = self._read(self._shift)
        real = self._real()
        return ClockReading(business=real + self._shift, real=real)

    def _read(self, default: timedelta) -> timedelta:
        try:
            text = self._file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return default
        except (OSError, UnicodeDecodeError) as error:
            raise ClockFileError(f"the clock file {self._file} cannot be read") from error
        try:
            shift = timedelta(seconds=float(text))
        except (ValueError, OverflowError) as error:
            raise ClockFileError(f"the clock file {self._file} does not hold seconds to add") from error
        if abs(shift) > _LONGEST_SHIFT:
            raise ClockFileError(f"the clock file {self._file} shifts by more than 100 years")
        return shift
