"""Wraps a store so that a named method refuses, hangs, or succeeds but loses its answer."""

import asyncio
from collections.abc import Coroutine
from enum import Enum
from typing import Any

from idvault_verify.error import Reason, UnavailableError


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
            return await self._run(method, real(*args, **kwargs))

        return call

    async def _run(self, method: str, work: Coroutine[Any, Any, Any]) -> Any:
        fault = self.faults[method].pop(0) if self.faults.get(method) else None
        if fault in (Fault.REFUSE, Fault.HANG):
            work.close()
        if fault is Fault.REFUSE:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        if fault is Fault.HANG:
            self.hung.set()
            await asyncio.Event().wait()
        answer = await work
        if fault is Fault.LOSE_ANSWER:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return answer


class FlakyDatabase(Flaky):
    """Passes calls on to a real database; a fault is planted by the word of an act after its capability's."""

    def __getattr__(self, name: str) -> Any:
        """Return what the database has."""
        return getattr(self._store, name)

    async def act(self, name: str, work: Any) -> Any:
        """Run an act, with the next planted fault."""
        return await self._run(name.partition(".")[2], self._store.act(name, work))

    async def one(self, name: str, statement: Any, /, **parameters: Any) -> Any:
        """Read a row, with the next planted fault."""
        return await self._run(name.partition(".")[2], self._store.one(name, statement, **parameters))


class FlakyNotes(FlakyDatabase):
    """A shred database; a fault is planted by the name of a note and the word of an act or a read of it."""

    async def act(self, name: str, work: Any) -> Any:
        """Run an act, with the next planted fault."""
        note, word = _note_of(work), name.partition(".")[2]
        return await self._run(f"{note}.{word}", self._store.act(name, work))

    async def one(self, name: str, statement: Any, /, **parameters: Any) -> Any:
        """Read a note, with the next planted fault."""
        key = f"{parameters['which']}.{name.partition('.')[2]}"
        return await self._run(key, self._store.one(name, statement, **parameters))


class _NamedError(Exception):
    """The first statement of an act names this note."""


class _Asking:
    """In place of a connection: tells which note a statement is of."""

    async def one(self, _statement: Any, **parameters: Any) -> Any:
        raise _NamedError(parameters.get("which") or parameters["name"])

    run = one


def _note_of(work: Any) -> str:
    try:
        work(_Asking()).send(None)
    except _NamedError as error:
        return str(error)
    raise AssertionError("the act has no statement")
