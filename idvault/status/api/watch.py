"""Streams the feeds to any number of watchers, with one query to the store for all of them.

- The feeds are polled every quarter of a second, and not at all without watchers.
- Changes that several watchers need are read and serialised once; they are kept until the feed moves.
- Only the place of each watcher is stored, so a slow watcher does not delay the others.
- A watcher gets a message every few seconds even without changes. If the store cannot be read it gets none,
  and so learns that its view may be out of date.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from idvault.core.telemetry.logs import describe, log
from idvault.public_account.acts import context as public_accounts
from idvault.public_account.api import convert as convert_public
from idvault.public_account.ports import Present
from idvault.status.acts.feed import FeedFlow
from idvault.status.api import convert as convert_status
from idvault.status.api.serialised import Serialised, SerialisedStatuses
from idvault.status.ports import FeedChunk
from idvault.v1 import status_pb2
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, Reason, UnavailableError, Violation

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
    """The watchers of one process; `run` must be running while there are any."""

    def __init__(
        self,
        *,
        feeds: FeedFlow,
        statuses: SerialisedStatuses,
        clock: Callable[[], ClockReading],
        period: float = PERIOD,
        heartbeat: float = HEARTBEAT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Initialise. feeds: the flow. period: seconds between polls; heartbeat: seconds between messages."""
        self._flow = feeds
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
        heads = await self._flow.heads(list(self._feeds))
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
            reading = self._flow.read(relying_party=relying_party, after=place)
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
            cursor=convert_status.cursor(chunk.place, relying_party=relying_party),
            current_date=today.isoformat(),
        )
        present = Present(now, self._statuses.texts.zone)
        shown = [public_accounts.shown(each, present) for each in chunk.public_accounts]
        message.public_accounts.extend(convert_public.public_account(each) for each in shown)
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
