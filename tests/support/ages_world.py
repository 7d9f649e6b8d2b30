"""A vault that has lost entries twice, and copies of both databases from each time of its life."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, delete, insert, select

from idvault.core import tables as metadata
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.processes.witness import app
from idvault.processes.witness.cosigner import Cosigner, known_logs
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.transparency import checkpoint, epoch, note
from tests.support.commands import Commands
from tests.support.epoch_world import DiskWitness
from tests.support.loss_world import CUSTODIANS, LossWorld
from tests.support.pair_world import PairWorld
from tools.support import people, sql
from tools.support.databases import Databases, Maker
from tools.support.log_world import KEY

POINTS = ("first", "left-2", "lost-2", "left-3", "lost-3", "late", "now")
"""When a copy was made. left-N: what the loss that began epoch N went on from; lost-N: what it lost."""
SIGNERS = CUSTODIANS[:2]

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Copy:
    """Both databases at one time, and the checkpoint that was public. epoch, size: of the log."""

    main: Rows
    shred: Rows
    note: bytes
    epoch: int
    size: int


async def rows_of(database: Database, tables: MetaData) -> Rows:
    """Return every row of a database, by table."""
    return {
        table.name: [row._asdict() for row in await sql.rows(database, select(table))]
        for table in tables.sorted_tables
    }


async def put_rows(database: Database, tables: MetaData, rows: Rows) -> None:
    """Restore a database to these rows."""
    for table in reversed(tables.sorted_tables):
        await sql.change(database, delete(table))
    for table in tables.sorted_tables:
        if rows[table.name]:
            add, found = statement(insert(table)), rows[table.name]
            await database.act("test", lambda one, add=add, found=found: one.many(add, found))  # type: ignore[misc]


@dataclass
class AgesWorld(LossWorld):
    """The vault; its commands ask a witness over loopback HTTP, which the worker asks, too.

    former: a vault that has lived; this one has copies of what everybody had at its end, and empty databases.
    """

    former: "AgesWorld | None" = None

    def begin(self) -> None:
        self.folder_of_witness = self.folder / "witness"
        self.copies: dict[str, Copy] = {}
        if self.former is None:
            super().begin()
            self._live()
        else:
            self.identities, self.versions = self.former.identities, list(self.former.versions)
            self.copies |= self.former.copies
            no_database = shutil.ignore_patterns("*.sqlite3*")
            shutil.copytree(self.former.folder, self.folder, ignore=no_database, dirs_exist_ok=True)

    def _live(self) -> None:
        """Live through two losses; copy both databases at each point."""
        self._live_on("first", 2)
        self._live_on("left-2", 1)
        self._live_on("lost-2", 1)
        self.sign_up(1)
        self._lose("left-2", 2)
        self._live_on("left-3", 1)
        self._live_on("lost-3", 1)
        self.sign_up(1)
        self._lose("left-3", 3)
        self._live_on("late", 1)
        self._live_on("now", 1)
        self._members_look()

    def go_back(self, main: str, shred: str, *, public: bool) -> None:
        """Put copies of both databases back. public: whether the public directory survives.

        Witness and members are as they were at the end.
        """
        assert self.former is not None
        for name in ("public", "witness", "people"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            if name != "public" or public:
                shutil.copytree(self.former.folder / name, self.folder / name)
        self.public.mkdir(exist_ok=True)
        self.put(self.copies[main].main, self.copies[shred].shred)

    def go_back_again(self, point: str) -> None:
        """Put copies of both databases back, and leave everything else as it is."""
        self.put(self.copies[point].main, self.copies[point].shred)

    def put(self, main: Rows, shred: Rows) -> None:
        async def work(pair: PairWorld) -> None:
            await put_rows(pair.main, metadata.main, main)
            await put_rows(pair.shred, metadata.shred, shred)

        self.run(work)

    def accept(self, path: Path, *options: object) -> EpochStatement:
        """Sign, follow and accept a proposed statement."""
        self.sign(path, *SIGNERS)
        found = self.follow(path)
        accepted = self.idvault("restore", "--accept-loss", path, *options)
        assert accepted.code == 0, accepted.err
        for name in SIGNERS:
            followed = self.idvault("epoch", "follow", path, "--identity", self.member(name))
            assert followed.code == 0, followed.err
        return found

    @contextmanager
    def witness_served(self) -> Iterator[None]:
        """Serve the witness to commands; the worker must not run meanwhile."""
        ready, stop = threading.Event(), asyncio.Event()
        found: list[Any] = []

        async def serve() -> None:
            witness = DiskWitness(self.folder_of_witness)
            # A command has the real time, and believes no cosignature of another one.
            cosigner = Cosigner(
                logs=known_logs([KEY]),
                signer=people.WITNESS,
                state=witness.state,
                clock=lambda: datetime.now(UTC),
            )

            def listens(url: str) -> None:
                found.extend((url, asyncio.get_running_loop()))
                ready.set()

            try:
                await app.run(cosigner=cosigner, host="127.0.0.1", port=0, ready=listens, stop=stop)
            finally:
                witness.close()

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        try:
            assert ready.wait(60)
            self.idvault.set(WITNESSES=f"{found[0]} {people.WITNESS.key}", DEVELOPMENT=1)
            yield
        finally:
            found[1].call_soon_threadsafe(stop.set)
            thread.join()
            self.idvault.set(WITNESSES="", DEVELOPMENT=0)

    def published(self) -> checkpoint.Checkpoint:
        return checkpoint.parse(note.parse((self.public / "checkpoint").read_bytes()).text)

    def _live_on(self, point: str, number: int) -> None:
        self.sign_up(number)

        async def work(pair: PairWorld) -> tuple[Rows, Rows]:
            return await rows_of(pair.main, metadata.main), await rows_of(pair.shred, metadata.shred)

        shown, raw = self.published(), (self.public / "checkpoint").read_bytes()
        self.copies[point] = Copy(*self.run(work), raw, epoch.of(shown).number, shown.size)

    def _lose(self, point: str, number: int) -> None:
        self._members_look()
        self.put(self.copies[point].main, self.copies[point].shred)
        self.accept(self.propose(number))

    def _members_look(self) -> None:
        for name in SIGNERS:
            shutil.copy(self.public / "checkpoint", self.member(name) / "checkpoint")


class Ages:
    """Makes worlds that have lived: one of each kind of database lives, the others copy what it left."""

    def __init__(self, make_folder: Callable[[str], Path]) -> None:
        self._make_folder = make_folder
        self._lived: dict[str, AgesWorld] = {}

    def world(self, maker: Maker, databases: Databases, folder: Path, idvault: Commands) -> AgesWorld:
        """Return a test's own world. Its rows of copies are shared: change a deep copy of them."""
        if databases.kind not in self._lived:
            lives_in = self._make_folder("ages")
            pair = maker.fresh(lives_in)
            self._lived[databases.kind] = AgesWorld(pair, lives_in, idvault)
            maker.drop(pair)
        return AgesWorld(databases, folder, idvault, self._lived[databases.kind])
