"""Wraps a store so that a named method refuses, hangs, or succeeds but loses its answer."""

import asyncio
from enum import Enum
from typing import Any

from idvault.verify.error import Reason, UnavailableError


class Fault(Enum):
    """How a call goes wrong."""

    REFUSE = "nothing happens and the caller is told so"
    HANG = "nothing happens and nobody is told"
    LOSE_ANSWER = "it happens, and the caller is told that the store is away"
    NONE = "it goes well"


class Flaky:
    """Passes calls on to a real store, except for planted faults."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.faults: dict[str, list[Fault]] = {}
        self.hung = asyncio.Event()

    def plant(self, method: str, *faults: Fault) -> None:
        """Make the next calls of a method fail, one fault each."""
        self.faults.setdefault(method, []).extend(faults)

    def __getattr__(self, method: str) -> Any:
        """Return the store's method, with the next planted fault."""
        real = getattr(self._store, method)

        async def call(*args: Any, **kwargs: Any) -> Any:
            fault = self.faults[method].pop(0) if self.faults.get(method) else None
            if fault is Fault.REFUSE:
                raise UnavailableError(Reason.STORE_UNAVAILABLE)
            if fault is Fault.HANG:
                self.hung.set()
                await asyncio.Event().wait()
            answer = await real(*args, **kwargs)
            if fault is Fault.LOSE_ANSWER:
                raise UnavailableError(Reason.STORE_UNAVAILABLE)
            return answer

        return call
