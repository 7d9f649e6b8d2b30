"""Ends a streamed answer when its caller's key is revoked.

- One task per caller waits for the revocation, for all streams of that caller.
- That holds for Health's Watch, too.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary

from idvault.core.edge.access import Directory
from idvault.core.edge.call import Caller
from idvault_verify.error import DeniedError, Reason

T = TypeVar("T")


async def while_admitted(
    items: AsyncIterator[T], *, caller: Caller, revocations: Directory
) -> AsyncGenerator[T, None]:
    """Yield the items; raise DeniedError (ACCESS_DENIED) once the caller's key is revoked.

    After the revocation is known nothing more is yielded, not even an item that is ready.
    """
    admissions = _ADMISSIONS.setdefault(revocations, {})
    admission = admissions.get(caller)
    if admission is None or admission.over:
        admission = admissions[caller] = _Admission(caller, revocations)
    admission.streams += 1
    try:
        while True:
            with admission.interrupting():
                try:
                    item = await anext(items)
                except StopAsyncIteration:
                    return
            admission.check()
            yield item
            del item  # otherwise it is held until the next one
    finally:
        admission.streams -= 1
        if not admission.streams:
            admission.close()
            if admissions.get(caller) is admission:
                del admissions[caller]


class _Admission:
    """A caller's admission, shared by all its streams; it interrupts the waiting ones when it is over."""

    def __init__(self, caller: Caller, revocations: Directory) -> None:
        self.streams = 0
        self._waiting: set[asyncio.Task[object]] = set()
        self._revoked = asyncio.ensure_future(revocations.until_revoked(caller))
        self._revoked.add_done_callback(self._interrupt)

    @property
    def over(self) -> bool:
        return self._revoked.done()

    def check(self) -> None:
        """Raise DeniedError if the admission is over, or the error of a failed revocation check."""
        if self.over:
            self._revoked.result()
            raise DeniedError(Reason.ACCESS_DENIED, why="key_revoked")

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Interrupt the waiting in this block when the admission is over; raises what `check` raises."""
        self.check()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream must be read in a task")
        before = task.cancelling()
        self._waiting.add(task)
        try:
            yield
        except asyncio.CancelledError:
            # The task may also have been cancelled for another reason.
            if task not in self._waiting and task.uncancel() <= before:
                self.check()
            raise
        finally:
            self._waiting.discard(task)

    def close(self) -> None:
        """Stop waiting for the revocation."""
        self._revoked.remove_done_callback(self._interrupt)
        if not self._revoked.cancel() and not self._revoked.cancelled():
            self._revoked.exception()  # mark as retrieved: every stream concerned has raised it

    def _interrupt(self, _revoked: "asyncio.Future[None]") -> None:
        for task in list(self._waiting):
            self._waiting.discard(task)
            task.cancel()


_ADMISSIONS: "WeakKeyDictionary[Directory, dict[Caller, _Admission]]" = WeakKeyDictionary()
