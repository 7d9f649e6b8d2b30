"""Brings the schema of both databases to the newest version, and refuses to work with an older one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, NullPool, column, create_engine, event, select, table, text
from sqlalchemy.exc import DBAPIError

from idvault.core import tables as schema
from idvault.core.db import distinct
from idvault.core.db import url as address
from idvault.core.db.connection import FOREIGN, DriverError, describe_failure
from idvault.core.db.database import Database
from idvault.core.db.postgresql_connection import Servers
from idvault.core.db.sqlite import Turn
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.core.db.statement import scalar, statement
from idvault.core.tables import (
    account,
    campaign,
    claim,
    contact,
    credential,
    custody,
    disclosure,
    erasure,
    key,
    log,
    notice,
    outbox,
    people,
    platform,
    public_account,
    sanction,
    session,
    tip_off,
)
from idvault.processes.deployment import store as deployment_store
from idvault.processes.migrations import floor
from idvault.processes.migrations.branch import Branch, Phase, SchemaError
from idvault.registry import store as registry_store
from idvault_verify.error import Reason, UnavailableError

_LOCK = 0x1D7A017  # any number, the same in every process that upgrades
# How many seconds to wait for another process that upgrades an SQLite file, which may be large.
_OTHER_UPGRADE = 60.0
# How often a change that PostgreSQL ended as one side of a deadlock is begun anew. An expansion locks table
# after table beside acts that lock them in another order.
_TRIES = 10
_NO_SUCH_TABLE = ("42P01", "1")  # of PostgreSQL and SQLite


# Imported so that the metadata includes the tables of every capability.
CAPABILITIES = (
    account,
    registry_store,
    campaign,
    claim,
    contact,
    credential,
    custody,
    deployment_store,
    disclosure,
    erasure,
    floor,
    key,
    log,
    notice,
    outbox,
    people,
    platform,
    public_account,
    sanction,
    session,
    tip_off,
)
MAIN = Branch("main", schema.main)
SHRED = Branch("shred", schema.shred)


def upgrade(main_url: str, shred_url: str) -> None:
    """Upgrade both databases; for callers without an event loop. See `upgrade_both`."""
    asyncio.run(upgrade_both(main_url, shred_url))


async def upgrade_both(main_url: str, shred_url: str, *, phase: Phase | None = None) -> None:
    """Create or upgrade both schemas; a repeat changes nothing, a second process waits for the first.

    phase: None runs both phases, for a deployment whose processes are stopped. A database that a later
    program has expanded stays as it is.
    Only one call at a time within a process: alembic keeps its state in module globals.
    Raises UnavailableError (STORE_UNAVAILABLE), ValueError for an invalid address, and SchemaError if the
    other phase comes first, or if both addresses are the same: a backup would then hold records together
    with their shred keys.
    """
    await _refuse_one(main_url, shred_url)
    for branch, url in ((MAIN, main_url), (SHRED, shred_url)):
        await change(url, partial(run, branch, phase))


async def check_current(main_url: str, shred_url: str) -> None:
    """Raise SchemaError unless this program can use both databases.

    They may be newer: what expands a schema leaves the version before working. They are not once a later
    version has contracted them.
    """
    for each in await current(main_url, shred_url):
        each.branch.check(each.version, each.floor)


async def check_served(main: Database, shred: Database) -> None:
    """Raise SchemaError if a later version has contracted a database meanwhile; for a program that runs."""
    for branch, database in ((MAIN, main), (SHRED, shred)):
        branch.check_floor(await database.one("schema.floor", floor.HIGHEST) or "")


@dataclass(frozen=True, slots=True)
class Found:
    """The schema of a database. version: None without one. floor: the oldest program it serves."""

    branch: Branch
    version: str | None
    floor: str


async def current(main_url: str, shred_url: str) -> list[Found]:
    """Return the schema of each database; nothing is created. Raises as `upgrade_both`."""
    await _refuse_one(main_url, shred_url)
    return [await look(branch, url) for branch, url in ((MAIN, main_url), (SHRED, shred_url))]


async def _refuse_one(main_url: str, shred_url: str) -> None:
    failure: DriverError
    try:
        await distinct.check(address.parse(main_url), address.parse(shred_url))
    except distinct.SameDatabaseError as error:
        raise SchemaError("the shred keys need a separate database: both addresses name one") from error
    except FOREIGN as error:
        failure = describe_failure(error)
    else:
        return
    raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


def run(branch: Branch, phase: Phase | None, connection: Connection) -> None:
    """Run what a phase runs, in the connection's transaction; raises SchemaError."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # Every process checks the version at start-up; only an upgrade needs alembic, which is slow to import.
    from alembic import command  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    options = {"version_table": branch.version_table}
    found = MigrationContext.configure(connection, opts=options).get_current_revision()
    if found is not None and found > branch.newest:
        branch.check(found, floor.highest(connection))
        return
    steps = branch.steps(found, phase)
    if steps:
        command.upgrade(branch.config(connection), steps[-1].version)
        floor.raise_to(connection, steps)


async def look(branch: Branch, url: str) -> Found:
    """Return the schema of one database; nothing is created. Raises UnavailableError (STORE_UNAVAILABLE)."""
    if address.is_missing(address.parse(url)):
        return Found(branch, None, "")
    version = statement(select(column("version_num")).select_from(table(branch.version_table)), scalar)
    database = Database(url=url, name=branch.name)
    try:
        found: str | None = await database.one("schema.version", version)
        # Only a later program has contracted what this one knows.
        known = found is None or found <= branch.newest
        return Found(branch, found, "" if known else await database.one("schema.floor", floor.HIGHEST) or "")
    except UnavailableError as error:
        if isinstance(error.__cause__, DriverError) and error.__cause__.code in _NO_SUCH_TABLE:
            return Found(branch, None, "")
        raise
    finally:
        await database.close()


async def change(url: str, work: Callable[[Connection], None]) -> None:
    """Run work in one transaction of an SQLAlchemy engine; only for migrations.

    work: it is run again, in a new transaction, if the database undid it in favour of an act beside it.
    Raises UnavailableError (STORE_UNAVAILABLE).
    """
    parsed = address.parse(url)
    tries = _TRIES if parsed.servers else 1  # SQLite has waited by then
    failure = await _tried(parsed, work)
    while failure is not None and failure.conflict and (tries := tries - 1):
        failure = await _tried(parsed, work)
    if failure is not None:
        raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


async def _tried(parsed: address.Address, work: Callable[[Connection], None]) -> DriverError | None:
    """Return why the transaction failed, None if it did not."""
    try:
        if parsed.servers:
            await _in_postgresql(Servers(parsed.servers), work)
        else:
            _in_sqlite(Path(str(parsed.file)), work)
    except (*FOREIGN, DBAPIError) as error:
        return describe_failure(error.orig if isinstance(error, DBAPIError) and error.orig else error)
    return None


def _in_sqlite(path: Path, work: Callable[[Connection], None]) -> None:
    address.create_file(path)
    engine = create_engine(
        "sqlite://",
        creator=lambda: SqliteConnection(path, wait=_OTHER_UPGRADE, writable=True).driver,
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    # Of several connections that switch a new file to WAL at once, SQLite refuses some without waiting.
    turn = Turn.beside(path)
    if not turn.take(timeout=_OTHER_UPGRADE):
        raise TimeoutError
    try:
        with engine.begin() as connection:
            work(connection)
    finally:
        turn.give()
        turn.close()


async def _in_postgresql(servers: Servers, work: Callable[[Connection], None]) -> None:
    # Imports greenlet, which no other part of the program needs.
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=servers.connect,
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()
