"""`idvault-people custodian hand-over` over mutual TLS: its lines, its JSON, and its refusals."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import update

from idvault.core.tables.account import records
from idvault_people.custody.journal import NAME
from tests.support.commands import Commands
from tests.support.handover_world import A, B, C, D, adopt, holders
from tests.support.served_chamber import House, house_over
from tools.support.databases import Databases


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> AsyncIterator[House]:
    """Return a served chamber over SQLite files."""
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


async def test_the_last_line_says_how_many_and_to_whom(house: House) -> None:
    """The successor's key is shown first, then the progress; a repeat finds nothing more."""
    accounts = [await house.room.account() for _ in range(3)]
    adopt(house.room, D, B, C)
    done = await house.run(A, "hand-over", "--batch", "2")
    assert (done.code, done.last) == (0, "hand-over: 3 shares handed to custodian-d, 0 left")
    assert "place 1, by version 2 of the roster" in done.err
    assert "your shares go to custodian-d, 示例机构 (synthetic)" in done.err
    assert "hand-over: 2 of 3\nhand-over: 3 of 3\n" in done.err
    assert [await holders(house.room, account) for account in accounts] == [[B, C, D]] * 3
    again = await house.run(A, "hand-over")
    assert (again.code, again.last) == (0, "hand-over: 0 shares handed to custodian-d, 0 left")


async def test_machines_read_one_object(house: House) -> None:
    """A damaged share is left: exit code 5, and the count of what is left."""
    kept = await house.room.account()
    await house.room.account()
    adopt(house.room, D, B, C)
    quorum = house.room.rosters.current.quorums[0]
    await house.room.world.do(update(records).where(records.c.account_token == kept).values(salt=bytes(32)))
    done = await house.run(A, "hand-over", json=True)
    assert done.code == 5
    assert json.loads(done.last) == {
        "quorum": "records",
        "quorum_id": quorum.id,
        "successor": D,
        "handed": 1,
        "left": 1,
        "refused": 0,
        "damaged": 1,
    }
    assert done.err == ""


async def test_who_was_not_replaced_is_told_what_to_type(house: House) -> None:
    """A member who was not replaced, and an unreadable journal, are refused with a reason."""
    refused = await house.run(A, "hand-over", json=True)
    told = json.loads(refused.err.splitlines()[-1])["error"]
    assert (refused.code, told["reason"]) == (4, "NOT_REPLACED")
    assert "idvault-people roster show" in told["text"]
    adopt(house.room, D, B, C)
    (house.folder / A / NAME).write_text("not a line of a journal\n")
    damaged = await house.run(A, "hand-over", json=True)
    assert damaged.code == 4
    assert json.loads(damaged.err.splitlines()[-1])["error"]["reason"] == "JOURNAL"


async def test_a_hand_over_can_be_ended(house: House) -> None:
    """The last line says how many shares are left; afterwards the command says that it is over."""
    await house.room.account()
    adopt(house.room, D, B, C)
    done = await house.run(A, "hand-over", "--end")
    assert (done.code, done.last) == (0, "hand-over: ended, 1 shares left")
    over = await house.run(A, "hand-over", json=True)
    assert over.code == 4
    assert json.loads(over.err.splitlines()[-1])["error"]["reason"] == "HANDOVER_ENDED"


async def test_machines_read_the_end(house: House) -> None:
    """One object, with the count of what is left."""
    adopt(house.room, D, B, C)
    done = await house.run(A, "hand-over", "--end", json=True)
    quorum = house.room.rosters.current.quorums[0]
    assert json.loads(done.last) == {"quorum": "records", "quorum_id": quorum.id, "ended": True, "left": 0}
