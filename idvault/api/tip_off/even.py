"""Refusals that tell nothing by their time: each leaves at the end of a step that began with its call.

A known reference costs a write and an unknown one does not, and both fit into a step. Only refusals wait, so
somebody with the right numbers does not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from idvault.domain.error import NotFoundError

_T = TypeVar("_T")
STEP = 0.1
"""In seconds: many times what a look-up and a write take, and nothing to somebody who mistyped."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EvenRefusals:
    """The steps of one process. clock: in seconds."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def of(self, work: Awaitable[_T]) -> _T:
        """Return the result of a look-up; raises NotFoundError at the end of a step, other errors at once."""
        begun = self.clock()
        try:
            return await work
        except NotFoundError:
            await self.sleep(STEP - (self.clock() - begun) % STEP)
            raise
