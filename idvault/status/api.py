"""Methods of statuses and their feed."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.core.telemetry.logs import describe, log
from idvault.public_account import api as public_account_api
from idvault.public_account.acts.step import shown as shown_public_account
from idvault.public_account.rules.owner import Present
from idvault.status.acts import Feeds, StatusTexts
from idvault.status.rules import FeedChunk
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, UnavailableError, Violation
from idvault_verify.v1 import status_pb2

_FEED = "WatchStatuses/"


def cursor(place: int, *, relying_party: str) -> str:
    """Return the cursor with which a feed continues after a place."""
    return convert.page_token(place, of=_FEED + relying_party)


def place(text: str, *, relying_party: str) -> int:
    """Return the place of a cursor, 0 if empty; raises InvalidError (INVALID_MESSAGE, cursor)."""
    if not text:
        return 0
    try:
        return convert.read_page_token(text, of=_FEED + relying_party)
    except InvalidError:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("cursor", FieldCode.CHARACTER)) from None


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
    """The serialised parts that a process keeps. most: the largest number of them.

    - The store returns an account as a text that begins with its token. The rest of the text and the day
      determine the rest of the message, and the accounts of a deployment have few different rests.
    - Only such parts are kept, and nothing about an account. No kept part is ever out of date: all are
      dropped when the day changes, and none is kept whose standing ends within the day.
    """

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


@dataclass(kw_only=True, eq=False, repr=False)
class StatusBatches:
    """Reads and answers batches."""

    flow: StatusTexts
    statuses: SerialisedStatuses

    async def read(
        self, *, relying_party: str, account_tokens: Sequence[str], now: ClockReading
    ) -> Serialised:
        """Return the response: each status once, in request order, and the unknown tokens."""
        asked = list(dict.fromkeys(account_tokens))
        packed = await self.flow.packed_many(relying_party=relying_party, account_tokens=asked)
        shown: dict[str, str] = {}
        for text, tokens in packed.items():
            shown.update(dict.fromkeys(tokens.split(","), text))
        known: list[tuple[str, str]] = []
        unknown: list[str] = []
        # Neighbours with equal statuses are serialised in one step.
        for found, run in groupby(asked, shown.get):
            if found is None:
                unknown += run
            else:
                known.append((found, ",".join(run)))
        content, _ = self.statuses.many(known, now=now)
        rest = status_pb2.BatchGetStatusesResponse(unknown_account_tokens=unknown)
        return Serialised(content + rest.SerializeToString())


PERIOD = 0.25
HEARTBEAT = 3.0
_PARTS_KEPT = 100  # of about 80 kB


@dataclass(slots=True)
class _Feed:
    """A watched feed: its end (head), and when that was read (seen_at, monotonic seconds).

    looked: set by the next poll, for watchers that arrived since the last one. asleep: waiting watchers, by
    the time of their last message. An idle watcher costs only one future, without a task or a timer.
    """

    watchers: int = 0
    head: int = 0
    seen_at: float = float("-inf")
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    asleep: dict[float, list[asyncio.Future[None]]] = field(default_factory=dict)

    def sleep(self, *, told_at: float) -> "asyncio.Future[None]":
        """Return a future that is done when there are changes or a heartbeat is due."""
        waiting = asyncio.get_running_loop().create_future()
        self.asleep.setdefault(told_at, []).append(waiting)
        return waiting

    def wake(self, *, told_before: float = float("inf")) -> None:
        """Wake the watchers whose last message was at or before a time."""
        for told_at in [told_at for told_at in self.asleep if told_at <= told_before]:
            for waiting in self.asleep.pop(told_at):
                if not waiting.done():
                    waiting.set_result(None)


@dataclass(frozen=True, slots=True)
class _FeedPart:
    """Serialised changes after a place. place: where to continue. head: the end of the feed they are of.

    until: when the first of the standings in it falls by itself; None if none does.
    """

    content: bytes
    place: int
    head: int
    today: date
    until: datetime | None

    def holds(self, *, head: int, today: date, now: datetime) -> bool:
        """Return whether the changes can be told now."""
        return (self.head, self.today) == (head, today) and (self.until is None or self.until > now)


class Hub:
    """The watchers of one process; `run` must be running while there are any.

    - The feeds are polled every quarter of a second, and not at all without watchers.
    - Changes that several watchers need are read and serialised once; they are kept until the feed moves.
    - Only the place of each watcher is stored, so a slow watcher does not delay the others.
    - A watcher gets a message every few seconds even without changes. If the store cannot be read it gets
      none, and so learns that its view may be out of date.
    """

    def __init__(
        self,
        *,
        feeds: Feeds,
        statuses: SerialisedStatuses,
        clock: Callable[[], ClockReading],
        period: float = PERIOD,
        heartbeat: float = HEARTBEAT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Initialise. period: seconds between polls; heartbeat: seconds between messages."""
        self._source = feeds
        self._statuses = statuses
        self._clock = clock
        self._period = period
        self._heartbeat = heartbeat
        self._monotonic = monotonic
        self._feeds: dict[str, _Feed] = {}
        self._reading: dict[tuple[str, int], asyncio.Task[FeedChunk]] = {}
        self._parts: dict[tuple[str, int], _FeedPart] = {}
        self._watched = asyncio.Event()
        self._closed = False

    def close(self) -> None:
        """End every stream with UNAVAILABLE (STREAM_ENDED) and accept no new one."""
        self._closed = True
        for feed in self._feeds.values():
            feed.looked.set()
            feed.wake()

    async def run(self) -> None:
        """Poll the feeds until cancelled; a failed poll is repeated."""
        while True:
            await self._watched.wait()
            try:
                await self._look()
            except Exception as error:  # whatever failed, the watchers must not wait for ever
                log().warning("feeds_not_read", **describe(error))
            await asyncio.sleep(self._period)

    async def watch(self, *, relying_party: str, place: int) -> AsyncGenerator[Serialised, None]:
        """Yield the changes of a feed after a place, without end.

        Raises InvalidError (INVALID_MESSAGE, cursor) for a place beyond the end of the feed, and
        UnavailableError (STREAM_ENDED).
        """
        began = self._monotonic()
        feed = self._enter(relying_party)
        told_at = float("-inf")
        try:
            while not self._closed:
                if feed.seen_at < began:
                    await feed.looked.wait()
                    continue
                seen_at, head = feed.seen_at, feed.head
                _check(place, head)
                if place >= head and seen_at - told_at < self._heartbeat:
                    await feed.sleep(told_at=told_at)
                    continue
                part = await self._part(relying_party, place, head)
                place, told_at = part.place, seen_at
                elapsed, now = seen_at - began, self._clock().business
                yield _message(part, now=now, elapsed=elapsed, caught_up=place >= head)
                del part  # otherwise it is held until the next one
            raise UnavailableError(Reason.STREAM_ENDED)
        finally:
            self._leave(relying_party, feed)

    def _enter(self, relying_party: str) -> _Feed:
        feed = self._feeds.setdefault(relying_party, _Feed())
        feed.watchers += 1
        self._watched.set()
        return feed

    def _leave(self, relying_party: str, feed: _Feed) -> None:
        feed.watchers -= 1
        if not feed.watchers:
            del self._feeds[relying_party]
            self._forget(relying_party)  # nobody looks whether it moves
        if not self._feeds:
            self._watched.clear()

    def _forget(self, relying_party: str) -> None:
        self._parts = {key: part for key, part in self._parts.items() if key[0] != relying_party}

    async def _look(self) -> None:
        begun = self._monotonic()
        heads = await self._source.heads(list(self._feeds), now=self._clock())
        for party, head in heads.items():
            feed = self._feeds.get(party)
            if feed is not None:
                moved, feed.head, feed.seen_at = head != feed.head, head, begun
                if moved:
                    self._forget(party)
                feed.looked.set()
                feed.looked = asyncio.Event()
                feed.wake(told_before=float("inf") if moved else begun - self._heartbeat)

    async def _part(self, relying_party: str, place: int, head: int) -> _FeedPart:
        """Return the serialised changes after a place, kept while the feed and the day are the same.

        The head is read after all durable changes are numbered. While it has not moved, nothing has changed.
        """
        if place >= head:
            return self._serialised(FeedChunk({}, (), place), relying_party, head)
        now = self._clock()
        kept = self._parts.get((relying_party, place))
        today = self._statuses.texts.today(now=now)
        if kept is not None and kept.holds(head=head, today=today, now=now.business):
            return kept
        part = self._serialised(await self._next(relying_party, place), relying_party, head)
        self._parts.pop((relying_party, place), None)
        self._parts[relying_party, place] = part
        while len(self._parts) > _PARTS_KEPT:
            del self._parts[next(iter(self._parts))]
        return part

    async def _next(self, relying_party: str, place: int) -> FeedChunk:
        """Return the next changes; concurrent readers of the same place share one read."""
        key = (relying_party, place)
        task = self._reading.get(key)
        if task is None:
            reading = self._source.read(relying_party=relying_party, after=place)
            task = self._reading[key] = asyncio.ensure_future(reading)
            task.add_done_callback(lambda _done: self._reading.pop(key, None))
        # A watcher that disconnects must not cancel the shared read.
        return await asyncio.shield(task)

    def _serialised(self, chunk: FeedChunk, relying_party: str, head: int) -> _FeedPart:
        now = self._clock()
        today = self._statuses.texts.today(now=now)
        statuses, until = self._statuses.many(chunk.accounts.items(), now=now)
        message = status_pb2.WatchStatusesResponse(
            removed_account_tokens=chunk.removed,
            cursor=cursor(chunk.place, relying_party=relying_party),
            current_date=today.isoformat(),
        )
        present = Present(now, self._statuses.texts.zone)
        shown = [shown_public_account(each, present) for each in chunk.public_accounts]
        message.public_accounts.extend(public_account_api.public_account(each) for each in shown)
        ends = [until, *(each.profile.standing_until for each in shown)]
        until = min((end for end in ends if end is not None), default=None)
        return _FeedPart(statuses + message.SerializeToString(), chunk.place, head, today, until)


