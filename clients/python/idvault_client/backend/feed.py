"""`client.statuses`: answers from the feed while it is fresh, and otherwise calls the vault.

The feed starts with the first `get`. A lost stream resumes from the last cursor, so that no change is missed.
Without a stream, the client calls the vault as soon as the cache is older than ten seconds. It always calls
the vault for an account that the feed has not sent yet.
"""

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date
from time import monotonic
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from idvault_client import codec, refusals
from idvault_client.backend import on_loop as waiting
from idvault_client.backend.public_account import OwnedPublicAccount
from idvault_client.backend.status import Status
from idvault_client.backend.status_cache import MAX_AGE, StatusCache
from idvault_client.errors import InvalidFields
from idvault_verify.v1 import status_pb2

_PATH = "/idvault.v1.StatusService/WatchStatuses"
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_LOOK = 0.01
_LOG = logging.getLogger("idvault_client.statuses")


class UnreadableFeedError(Exception):
    """An answer of the feed is none that this client can read; the text is the kind of error alone."""


def _request(cache: StatusCache) -> bytes:
    cursor = cache.begin(now=monotonic())
    return status_pb2.WatchStatusesRequest(cursor=cursor).SerializeToString()


def _apply(cache: StatusCache, body: bytes) -> None:
    """Take in an answer; raises UnreadableFeedError, and then takes in nothing of it."""
    try:
        message = status_pb2.WatchStatusesResponse.FromString(body)
        statuses = [codec.read(Status, each) for each in message.statuses]
        public_accounts = [codec.read(OwnedPublicAccount, each) for each in message.public_accounts]
        today = date.fromisoformat(message.current_date) if message.current_date else None
        time = message.current_time.ToDatetime(UTC) if message.HasField("current_time") else None
    except (DecodeError, ValueError) as error:
        raise UnreadableFeedError(type(error).__name__) from None
    cache.apply(
        statuses,
        list(message.removed_account_tokens),
        cursor=message.cursor,
        elapsed=message.elapsed_duration.ToMicroseconds() / 1_000_000,
        caught_up=message.caught_up,
        today=today,
        time=time,
        public_accounts=public_accounts,
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


class AioStatusFeed:
    """Statuses of a client; that of the blocking one is safe to share between threads."""

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
        self._lock = waiting.lock()
        self._closed = waiting.Flag()
        self._running: waiting.Running | None = None
        self._call: Any = None

    async def get(self, account_token: str) -> Status:
        """Return the status of one account; raises like get_status if the vault must be asked."""
        self.start()
        with self._lock:
            found = self._cache.get(account_token, now=monotonic())
        if found is None:
            found = await self._ask(account_token)
            with self._lock:
                self._cache.saw(found)
        return found

    async def public_account(self, public_account_id: str) -> OwnedPublicAccount:
        """Return a public account; raises like `public_accounts.get` if the vault must be asked."""
        self.start()
        with self._lock:
            found = self._cache.public_account(public_account_id, now=monotonic())
        return found or await self._ask_public(public_account_id)

    def start(self) -> None:
        """Start to follow the feed, unless it has started."""
        with self._lock:
            if self._running is None and not self._closed.is_set():
                self._running = waiting.begin(self._run)

    @property
    def age(self) -> float:
        """How many seconds ago all changes were known; infinity if they never were."""
        with self._lock:
            return self._cache.age(now=monotonic())

    async def wait(self, seconds: float) -> bool:
        """Follow the feed, and return whether it caught up within this many seconds."""
        self.start()
        end = monotonic() + seconds
        while self.age == float("inf") and monotonic() < end and not await waiting.pause(self._closed, _LOOK):
            pass
        return self.age != float("inf")

    def use(self, channel: grpc.aio.Channel) -> None:
        """Go on over another channel."""
        with self._lock:
            self._channel, call = channel, self._call
        if call is not None:
            call.cancel()

    async def close(self) -> None:
        """End the stream; from now on every status is read from the vault."""
        self._closed.set()
        with self._lock:
            call, running = self._call, self._running
        if call is not None:
            call.cancel()
        if running is not None:
            await waiting.end(running)

    async def _run(self) -> None:
        pauses = _Pauses()
        while not self._closed.is_set():
            try:
                await self._follow(pauses)
            except grpc.RpcError as error:
                with self._lock:
                    _ended(self._cache, error)
            except UnreadableFeedError as error:
                _LOG.warning("unreadable answer of the status feed (%s): the vault is asked instead", error)
                self._call.cancel()
            except waiting.CLOSED as error:
                # Another channel follows, or none.
                _LOG.debug("the channel of the status feed is closed (%s)", type(error).__name__)
            except waiting.CANCELLED:
                if waiting.is_cancelled():
                    raise
            await waiting.pause(self._closed, pauses.next())

    async def _follow(self, pauses: _Pauses) -> None:
        with self._lock:
            request = _request(self._cache)
            method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(_PATH)
            self._call = call = method(request)
        if self._closed.is_set():
            call.cancel()
        async for body in call:
            with self._lock:
                _apply(self._cache, body)
            pauses.reset()
