"""Answers batches of statuses without a message for each: what follows the token is serialised once.

- The store gives each account as one text. What follows its token in the text determines, with the day, what
  follows the token in the message. The accounts of a deployment have few different ones.
- Nothing is kept about an account, and a kept part cannot be out of date. A new day begins with none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from idvault.api import convert
from idvault.api.account.serialised import Serialised
from idvault.domain.account import Status
from idvault.domain.clock import ClockReading
from idvault.v1 import status_pb2

_MOST = 20_000
# account_token is field 1 of a status, a string of 31 bytes; a status is field 1 of the response.
_TOKEN_SIZE = 31
_TOKEN = b"\x0a\x1f"
_STATUS = b"\x0a"


class BatchReading(Protocol):
    """What batches need of flows.account.status.StatusFlow."""

    async def packed(self, *, relying_party: str, account_tokens: Sequence[str]) -> list[str]:
        """Return known accounts, each as one text that begins with its token."""
        ...

    def unpack(self, packed: str, *, relying_party: str, today: date) -> Status:
        """Return the status of such a text."""
        ...

    def today(self, *, now: ClockReading) -> date:
        """Return the day that statuses are for."""
        ...


@dataclass(eq=False, repr=False)
class StatusBatches:
    """Batches of one process. most: how many different parts it keeps."""

    flow: BatchReading
    most: int = _MOST
    _kept: dict[str, tuple[bytes, bytes]] = field(default_factory=dict, init=False)
    _day: date | None = field(default=None, init=False)

    async def read(
        self, *, relying_party: str, account_tokens: Sequence[str], now: ClockReading
    ) -> Serialised:
        """Return the response: each status once, in request order, and the unknown tokens."""
        asked = list(dict.fromkeys(account_tokens))
        found = {
            packed[:_TOKEN_SIZE]: packed
            for packed in await self.flow.packed(relying_party=relying_party, account_tokens=asked)
        }
        self._begin(self.flow.today(now=now))
        parts: list[bytes] = []
        unknown: list[str] = []
        for token in asked:
            packed = found.get(token)
            if packed is None:
                unknown.append(token)
                continue
            around = self._kept.get(packed[_TOKEN_SIZE:]) or self._make(packed, relying_party)
            parts += (around[0], token.encode("ascii"), around[1])
        parts.append(status_pb2.BatchGetStatusesResponse(unknown_account_tokens=unknown).SerializeToString())
        return Serialised(b"".join(parts))

    def _make(self, packed: str, relying_party: str) -> tuple[bytes, bytes]:
        """Return what precedes and what follows the token in the response."""
        if self._day is None:
            raise RuntimeError("a batch has a day")
        message = convert.status(self.flow.unpack(packed, relying_party=relying_party, today=self._day))
        message.ClearField("account_token")
        rest = message.SerializeToString()
        size = len(_TOKEN) + _TOKEN_SIZE + len(rest)
        made = _STATUS + _varint(size) + _TOKEN, rest
        if len(self._kept) >= self.most:
            self._kept.clear()
        self._kept[packed[_TOKEN_SIZE:]] = made
        return made

    def _begin(self, today: date) -> None:
        if self._day != today:
            self._kept.clear()
            self._day = today


def _varint(number: int) -> bytes:
    """Return a number as protobuf writes the length of a field."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])
