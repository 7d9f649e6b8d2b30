"""A PostgreSQL server with the settings and the role of docs/operations.md, for what an erasure promises."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from tools.support.databases import PostgresMaker, own_server

SETTINGS = ("wal_recycle = off", "wal_keep_size = 0")
_RECOVERY, _PAUSE = 60.0, 0.05
GRANTS = (
    "GRANT pg_checkpoint TO idvault",
    "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO idvault",
    "GRANT EXECUTE ON FUNCTION pg_ls_waldir() TO idvault",
)


@contextmanager
def documented() -> Iterator[PostgresMaker]:
    """Run a server for the duration of the block; its databases belong to a role that may do no more."""
    with own_server() as url:
        run(url, *(f"ALTER SYSTEM SET {each}" for each in SETTINGS), "SELECT pg_reload_conf()")
        run(url, "CREATE ROLE idvault LOGIN CREATEDB")
        # The rights to functions are those of one database, and of those that are copied from it.
        template = make_url(url).set(database="template1").render_as_string(hide_password=False)
        run(template, *GRANTS)
        own = make_url(url).set(username="idvault").render_as_string(hide_password=False)
        with closing(PostgresMaker(own, dropping=url)) as maker:
            yield maker


def run(url: str, *statements: str) -> list[Any]:
    """Run statements as somebody else; return the rows of the last one."""
    return asyncio.run(_run(url, statements))


async def _run(url: str, statements: tuple[str, ...]) -> list[Any]:
    connection: Any = await asyncpg.connect(url)
    try:
        rows: list[Any] = []
        for each in statements:
            rows = await connection.fetch(each)
        return rows
    finally:
        await connection.close()


def settle(url: str) -> None:
    """Wait until the server answers, and let it write what it has in memory to its files."""
    begun = monotonic()
    while True:
        try:
            run(superuser(url), "CHECKPOINT")
            return
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            if monotonic() - begun > _RECOVERY:
                raise
            sleep(_PAUSE)


def superuser(url: str) -> str:
    """Return the address under which the server's own user reaches the same database."""
    return make_url(url).set(username="postgres").render_as_string(hide_password=False)


def data_folder(url: str) -> Path:
    """Return the folder of the server's files."""
    return Path(run(superuser(url), "SHOW data_directory")[0][0])
