"""WatchStatuses over a real channel: chunks, cursors, heartbeats, and every end of a stream."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from idvault.core.edge import errors
from idvault.status.api import Hub, SerialisedStatuses
from idvault_verify.account import Standing, Status
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.v1 import status_pb2
from idvault_verify.v1.common_pb2 import AccountStatus
from tools.support.authority import Authority, spiffe
from tools.support.edge import (
    GET_STATUS,
    TOKEN,
    WATCH,
    Edge,
    FakeFeeds,
    FakeTexts,
    call,
    clock,
    platform,
    requests,
    running,
    status,
    told,
)

Message = status_pb2.WatchStatusesResponse
END = datetime(2026, 3, 1, 5, tzinfo=UTC)


class Watch:
    """One stream, as read by its caller."""

    def __init__(self, channel: grpc.aio.Channel, cursor: str = "") -> None:
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
        self._call = method(status_pb2.WatchStatusesRequest(cursor=cursor).SerializeToString())

    async def next(self) -> Message:
        # A refusal that is there before the read is raised; one that comes during it ends the stream.
        try:
            body: Any = await asyncio.wait_for(self._call.read(), 60)
        except grpc.aio.AioRpcError as error:
            raise AssertionError(error.code()) from error
        assert body is not grpc.aio.EOF, await self._call.code()
        return Message.FromString(body)

    async def caught_up(self) -> list[Message]:
        found = [await self.next()]
        while not found[-1].caught_up:
            found.append(await self.next())
        return found

    async def news(self) -> Message:
        """Return the next message with statuses; a heartbeat may come first."""
        while not (message := await self.next()).statuses:
            pass
        return message

    async def end(self) -> Any:
        """Read to the end, and return the final error."""
        try:
            while await asyncio.wait_for(self._call.read(), 60) is not grpc.aio.EOF:
                continue
        except grpc.aio.AioRpcError as error:
            return told(error)
        raise AssertionError("the stream ended without a status")

    def cancel(self) -> None:
        self._call.cancel()


def tokens(messages: list[Message]) -> list[str]:
    return [status.account_token for message in messages for status in message.statuses]


def token(number: int) -> str:
    return f"acct_{number:026d}"


async def test_everything_first_and_then_each_change(edge: Edge) -> None:
    """A watch starts with all accounts in chunks of 1,000 and continues with changes."""
    edge.feeds.feeds["platform-a"] = [token(number) for number in range(2_500)]
    watch = Watch(edge.mine())
    first = await watch.caught_up()
    assert tokens(first) == [token(number) for number in range(2_500)]
    assert [len(message.statuses) for message in first] == [1_000, 1_000, 500]
    assert [message.caught_up for message in first] == [False, False, True]
    edge.feeds.feeds["platform-a"] += [token(1), "-" + token(2)]
    news = await watch.news()
    assert (tokens([news]), list(news.removed_account_tokens)) == ([token(1)], [token(2)])
    assert news.current_date == "2026-03-01"
    watch.cancel()


async def test_a_watch_is_resumed(edge: Edge) -> None:
    """From the last cursor nothing is repeated and nothing is missing."""
    edge.feeds.feeds["platform-a"] = [token(number) for number in range(1_500)]
    watch = Watch(edge.mine())
    first = await watch.next()
    watch.cancel()
    again = Watch(edge.mine(), first.cursor)
    assert tokens([first, *await again.caught_up()]) == [token(number) for number in range(1_500)]
    again.cancel()


async def test_heartbeats(edge: Edge) -> None:
    """Without changes a caller regularly gets a message with the time up to which that is known."""
    watch = Watch(edge.mine())
    messages = [await watch.next() for _ in range(3)]
    elapsed = [message.elapsed_duration.ToMicroseconds() for message in messages]
    assert elapsed == sorted(set(elapsed))
    assert all(message.caught_up and not message.statuses for message in messages)
    watch.cancel()


async def test_silence_where_the_store_is_away(edge: Edge) -> None:
    """While the store cannot be read, no heartbeats are sent."""
    watch = Watch(edge.mine())
    await watch.next()
    edge.feeds.failure = UnavailableError(Reason.STORE_UNAVAILABLE)
    # One message may still have been on its way when the store became unreachable.
    await edge.feeds.looked(3)
    reading = asyncio.ensure_future(watch.next())
    await edge.feeds.looked(20)
    known = reading.result().elapsed_duration.ToSeconds() if reading.done() else 0
    again = asyncio.ensure_future(watch.next()) if reading.done() else reading
    await edge.feeds.looked(20)
    assert not again.done()
    edge.feeds.failure = None
    after = await again
    assert after.caught_up
    assert after.elapsed_duration.ToSeconds() >= known
    watch.cancel()


@pytest.mark.parametrize("cursor", ["x", "AAAA", "A" * 20])
async def test_a_cursor_of_nothing(edge: Edge, cursor: str) -> None:
    """An invalid cursor is refused, and the error names the field."""
    end = await Watch(edge.mine(), cursor).end()
    assert (end.code, end.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_MESSAGE")
    assert end.fields == {"cursor": "CHARACTER"}


async def test_a_cursor_ahead_of_the_feed_or_of_another(edge: Edge) -> None:
    """A cursor beyond the end of the feed, or of another platform, is refused."""
    edge.feeds.feeds["platform-a"] = [TOKEN]
    watch = Watch(edge.mine())
    (message,) = await watch.caught_up()
    watch.cancel()
    edge.feeds.feeds["platform-a"] = []
    assert (await Watch(edge.mine(), message.cursor).end()).fields == {"cursor": "CHARACTER"}
    issued = edge.authority.client(spiffe("platform", "platform-b"))
    edge.platforms.platforms.append(platform(issued, name="platform-b"))
    await edge.directory.load()
    edge.feeds.feeds["platform-b"] = [TOKEN]
    assert (await Watch(edge.channel(issued), message.cursor).end()).fields == {"cursor": "CHARACTER"}


async def test_each_platform_watches_its_own(edge: Edge) -> None:
    """A platform gets only its own accounts; changes for two of its watchers are read once."""
    issued = edge.authority.client(spiffe("platform", "platform-b"))
    edge.platforms.platforms.append(platform(issued, name="platform-b"))
    await edge.directory.load()
    edge.feeds.feeds = {"platform-a": [token(1)], "platform-b": [token(2)]}
    watches = [Watch(edge.mine()), Watch(edge.mine()), Watch(edge.channel(issued))]
    found = [tokens(await watch.caught_up()) for watch in watches]
    assert found == [[token(1)], [token(1)], [token(2)]]
    for watch in watches:
        watch.cancel()


async def test_nobody_watches_nobody_looks(edge: Edge) -> None:
    """Without watchers the store is not read."""
    watch = Watch(edge.mine())
    await watch.next()
    watch.cancel()
    await edge.feeds.looked_no_more()
    assert await Watch(edge.mine()).next()


async def test_a_revoked_key_ends_its_streams(edge: Edge) -> None:
    """A stream ends shortly after its platform's key is revoked."""
    watch = Watch(edge.mine())
    await watch.next()
    [mine] = edge.platforms.platforms
    await edge.platforms.revoke(name=mine.name, spki=mine.spki, now=clock())
    end = await watch.end()
    assert (end.code, end.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")


async def test_a_server_that_stops_says_so(tmp_path: Path, authority: Authority) -> None:
    """A stop ends streams at once with UNAVAILABLE (STREAM_ENDED), and their cursors stay valid."""
    async with running(tmp_path, authority) as edge:
        watch = Watch(edge.mine())
        await watch.next()
        stopping = asyncio.create_task(edge.server.stop(grace=300.0, linger=0.0))
        end = await watch.end()
        assert (end.code, end.reason) == (grpc.StatusCode.UNAVAILABLE, "STREAM_ENDED")
        await asyncio.wait_for(stopping, 60)


async def test_who_reads_too_slowly_is_cut_off(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream of a caller that does not read is ended with a clear status, and can be resumed."""
    monkeypatch.setattr(errors, "SEND_TIME", 0.3)
    edge.feeds.feeds["platform-a"] = [token(number) for number in range(120_000)]
    watch = Watch(edge.mine())
    first = await watch.next()
    # The server ends the stream while the caller does not read; only then is its watcher removed.
    async with asyncio.timeout(60):
        while edge.hub._feeds:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
    assert edge.feeds.reads < 120
    end = await watch.end()
    assert (end.code, end.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SLOW_CONSUMER")
    assert end.retry == 1
    again = Watch(edge.mine(), first.cursor)
    assert tokens([await again.next()])[0] == token(1_000)
    again.cancel()


async def test_streams_have_a_limit(tmp_path: Path, authority: Authority) -> None:
    """Streams beyond a caller's share are refused; one that ends makes room, and calls are not affected."""
    async with running(tmp_path, authority, takes={"streams": 4}) as edge:
        watches = [Watch(edge.mine()) for _ in range(2)]
        for watch in watches:
            await watch.next()
        end = await Watch(edge.mine()).end()
        assert (end.code, end.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert await call(edge.mine(), GET_STATUS, requests()[GET_STATUS].SerializeToString())
        watches[0].cancel()
        while True:
            try:
                await Watch(edge.mine()).next()
            except AssertionError:
                continue
            break


async def test_bytes_that_are_no_request(edge: Edge) -> None:
    """A request that cannot be decoded or is too long is refused."""
    method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = edge.mine().unary_stream(WATCH)
    for body in (b"\xff", status_pb2.WatchStatusesRequest(cursor="x" * 70_000).SerializeToString()):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            [_ async for _ in method(body)]
        assert told(caught.value).reason == "INVALID_MESSAGE"


async def test_watchers_of_one_feed_share_serialised_changes(edge: Edge) -> None:
    """A second watcher gets the same changes without another read, until the feed moves."""
    edge.feeds.feeds["platform-a"] = [token(number) for number in range(1_500)]
    first = Watch(edge.mine())
    before = tokens(await first.caught_up())
    reads = edge.feeds.reads
    second = Watch(edge.mine())
    assert tokens(await second.caught_up()) == before
    assert edge.feeds.reads == reads
    edge.feeds.feeds["platform-a"] += [token(1_501)]
    for watch in (first, second):
        news = await watch.news()
        assert tokens([news]) == [token(1_501)]
    third = Watch(edge.mine())
    assert tokens(await third.caught_up()) == [*before, token(1_501)]
    for watch in (first, second, third):
        watch.cancel()


class FallingTexts(FakeTexts):
    """Every account is limited until a time."""

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        limited = replace(status(), standing=Standing.PUBLISHING_LIMITED, standing_until=END)
        return limited if now.business < END else status()


async def test_what_is_kept_for_watchers_ends_with_a_standing() -> None:
    """Watchers share what was read until the end comes; every message tells the vault's time."""
    feeds, time = FakeFeeds(), [END - timedelta(seconds=2)]
    feeds.feeds, statuses = {"platform-a": [TOKEN]}, SerialisedStatuses(FallingTexts())
    hub = Hub(feeds=feeds, statuses=statuses, clock=lambda: ClockReading(time[0], time[0]), period=0.01)
    polling, watchers = asyncio.create_task(hub.run()), []
    try:
        told_at = ((0, "PUBLISHING_LIMITED", 1), (1, "PUBLISHING_LIMITED", 1), (2, "GOOD", 2))
        for second, standing, reads in told_at:
            time[0] = END - timedelta(seconds=2 - second)
            watcher = hub.watch(relying_party="platform-a", place=0)
            message = Message.FromString((await anext(watcher)).SerializeToString())
            assert message.statuses[0].standing == AccountStatus.Standing.Value(f"STANDING_{standing}")
            assert message.current_time.ToDatetime(UTC) == time[0]
            assert feeds.reads == reads
            watchers.append(watcher)
    finally:
        hub.close()
        polling.cancel()
