"""Promise: a notice of the registry is applied once, whoever dies, and nothing of a number is left in a file.

A process takes notices to the databases and is killed with SIGKILL before a statement, or before or after a
transaction; the next one goes on where the databases say. In the end what is stored is compared with what
the notices say, and every file of the databases, write-ahead logs and the server's own logs included, is
searched for their numbers, for digests of them and for their signatures. Lost is what is missing or found;
doubled is a notice with two entries in the log.
"""

import asyncio
import signal
from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.notice import account_notices, person_marks, registry_notices
from tools.support import documented_postgres, folders, programs, sql
from tools.support.notice_world import NoticeWorld, person
from tools.torture.campaign import Options
from tools.torture.erasures.run import Scene, scene
from tools.torture.notices import feed
from tools.torture.notices.feed import Expected
from tools.torture.tally import Tally

_SUBMITTER = "tools.torture.notices.submitter:main"
_MOST = 50
# The points of so many notices, at most; and a step that is prime to it, so that every one has its turn.
_POINTS = 600
_STEP = 37


def run(options: Options) -> Tally:
    """Take this many notices."""
    with scene(options.database) as made:
        tally = asyncio.run(play(made, options)).tally
        # After this process has closed its databases: to read a file of SQLite's ends its own locks.
        for place in found_in(made, feed.secrets_of(feed.notices(options.seed, options.count))):
            tally.lose(place)
        return tally


async def play(made: Scene, options: Options) -> "Notices":
    """Sign people up, take the notices, and compare."""
    database = Database(url=made.databases.main_url)
    try:
        campaign = Notices(made, NoticeWorld(database), options)
        await campaign.play()
        return campaign
    finally:
        await database.close()


@dataclass(eq=False)
class Notices:
    """The accounts of some people, and the notices that come."""

    scene: Scene
    world: NoticeWorld
    options: Options
    tally: Tally = field(default_factory=Tally)
    tokens: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))

    async def play(self) -> None:
        """Sign people up, take the notices, and compare."""
        await self._sign_up()
        await asyncio.to_thread(self._take)
        await self.compare()
        await self.world.claims.verification.drain()

    async def _sign_up(self) -> None:
        await self.world.begin(*feed.PARTIES)
        for who in range(feed.PEOPLE):
            for party in feed.PARTIES[: 1 + who % 3]:
                for _ in range(1 + who % 2):
                    self.tokens[party, who].append(await self.world.sign_up(person(who), party=party))

    def _take(self) -> None:
        """Let one process after the other take notices, and kill each, until none is left."""
        life = 0
        while not self.options.stop.is_set():
            life += 1
            point = 1 + life * _STEP % _POINTS
            process = programs.start(
                _SUBMITTER, self.scene.databases.main_url, life, point, self.options.seed,
                self.options.count, _MOST,
            )  # fmt: skip
            out, error = process.communicate()
            lines = out.split()
            if lines and lines[-1].isdigit():
                if int(lines[-1]) < _STEP:
                    return  # it had nothing to do
            elif process.returncode == -signal.SIGKILL:
                self.tally.faults += 1
            else:
                self.tally.lose(f"a process failed: {error[-300:]}")
                return

    async def compare(self) -> None:
        """Compare what is stored with what the notices say."""
        given = feed.notices(self.options.seed, self.options.count)
        kept = await sql.rows(self.world.database, select(registry_notices.c.notice_id))
        self.tally.acknowledged = len(kept)
        if {row.notice_id for row in kept} != {each.made.notice_id for each in given}:
            self.tally.lose(f"{len(kept)} notices are kept of {len(given)}")
        entries = len(await self.world.sanctions.events("registry:notice:"))
        if entries != len(given):
            self.tally.double(f"{entries} entries of {len(given)} notices")
        accounts: dict[str, set[str]] = defaultdict(set)
        for row in await sql.rows(self.world.database, select(account_notices)):
            accounts[row.notice_id].add(row.account_token)
        marks: dict[str, int] = defaultdict(int)
        for row in await sql.rows(self.world.database, select(person_marks)):
            marks[row.notice_id] += 1
        Expected.of(given, self.tokens).compare(dict(accounts), dict(marks), self.tally)


_HEAD = 8


def found_in(made: Scene, wanted: dict[str, bytes]) -> list[str]:
    """Return which of some values are in a file, as they are or in hex."""
    if made.server:
        documented_postgres.settle(made.databases.main_url)
    names = {form: name for name, value in wanted.items() for form in (value, value.hex().encode())}
    heads, lengths = {form[:_HEAD] for form in names}, {len(form) for form in names}
    found = set()
    for folder in made.folders:
        for path, content in folders.contents(folder).items():
            for at in range(len(content)):
                if content[at : at + _HEAD] in heads:
                    forms = {content[at : at + length] for length in lengths} & names.keys()
                    found |= {f"the {names[form]} is in {path.name}" for form in forms}
    return sorted(found)
