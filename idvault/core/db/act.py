"""Decorators that run a store's method as an act or a read, with a connection opened for it."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database

P = ParamSpec("P")
T = TypeVar("T")


class Store(Protocol):
    """An object whose methods are acts and reads."""

    @property
    def database(self) -> Database:
        """The database that they run on."""
        ...


S = TypeVar("S", bound=Store)
Method = Callable[Concatenate[S, Connection, P], Coroutine[Any, Any, T]]
Call = Callable[Concatenate[S, P], Coroutine[Any, Any, T]]


def act(name: str) -> Callable[[Method[S, P, T]], Call[S, P, T]]:
    """Run the method as one act of its store's database; callers leave out the connection."""

    def decorate(method: Method[S, P, T]) -> Call[S, P, T]:
        @wraps(method)
        async def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            return await store.database.act(name, lambda one: method(store, one, *args, **kwargs))

        return run

    return decorate


def read(name: str) -> Callable[[Method[S, P, T]], Call[S, P, T]]:
    """Run the method as one read of its store's database; callers leave out the connection."""

    def decorate(method: Method[S, P, T]) -> Call[S, P, T]:
        @wraps(method)
        async def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            return await store.database.read(name, lambda one: method(store, one, *args, **kwargs))

        return run

    return decorate
