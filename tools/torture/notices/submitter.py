"""An edge as a process: takes notices from where it was, until it has all or is killed at a point."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from idvault.core.db.database import Database
from idvault.core.db.postgresql_connection import PostgresqlConnection
from idvault.core.db.sqlite_connection import SqliteConnection
from tools.support.notice_world import NoticeWorld, signed
from tools.torture.erasures.strike import Strike, StruckDatabase
from tools.torture.notices import feed

_CALL = 20


def main(arguments: list[str] | None = None) -> int:
    """Take notices. Arguments: address, how often processes began before, point of death, seed, count, most.

    most: how many notices to take. The last line is the number of points that there were.
    """
    url, *numbers = arguments or sys.argv[1:]
    life, point, seed, count, most = map(int, numbers)
    strike = Strike(point, None)
    strike_at_statements(strike)
    asyncio.run(_take(StruckDatabase(url=url, strike=strike), life, seed, count, most))
    print(strike.points, flush=True)
    return 0


def strike_at_statements(strike: Strike) -> None:
    """Make each statement a point, besides each act."""
    for kind in (SqliteConnection, PostgresqlConnection):
        for name in ("_fetch", "_execute", "_execute_many"):
            setattr(kind, name, _struck(getattr(kind, name), strike))


def _struck(run: Any, strike: Strike) -> Any:
    async def struck(connection: Any, text: str, arguments: Sequence[Any]) -> Any:
        strike.point()
        return await run(connection, text, arguments)

    return struck


async def _take(database: Database, life: int, seed: int, count: int, most: int) -> None:
    world = NoticeWorld(database, life=life)
    begun = feed.place((await world.send()).last_notice_id, count)
    given = [signed(each.made) for each in feed.notices(seed, count)[begun : begun + most]]
    for at in range(0, len(given), _CALL):
        await world.send(given[at : at + _CALL], caught_up=at + _CALL >= len(given))
    await database.close()


if __name__ == "__main__":
    sys.exit(main())
