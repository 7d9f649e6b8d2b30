"""How the client for asyncio waits and closes; `on_threads` is the same for the blocking client."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext

import grpc

CLOSED = (ValueError, grpc.aio.UsageError)
"""What grpc raises once a channel is closed."""
CANCELLED: tuple[type[BaseException], ...] = (asyncio.CancelledError,)
"""What grpc raises in a call that was cancelled."""
Places = asyncio.Semaphore
Flag = asyncio.Event
Running = asyncio.Task[None]


def is_cancelled() -> bool:
    """Return whether somebody cancelled this task; otherwise only its call was cancelled."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def lock() -> AbstractContextManager[object]:
    """Return a lock: nothing else runs between two awaits."""
    return nullcontext()


async def take(places: Places, seconds: float) -> bool:
    """Take one of the places, and return whether one was free within this time."""
    try:
        async with asyncio.timeout(seconds if places.locked() else None):  # a timer only to wait
            await places.acquire()
    except TimeoutError:
        return False
    return True


async def pause(closed: Flag, seconds: float) -> bool:
    """Wait this long, or until the flag is set; return whether it is."""
    try:
        async with asyncio.timeout(seconds):
            await closed.wait()
    except TimeoutError:
        return False
    return True


def begin(run: Callable[[], Coroutine[object, object, None]]) -> Running:
    """Run something beside the calls."""
    return asyncio.create_task(run())


async def end(running: Running) -> None:
    """Wait until it has ended, in whatever way."""
    await asyncio.wait([running])


async def close_later(channel: grpc.aio.Channel, seconds: float) -> None:
    """Close a channel when its calls have ended, and after this time in any case."""
    await channel.close(grace=seconds)
