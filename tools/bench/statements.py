"""The statements of a sign-up, recorded from the real flow and run bare on the driver over a fresh copy.

The copy is made before the recording, so every statement finds the rows that it found the first time.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import uvloop
from sqlalchemy.engine import make_url

from idvault.core.db.postgresql_connection import PostgresqlConnection
from idvault.processes import migrations
from tools.bench import bare_database
from tools.bench.flows import signing_up
from tools.support import sandbox
from tools.support.databases import Databases

_WARM_UP = 100
_AT_ONCE = 16
_BEGIN, _COMMIT = "BEGIN", "COMMIT"


@dataclass(frozen=True, slots=True)
class Step:
    """A statement as it was sent: the database's name, how the driver ran it, text and arguments."""

    database: str
    way: str
    text: str
    arguments: Sequence[Any] = ()


Sent = list[Step]


@dataclass(frozen=True, slots=True)
class BareCost:
    """Statements and commits of a sign-up, and the CPU microseconds that they cost the bare driver."""

    statements: float
    commits: float
    cpu_us: float


def measure(databases: Databases, *, sign_ups: int) -> BareCost:
    """Record sign-ups over empty databases and run their statements again, bare."""
    migrations.upgrade(databases.main_url, databases.shred_url)
    copies = Databases(databases.kind, _copied(databases.main_url), _copied(databases.shred_url))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_copy(databases))
        recorded = runner.run(_record(databases, sign_ups + _WARM_UP))
        names = {_name(old): new for old, new in zip(_urls(databases), _urls(copies), strict=True)}
        cpu = runner.run(_replay(recorded, names))
    measured = recorded[_WARM_UP:]
    return BareCost(
        statements=sum(step.text not in (_BEGIN, _COMMIT) for sent in measured for step in sent) / sign_ups,
        commits=sum(step.text == _COMMIT for sent in measured for step in sent) / sign_ups,
        cpu_us=cpu / sign_ups * 1e6,
    )


async def _copy(databases: Databases) -> None:
    server = make_url(databases.main_url).set(database="postgres").render_as_string(hide_password=False)
    connection = await bare_database.connect(server)
    try:
        for url in _urls(databases):
            await connection.execute(f'CREATE DATABASE "{_name(_copied(url))}" TEMPLATE "{_name(url)}"')
    finally:
        await connection.close()


async def _record(databases: Databases, count: int) -> list[Sent]:
    people, found = [sandbox.invent() for _ in range(count)], []
    async with signing_up(databases) as flow:
        with _recording() as sent:
            for person in people:
                sent.set([])
                await flow.sign_up(person)
                found.append(sent.get())
    return found


@contextmanager
def _recording() -> Iterator[ContextVar[Sent]]:
    """Append what every connection sends to the list of the sign-up that runs."""
    sent: ContextVar[Sent] = ContextVar("sent")
    with pytest.MonkeyPatch.context() as patch:
        for name, way in (("_fetch", "fetch"), ("_execute", "execute"), ("_execute_many", "executemany")):
            patch.setattr(PostgresqlConnection, name, _noted(getattr(PostgresqlConnection, name), way, sent))
        for name, text in (("begin", _BEGIN), ("commit", _COMMIT)):
            patch.setattr(
                PostgresqlConnection, name, _marked(getattr(PostgresqlConnection, name), text, sent)
            )
        yield sent


def _noted(run: Any, way: str, sent: ContextVar[Sent]) -> Any:
    async def noted(connection: Any, text: str, arguments: Sequence[Any]) -> Any:
        sent.get().append(Step(_database(connection), way, text, arguments))
        return await run(connection, text, arguments)

    return noted


def _marked(run: Any, text: str, sent: ContextVar[Sent]) -> Any:
    async def marked(connection: Any) -> None:
        sent.get().append(Step(_database(connection), "execute", text))
        await run(connection)

    return marked


def _database(connection: Any) -> str:
    name: str = connection.driver._params.database
    return name


async def _replay(recorded: Sequence[Sent], urls: dict[str, str]) -> float:
    """Run the statements over several connections; return the CPU seconds after a warm-up."""
    workers = [
        {name: await bare_database.connect(url) for name, url in urls.items()} for _ in range(_AT_ONCE)
    ]
    try:
        await _run_all(workers, recorded[:_WARM_UP])
        before = time.process_time()
        await _run_all(workers, recorded[_WARM_UP:])
        return time.process_time() - before
    finally:
        for connections in workers:
            for connection in connections.values():
                await connection.close()


async def _run_all(workers: Sequence[dict[str, Any]], recorded: Sequence[Sent]) -> None:
    waiting = iter(recorded)

    async def one_after_another(connections: dict[str, Any]) -> None:
        for sent in waiting:
            for step in sent:
                run = partial(getattr(connections[step.database], step.way), step.text)
                await (run(step.arguments) if step.way == "executemany" else run(*step.arguments))

    await asyncio.gather(*(one_after_another(connections) for connections in workers))


def _urls(databases: Databases) -> tuple[str, str]:
    return databases.main_url, databases.shred_url


def _name(url: str) -> str:
    return str(make_url(url).database)


def _copied(url: str) -> str:
    copied = make_url(url).set(database=f"{_name(url)}_copy")
    return copied.render_as_string(hide_password=False)
