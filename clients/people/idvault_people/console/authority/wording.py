"""How the officer's console writes deadlines and sizes, reads days and times, and says what is wrong."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo

from babel.numbers import format_decimal

from idvault_people.console import explaining, shown
from idvault_people.console.visit import Visit
from idvault_verify.error import FieldCode, InvalidError
from idvault_verify.tip_off import TargetKind


def both(value: datetime, visit: Visit, *, zone: tzinfo | None) -> str:
    """Return a time in a zone and, if that is another one, in UTC."""
    local = shown.time(value, visit, zone=zone)
    if local.endswith("UTC"):
        return local
    return visit.say("in_brackets", text=local, more=shown.time(value, visit))


def size(count: int, visit: Visit) -> str:
    """Return a number of bytes."""
    return visit.say("bytes", count=format_decimal(count, locale=shown.LOCALES[visit.language]))


def target(kind: TargetKind, key: str, visit: Visit) -> tuple[str, list[shown.Row]]:
    """Return how a list calls a target, and the id that it shows when somebody asks for it."""
    word = shown.word("target", kind, visit.say)
    if kind is TargetKind.CONTENT:
        # The platform's own reference, which people read.
        return visit.say("target_of_kind", kind=word, target=key), []
    return word, [(word, key)]


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
