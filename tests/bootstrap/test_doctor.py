"""The doctor on real databases and files: all checks pass, and each one fails."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import update

from idvault.core.act import SYSTEM, MemberActor
from idvault.core.config import Process, Settings
from idvault.core.db.database import Database
from idvault.core.request import Request
from idvault.core.tables.account import records
from idvault.custody.drill import acts as drill_acts
from idvault.log.acts import stored_log
from idvault.people import acts as people_acts
from idvault.people.rules import StoredVersion
from idvault.processes.bootstrap.checks import asked, contents
from idvault.processes.deployment import acts as deployment
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from tests.attest.test_certificate import GOOD, pem
from tests.registry.test_probe import answering
from tests.support.notified_world import NotifiedWorld
from tests.support.postgresql_front import Front, address, fronts
from tools.support import builders, logs, people
from tools.support.chamber import CUSTODIANS, first_roster, roster_member
from tools.support.databases import Databases
from tools.support.flow_world import at
from tools.support.merkle import witness
from tools.support.storage_world import World

NOW = logs.START
AWAY = f"http://127.0.0.1:9/ {witness('witness.example/w1', seed=2).key}"


@dataclass
class Ward:
    """A healthy deployment, until a test changes something."""

    databases: Databases
    folder: Path
    at: Any = NOW
    settings: dict[str, Any] = field(default_factory=dict)
    clock: str | None = None

    async def advice(self) -> dict[str, str]:
        """Return the advice of each failed check."""
        settings, now = Settings(**self.settings), ClockReading(self.at, self.at)
        found = await asked.doctor(settings, of=Process.DOCTOR, clock=lambda: now)
        self.clock = {finding.name: finding.advice for finding in found}.get("database-clock")
        found = [finding for finding in found if finding.name != "database-clock"]
        names = [finding.name for finding in found]
        assert names[:9] == [
            "databases",
            "roster",
            "log",
            "checkpoint",
            "drills",
            "hand-over",
            "erasures",
            "disavowals",
            "notifications",
        ]
        self.count = len(names)
        return {finding.name: finding.advice for finding in found if finding.advice is not None}


@pytest_asyncio.fixture
async def ward(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ward]:
    """Return a deployment with each kind of database and a registry that answers."""
    # No worker is running that could sign a checkpoint while the doctor waits for one.
    monkeypatch.setattr(contents, "_PAUSE", 0.01)
    await logs.fill(databases, 7)
    roster = first_roster()
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    try:
        await deployment.ensure(main, shred, candidate="00" * 16)
        version = StoredVersion(roster.version, roster.digest(), roster.to_bytes())
        vault, now = World(main).vault, ClockReading(NOW, NOW)
        await people_acts.adopt_stored(vault, SYSTEM, now, version)
        record = builders.record(present_quorum_id=roster.quorums[0].id)
        await drill_acts.renew(vault, SYSTEM, now, record)
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


@pytest.mark.process
async def test_all_is_well(ward: Ward) -> None:
    """All thirteen checks pass, and the checkpoint covers the whole log."""
    leaves = await _leaves(ward.databases)
    cosigned = logs.signed(leaves, people.WITNESS, time=int(NOW.timestamp()) - 600)
    await logs.replace_checkpoint(ward.databases, cosigned)
    assert await ward.advice() == {}
    assert ward.count == 15


async def test_a_checkpoint_that_stays_behind(ward: Ward) -> None:
    """The entry of the adoption is sequenced but not covered by a checkpoint."""
    said = await ward.advice()
    assert set(said) == {"checkpoint"}
    assert said["checkpoint"].startswith("the newest checkpoint covers 7 of 9 entries")
    await logs.replace_checkpoint(ward.databases, b"damaged")
    assert "is damaged" in (await ward.advice())["checkpoint"]


async def test_a_main_database_that_is_older(ward: Ward) -> None:
    """Its checkpoint is known: what was signed beyond its entries is lost, and that is no tampering."""
    leaves = [*await _leaves(ward.databases), b"lost", b"lost, too"]
    await logs.replace_checkpoint(ward.databases, logs.signed(leaves))
    said = (await ward.advice())["checkpoint"]
    assert said.startswith(
        "the main database is older than the shred database: it has 9 entries, and 11 were"
    )


@pytest.mark.process
async def test_a_log_without_cosignatures(ward: Ward) -> None:
    """It says for how long, and what waits; the sign-ups do not."""
    leaves = await _leaves(ward.databases)
    old = logs.signed(leaves, people.WITNESS, time=int(NOW.timestamp()) - 23 * 60)
    await logs.replace_checkpoint(ward.databases, old)
    assert (await ward.advice())["checkpoint"] == (
        "the log has been without enough cosignatures for 23 minutes: people sign up, and openings and "
        "receipts wait until more witnesses can be reached"
    )
    await logs.replace_checkpoint(ward.databases, logs.signed(leaves))
    assert "is not cosigned by enough witnesses" in (await ward.advice())["checkpoint"]


async def test_databases_of_two_deployments(ward: Ward) -> None:
    """One database belongs to another deployment or was not upgraded."""
    await logs.edit(ward.databases, "shred", "UPDATE deployment SET deployment_id = 'another'")
    assert "do not belong to the same deployment" in (await ward.advice())["databases"]


async def test_a_witness_is_not_blamed_for_a_database(ward: Ward) -> None:
    """Whether it confirms the log is not asked without databases; the registry is."""
    await logs.edit(ward.databases, "shred", "UPDATE deployment SET deployment_id = 'another'")
    ward.settings["registry_check_url"] = "http://127.0.0.1:9/"
    ward.settings["witnesses"] = AWAY
    said = await ward.advice()
    assert said["witness"] == said["log"] == "not checked: mend databases first"
    assert "the registry does not answer" in said["registry"]


async def test_nobody_works(ward: Ward) -> None:
    """An hour later no sequencer has run, the certificate expires soon, and the clock is wrong."""
    ward.at = NOW + timedelta(hours=1)
    said = await ward.advice()
    assert "start `idvault work`" in said["log"]
    assert "differs from the registry's by 3600 s" in said["registry-clock"]
    assert "tls-certificate" in said  # it ends in less than 30 days


async def test_files_that_are_wrong(ward: Ward) -> None:
    """The certificate and the roster are not valid files; neither the drills nor a witness are blamed."""
    ward.settings["witnesses"] = AWAY
    (ward.folder / "tls.pem").write_text("none")
    (ward.folder / "roster.json").write_text("{}")
    said = await ward.advice()
    assert "IDVAULT_TLS_CERTIFICATE has no readable certificate" in said["tls-certificate"]
    assert "restore the signed file" in said["roster"]
    assert said["drills"] == said["witness"] == "the roster does not verify: restore the signed file first"


async def test_drills_that_are_overdue(ward: Ward) -> None:
    """Custodians who have not passed for 90 days are named; a pass counts at once."""
    ward.at = NOW + timedelta(days=90)
    assert "the drill of custodian-a, custodian-b, custodian-c is overdue" in (await ward.advice())["drills"]
    main = Database(url=ward.databases.main_url)
    try:
        for name in CUSTODIANS[:2]:
            who, now = MemberActor(roster_member(name).actor_id), ClockReading(ward.at, ward.at)
            request, quorum_id = (
                Request(who.actor_id, str(UUID(int=1)), bytes(32)),
                first_roster().quorums[0].id,
            )
            vault = World(main, seed=name).vault
            await drill_acts.complete_stored.run(vault, who, now, request, quorum_id, ward.at, b"")
    finally:
        await main.close()
    said = (await ward.advice())["drills"]
    assert said.startswith("the drill of custodian-c is overdue; 2 of 3 custodians have passed a drill")


async def test_nobody_answers(ward: Ward) -> None:
    """The registries and the witness do not answer; a witness key is invalid."""
    ward.settings["registry_enterprise_url"] = "http://127.0.0.1:9/"
    ward.settings["registry_check_url"] = "http://127.0.0.1:9/"
    ward.settings["witnesses"] = AWAY
    said = await ward.advice()
    assert "does not answer (nothing listens there)" in said["registry"]
    assert "IDVAULT_REGISTRY_ENTERPRISE_URL" in said["registry-enterprise"]
    assert "does not answer" in said["registry-clock"]
    assert "1 of 1 witnesses do not confirm the log" in said["witness"]
    ward.settings["witnesses"] = "http://127.0.0.1:9/ none"
    assert "cannot be used" in (await ward.advice())["witness"]


async def test_what_answers_is_no_registry(ward: Ward) -> None:
    """A gateway in front of it, and a wrong path: each setting is told from the answer at its own path."""
    good = ward.settings["registry_check_url"]
    async with answering(None, status=502, body=b"bad gateway") as gateway:
        ward.settings["registry_check_url"] = gateway
        assert (await ward.advice())["registry"] == (
            "IDVAULT_REGISTRY_CHECK_URL leads to a gateway that does not reach the registry (HTTP status "
            "502): sign-ups wait until the registry answers there"
        )
        ward.settings["registry_enterprise_url"] = gateway
        assert (await ward.advice())["registry-enterprise"].endswith(
            "organisations wait until the registry of organisations answers there"
        )
    async with answering(None, path="/elsewhere") as wrong:
        ward.settings |= {"registry_check_url": good, "registry_query_url": wrong}
        assert (await ward.advice())["registry"].startswith(
            "IDVAULT_REGISTRY_QUERY_URL has a wrong path: what answers there knows no /idcard/"
        )


async def test_shares_that_wait_for_their_leaver(ward: Ward) -> None:
    """The advice has the leaver's name and the number of records."""
    first = first_roster()
    custodians = first.quorums[0].custodians
    quorum = replace(first.quorums[0], custodians=(roster_member("custodian-d"), *custodians[1:]))
    made = replace(first, version=2, people=(*first.people, roster_member("custodian-d")), quorums=(quorum,))
    second = people.signed(replace(made, signatures=()), *people.NAMES[1:])
    main = Database(url=ward.databases.main_url)
    try:
        job = await World(main).verified()
        moved = update(records).where(records.c.account_token == job.account_token)
        await World(main).do(moved.values(present_quorum_id=first.quorums[0].id))
    finally:
        await main.close()
    assert "hand-over" not in await ward.advice()
    (ward.folder / "roster.1.json").write_bytes(first.to_bytes())
    (ward.folder / "roster.json").write_bytes(second.to_bytes())
    said = (await ward.advice())["hand-over"]
    assert said.startswith("shares wait to be handed over, 1 of custodian-a: have each of them run")
    (ward.folder / "roster.json").write_bytes(b"{}")
    assert "hand-over" not in await ward.advice()


