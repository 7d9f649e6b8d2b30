"""A clock whose business time is shifted by a file; TLS, second factors and leases use real time."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idvault_verify import small_file
from idvault_verify.clock import ClockReading

READ_EVERY = 0.02
"""Seconds between two reads of the file."""
_LONGEST_SHIFT = timedelta(days=36_500)


class ClockFileError(Exception):
    """The clock file does not contain a number of seconds."""


class ShiftedClock:
    """A clock; the file contains the seconds to add and is re-read at most every 20 ms."""

    def __init__(
        self,
        *,
        file: Path,
        monotonic: Callable[[], float] = time.monotonic,
        real: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read the file; a missing one means no shift, an invalid one raises ClockFileError."""
        self._file = file
        self._monotonic = monotonic
        self._real = real
        self._shift = self._read(timedelta())
        self._read_at = monotonic()

    def __call__(self) -> ClockReading:
        """Return both times. An invalid file, which may be half written, leaves the shift unchanged."""
        if self._monotonic() - self._read_at >= READ_EVERY:
            self._read_at = self._monotonic()
            with suppress(ClockFileError):
                self._shift = self._read(self._shift)
        real = self._real()
        return ClockReading(business=real + self._shift, real=real)

    def _read(self, default: timedelta) -> timedelta:
        try:
            text = small_file.read(self._file).decode("ascii").strip()
        except FileNotFoundError:
            return default
        except (OSError, UnicodeDecodeError) as error:
            raise ClockFileError(f"the clock file {self._file} cannot be read") from error
        try:
            shift = timedelta(seconds=float(text))
        except (ValueError, OverflowError) as error:
            raise ClockFileError(
                f"the clock file {self._file} does not contain a number of seconds"
            ) from error
        if abs(shift) > _LONGEST_SHIFT:
            raise ClockFileError(f"the clock file {self._file} shifts by more than 100 years")
        return shift
