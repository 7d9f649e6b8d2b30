"""`client.statuses`: answers from the feed while it is fresh, and otherwise calls the vault.

The feed starts with the first `get`. A lost stream resumes from the last cursor, so that no change is missed.
Without a stream, the client calls the vault as soon as the cache is older than ten seconds. It always calls
the vault for an account that the feed has not sent yet.
"""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date
from time import monotonic
from typing import Any

import grpc

from idvault.v1 import status_pb2
from idvault_client import codec, refusals
from idvault_client.backend.public_account import OwnedPublicAccount
from idvault_client.backend.status import Status
from idvault_client.backend.status_cache import MAX_AGE, StatusCache
from idvault_client.errors import InvalidFields

_PATH = "/idvault.v1.StatusService/WatchStatuses"
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


def _request(cache: StatusCache) -> bytes:
    cursor = cache.begin(now=monotonic())
    return status_pb2.WatchStatusesRequest(cursor=cursor).SerializeToString()


def _apply(cache: StatusCache, body: bytes) -> None:
    message = status_pb2.WatchStatusesResponse.FromString(body)
    cache.apply(
        [codec.read(Status, each) for each in message.statuses],
        list(message.removed_account_tokens),
        cursor=message.cursor,
        elapsed=message.elapsed_duration.ToMicroseconds() / 1_000_000,
        caught_up=message.caught_up,
        today=date.fromisoformat(message.current_date) if message.current_date else None,
        time=message.current_time.ToDatetime(UTC) if message.HasField("current_time") else None,
        public_accounts=[codec.read(OwnedPublicAccount, each) for each in message.public_accounts],
    )


def _ended(cache: StatusCache, error: grpc.RpcError) -> None:
    failure = refusals.from_rpc(error, request_id=None)
    if isinstance(failure, InvalidFields) and "cursor" in failure.fields:
        # The vault was restored from a backup: what the cache knows may no longer be true.
        cache.reset()


class _Pauses:
    """Delays before the next attempt: exponential backoff with jitter."""

    def __init__(self) -> None:
        self._pause = _SHORTEST_PAUSE

    def next(self) -> float:
        pause = self._pause
        self._pause = min(2 * pause, _LONGEST_PAUSE)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    def reset(self) -> None:
        self._pause = _SHORTEST_PAUSE


class StatusFeed:
    """Statuses of the blocking client; safe to share between threads."""

    def __init__(
        self,
        channel: grpc.Channel,
        ask: Callable[[str], Status],
        ask_public: Callable[[str], OwnedPublicAccount],
        *,
        max_age: float = MAX_AGE,
    ) -> None:
        """ask, ask_public: read one from the vault. max_age: how many seconds old an answer may be."""
        self._channel = channel
        self._ask = ask
        self._ask_public = ask_public
        self._cache = StatusCache(max_age=max_age)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._call: Any = None

    def get(self, account_token: str) -> Status:
        """Return the status of one account; raises like get_status if the vault must be asked."""
        self.start()
        with self._lock:
            found = self._cache.get(account_token, now=monotonic())
        if found is None:
            found = self._ask(account_token)
            with self._lock:
                self._cache.saw(found)
        return found

    def public_account(self, public_account_id: str) -> OwnedPublicAccount:
        """Return a public account; raises like `public_accounts.get` if the vault must be asked."""
        self.start()
        with self._lock:
            found = self._cache.public_account(public_account_id, now=monotonic())
        return found or self._ask_public(public_account_id)

    def start(self) -> None:
        """Start to follow the feed, unless it has started."""
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, daemon=True, name="idvault-statuses")
                self._thread.start()

    @property
    def age(self) -> float:
        """How many seconds ago all changes were known; infinity if they never were."""
        with self._lock:
            return self._cache.age(now=monotonic())

    def wait(self, seconds: float) -> bool:
        """Follow the feed, and return whether it caught up within this many seconds."""
        self.start()
        end = monotonic() + seconds
        while self.age == float("inf") and monotonic() < end and not self._closed.wait(0.01):
            pass
        return self.age != float("inf")

    def use(self, channel: grpc.Channel) -> None:
        """Go on over another channel."""
        with self._lock:
            self._channel, call = channel, self._call
        if call is not None:
            call.cancel()

    def close(self) -> None:
        """End the stream; from now on every status is read from the vault."""
        self._closed.set()
        with self._lock:
            call, thread = self._call, self._thread
        if call is not None:
            call.cancel()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        pauses = _Pauses()
        while not self._closed.is_set():
            with suppress(ValueError):  # what grpc raises once the channel is closed
                self._follow(pauses)
            self._closed.wait(pauses.next())

    def _follow(self, pauses: _Pauses) -> None:
        with self._lock:
            request = _request(self._cache)
            method: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(_PATH)
            self._call = method(request)
        if self._closed.is_set():
            self._call.cancel()
        try:
            for body in self._call:
                with self._lock:
                    _apply(self._cache, body)
                pauses.reset()
        except grpc.RpcError as error:
            with self._lock:
                _ended(self._cache, error)


class AioStatusFeed:
    """Statuses of the asyncio client."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        ask: Callable[[str], Awaitable[Status]],
        ask_public: Callable[[str], Awaitable[OwnedPublicAccount]],
        *,
        max_age: float = MAX_AGE,
    ) -> None:
        """ask, ask_public: read one from the vault. max_age: how many seconds old an answer may be."""
        self._channel = channel
        self._ask = ask
        self._ask_public = ask_public
        self._cache = StatusCache(max_age=max_age)
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._caught_up = asyncio.Event()

    async def get(self, account_token: str) -> Status:
        """Return the status of one account; raises like get_status if the vault must be asked."""
        self.start()
        found = self._cache.get(account_token, now=monotonic())
        if found is None:
            found = await self._ask(account_token)
            self._cache.saw(found)
        return found

    async def public_account(self, public_account_id: str) -> OwnedPublicAccount:
        """Return a public account; raises like `public_accounts.get` if the vault must be asked."""
        self.start()
        found = self._cache.public_account(public_account_id, now=monotonic())
        return found or await self._ask_public(public_account_id)

    def start(self) -> None:
        """Start to follow the feed, unless it has started."""
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._run())

    @property
    def age(self) -> float:
        """How many seconds ago all changes were known; infinity if they never were."""
        return self._cache.age(now=monotonic())

    async def wait(self, seconds: float) -> bool:
        """Follow the feed, and return whether it caught up within this many seconds."""
        self.start()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._caught_up.wait(), seconds)
        return self._caught_up.is_set()

    def use(self, channel: grpc.aio.Channel) -> None:
        """Go on over another channel."""
        self._channel = channel
        if self._task is not None:
            self._task.cancel()
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End the stream; from now on every status is read from the vault."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        pauses = _Pauses()
        while True:
            try:
                await self._follow(pauses)
            except grpc.RpcError as error:
                _ended(self._cache, error)
            except (ValueError, grpc.aio.UsageError):  # what grpc raises once the channel is closed
                return
            await asyncio.sleep(pauses.next())

    async def _follow(self, pauses: _Pauses) -> None:
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(_PATH)
        async for body in method(_request(self._cache)):
            _apply(self._cache, body)
            pauses.reset()
            if self.age != float("inf"):
                self._caught_up.set()
