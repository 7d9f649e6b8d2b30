"""Statements of reasons in the public directory, over both databases; a reader looks for anything else."""

import asyncio
import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update

from idvault.core.public_files import LocalPublicFiles
from idvault.core.tables.sanction import sanctions
from idvault.sanction.acts import StatementFiles
from idvault_verify.error import UnavailableError
from idvault_verify.sanction import AuthorityOrder, Degree, IssuerKind, Origin
from tools.support import sql
from tools.support.flow_world import at
from tools.support.sanction_world import SanctionWorld, reasons, until

HOUR, DAY = 3_600, 86_400
# The tests' time begins on a Sunday, 04:00 UTC, in week 9; its file is written from 01:00 on Monday on.
WRITTEN = 21 * HOUR
ALLOWED = {
    *("degree", "ground", "category", "automation", "issuer_kind", "territory", "week"),
    *("decision_ground", "decision_provision"),
}


def flow(world: SanctionWorld, folder: Path) -> StatementFiles:
    """Return a worker's; another worker has another one."""
    return StatementFiles(vault=world.vault, files=LocalPublicFiles(directory=folder))


def files(folder: Path) -> dict[str, bytes]:
    found = folder / "report" / "statements"
    return {path.name: path.read_bytes() for path in found.iterdir()} if found.is_dir() else {}


async def test_a_reader_finds_no_other_field(world: SanctionWorld, tmp_path: Path) -> None:
    """Whatever else a statement, a sanction and its moderators have is in no byte of the file."""
    token, keys = await world.account(), (await world.moderator(1), await world.moderator(2))
    order = AuthorityOrder("canary authority", "canary order", date(2026, 2, 27), b"\xca" * 32)
    operation = "f" * 32
    made = []
    for number in range(6):
        given = until(
            9 * DAY + number,
            rule_reference=f"canary rule {number}",
            case_reference=f"canary case {number}",
            redress=f"canary redress {number}",
            evidence=(bytes([number]) * 32,),
            origin=Origin.TIP_OFF,
            tip_off=f"canary {number}",
            issuer_kind=IssuerKind.AUTHORITY,
            order=order,
        )
        made.append(await world.impose(token, Degree.LIMIT, key=keys[0], given=given, seconds=number))
    await world.lift(made[0], key=keys[1], reason="canary lift")
    assert await flow(world, tmp_path).publish(now=at(WRITTEN)) == 1
    ((name, content),) = files(tmp_path).items()
    assert name == "2026-W09.ndjson"
    lines = [json.loads(line) for line in content.splitlines()]
    assert len(lines) == 6
    assert all(line == lines[0] and line.keys() == ALLOWED for line in lines)
    assert lines[0]["automation"].keys() == {"detection", "decision"}
    hidden = ["canary", token, operation, "platform-a", "10-a-day", "2026-03", "2026-02", "TIP_OFF", "PERSON"]
    hidden += [each.sanction_id for each in made] + [key.moderator_id for key in keys]
    assert [each for each in hidden if each.encode() in content] == []


async def test_only_what_came_into_force_in_the_week(world: SanctionWorld, tmp_path: Path) -> None:
    """Proposals do not count, confirmations count when they are made, and four are not five."""
    token, keys = await world.account(), (await world.moderator(1), await world.moderator(2))
    for _ in range(5):
        await world.impose(token, Degree.CLOSE, key=keys[0])
        await world.impose(token, Degree.WARN, key=keys[0])
    for _ in range(4):
        await world.impose(token, Degree.SUSPEND, key=keys[0])
    late = await world.impose(token, Degree.WARN, key=keys[0], seconds=2 * DAY)
    assert await flow(world, tmp_path).publish(now=at(8 * DAY + WRITTEN)) == 2
    found = {name: content.decode().splitlines() for name, content in files(tmp_path).items()}
    assert [json.loads(line)["degree"] for line in found["2026-W09.ndjson"]] == ["WARN"] * 5
    assert found["2026-W10.ndjson"] == []
    assert late.start_time == at(2 * DAY).business


async def test_a_week_is_written_once(world: SanctionWorld, tmp_path: Path) -> None:
    """By one of several workers, not before its time, and never changed afterwards."""
    token, key = await world.account(), await world.moderator(1)
    for _ in range(5):
        await world.impose(token, Degree.WARN, key=key)
    workers = [flow(world, tmp_path) for _ in range(3)]
    assert [await each.publish(now=at(WRITTEN - 1)) for each in workers] == [0, 0, 0]
    written = await asyncio.gather(*(each.publish(now=at(WRITTEN)) for each in workers))
    assert sum(written) == 1
    before = files(tmp_path)
    # What cannot happen: another sanction of a week that has ended. The file stays as it was published.
    await sql.change(world.database, update(sanctions).values(category="FRAUD"))
    assert [await each.publish(now=at(WRITTEN)) for each in (*workers, flow(world, tmp_path))] == [0] * 4
    assert files(tmp_path) == before
    assert len(before["2026-W09.ndjson"].splitlines()) == 5


async def test_a_vault_without_sanctions_writes_nothing(world: SanctionWorld, tmp_path: Path) -> None:
    """The first file is of the first week that has a sanction; weeks without one have empty files."""
    worker = flow(world, tmp_path)
    assert await worker.publish(now=at(30 * DAY)) == 0
    token, key = await world.account(), await world.moderator(1)
    await world.impose(token, Degree.WARN, key=key, seconds=30 * DAY, given=reasons())
    assert await worker.publish(now=at(45 * DAY)) == 2
    assert set(files(tmp_path).values()) == {b""}


async def test_a_write_that_fails_is_repeated(world: SanctionWorld, tmp_path: Path) -> None:
    """The week is not forgotten: the next try writes it."""
    token, key = await world.account(), await world.moderator(1)
    for _ in range(5):
        await world.impose(token, Degree.WARN, key=key)
    folder = tmp_path / "public"
    folder.write_text("a file where the folder should be")
    worker = flow(world, folder)
    with pytest.raises(UnavailableError):
        await worker.publish(now=at(WRITTEN))
    folder.unlink()
    assert await worker.publish(now=at(WRITTEN)) == 1
    assert len(files(folder)["2026-W09.ndjson"].splitlines()) == 5
