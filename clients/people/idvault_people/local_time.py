"""Times of this machine or of a zone, as commands and consoles write them: with their offset from UTC."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone of a name such as Asia/Shanghai, None for "": that of this machine.

    Raises ValueError for a zone that this machine does not know.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError("this machine knows no zone of this name") from error


def to_minute(time: datetime, zone: tzinfo | None = None) -> str:
    """Return a time to the minute, such as 2026-03-09 00:00 UTC+8. zone: None for that of this machine."""
    local = time.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {offset(local)}"


def offset(local: datetime) -> str:
    """Return how far a local time is from UTC, such as UTC+8."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
