"""Times of this machine or of a zone, as commands and consoles write them: with their offset from UTC."""

from datetime import datetime, timedelta


def to_minute(time: datetime) -> str:
    """Return a time to the minute in this machine's zone, such as 2026-03-09 00:00 UTC+8."""
    local = time.astimezone()
    return f"{local:%Y-%m-%d %H:%M} {offset(local)}"


def offset(local: datetime) -> str:
    """Return how far a local time is from UTC, such as UTC+8."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
