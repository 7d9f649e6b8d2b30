"""An answer in many parts ends when its caller's key is revoked, not only when it is done.

- However many streams one caller has, one task waits for his revocation; a stream has none of its own.
- Health's Watch is not among them: it tells whoever has a valid certificate the same, nothing of accounts.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from idvault.api.edge.call import Caller
from idvault.domain.error import DeniedError, Reason

T = TypeVar("T")


class Revocations(Protocol):
    """Tells when a caller's key does not count any more (api.edge.directory.Directory)."""

    async def until_revoked(self, caller: Caller) -> None:
        """Return once it does not count any more."""
        ...


async def while_admitted(
    items: AsyncIterator[T], *, caller: Caller, revocations: Revocations
) -> AsyncGenerator[T, None]:
    """Yield what comes, until it ends; raise DeniedError (ACCESS_DENIED) once the caller may call no more.

    Nothing is yielded after the revocation is known, also where something was ready at that moment.
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
            del item  # or it would be held until there is a next one
    finally:
        admission.streams -= 1
        if not admission.streams:
            admission.close()
            if admissions.get(caller) is admission:
                del admissions[caller]


class _Admission:
    """That a caller may call, as all his streams share it; it interrupts those that wait when it is over."""

    def __init__(self, caller: Caller, revocations: Revocations) -> None:
        self.streams = 0
        self._waiting: set[asyncio.Task[object]] = set()
        self._revoked = asyncio.ensure_future(revocations.until_revoked(caller))
        self._revoked.add_done_callback(self._interrupt)

    @property
    def over(self) -> bool:
        return self._revoked.done()

    def check(self) -> None:
        """Raise DeniedError, or whatever says that nobody can know."""
        if self.over:
            self._revoked.result()
            raise DeniedError(Reason.ACCESS_DENIED)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let the end of the admission end what waits in this block, and raise what `check` does."""
        self.check()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream is read by a task")
        before = task.cancelling()
        self._waiting.add(task)
        try:
            yield
        except asyncio.CancelledError:
            # Somebody else may have cancelled the task as well, or instead.
            if task not in self._waiting and task.uncancel() <= before:
                self.check()
            raise
        finally:
            self._waiting.discard(task)

    def close(self) -> None:
        """Wait for the revocation no more."""
        self._revoked.remove_done_callback(self._interrupt)
        if not self._revoked.cancel() and not self._revoked.cancelled():
            self._revoked.exception()  # every stream that it concerned has been told

    def _interrupt(self, _revoked: "asyncio.Future[None]") -> None:
        for task in list(self._waiting):
            self._waiting.discard(task)
            task.cancel()


_ADMISSIONS: "WeakKeyDictionary[Revocations, dict[Caller, _Admission]]" = WeakKeyDictionary()
