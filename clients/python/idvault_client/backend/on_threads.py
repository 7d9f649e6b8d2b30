"""How the blocking client waits and closes; `on_loop` is the same for the client for asyncio."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import grpc

CLOSED = (ValueError,)
"""What grpc raises once a channel is closed."""
CANCELLED: tuple[type[BaseException], ...] = ()
"""Nothing: a call that was cancelled raises RpcError."""
Places = threading.BoundedSemaphore
Flag = threading.Event
Running = threading.Thread


def is_cancelled() -> bool:
    """Return whether somebody cancelled this thread: nobody can."""
    return False


def lock() -> AbstractContextManager[object]:
    """Return a lock for what several threads use."""
    return threading.Lock()


def take(places: Places, seconds: float) -> bool:
    """Take one of the places, and return whether one was free within this time."""
    return places.acquire(timeout=seconds)


def pause(closed: Flag, seconds: float) -> bool:
    """Wait this long, or until the flag is set; return whether it is."""
    return closed.wait(seconds)


def begin(run: Callable[[], None]) -> Running:
    """Run something beside the calls."""
    thread = threading.Thread(target=run, daemon=True, name="idvault-statuses")
    thread.start()
    return thread


def end(running: Running) -> None:
    """Wait until it has ended, in whatever way."""
    running.join()


def close_later(channel: grpc.Channel, seconds: float) -> None:
    """Close a channel after this time, in which its calls can end; return at once."""
    later = threading.Timer(seconds, channel.close)
    later.daemon = True
    later.start()
