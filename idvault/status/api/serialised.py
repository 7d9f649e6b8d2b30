"""Serialises statuses without a message object for each: the part after the token is serialised once.

- The store returns an account as a text that begins with its token. The rest of the text and the day
  determine the rest of the message, and the accounts of a deployment have few different rests.
- Only such parts are kept, and nothing about an account. No kept part is ever out of date: all are dropped
  when the day changes, and none is kept whose standing ends within the day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from idvault.account import api as account_api
from idvault.status.acts.status import StatusFlow
from idvault.verify.clock import ClockReading

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


@dataclass(eq=False, repr=False)
class SerialisedStatuses:
    """The serialised parts that a process keeps. most: the largest number of them."""

    texts: StatusFlow
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
        """Return the field of many statuses, and the first time at which a standing in it ends.

        accounts: texts without their tokens, each with the tokens that it follows, joined by commas.
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
        message = account_api.status(status)
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
