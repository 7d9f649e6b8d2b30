"""The blocking client and the one for asyncio behind one interface, for tests that are the same for both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import idvault_client
from idvault_client import Tls


class AskClient(Protocol):
    """Calls a method of a client by its name."""

    async def __call__(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Return what the method returns."""
        raise AssertionError


@asynccontextmanager
async def connected(
    kind: str, target: str, tls: Tls, *, part: str = "", **options: Any
) -> AsyncIterator[AskClient]:
    """Connect one of the clients, "sync" or "aio". part: the attribute that has the methods, else its own.

    options: as of `connect`.
    """
    if kind == "aio":
        async with idvault_client.aio.connect(target, tls=tls, **options) as awaited:

            async def ask_aio(name: str, /, *arguments: Any, **keywords: Any) -> Any:
                return await getattr(_part(awaited, part), name)(*arguments, **keywords)

            yield ask_aio
        return
    with idvault_client.connect(target, tls=tls, **options) as vault:

        async def ask_sync(name: str, /, *arguments: Any, **keywords: Any) -> Any:
            return await asyncio.to_thread(getattr(_part(vault, part), name), *arguments, **keywords)

        yield ask_sync


def _part(client: Any, part: str) -> Any:
    return getattr(client, part) if part else client
