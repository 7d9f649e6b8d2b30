"""Brings the schema of both databases to the newest version, and refuses to work with an older one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, NullPool, column, create_engine, event, select, table, text
from sqlalchemy.exc import DBAPIError

from idvault.domain.error import PreconditionError, Reason, UnavailableError
from idvault.storage import budget, deployment
from idvault.storage.account import tables as account
from idvault.storage.base import distinct
from idvault.storage.base import metadata as schema
from idvault.storage.base import url as address
from idvault.storage.base.database import Database
from idvault.storage.base.failure import FOREIGN, DriverError, describe
from idvault.storage.base.servers import Servers
from idvault.storage.base.sqlite_connection import SqliteConnection
from idvault.storage.base.statement import scalar, statement
from idvault.storage.base.turn import Turn
from idvault.storage.campaign import tables as campaign
from idvault.storage.claim import tables as claim
from idvault.storage.credential import tables as credential
from idvault.storage.custody import tables as custody
from idvault.storage.disclosure import tables as disclosure
from idvault.storage.erasure import tables as erasure
from idvault.storage.key import tables as key
from idvault.storage.log import tables as log
from idvault.storage.people import tables as people
from idvault.storage.platform import tables as platform
from idvault.storage.public_account import tables as public_account
from idvault.storage.sanction import tables as sanction
from idvault.storage.session import tables as session
from idvault.storage.tip_off import tables as tip_off

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent
_LOCK = 0x1D7A017  # any number, the same in every process that upgrades
# How many seconds to wait for another process that upgrades an SQLite file, which may be large.
_OTHER_UPGRADE = 60.0
_NO_SUCH_TABLE = ("42P01", "1")  # of PostgreSQL and SQLite


class SchemaError(PreconditionError):
    """A database does not have the schema that this version of the program needs."""

    def __init__(self, text: str) -> None:
        """Set the text, which tells the operator what to do and must not contain an address."""
        super().__init__(Reason.ILLEGAL_TRANSITION)
        self.args = (text,)


@dataclass(frozen=True, slots=True)
class Branch:
    """The migrations of one of the two databases."""

    name: str
    metadata: MetaData

    @property
    def version_table(self) -> str:
        """Return the table that holds the database's version."""
        return f"idvault_{self.name}_version"

    @property
    def folder(self) -> Path:
        """Return the folder of its migrations; each file's name starts with its version."""
        return _FOLDER / "versions" / self.name

    @property
    def newest(self) -> str:
        """Return the newest version, read from the file names."""
        return max(path.name.partition("_")[0] for path in self.folder.glob("[0-9]*.py"))

    def config(self, connection: Connection) -> "Config":
        """Return alembic's configuration for a connection."""
        from alembic.config import Config  # noqa: PLC0415 - see _upgrade

        config = Config()
        config.set_main_option("script_location", str(_FOLDER))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(self.folder))
        config.attributes.update(
            connection=connection, metadata=self.metadata, version_table=self.version_table
        )
        return config


# Imported so that the metadata includes the tables of every capability.
CAPABILITIES = (
    account,
    budget,
    campaign,
    claim,
    credential,
    custody,
    deployment,
    disclosure,
    erasure,
    key,
    log,
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


async def upgrade_both(main_url: str, shred_url: str) -> None:
    """Create or upgrade both schemas; a repeat changes nothing, a second process waits for the first.

    Only one call at a time within a process: alembic keeps its state in module globals.
    Raises UnavailableError (STORE_UNAVAILABLE), ValueError for an invalid address, and SchemaError if both
    addresses are the same: a backup would then hold records together with their shred keys.
    """
    await _refuse_one(main_url, shred_url)
    await change(main_url, partial(_upgrade, MAIN))
    await change(shred_url, partial(_upgrade, SHRED))


async def check_current(main_url: str, shred_url: str) -> None:
    """Raise SchemaError unless both databases have exactly the schema of this version."""
    for branch, found in await current(main_url, shred_url):
        if found != branch.newest:
            raise _outdated(branch, found)


async def current(main_url: str, shred_url: str) -> list[tuple[Branch, str | None]]:
    """Return the version of each database, None for one without a schema; nothing is created.

    Raises as `upgrade_both`.
    """
    await _refuse_one(main_url, shred_url)
    return [(branch, await _version(branch, url)) for branch, url in ((MAIN, main_url), (SHRED, shred_url))]


async def _refuse_one(main_url: str, shred_url: str) -> None:
    failure: DriverError
    try:
        await distinct.check(address.parse(main_url), address.parse(shred_url))
    except distinct.SameDatabaseError as error:
        raise SchemaError("the shred keys need a separate database: both addresses name one") from error
    except FOREIGN as error:
        failure = describe(error)
    else:
        return
    raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


def _upgrade(branch: Branch, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # Every process checks the version at start-up; only an upgrade needs alembic, which is slow to import.
    from alembic import command  # noqa: PLC0415

    command.upgrade(branch.config(connection), "head")


async def _version(branch: Branch, url: str) -> str | None:
    """Return the version of a database, or None if it has no schema."""
    if address.is_missing(address.parse(url)):
        return None
    version = statement(select(column("version_num")).select_from(table(branch.version_table)), scalar)
    database = Database(url=url)
    try:
        found: str | None = await database.one("schema.version", version)
        return found
    except UnavailableError as error:
        if isinstance(error.__cause__, DriverError) and error.__cause__.code in _NO_SUCH_TABLE:
            return None
        raise
    finally:
        await database.close()


def _outdated(branch: Branch, found: str | None) -> SchemaError:
    state = "has no schema yet" if found is None else f"is at version {found}, not {branch.newest}"
    return SchemaError(f"the {branch.name} database {state}: run `idvault db upgrade`")


async def change(url: str, work: Callable[[Connection], None]) -> None:
    """Run work in one transaction of an SQLAlchemy engine; only for migrations.

    Raises UnavailableError (STORE_UNAVAILABLE).
    """
    parsed = address.parse(url)
    failure: DriverError
    try:
        if parsed.servers:
            await _in_postgresql(Servers(parsed.servers), work)
        else:
            _in_sqlite(Path(str(parsed.file)), work)
    except (*FOREIGN, DBAPIError) as error:
        failure = describe(error.orig if isinstance(error, DBAPIError) and error.orig else error)
    else:
        return
    raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


def _in_sqlite(path: Path, work: Callable[[Connection], None]) -> None:
    address.create_file(path)
    engine = create_engine(
        "sqlite://",
        creator=lambda: SqliteConnection(path, wait=_OTHER_UPGRADE).driver,
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
