"""Opens connections to the server of a PostgreSQL address that accepts writes, whichever that is now."""

import asyncio
from collections.abc import Iterable
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from idvault.core.config.database import Host, PostgresqlAddress
from idvault.core.db import url as address
from idvault.core.db.failure import FOREIGN, DriverError, describe

CONNECT_WAIT = 5.0
# How long only the last leader is asked. A server that is cut off answers nothing, not even a refusal.
_HEAD_START = 0.25


class Servers:
    """The servers of one address; remembers which of them accepted a connection last."""

    def __init__(self, servers: PostgresqlAddress) -> None:
        """Set up without connecting."""
        self._address = servers
        self._hosts = servers.hosts

    @classmethod
    def several(cls, url: str) -> "Servers | None":
        """Return the servers of an address, None unless it names more than one."""
        servers = address.parse(url).servers
        return cls(servers) if servers and len(servers.hosts) > 1 else None

    async def connect(self, **options: Any) -> Any:
        """Return an asyncpg connection; the servers that may accept writes are asked at the same time.

        The driver asks one after the other: the first one that is cut off would take the time of the others.
        Raises what the driver raises, of several servers what the first one raised that is not a standby.
        """
        if not self._hosts:
            return await self._open(None, options)
        first, *others = self._hosts
        tasks = {asyncio.create_task(self._open(first, options)): first}
        try:
            await asyncio.wait(tasks, timeout=_HEAD_START if others else None)
            if not _is_open(tasks):
                tasks |= {asyncio.create_task(self._open(host, options)): host for host in others}
                await _first_open(tasks)
            task = next((each for each in tasks if _succeeded(each)), None)
            if task is None:
                raise _told(tasks)
            host = tasks.pop(task)
            self._hosts = (host, *(each for each in self._hosts if each != host))
            return task.result()
        finally:
            _end(tasks)

    async def missing(self) -> dict[str, DriverError]:
        """Return the servers that cannot be reached or prove no name, leader or not, and why."""
        found = {}
        for host in self._hosts:
            try:
                opened = await self._open(host, {"target_session_attrs": "any"})
            except FOREIGN as error:
                found[f"{host.name}:{host.port}"] = describe(error)
            else:
                opened.terminate()
        return found

    async def _open(self, host: Host | None, options: dict[str, Any]) -> Any:
        where = {} if host is None else {"host": host.name, "port": host.port}
        return await asyncpg.connect(self._address.rest, timeout=CONNECT_WAIT, **where, **options)


def _succeeded(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _is_open(tasks: Iterable[asyncio.Task[Any]]) -> bool:
    return any(_succeeded(task) for task in tasks)


async def _first_open(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Wait until one has succeeded or all have failed."""
    while not _is_open(tasks) and (waiting := [task for task in tasks if not task.done()]):
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)


def _told(tasks: Iterable[asyncio.Task[Any]]) -> BaseException:
    errors = [error for task in tasks if (error := task.exception()) is not None]
    return next(
        (each for each in errors if not isinstance(each, asyncpg.TargetServerAttributeNotMatched)), errors[0]
    )


def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Close what nobody needs any more, now or once it is open."""
    for task in tasks:
        task.add_done_callback(_close)
        task.cancel()


def _close(task: asyncio.Task[Any]) -> None:
    if _succeeded(task):
        task.result().terminate()
