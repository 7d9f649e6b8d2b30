"""Promise: what a receipt of an erasure says about files is so, whoever dies and whoever reads meanwhile.

Each round erases an account and kills the worker's process with SIGKILL before or after one of its database
calls, or a process of the PostgreSQL server, which then crashes; another process goes on. Then every file of
both databases is searched: write-ahead logs, free pages, temporary files and the server's own logs included.
Readers, copies and a follower of the log are attached all the time. A key is lost if it is found after a
receipt that promises the opposite, or if it is another account's and is gone; an erasure that is told twice
is doubled. Each round first makes sure that the search finds the key.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from sqlalchemy import update

from idvault.core.db.database import Database
from idvault.core.tables.account import records
from idvault_verify.erasure import ErasureState
from tools.support import documented_postgres, programs, sql
from tools.support.databases import Databases, SqliteMaker, memory
from tools.support.erasure_world import WAITED, ErasureWorld
from tools.support.remnant_search import MarkedKeys
from tools.torture.campaign import Options
from tools.torture.erasures.followers import following
from tools.torture.tally import Tally

_SWEEPER = "tools.torture.erasures.sweeper:main"


@dataclass(frozen=True)
class Scene:
    """A pair of databases, every folder with files of theirs, and one for what followers write."""

    databases: Databases
    folders: tuple[Path, ...]
    elsewhere: Path

    @property
    def server(self) -> str:
        return "" if self.databases.kind == "sqlite" else str(self.folders[0])


@contextmanager
def scene(kind: str) -> Iterator[Scene]:
    """Make new databases for the duration of the block."""
    with tempfile.TemporaryDirectory(prefix="idvault-erasures-", dir=memory()) as made:
        files, elsewhere = Path(made) / "files", Path(made) / "elsewhere"
        for each in (files, elsewhere, Path(made) / "template"):
            each.mkdir()
        if kind == "sqlite":
            pair = SqliteMaker(Path(made) / "template").fresh(files)
            yield Scene(pair, (files,), elsewhere)
            return
        with documented_postgres.documented() as maker:
            pair = maker.fresh(files)
            pair = Databases(pair.kind, pair.main_url, pair.shred_url)
            yield Scene(pair, (documented_postgres.data_folder(pair.main_url),), elsewhere)


def run(options: Options) -> Tally:
    """Kill this many times."""
    with scene(options.database) as made:
        return asyncio.run(_run(made, options))


async def _run(made: Scene, options: Options) -> Tally:
    async with AsyncExitStack() as stack:
        main, shred = Database(url=made.databases.main_url), Database(url=made.databases.shred_url)
        stack.push_async_callback(main.close)
        stack.push_async_callback(shred.close)
        rounds = Rounds(made, ErasureWorld(main, shred))
        # Nobody reads in the first one, which counts the points at which to kill.
        await rounds.play(0)
        await stack.enter_async_context(following(made.databases, made.elsewhere))
        for number in range(options.count):
            if not options.stop.is_set():
                await rounds.play(rounds.point(number, of=options.count))
        await rounds.world.claims.verification.drain()
        return rounds.tally


@dataclass(eq=False)
class Rounds:
    """One erasure after another in the same databases."""

    scene: Scene
    world: ErasureWorld
    tally: Tally = field(default_factory=Tally)
    keys: MarkedKeys = field(default_factory=MarkedKeys)
    kept: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    points: int = 0
    lives: int = 0
    people: int = 0
    error: str = ""

    def point(self, number: int, *, of: int) -> int:
        """Return when to kill in a round: each point once if there are enough rounds, else evenly spread."""
        if of >= self.points:
            return 1 + number % self.points
        return 1 + number * self.points // of

    async def play(self, point: int) -> None:
        """Erase one of two new accounts, and kill at a point of it; 0 for never."""
        token, other = [await self._sign_up() for _ in range(2)]
        self.kept.add(other)
        await self.world.request(token)
        await self.world.work(seconds=WAITED)
        await asyncio.to_thread(self._settle)
        found = self._found()
        for name in (token, other):
            if name not in found:
                self.tally.lose(f"the search does not find the key of {name} before its destruction")
        begun = monotonic()
        # PostgreSQL's server is hit in every second round.
        server = self.scene.server if point % 2 else ""
        points = await self._sweep(point, server)
        self.points = self.points or points
        self.tally.faults += bool(point)
        await self._check(token, "after the kill")
        if (await self.world.get(token)).state is not ErasureState.DESTROYED:
            await self._sweep(0, "")
            await self._check(token, "after the next process")
        self.tally.worst("longest wait, s", monotonic() - begun)
        if (await self.world.get(token)).state is not ErasureState.DESTROYED:
            last = self.error.splitlines()[-1:]
            self.tally.lose(f"the erasure of {token} does not end: {''.join(last)}")

    async def _sign_up(self) -> str:
        self.people += 1
        claim = await self.world.verify(number=self.people % 60)
        token = claim.account.account_token
        candidate = self.keys.make()
        self.keys.add(token, await self.world.give_key(token, candidate))
        if not self.scene.server:
            # Of SQLite the record itself is searched for, too.
            mark = self.keys.make()
            self.keys.add(f"record of {token}", mark)
            mine = records.c.account_token == token
            await sql.change(self.world.main, update(records).where(mine).values(ciphertext=mark))
        return token

    async def _sweep(self, point: int, server: str) -> int:
        self.lives += 1
        pair = self.scene.databases
        arguments = (pair.main_url, pair.shred_url, str(self.lives), str(point), server)
        process = programs.start(_SWEEPER, *arguments)
        out, self.error = await asyncio.to_thread(process.communicate)
        lines = out.split()
        return int(lines[-1]) if lines and lines[-1].isdigit() else 0

    async def _check(self, token: str, when: str) -> None:
        """Compare what is told of an erasure with the files, and every other account with what it was."""
        await asyncio.to_thread(self._settle)
        erasure = await self.world.get(token)
        if erasure.state is ErasureState.DESTROYED and token not in self.told:
            self.told.add(token)
            self.tally.acknowledged += 1
            if erasure.absent_time is None:
                self.tally.lose(f"nothing is promised of {token}")
        # Files of any earlier erasure, too: none comes back.
        for name, files in self._found().items():
            if name.removeprefix("record of ") in self.told:
                self.tally.lose(f"{when} the key of {name} is in {', '.join(sorted(files))}")
        for name in self.kept:
            if await self.world.key(name) != self.keys.by_name[name]:
                self.tally.lose(f"{when} the key of {name}, who was not erased, is gone")
        entries = await self.world.sanctions.events("erasure:keys:")
        if len(entries) > len(self.told):
            self.tally.double(f"{when} {len(entries)} destructions are logged of {len(self.told)}")

    def _found(self) -> dict[str, set[str]]:
        return self.keys.found(self.scene.folders)

    def _settle(self) -> None:
        """Let PostgreSQL write its pages, which it keeps in memory; once it has recovered."""
        if self.scene.server:
            documented_postgres.settle(self.scene.databases.shred_url)
