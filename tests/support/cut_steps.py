"""Steps that are cut: each statement and each commit of a step fails once, and the step is repeated."""

import errno
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pytest

from idvault.claim.acts import verification
from idvault.core.db.database import Database
from idvault.core.db.postgresql_connection import PostgresqlConnection
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault_client.errors import Unavailable
from idvault_verify.error import UnavailableError
from tools.support.sampling import is_tried

T = TypeVar("T")
LEASE = 16
"""Seconds after which the claim of a process that died is free."""
_MOST = 400


class Taken(Protocol):
    """How a step is taken, and repeated until it is done."""

    async def __call__(
        self,
        step: Callable[[float], Awaitable[T]],
        done: Callable[[T], bool] = lambda _: True,
        *,
        seconds: float = 0,
    ) -> T:
        """Take a step at a time until its answer is final; return that."""
        ...


async def calm(
    step: Callable[[float], Awaitable[T]],
    done: Callable[[T], bool] = lambda _: True,
    *,
    seconds: float = 0,
) -> T:
    """Take a step without a fault, again after a lease while it is not done, or if the machine is slow."""
    for _ in range(_MOST):
        with suppress(Unavailable):
            found = await step(seconds)
            if done(found):
                return found
            seconds += LEASE
    raise AssertionError("the step was never done")


@dataclass
class Cuts:
    """Lets places of each step fail once: before a statement, before a commit, and after one.

    In full every place, else one in three. A place is a statement's text and how often it was sent before in
    the same try. cut: how many failed. acts: the names of those that were begun.
    """

    database: Database
    cut: int = 0
    acts: set[str] = field(default_factory=set)
    _places: int = 0
    _known: set[tuple[Any, ...]] = field(default_factory=set)
    _seen: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    _last: str = ""
    _armed: bool = False

    async def __call__(
        self,
        step: Callable[[float], Awaitable[T]],
        done: Callable[[T], bool] = lambda _: True,
        *,
        seconds: float = 0,
    ) -> T:
        """Take a step until a try meets no fault and is done (Taken)."""
        self._known.clear()
        # A lost connection is not retried by the database itself, so that the act meets the fault.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.database, "_patience", 0)
            self._patch(patch)
            for _ in range(_MOST):
                before = self.cut
                self._seen.clear()
                self._armed = True
                with suppress(Unavailable, UnavailableError):
                    found = await step(seconds)
                    if self.cut == before and done(found):
                        return found
                if self.cut == before:
                    seconds += LEASE
        raise AssertionError("the step was never done")

    def _patch(self, patch: pytest.MonkeyPatch) -> None:
        # Nobody waits for the job of whoever died: the person comes again.
        patch.setattr(verification, "_FIRST_POLL", float("inf"))
        patch.setattr(self.database, "act", self._noted(self.database.act))
        kind: Any = SqliteConnection if self.database.is_file else PostgresqlConnection
        for name in ("_fetch", "_execute", "_execute_many"):
            patch.setattr(kind, name, self._before(getattr(kind, name)))
        commit = kind.commit

        async def commit_postgresql(connection: Any) -> None:
            self._at("commit", self._last)
            await commit(connection)
            self._at("committed", self._last)

        def commit_sqlite(connection: Any) -> None:
            self._at("commit", self._last)
            commit(connection)
            self._at("committed", self._last)

        patch.setattr(kind, "commit", commit_sqlite if self.database.is_file else commit_postgresql)

    def _noted(self, run: Any) -> Any:
        async def noted(name: str, work: Any) -> Any:
            self.acts.add(name)
            return await run(name, work)

        return noted

    def _before(self, run: Any) -> Any:
        async def hooked(connection: Any, text: str, arguments: Any) -> Any:
            self._last = text
            self._at("statement", text)
            return await run(connection, text, arguments)

        return hooked

    def _at(self, *place: str) -> None:
        """Fail at a place of this try that has not failed before, if none has in this try."""
        self._seen[place] += 1
        whole = (*place, self._seen[place])
        if not self._armed or whole in self._known:
            return
        self._known.add(whole)
        self._places += 1
        if not is_tried(self._places, one_in=3):
            return
        self._armed = False
        self.cut += 1
        raise OSError(errno.EIO, "Input/output error") if self.cut % 2 else ConnectionResetError
