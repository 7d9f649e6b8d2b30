"""`idvault-people custodian drill` over mutual TLS, against real flows and databases."""

import json
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from idvault.core.tables.custody import drill_records
from idvault_people.commands import session
from idvault_verify.event import EventType
from tests.support.commands import Commands
from tests.support.served_chamber import House, house_over
from tools.support.chamber import CUSTODIANS
from tools.support.databases import Databases

A, B, C = CUSTODIANS


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> AsyncIterator[House]:
    """Return a served chamber over SQLite files, with a drill record."""
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        await made.room.keep_drills()
        yield made


async def test_a_drill_for_people_and_for_machines(house: House) -> None:
    """A card and a last line, or one object; the next one is due in 90 days."""
    passed = await house.run(A, "drill", code=house.room.codes.code())
    due = house.room.now().business + timedelta(days=90)
    assert (passed.code, passed.last) == (0, f"drill: passed, the next one is due by {due:%Y-%m-%d}")
    for text in ("a test record", "1 of 3", "yes, since", "never with these keys"):
        assert text in passed.err
    told = await house.run(B, "drill", json=True, code=house.room.codes.code())
    assert (told.code, told.err) == (0, "")
    content = json.loads(told.out)
    assert content["share_index"] == 2
    assert content["quorum_id"] == house.room.rosters.quorum.id
    assert content["due_time"].startswith(f"{due:%Y-%m-%d}")
    assert len(await house.room.logged(EventType.DRILL_COMPLETE)) == 2


async def test_a_drill_never_prompts_without_a_terminal(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing code is wrong usage, and nothing is passed."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    bare = await house.run(A, "drill")
    assert (bare.code, "--code is missing" in bare.err) == (2, True)
    assert await house.room.logged(EventType.DRILL_COMPLETE) == []


async def test_refusals_say_what_to_type(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong code, a wrong clock, no record yet, and an invalid record are refused with the next step."""
    wrong = await house.run(A, "drill", code="000000")
    assert (wrong.code, "next: wait for the next code" in wrong.err) == (4, True)
    real = session.now
    monkeypatch.setattr(session, "now", lambda: real() - timedelta(hours=1))
    late = await house.run(A, "drill", code=house.room.codes.code())
    assert (late.code, "next: compare the clock of this machine" in late.err) == (5, True)
    monkeypatch.setattr(session, "now", real)
    spoilt: Any = update(drill_records).values(salt=bytes(32))
    await house.room.world.do(spoilt)
    damaged = await house.run(A, "drill", code=house.room.codes.code())
    assert damaged.code == 5
    assert "nothing was signed" in damaged.err
    assert (
        f"next, once it is repaired: idvault-people custodian --identity {house.folder / A} drill"
        in damaged.err
    )
    await house.room.world.do(update(drill_records).values(quorum_id="0" * 64))
    early = await house.run(A, "drill", code=house.room.codes.code())
    assert (early.code, "next: repeat the command in a minute" in early.err) == (4, True)
