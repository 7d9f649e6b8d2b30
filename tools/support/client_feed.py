"""The feed of both clients over a channel that records: what it asks, and what it answers by itself."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import idvault_client
from idvault_client import aio
from idvault_verify.v1 import status_pb2
from tools.support import client_answers
from tools.support.client_calls import RecordingChannel

_TOKEN, _ID = "account_token-1", "public_account_id-1"
_PATIENCE = 60.0


def message() -> bytes:
    """Return a message of the feed with an account and a public account, after which it is complete."""
    made = client_answers.full(status_pb2.WatchStatusesResponse)
    assert isinstance(made, status_pb2.WatchStatusesResponse)
    made.current_date = "2026-02-27"
    for each in made.statuses:
        each.ClearField("standing_until")
    for account in made.public_accounts:
        account.profile.ClearField("standing_until")
        account.profile.next_change_date = "2026-02-28"
        del account.operators[1:]
    return made.SerializeToString()


class _Held:
    """A stream that has one message, and then none until it is cancelled."""

    def __init__(self, body: bytes) -> None:
        self._body, self._cancelled = body, threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        self._cancelled.wait(_PATIENCE)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
        while not self._cancelled.is_set():  # noqa: ASYNC110 - as a thread sees it
            await asyncio.sleep(0)
        raise asyncio.CancelledError  # as grpc does in a call that was cancelled

    def cancel(self) -> None:
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the client has ended it."""
        return self._cancelled.is_set()


class FeedChannel(RecordingChannel):
    """A channel on which a feed can be followed."""

    def __init__(self, *first: bytes) -> None:
        """Nothing was asked yet. first: what the first streams say, one each, before one says a message."""
        super().__init__()
        self.followed = threading.Event()
        self.streams: list[_Held] = []
        self._first = list(first)

    def unary_stream(self, path: str) -> Callable[..., Any]:
        """Return the method of the feed."""

        def method(request: bytes) -> _Held:
            self.asked.append((path, request))
            self.streams.append(_Held(self._first.pop(0) if self._first else message()))
            self.followed.set()
            return self.streams[-1]

        return method


class AioFeedChannel(FeedChannel):
    """The same, closed by an awaited call."""

    async def close(self) -> None:  # type: ignore[override]
        """Hold nothing."""


def _found(channels: tuple[FeedChannel, FeedChannel], *answers: Any) -> dict[str, Any]:
    asked = [f"{path} {request.hex()}" for channel in channels for path, request in channel.asked]
    return {"requests": asked, "answers": [client_answers.flat(each) for each in answers]}


def blocking() -> dict[str, Any]:
    """Follow the feed of the blocking client, and go on over another channel."""
    channels = FeedChannel(), FeedChannel()
    with idvault_client.Vault(channels[0], timeout=5) as vault:  # type: ignore[arg-type]
        before = vault.statuses.age
        answers = vault.statuses.wait(_PATIENCE), vault.statuses.get(_TOKEN)
        public = vault.statuses.public_account(_ID)
        vault.statuses.use(channels[1])  # type: ignore[arg-type]
        assert channels[1].followed.wait(_PATIENCE)
        assert vault.statuses.age < _PATIENCE
    return _found(channels, before, *answers, public)


def awaited() -> dict[str, Any]:
    """Follow the feed of the client for asyncio, and go on over another channel."""

    async def follow() -> dict[str, Any]:
        channels = AioFeedChannel(), AioFeedChannel()
        async with aio.Vault(channels[0], timeout=5) as vault:  # type: ignore[arg-type]
            before = vault.statuses.age
            answers = await vault.statuses.wait(_PATIENCE), await vault.statuses.get(_TOKEN)
            public = await vault.statuses.public_account(_ID)
            vault.statuses.use(channels[1])  # type: ignore[arg-type]
            async with asyncio.timeout(_PATIENCE):
                while not channels[1].followed.is_set():  # noqa: ASYNC110 - as a thread sees it
                    await asyncio.sleep(0)
            assert vault.statuses.age < _PATIENCE
        return _found(channels, before, *answers, public)

    return asyncio.run(follow())
