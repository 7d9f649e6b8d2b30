"""The shifted clock of development."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idvault.processes.shifted_clock import ClockFileError, ShiftedClock

REAL = datetime(2026, 3, 1, 12, tzinfo=UTC)


class _Watch:
    """A monotonic clock that the test advances."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _clock(file: Path, watch: _Watch) -> ShiftedClock:
    return ShiftedClock(file=file, monotonic=watch, real=lambda: REAL)


def test_shifts_business_time_only(tmp_path: Path) -> None:
    """The seconds in the file are added to business time only."""
    file = tmp_path / "clock"
    file.write_text("86400\n")
    reading = _clock(file, _Watch())()
    assert reading.business == REAL + timedelta(days=1)
    assert reading.real == REAL


def test_reads_again_after_20_ms_and_not_before(tmp_path: Path) -> None:
    """A new shift is read 20 ms after the last read."""
    file, watch = tmp_path / "clock", _Watch()
    file.write_text("10")
    clock = _clock(file, watch)
    file.write_text("-20.5")
    watch.seconds = 0.019
    assert clock().business == REAL + timedelta(seconds=10)
    watch.seconds = 0.02
    assert clock().business == REAL - timedelta(seconds=20.5)


def test_missing_file_shifts_nothing_until_it_comes(tmp_path: Path) -> None:
    """A missing file means no shift, until it exists."""
    file, watch = tmp_path / "clock", _Watch()
    clock = _clock(file, watch)
    assert clock().business == REAL
    file.write_text("5")
    watch.seconds = 0.2
    assert clock().business == REAL + timedelta(seconds=5)


def test_half_written_or_lost_file_keeps_the_last_shift(tmp_path: Path) -> None:
    """An unreadable file leaves the shift unchanged while the clock runs."""
    file, watch = tmp_path / "clock", _Watch()
    file.write_text("7")
    clock = _clock(file, watch)
    for number, content in enumerate([b"", b"seven", b"\xff", b"nan", b"1e99", b"1e10"], start=1):
        file.write_bytes(content)
        watch.seconds = float(number)
        assert clock().business == REAL + timedelta(seconds=7), content
    file.unlink()
    watch.seconds = 99.0
    assert clock().business == REAL + timedelta(seconds=7)


@pytest.mark.parametrize("content", [b"", b"tomorrow", b"\xff", b"nan", b"inf", b"1e10"])
def test_start_refuses_a_file_without_seconds(tmp_path: Path, content: bytes) -> None:
    """A clock does not start with a file that does not contain a number."""
    file = tmp_path / "clock"
    file.write_bytes(content)
    with pytest.raises(ClockFileError, match="clock file"):
        _clock(file, _Watch())


def test_start_refuses_a_directory(tmp_path: Path) -> None:
    """A clock does not start with a directory as its file."""
    with pytest.raises(ClockFileError, match="cannot be read"):
        _clock(tmp_path, _Watch())


def test_default_clock_is_the_real_one(tmp_path: Path) -> None:
    """Without a file both times are the real time in UTC."""
    before = datetime.now(UTC)
    reading = ShiftedClock(file=tmp_path / "none")()
    assert before <= reading.real == reading.business <= datetime.now(UTC)
