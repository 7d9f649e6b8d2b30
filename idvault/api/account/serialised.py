"""Statuses as bytes, without a message for each: what follows the token is serialised once.

- The store gives an account as a text. What follows its token in the text determines, with the day, what
  follows the token in the message. The accounts of a deployment have few different ones.
- Nothing is kept about an account, and a kept part cannot be out of date. A new day begins with none, and
  what falls by itself within a day is not kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from idvault.api import convert
from idvault.domain.account import Status
from idvault.domain.clock import ClockReading

_TOKEN_SIZE = 31
_MOST = 20_000
# account_token is field 1 of a status, a string of 31 bytes; statuses are field 1 of every message of many.
_TOKEN = b"\x0a\x1f"
_STATUS = b"\x0a"


@dataclass(frozen=True, slots=True)
class Serialised:
    """The bytes of a message; the edge treats it like the message."""

    content: bytes

    def SerializeToString(self) -> bytes:
        """Return the bytes."""
        return self.content


@dataclass(frozen=True, slots=True)
class Part:
    """What precedes a status's token in a message of many, and what follows it.

    until: when the standing falls by itself and the part is no longer right; None if it does not.
    """

    before: bytes
    after: bytes
    until: datetime | None


class StatusTexts(Protocol):
    """What reads the store's texts: flows.account.status.StatusFlow."""

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        """Return the status of a text."""
        ...

    def today(self, *, now: ClockReading) -> date:
        """Return the day that statuses are for."""
        ...


@dataclass(eq=False, repr=False)
class SerialisedStatuses:
    """The parts of one process. most: how many different ones it keeps."""

    texts: StatusTexts
    most: int = _MOST
    _kept: dict[str, Part] = field(default_factory=dict, init=False)
    _day: date | None = field(default=None, init=False)

    def one(self, packed: str, *, now: ClockReading) -> Serialised:
        """Return one status, from the text of its account."""
        token, shown = packed[:_TOKEN_SIZE], packed[_TOKEN_SIZE:]
        part = self._part(token, shown, self._begun(now), now)
        return Serialised(_TOKEN + token.encode("ascii") + part.after)

    def many(
        self, accounts: Iterable[tuple[str, str]], *, now: ClockReading
    ) -> tuple[bytes, datetime | None]:
        """Return the field of many statuses, and when the first standing in it falls by itself.

        accounts: what follows the token in the texts of some accounts, and their tokens with commas between.
        """
        fields: list[bytes] = []
        ends: list[datetime] = []
        today = self._begun(now)
        for shown, tokens in accounts:
            part = self._part(tokens[:_TOKEN_SIZE], shown, today, now)
            # One pass of C for all tokens: a loop in Python would cost more than reading them.
            fields += (
                part.before,
                tokens.encode("ascii").replace(b",", part.after + part.before),
                part.after,
            )
            if part.until is not None:
                ends.append(part.until)
        return b"".join(fields), min(ends, default=None)

    def _begun(self, now: ClockReading) -> date:
        """Return the day that statuses are for, and forget those of another day."""
        today = self.texts.today(now=now)
        if self._day != today:
            self._kept.clear()
            self._day = today
        return today

    def _part(self, token: str, shown: str, today: date, now: ClockReading) -> Part:
        kept = self._kept.get(shown)
        return kept if kept is not None else self._make(token, shown, today, now)

    def _make(self, token: str, shown: str, today: date, now: ClockReading) -> Part:
        status = self.texts.unpack(token + shown, today=today, now=now)
        message = convert.status(status)
        message.ClearField("account_token")
        rest = message.SerializeToString()
        size = len(_TOKEN) + _TOKEN_SIZE + len(rest)
        made = Part(_STATUS + _varint(size) + _TOKEN, rest, status.standing_until)
        if made.until is not None:
            return made
        if len(self._kept) >= self.most:
            self._kept.clear()
        self._kept[shown] = made
        return made


def _varint(number: int) -> bytes:
    """Return a number as protobuf writes the length of a field."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])
