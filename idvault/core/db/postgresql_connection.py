"""Connections to PostgreSQL: to whichever server accepts writes, where no side waits for ever."""

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from idvault.core.config.database import Host, PostgresqlAddress
from idvault.core.db import url as address
from idvault.core.db.connection import FOREIGN, Connection, DriverError, NoSocketError, describe_failure
from idvault.core.db.queued import Queue
from idvault.core.db.statement import Compiled, Statement, T

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
                found[f"{host.name}:{host.port}"] = describe_failure(error)
            else:
                opened.terminate()
        return found

    async def _open(self, host: Host | None, options: dict[str, Any]) -> Any:
        where = {} if host is None else {"host": host.name, "port": host.port}
        try:
            return await asyncpg.connect(self._address.rest, timeout=CONNECT_WAIT, **where, **options)
        except FileNotFoundError as error:
            # The driver raises the same for a file of certificates, which it opens before it connects.
            if await asyncio.to_thread(_are_there, self._address.files):
                raise NoSocketError(*error.args) from None
            raise


def _are_there(files: Sequence[str]) -> bool:
    return all(Path(each).exists() for each in files)


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


STATEMENT_WAIT = 10.0
# The server gives up after the client: the client's time-out is the one that says what happened.
_SERVER_SPARE = 1.0
_CLIENT_CHECK = 1.0
# A firewall or proxy on the way to the database may silently drop an idle connection.
_IDLE_LIMIT = 300.0
# More than the number of statements: none is prepared twice on a connection.
_STATEMENTS_KEPT = 1_000
# Seconds before the first probe, seconds between probes, probes without an answer.
_PROBES = {"IDLE": 60, "INTVL": 10, "CNT": 3}


def server_settings() -> dict[str, str]:
    """Return what the server is told at the start of a connection.

    If this process dies, freezes or is cut off, its statement or its open transaction must not keep locks:

    - A statement ends soon after its client stopped waiting, and within a second if the client is gone.
    - A transaction that waits for its client's next statement ends, too.
    - Probes detect a client that disappeared without a word.
    """
    limit = _milliseconds(STATEMENT_WAIT + _SERVER_SPARE)
    return {
        "application_name": "idvault",
        "timezone": "UTC",
        "statement_timeout": limit,
        "idle_in_transaction_session_timeout": limit,
        "client_connection_check_interval": _milliseconds(_CLIENT_CHECK),
        "tcp_keepalives_idle": str(_PROBES["IDLE"]),
        "tcp_keepalives_interval": str(_PROBES["INTVL"]),
        "tcp_keepalives_count": str(_PROBES["CNT"]),
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


class PostgresqlConnection(Connection):
    """One connection of the pool."""

    def __init__(self, driver: Any) -> None:
        """Wrap an open asyncpg connection."""
        self.driver = driver
        self.used_at = monotonic()
        self.era = 0
        """Connections of an era before the pool's may lead to a former leader."""
        self._queue: Queue | None = None

    def compiled(self, statement: Statement[Any]) -> Compiled:
        """Return the statement with $1, $2, … placeholders."""
        return statement.postgresql

    async def all(self, statement: Statement[T], /, **parameters: Any) -> list[T]:
        """Return the values of all rows; queued statements are sent first, or with this one."""
        queue = await self._queue_before(statement)
        if queue is None:
            return await super().all(statement, **parameters)
        queue.add(statement, statement.postgresql.arguments(parameters))
        return statement.read(statement.postgresql, await self._fetch(*queue.take()))

    async def run(self, statement: Statement[Any], /, **parameters: Any) -> int:
        """Run a statement; queued ones are sent first, or with this one."""
        queue = await self._queue_before(statement)
        if queue is None:
            return await super().run(statement, **parameters)
        queue.add(statement, statement.postgresql.arguments(parameters))
        return await self._execute(*queue.take())

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a statement once for each row; queued ones are sent first."""
        await self.send_queued()
        await super().many(statement, rows)

    async def later(self, statement: Statement[Any], /, **parameters: Any) -> None:
        """Queue a statement; it is sent with others (core.db.queued)."""
        arguments = statement.postgresql.arguments(parameters)
        if self._queue is None:
            raise RuntimeError("only an act may queue statements")
        if not self._queue.admits(statement):
            await self.send_queued()
        self._queue.add(statement, arguments)

    async def send_queued(self) -> None:
        """Send the queued statements."""
        if self._queue:
            await self._execute(*self._queue.take())

    async def _queue_before(self, statement: Statement[Any]) -> Queue | None:
        """Return the queue, which only an act has, if it can be sent with a statement; else send it now."""
        if self._queue and self._queue.precedes(statement):
            return self._queue
        await self.send_queued()
        return None

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Return all rows."""
        self.busy = True
        try:
            rows: Sequence[Sequence[Any]] = await self.driver.fetch(text, *arguments)
        finally:
            self.busy = False
        return rows

    async def _execute(self, text: str, arguments: Sequence[Any]) -> int:
        """Return the number at the end of the command's tag, as in `UPDATE 3`."""
        self.busy = True
        try:
            tag: str = await self.driver.execute(text, *arguments)
        finally:
            self.busy = False
        return int(tag.rpartition(" ")[2])

    async def _execute_many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """Send all rows at once."""
        self.busy = True
        try:
            await self.driver.executemany(text, rows)
        finally:
            self.busy = False

    async def begin(self) -> None:
        """Begin a transaction at READ COMMITTED."""
        await self.driver.execute("BEGIN")
        self._queue, self.writable = Queue(), True

    async def commit(self) -> None:
        """Commit the transaction; raises DriverError if the database rolled it back instead."""
        self._queue, self.writable = None, False
        try:
            tag = await self.driver.execute("COMMIT")
        except (asyncio.CancelledError, TimeoutError):
            # Once sent, a COMMIT is left to take effect: a cancel request could undo it. If it waits for a
            # standby, the request would end the wait with a success and show what a new leader may not have.
            self.driver.terminate()
            raise
        # After a failed statement PostgreSQL answers COMMIT with ROLLBACK, without an error.
        if tag != "COMMIT":
            raise DriverError("RolledBack")

    async def roll_back(self) -> None:
        """Roll back the transaction; queued statements are not sent."""
        self._queue, self.writable = None, False
        await self.driver.execute("ROLLBACK")

    def is_stale(self) -> bool:
        """Tell whether the connection is closed, or has been idle for so long that it may be."""
        return self.driver.is_closed() or monotonic() - self.used_at > _IDLE_LIMIT


async def connect(servers: Servers) -> PostgresqlConnection:
    """Open a connection to the server that accepts writes."""
    driver = await servers.connect(
        command_timeout=STATEMENT_WAIT,
        statement_cache_size=_STATEMENTS_KEPT,
        max_cached_statement_lifetime=0,
        server_settings=server_settings(),
    )
    # asyncpg has no public way to its socket.
    _keep_alive(driver._transport.get_extra_info("socket"))
    return PostgresqlConnection(driver)


def _keep_alive(connected: Any) -> None:
    """Probe an idle connection, so that a dead one is known before it is used; local sockets need none."""
    if connected.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        option = getattr(socket, f"TCP_KEEP{name}", None)  # not every system has all of them
        if option is not None:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