async def _leaves(databases: Databases) -> list[bytes]:
    main = Database(url=databases.main_url)
    try:
        return await stored_log.read_leaves(main, start=0, limit=100)
    finally:
        await main.close()


@pytest.mark.parametrize("maker", ["postgres"], indirect=True)
async def test_each_of_several_servers_is_tried(ward: Ward) -> None:
    """A standby is fine; a server that cannot take over is named with its setting. One server is no list."""
    await ward.advice()
    assert ward.count == 15
    async with fronts(ward.databases, 2) as hosts:
        hosts[0].read_only = True
        ward.settings["database_url"] = address(ward.databases, hosts)
        assert "servers" not in await ward.advice()
        assert ward.count == 16
        ward.settings["database_url"] = address(ward.databases, [*hosts, Front(port=1)])
        said = await ward.advice()
        assert said["servers"].startswith(
            "127.0.0.1:1 (ConnectionRefusedError) of IDVAULT_DATABASE_URL cannot be used"
        )
        assert "databases" not in said


async def test_notifications_that_do_not_arrive(ward: Ward, tmp_path: Path) -> None:
    """A file that cannot be used, a message that was given up, and one that is late are each named."""
    keys = tmp_path / "work.keys"
    ward.settings["keys"] = keys
    file = keys.with_name("notify.toml")
    file.write_text("[[recipient]", "utf-8")
    file.chmod(0o600)
    assert "notify.toml cannot be used" in (await ward.advice())["notifications"]
    file.unlink()
    database = Database(url=ward.databases.main_url)
    told = NotifiedWorld(database)
    told.by_hook("http://127.0.0.1:1/")
    await told.erasure(EventType.ERASURE_REQUEST)
    await told.run()
    ward.at = at(4_000).real
    assert "has not arrived for an hour" in (await ward.advice())["notifications"]
    await told.run(after=timedelta(days=3).total_seconds())
    assert "1 messages to recipients were given up" in (await ward.advice())["notifications"]
    await told.close()
    await database.close()
