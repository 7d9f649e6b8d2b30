"""`idvault` with one connection for each database, so that a sign-up's writes come from one thread, in order.

A fault that is to hit the n-th write of a thread then hits the n-th write of the sign-up.
"""

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from idvault import process
from idvault.cli import __main__ as command
from idvault.storage import engine

_create = engine.create


def _narrow(url: URL, *, pool_size: int) -> AsyncEngine:
    return _create(url, pool_size=min(pool_size, 1))


def main() -> None:
    process.end_with_parent()
    engine.create = _narrow
    command.main()


if __name__ == "__main__":
    main()
