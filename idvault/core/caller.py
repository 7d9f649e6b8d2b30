"""For whom the running work is done: whoever lets callers wait serves them in turn (core.fair_queue).

The edge sets it for each call, and asyncio hands it to the tasks that the call starts. Work for which many
wait at once, and a process's own work, is nobody's: it has turns of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NOBODY = ""
_BEGUN = "/begun"
_CALLER: ContextVar[str] = ContextVar("caller", default=NOBODY)

current = _CALLER.get
"""Return the caller of the running task."""


def serve(caller: str) -> None:
    """Do the rest of this task for a caller."""
    _CALLER.set(caller)


def platform(name: str) -> str:
    """Return the caller that a relying party is, also where others work for it."""
    return f"platform/{name}"


def begun(caller: str) -> str:
    """Return who a caller is for the work that it has begun, which does not wait behind its new work."""
    return f"{caller}{_BEGUN}"


@contextmanager
def serving(caller: str) -> Iterator[None]:
    """Do the block for a caller."""
    before = _CALLER.set(caller)
    try:
        yield
    finally:
        _CALLER.reset(before)
