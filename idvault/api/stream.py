"""An answer in many parts ends when its caller's key is revoked, not only when it is done.

Health's Watch is not among them: it tells whoever has a valid certificate the same, and nothing of accounts.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Protocol, TypeVar

from idvault.api.call import Caller
from idvault.domain.error import DeniedError, Reason

T = TypeVar("T")


class Revocations(Protocol):
    """Tells when a caller's key does not count any more (api.directory.Directory)."""

    async def until_revoked(self, caller: Caller) -> None:
        """Return once it does not count any more."""
        ...


async def while_admitted(
    items: AsyncIterator[T], *, caller: Caller, revocations: Revocations
) -> AsyncGenerator[T, None]:
    """Yield what comes, until it ends; raise DeniedError (ACCESS_DENIED) once the caller may call no more.

    Nothing is yielded after the revocation is known, also where something was ready at that moment.
    """
    revoked = asyncio.ensure_future(revocations.until_revoked(caller))
    following: asyncio.Future[T] | None = None
    try:
        while True:
            following = asyncio.ensure_future(anext(items))
            await asyncio.wait([revoked, following], return_when=asyncio.FIRST_COMPLETED)
            if revoked.done():
                revoked.result()
                raise DeniedError(Reason.ACCESS_DENIED)
            try:
                item = following.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        for task in (revoked, following):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