def _check(place: int, head: int) -> None:
    """Refuse a place beyond the end: the feed was restored from a copy and would reuse that number."""
    if place > head:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("cursor", FieldCode.CHARACTER))


def _message(part: _FeedPart, *, now: datetime, elapsed: float, caught_up: bool) -> Serialised:
    """Return a part with what differs between watchers: concatenated messages are merged."""
    message = status_pb2.WatchStatusesResponse(caught_up=caught_up)
    message.current_time.FromDatetime(now)
    message.elapsed_duration.FromMicroseconds(int(max(elapsed, 0.0) * 1_000_000))
    return Serialised(part.content + message.SerializeToString())


@dataclass(kw_only=True, eq=False, repr=False)
class StatusMethods:
    """The methods of published statuses."""

    flow: StatusTexts
    statuses: SerialisedStatuses
    watches: Hub

    def __post_init__(self) -> None:
        """Make what answers batches."""
        self._batches = StatusBatches(flow=self.flow, statuses=self.statuses)

    async def GetStatus(
        self,
        request: status_pb2.GetStatusRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> Serialised:
        """Return the status of one account."""
        account_token = token.check(request.account_token)
        packed = await self.flow.packed(relying_party=caller.name, account_token=account_token)
        return self.statuses.one(packed, now=now)

    async def BatchGetStatuses(
        self,
        request: status_pb2.BatchGetStatusesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> Serialised:
        """Return the statuses of up to 1,000 accounts."""
        account_tokens = convert.account_tokens(request.account_tokens)
        return await self._batches.read(relying_party=caller.name, account_tokens=account_tokens, now=now)

    def WatchStatuses(
        self,
        request: status_pb2.WatchStatusesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> AsyncGenerator[Serialised, None]:
        """Stream the caller's accounts, then each change."""
        start = place(request.cursor, relying_party=caller.name)
        return self.watches.watch(relying_party=caller.name, place=start)
