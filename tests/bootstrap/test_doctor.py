"""The doctor looks at real databases and files: all well, and each thing that can fail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest_asyncio

from idvault.bootstrap import doctor
from idvault.config import Settings
from idvault.domain.event import EventType
from idvault.domain.moment import Moment
from idvault.ports.roster import StoredVersion
from idvault.storage.deployment import SqlDeploymentStore
from idvault.storage.engine import Database
from idvault.storage.log_store import SqlLogStore
from idvault.storage.roster import SqlRosterStore
from tests import logs
from tests.attest.test_certificate import GOOD, pem
from tests.chamber import first_roster
from tests.databases import Databases
from tests.registry.test_probe import answering
from tests.storage.world import World
from tests.transparency.merkle import witness

NOW = logs.START


@dataclass
class Ward:
    """A deployment that is well, until a test changes something."""

    databases: Databases
    folder: Path
    at: Any = NOW
    settings: dict[str, Any] = field(default_factory=dict)

    async def advice(self) -> dict[str, str]:
        """Return what is said of each check that failed."""
        found = await doctor.examine(Settings(**self.settings), clock=lambda: Moment(self.at, self.at))
        names = [finding.name for finding in found]
        assert names[:4] == ["databases", "roster", "log", "checkpoint"]
        self.count = len(names)
        return {finding.name: finding.advice for finding in found if finding.advice is not None}


@pytest_asyncio.fixture
async def ward(databases: Databases, tmp_path: Path) -> AsyncIterator[Ward]:
    """Return a deployment over each kind of database, with a registry that answers."""
    await logs.fill(databases, 7)
    roster = first_roster()
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    try:
        await SqlDeploymentStore(main=main, shred=shred).ensure(candidate="00" * 16)
        version = StoredVersion(roster.version, roster.digest(), roster.to_bytes())
        event = World(main).event(EventType.ROSTER_ADOPTED, version=version.version, hash=version.digest)
        await SqlRosterStore(database=main).adopt(version, now=Moment(NOW, NOW), event=event)
        await logs.sequence(main)
    finally:
        await main.close()
        await shred.close()
    (tmp_path / "roster.json").write_bytes(roster.to_bytes())
    (tmp_path / "tls.pem").write_bytes(pem(GOOD))
    async with answering(format_datetime(NOW, usegmt=True)) as url:
        made = Ward(databases, tmp_path)
        made.settings = {
            "database_url": databases.main_url,
            "shred_database_url": databases.shred_url,
            "roster": tmp_path / "roster.json",
            "tls_certificate": tmp_path / "tls.pem",
            "registry_check_url": url,
            "development": True,
        }
        yield made


async def test_all_is_well(ward: Ward) -> None:
    """Seven things are looked at, and the checkpoint covers the whole log."""
    leaves = await _leaves(ward.databases)
    await logs.replace_checkpoint(ward.databases, logs.signed(leaves))
    assert await ward.advice() == {}
    assert ward.count == 7


async def test_a_checkpoint_that_stays_behind(ward: Ward) -> None:
    """The adoption has its place, and nobody has signed for it."""
    said = await ward.advice()
    assert set(said) == {"checkpoint"}
    assert said["checkpoint"].startswith("the newest checkpoint covers 7 of 8 entries")
    await logs.replace_checkpoint(ward.databases, b"damaged")
    assert "is damaged" in (await ward.advice())["checkpoint"]


async def test_databases_of_two_deployments(ward: Ward) -> None:
    """Somebody has restored one of them from elsewhere, or forgot to upgrade it."""
    await logs.edit(ward.databases, "shred", "UPDATE deployment SET deployment_id = 'another'")
    assert "not of one deployment" in (await ward.advice())["databases"]


async def test_nobody_works(ward: Ward) -> None:
    """An hour later the log is not looked after, the certificate is as good, and the clock is wrong."""
    ward.at = NOW + timedelta(hours=1)
    said = await ward.advice()
    assert "start `idvault work`" in said["log"]
    assert "differs from the registry's by 3600 s" in said["clock"]
    assert "tls-certificate" in said  # it ends in less than 30 days


async def test_files_that_are_wrong(ward: Ward) -> None:
    """No certificate, no roster."""
    (ward.folder / "tls.pem").write_text("none")
    (ward.folder / "roster.json").write_text("{}")
    said = await ward.advice()
    assert "IDVAULT_TLS_CERTIFICATE holds no certificate" in said["tls-certificate"]
    assert "put the signed file back" in said["roster"]


async def test_nobody_answers(ward: Ward) -> None:
    """Neither the registry nor the witness; and a witness whose key is none."""
    ward.settings["registry_check_url"] = "http://127.0.0.1:9/"
    ward.settings["witness_url"] = "http://127.0.0.1:9/"
    ward.settings["witness_key"] = str(witness("witness.example/w1", seed=2).key)
    said = await ward.advice()
    assert "does not answer" in said["registry"]
    assert "does not answer" in said["clock"]
    assert "does not confirm the log" in said["witness"]
    ward.settings["witness_key"] = "none"
    assert "cannot be asked" in (await ward.advice())["witness"]


async def _leaves(databases: Databases) -> list[bytes]:
    main = Database(url=databases.main_url)
    try:
        return await SqlLogStore(database=main).leaves(start=0, limit=100)
    finally:
        await main.close()
