"""The words of one answer: texts, times and deadlines, in its language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from babel.dates import format_date

from idvault.web.texts import TEXTS
from idvault_client.pages import rendering

_BEIJING = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class OpenDeadline:
    """Until when something is due, in words. spent: how much of that time is over, in per cent."""

    text: str
    spent: int


Rows = Sequence[tuple[str, str | OpenDeadline]]
"""Names and values, in words."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What texts and times depend on. now: of the answer. zone: of the operator."""

    language: str
    now: datetime
    zone: tzinfo = UTC

    @property
    def gap(self) -> str:
        """What is between two sentences."""
        return "" if self.language == "zh" else " "

    @property
    def comma(self) -> str:
        """What is between two parts of a sentence."""
        return "，" if self.language == "zh" else "; "

    def say(self, key: str, **values: object) -> str:
        """Return a text."""
        return rendering.saying(TEXTS, self.language)(key, **values)

    def minute(self, time: datetime) -> str:
        """Return a time in the operator's zone, which is named."""
        local = time.astimezone(self.zone)
        offset = local.utcoffset() or timedelta()
        zone = self.say("zone_beijing") if offset == _BEIJING else rendering.zone_text(time, self.zone)
        return self.say("minute", day=self.day(local.date()), time=f"{local:%H:%M}", zone=zone)

    def deadline(self, time: datetime) -> str:
        """Return a deadline: of one that a day ends with that day, which still counts."""
        local = time.astimezone(self.zone)
        if (local.hour, local.minute) != (0, 0):
            return self.minute(time)
        return self.say("whole_day", day=self.day(local.date() - timedelta(days=1)))

    def due(self, begin: datetime, time: datetime) -> str | OpenDeadline:
        """Return the deadline of what is still open, with the time that is left, unless it has passed."""
        if self.now >= time:
            return self.deadline(time)
        left = rendering.time_left(time, now=self.now, say=self.say)
        text = self.say("due_left", time=self.deadline(time), left=left)
        return OpenDeadline(text, rendering.time_spent(begin, time, now=self.now))

    def day(self, day: date) -> str:
        """Return a day in words."""
        return format_date(day, format="long", locale=rendering.LOCALES[self.language])
