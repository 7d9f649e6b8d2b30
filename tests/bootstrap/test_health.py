"""The readiness checks of a process on both kinds of databases: all pass, and each one fails."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from idvault.core.act import SYSTEM
from idvault.core.check import Check, look
from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.core.telemetry import watching
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.people import acts as people_acts
from idvault.people.rules import StoredVersion
from idvault.processes.bootstrap import health
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.deployment import acts as deployment
from idvault.sealing.key_provider import LocalKeyProvider
from idvault_verify.clock import ClockReading
from tests.registry.test_probe import answering
from tools.support import logs
from tools.support.chamber import first_roster
from tools.support.databases import Databases
from tools.support.people import CHEAP
from tools.support.storage_world import World

SECOND = timedelta(seconds=1)
_PASSPHRASE = b"long enough for a test"


@dataclass
class Process:
    """A process's base, and how far its machine's clock is from the true time."""

    databases: Databases
    folder: Path
    base: Base = field(init=False)
    fast: timedelta = timedelta(0)
    checks: list[Check] = field(default_factory=list)

    async def reasons(self) -> dict[str, str]:
        return await look(self.checks)

    def reading(self) -> ClockReading:
        now = datetime.now(UTC) + self.fast
        return ClockReading(now, now)


@pytest_asyncio.fixture
async def process(databases: Databases, tmp_path: Path) -> AsyncIterator[Process]:
    """Return a process that is ready: its server's clock is the test's, if it has one."""
    roster = first_roster()
    (tmp_path / "roster.json").write_bytes(roster.to_bytes())
    passphrase = tmp_path / "passphrase"
    passphrase.write_bytes(_PASSPHRASE)
    LocalKeyProvider.create(
        tmp_path / "service.keys", keys={}, passphrase=_PASSPHRASE, entropy=ENTROPY, cost=CHEAP
    )
    async with AsyncExitStack() as stack:
        main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
        stack.push_async_callback(main.close)
        stack.push_async_callback(shred.close)
        await deployment.ensure(main, shred, candidate="00" * 16)
        adopted = StoredVersion(roster.version, roster.digest(), roster.to_bytes())
        now = ClockReading(logs.START, logs.START)
        await people_acts.adopt_stored(World(main).vault, SYSTEM, now, adopted)
        await logs.sequence(main)
        url = await stack.enter_async_context(answering(None))
        settings = Settings(
            development=True,
            database_url=SecretStr(databases.main_url),
            shred_database_url=SecretStr(databases.shred_url),
            keys=tmp_path / "service.keys",
            key_passphrase_file=passphrase,
            roster=tmp_path / "roster.json",
            registry_check_url=url,
        )
        made = Process(databases, tmp_path)
        base = Base(
            settings=settings,
            clock=made.reading,
            metrics=Metrics(),
            logs=Logs(process="test"),
            main=main,
            shred=shred,
        )
        made.base = base
        made.checks = health.ready_checks(base, lambda: roster)
        yield made


async def test_a_process_that_is_well(process: Process) -> None:
    """Every check passes, again and again."""
    assert [check.name for check in process.checks] == [
        "databases", "log", "database-clock", "keys", "roster", "registry-clock"
    ]  # fmt: skip
    for _ in range(2):
        assert await process.reasons() == {}


async def test_the_databases(process: Process) -> None:
    """Another deployment's database and one without its tables are reasons."""
    await logs.edit(process.databases, "shred", "UPDATE deployment SET deployment_id = 'another'")
    assert "do not belong to the same deployment" in (await process.reasons())["databases"]
    await logs.edit(process.databases, "main", "DROP TABLE deployment")
    assert (await process.reasons())["databases"] == "a database does not answer"


async def test_a_newer_version_has_contracted(process: Process) -> None:
    """A process of the version before it is told to go."""
    await logs.edit(process.databases, "shred", "INSERT INTO schema_floors VALUES ('9998')")
    found = await process.reasons()
    assert found["databases"].startswith("the shred database serves programs of version 9998 or later")


async def test_entries_that_wait(process: Process) -> None:
    """The log guard refuses changes after a minute; the clock is another check's matter."""
    await logs.edit(process.databases, "main", "UPDATE log_entries SET log_index = NULL")
    process.fast = 61 * SECOND
    found = await process.reasons()
    assert found["log"] == "entries wait for more than a minute: is `idvault work` running?"
    assert found["registry-clock"].startswith("this host's clock differs from the registry's by 6")
    assert ("database-clock" in found) == process.databases.main_url.startswith("postgresql")
    assert found.keys() <= {"log", "database-clock", "registry-clock"}


async def test_the_key_file(process: Process) -> None:
    """A file that is gone, that others can read, or that another passphrase opens; and one that is mended."""
    path = process.folder / "service.keys"
    kept = path.rename(process.folder / "kept")
    assert await process.reasons() == {"keys": "the file in IDVAULT_KEYS cannot be read"}
    path.write_bytes(kept.read_bytes())
    path.chmod(0o644)
    closed = {"keys": "the file in IDVAULT_KEYS does not open: `idvault doctor` says why"}
    assert await process.reasons() == closed
    path.chmod(0o600)
    assert await process.reasons() == {}
    process.base.settings.key_passphrase_file.write_text("another")
    assert await process.reasons() == {}  # read at the start, and again only with another key file
    path.write_bytes(kept.read_bytes())
    assert await process.reasons() == closed
    process.base.settings.key_passphrase_file.unlink()
    assert "IDVAULT_KEY_PASSPHRASE_FILE cannot be read" in (await process.reasons())["keys"]


async def test_the_roster(process: Process) -> None:
    """A file that does not verify, and a version in the database that the process has not taken."""
    (process.folder / "roster.json").write_text("{}")
    assert "does not verify" in (await process.reasons())["roster"]
    (process.folder / "roster.json").write_bytes(first_roster().to_bytes())
    await logs.edit(process.databases, "main", "UPDATE roster SET digest = 'another'")
    assert await process.reasons() == {}
    assert (await process.reasons())["roster"].startswith("version 1 of the roster is in the database and")


async def test_a_registry_that_is_away(process: Process) -> None:
    """Sign-ups wait for it, and the process is ready."""
    settings = process.base.settings.model_copy(update={"registry_check_url": "http://127.0.0.1:9/check"})
    checks = health.ready_checks(replace(process.base, settings=settings), first_roster)
    assert await look(checks) == {}


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the port's state has no event to wait for
            await asyncio.sleep(0.01)


async def test_looks_are_repeated_and_told(
    process: Process, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process becomes ready, loses its key file, and gets it back; each change is one line of its log."""
    path, found = process.folder / "service.keys", process.base.metrics.health
    monkeypatch.setattr(watching, "PERIOD", 0.01)
    log = Logs(process="test").install()
    async with AsyncExitStack() as stack:
        stack.callback(log.close)
        seen: list[bool] = []

        async def tell(ready: bool) -> None:
            seen.append(ready)

        health.watch_health(stack, process.base, first_roster, tell=tell)
        await _until(lambda: found.reasons() == {})
        kept = path.rename(process.folder / "kept")
        await _until(lambda: "keys" in found.reasons())
        kept.rename(path)
        await _until(lambda: found.reasons() == {})
    assert [now for before, now in pairwise([not seen[0], *seen]) if now is not before] == [True, False, True]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event"], line.get("why")) for line in told] == [
        ("not_ready", "keys"),
        ("ready_again", None),
    ]
