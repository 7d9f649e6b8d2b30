"""Brings the schema of both databases to the newest version, and refuses to work with an older one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from idvault.domain.error import PreconditionError, Reason, UnavailableError
from idvault.storage import engine as engines
from idvault.storage import (
    schema,
    schema_campaign,
    schema_disclosure,
    schema_drill,
    schema_handover,
    schema_roster,
    schema_status,
)
from idvault.storage import url as address
from idvault.storage.failure import FOREIGN, DriverError, describe

if TYPE_CHECKING:
    from alembic.config import Config

T = TypeVar("T")

_FOLDER = Path(__file__).parent
_LOCK = 0x1D7A017  # any number, the same in every process that upgrades


class SchemaError(PreconditionError):
    """A database does not have the schema that this version of the program needs."""

    def __init__(self, text: str) -> None:
        """Keep what an operator should do; no address is in it."""
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
        """Return where its migrations are: files whose names begin with their version, in order."""
        return _FOLDER / "versions" / self.name

    @property
    def newest(self) -> str:
        """Return the version of this program, read from the names of the files."""
        return max(path.name.partition("_")[0] for path in self.folder.glob("[0-9]*.py"))

    def config(self, connection: Connection) -> "Config":
        """Return what alembic needs in order to work on a connection."""
        from alembic.config import Config  # noqa: PLC0415 - see _upgrade

        config = Config()
        config.set_main_option("script_location", str(_FOLDER))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(self.folder))
        config.attributes.update(
            connection=connection, metadata=self.metadata, version_table=self.version_table
        )
        return config


# Imported so that the metadata knows the tables of every capability.
CAPABILITIES = (
    schema_roster,
    schema_disclosure,
    schema_status,
    schema_campaign,
    schema_drill,
    schema_handover,
)
MAIN = Branch("main", schema.main)
SHRED = Branch("shred", schema.shred)


def upgrade(main_url: str, shred_url: str) -> None:
    """Upgrade both databases; for callers without an event loop. See `upgrade_both`."""
    asyncio.run(upgrade_both(main_url, shred_url))


async def upgrade_both(main_url: str, shred_url: str) -> None:
    """Create or upgrade both schemas; a repeat changes nothing, a second process waits for the first.

    One call at a time within a process: alembic keeps what it works on in module globals.
    Raises UnavailableError (STORE_UNAVAILABLE), ValueError for a wrong address, and SchemaError where both
    addresses name one database: a backup of it would then hold records together with their shred keys.
    """
    _refuse_one(main_url, shred_url)
    await _with_connection(main_url, partial(_upgrade, MAIN), write=True)
    await _with_connection(shred_url, partial(_upgrade, SHRED), write=True)


async def check_current(main_url: str, shred_url: str) -> None:
    """Raise SchemaError unless both databases have exactly the schema of this version."""
    _refuse_one(main_url, shred_url)
    for branch, url in ((MAIN, main_url), (SHRED, shred_url)):
        if address.is_missing(address.parse(url)):
            raise _outdated(branch, None)
        await _with_connection(url, partial(_check, branch), write=False)


def _refuse_one(main_url: str, shred_url: str) -> None:
    if address.parse(main_url) == address.parse(shred_url):
        raise SchemaError("the shred keys need a database of their own: both addresses are the same")


def _upgrade(branch: Branch, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # Every process checks the version at its start; only an upgrade needs alembic, which is slow to import.
    from alembic import command  # noqa: PLC0415

    command.upgrade(branch.config(connection), "head")


def _check(branch: Branch, connection: Connection) -> None:
    found = _version(branch, connection)
    if found != branch.newest:
        raise _outdated(branch, found)


def _version(branch: Branch, connection: Connection) -> str | None:
    if not inspect(connection).has_table(branch.version_table):
        return None
    # The name is one of two constants.
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {branch.version_table}"))  # noqa: S608
    return found


def _outdated(branch: Branch, found: str | None) -> SchemaError:
    state = "has no schema yet" if found is None else f"is at version {found}, not {branch.newest}"
    return SchemaError(f"the {branch.name} database {state}: run `idvault db upgrade`")


async def _with_connection(url: str, work: Callable[[Connection], T], *, write: bool) -> T:
    parsed = address.parse(url)
    failure: DriverError
    try:
        if write:
            address.create_file(parsed)
        engine = engines.create(parsed, pool_size=1)
        try:
            return await _run(engine, work, write=write)
        finally:
            await engine.dispose()
    except FOREIGN as error:
        failure = describe(error)
    raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


async def _run(engine: AsyncEngine, work: Callable[[Connection], T], *, write: bool) -> T:
    ready = engines.writing(engine) if write else engine
    async with ready.begin() as connection:
        return await connection.run_sync(work)
