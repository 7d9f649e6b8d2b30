"""The five numbers at the top of the page of public supervision, each with the last twelve months.

- All of them are of published monthly reports. A month without one has no number, and says so; a number that
  its report withholds stays withheld.
- Reports answered in time are those received in a month less those whose deadline passed in it without a
  reply, of those received. Late floods of a form count as late.
- Each is said in a sentence, too: a number alone says little to who reads it for the first time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from idvault.report.acts import page as report_page
from idvault_verify import period as periods
from idvault_verify.report.figure import Language
from idvault_verify.transparency.report import Report

MONTHS = 12
_WHOLE = 100.0
# Of the width and height of a chart, in percent; the smallest number that is not zero is still seen.
_WIDTH, _LEAST = 6.3, 2.0


@dataclass(frozen=True, slots=True)
class Column:
    """One month of a chart. left, top, width, height: of its bar in percent; height is 0 without a bar.

    A withheld number has a frame of full height. text: what is told of the month. has_report: whether it has
    one.
    """

    month: str
    text: str
    left: float
    height: float
    is_withheld: bool = False
    has_report: bool = True
    width: float = _WIDTH

    @property
    def top(self) -> float:
        """Where the bar begins, from above."""
        return round(_WHOLE - self.height, 1)


@dataclass(frozen=True, slots=True)
class Headline:
    """A number with its months, the oldest first. text, month: of the newest month that has a report.

    sentence: the same in words. absent: how many of the months have no report.
    """

    title: str
    text: str
    month: str
    sentence: str
    columns: Sequence[Column]
    absent: int


@dataclass(frozen=True, slots=True)
class _Number:
    """What a month's report tells. value: None if it is withheld, 0 if there is nothing to draw.

    said: the key of its sentence, counts: what stands in it.
    """

    value: float | None
    text: str
    said: str = "said_untold"
    counts: Mapping[str, str] = field(default_factory=dict)


_NOTHING = _Number(0.0, "–")
_Read = Callable[[Report, str], _Number]


def _counted(count: int, said: str) -> _Number:
    text = f"{count:,}"
    return _Number(count, text, said if count else f"{said}_none", {"count": text})


def _logged(name: str, said: str) -> _Read:
    def read(report: Report, _withheld: str) -> _Number:
        count = report.logged.get(name)
        return _NOTHING if count is None else _counted(count, said)

    return read


def _verified(report: Report, withheld: str) -> _Number:
    cells = report.breakdowns.get("verifications.outcome")
    if cells is None:
        return _NOTHING
    count = cells.get("SUCCEEDED", 0)
    return _Number(None, withheld, "said_withheld") if count is None else _counted(count, "said_verified")


def _answered(report: Report, _withheld: str) -> _Number:
    received = report.logged.get("tip_offs.filed", 0)
    late = sum(report.logged.get(f"tip_offs.{name}", 0) for name in ("reply_missed", "flood_missed"))
    if not received:
        return _Number(0.0, "–", "said_answered_none")
    answered = max(received - late, 0)
    counts = {"count": f"{received:,}", "late": f"{received - answered:,}"}
    said = "said_answered_late" if late else "said_answered"
    return _Number(_WHOLE * answered / received, f"{answered:,} / {received:,}", said, counts)


def _upheld(report: Report, _withheld: str) -> _Number:
    names = ("appeals.upheld", "appeals.decided")
    if not all(name in report.logged for name in names):
        return _NOTHING
    upheld, decided = (report.logged[name] for name in names)
    counts = {"upheld": f"{upheld:,}", "count": f"{decided:,}"}
    said = "said_appeals" if decided else "said_appeals_none"
    return _Number(upheld, f"{upheld:,} / {decided:,}" if decided else "0", said, counts)


# By the key of the title; the scale of a part is the whole.
_HEADLINES: tuple[tuple[str, _Read, float], ...] = (
    ("headline_verified", _verified, 0.0),
    ("headline_disclosed", _logged("disclosures.disclosed", "said_disclosed"), 0.0),
    ("headline_sanctions", _logged("sanctions.imposed", "said_sanctions"), 0.0),
    ("headline_answered", _answered, _WHOLE),
    ("headline_appeals", _upheld, 0.0),
)


def headlines(reports: Sequence[Report], *, running: str, language: Language) -> list[Headline]:
    """Return the five numbers. reports: the published ones. running: the name of the month that goes on."""
    say = report_page.saying(language)
    months = _ended(running)
    told = {each.period.name: each for each in reports}
    found = []
    for key, read, scale in _HEADLINES:
        numbers = [read(told[month], say("hidden")) if month in told else None for month in months]
        columns = _columns(
            [report_page.period_text(month, language) for month in months],
            numbers,
            scale=scale,
            absent=say("month_without_report"),
        )
        place = max((at for at, month in enumerate(months) if month in told), default=-1)
        number = numbers[place] if place >= 0 else None
        text, month, sentence = "–", say("no_report_yet"), say("no_report_yet")
        if number is not None:
            text, month = number.text, columns[place].month
            sentence = say("said", month=month, sentence=say(number.said, **number.counts))
        absent = sum(each is None for each in numbers)
        found.append(Headline(say(key), text, month, sentence, columns, absent))
    return found


def _ended(running: str) -> list[str]:
    """Return the names of the twelve months before the one that goes on, the oldest first."""
    month, found = periods.named(running), list[str]()
    while month is not None and len(found) < MONTHS:
        month = periods.month_of(month.first - timedelta(days=1))
        found.insert(0, month.name)
    return found


def _columns(
    months: Sequence[str], numbers: Sequence[_Number | None], *, scale: float, absent: str
) -> list[Column]:
    highest = max((scale, *(each.value or 0 for each in numbers if each is not None)))
    found = []
    for place, (month, number) in enumerate(zip(months, numbers, strict=True)):
        left = round(_WHOLE * place / MONTHS + (_WHOLE / MONTHS - _WIDTH) / 2, 1)
        if number is None:
            found.append(Column(month, absent, left, 0.0, has_report=False))
        elif number.value is None:
            found.append(Column(month, number.text, left, _WHOLE, is_withheld=True))
        else:
            height = max(round(_WHOLE * number.value / highest, 1), _LEAST) if number.value else 0.0
            found.append(Column(month, number.text, left, height))
    return found
