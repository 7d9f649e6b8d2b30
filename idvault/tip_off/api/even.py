"""Refusals that tell nothing by their time: each leaves at the end of a step that began with its call.

A known reference costs a write and an unknown one does not, and both fit into a step. Only refusals wait, so
somebody with the right numbers does not.

Those of one caller leave one after another. Somebody who tries numbers replaces each refused call at once; a
thousand refusals at the end of one step would keep everybody else's calls waiting.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from idvault.verify.error import NotFoundError

_T = TypeVar("_T")
STEP = 0.1
"""In seconds: many times what a look-up and a write take, and nothing to somebody who mistyped."""
BETWEEN = 0.0025
"""Seconds between two refusals of one caller."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EvenRefusals:
    """The steps of one process. clock: in seconds."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _last: dict[str, float] = field(default_factory=dict)

    async def of(self, work: Awaitable[_T], *, caller: str) -> _T:
        """Return the result of a caller's look-up.

        Raises NotFoundError at the end of a step, or later after the caller's last one; other errors at once.
        """
        begun = self.clock()
        try:
            return await work
        except NotFoundError:
            now = self.clock()
            step_ends = now + STEP - (now - begun) % STEP
            leaves = self._last[caller] = max(step_ends, self._last.get(caller, 0.0) + BETWEEN)
            await self.sleep(leaves - now)
            raise
