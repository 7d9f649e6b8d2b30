"""How the officer's console writes times with their zone, sizes, words of fixed lists, and what is wrong."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from babel.dates import format_datetime
from babel.numbers import format_decimal

from idvault_people.console.disclosure import explaining, shown
from idvault_people.console.texts import TIME
from idvault_people.console.visit import Visit
from idvault_verify.error import FieldCode, InvalidError

Row = tuple[str, str]
_LOCALES = {"zh": "zh_CN", "en": "en_GB"}


def time(value: datetime, visit: Visit, *, zone: tzinfo | None) -> str:
    """Return a time to the minute, with its offset from UTC. zone: None for that of this machine."""
    local = value.astimezone(zone)
    text = format_datetime(local, TIME.in_language(visit.language), locale=_LOCALES[visit.language])
    return f"{text} {offset(local)}"


def both(value: datetime, visit: Visit, *, zone: tzinfo | None) -> str:
    """Return a time in a zone and, if that is another one, in UTC."""
    local = time(value, visit, zone=zone)
    return local if local.endswith("UTC") else f"{local} = {time(value, visit, zone=UTC)}"


def offset(local: datetime) -> str:
    """Return how far a local time is from UTC, such as UTC+8."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def left(deadline: datetime, visit: Visit, *, now: datetime) -> str:
    """Return how much time is left until a deadline, or how long it has passed."""
    if now < deadline:
        return shown.left(deadline, visit, now=now)
    minutes = int((now - deadline).total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return visit.say("late_days", days=days, hours=hours)
    return visit.say("late_hours", hours=hours, minutes=minutes % 60)


def size(count: int, visit: Visit) -> str:
    """Return a number of bytes."""
    return visit.say("bytes", count=format_decimal(count, locale=_LOCALES[visit.language]))


def word(name: str, value: StrEnum | None, visit: Visit) -> str:
    """Return the word of a fixed list for a value; None is one that this client does not know."""
    return visit.say("unknown") if value is None else visit.say(f"{name}.{value.value}")


def options(name: str, values: Iterable[StrEnum], visit: Visit) -> list[Row]:
    """Return values and words of a list that people choose from."""
    return [(each.value, word(name, each, visit)) for each in values]


def typed_time(text: str, *, zone: tzinfo | None) -> datetime | None:
    """Return a day and a time that were typed, such as 2026-12-03 18:00; None for anything else."""
    try:
        typed = datetime.strptime(" ".join(text.replace("T", " ").split()), "%Y-%m-%d %H:%M")
        return (typed if zone is None else typed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(text: str) -> date | None:
    """Return a day that was typed, such as 2026-12-03; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def wrong(value: str, visit: Visit, check: Callable[[], object], *, form: str = "") -> str:
    """Return what is wrong with a value, "" if nothing is.

    check: raises InvalidError. form: the key of the text for a value of another form than it must have.
    """
    try:
        check()
    except InvalidError as error:
        code = error.violations[0].code if error.violations else FieldCode.CHARACTER
        return visit.say(form) if form and value else explaining.text_wrong(code, value, visit)
    return ""
