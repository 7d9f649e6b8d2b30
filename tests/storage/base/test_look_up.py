"""Look-ups that share a read: each gets its own answer or its own error, and none an old one."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, MetaData, String, Table, insert, select, update

from idvault.core.db.connection import DriverError
from idvault.core.db.database import Database
from idvault.core.db.listing import among
from idvault.core.db.look_up import KEYS, PARTY, LookUp, LookUps
from idvault.core.db.statement import param, statement
from idvault_verify.error import Reason, UnavailableError
from tests.storage.base import samples
from tests.storage.hooks import before_statements
from tools.support.databases import Databases

_TABLE = Table(
    "owned",
    MetaData(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("word", String(4)),
    Column("owner", String(4)),
)
_OWNER, _OTHER = "me", "you"
_ADD = statement(insert(_TABLE))
_CHANGE = statement(update(_TABLE).where(_TABLE.c.word == param("key")).values(number=param("number")))


def _number(row: Any) -> Any:
    if row.number < 0:
        raise ValueError("a damaged row")
    return row


_FIND = LookUp(
    "find",
    statement(select(_TABLE).where(among(_TABLE.c.word, KEYS), _TABLE.c.owner == param(PARTY)), _number),
    key=lambda row: row.word,
)


class Reads:
    """A database that is asked for keys; it answers when a test lets it, and fails as a test says."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.parties: list[str] = []
        self.cancelled = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failure: Exception | None = None
        self.bad: set[str] = set()

    async def __call__(self, look_up: LookUp[Any], party: str, keys: Sequence[str]) -> Sequence[Any]:
        self.asked.append(list(keys))
        self.parties.append(party)
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure is not None and (not self.bad or self.bad & set(keys)):
            raise self.failure
        return [key for key in dict.fromkeys(keys) if not key.startswith("unknown")]


_ECHO: LookUp[Any] = LookUp("echo", statement(select(_TABLE)), key=str)


def _unavailable(**failure: Any) -> UnavailableError:
    error = UnavailableError(Reason.STORE_UNAVAILABLE)
    error.__cause__ = DriverError("Broken", **failure)
    return error


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
def look_ups(reads: Reads) -> LookUps:
    return LookUps(read=reads)


async def _all(look_ups: LookUps, *keys: str) -> list[Any]:
    asked = (look_ups.get(_ECHO, _OWNER, key) for key in keys)
    return list(await asyncio.gather(*asked, return_exceptions=True))


async def test_one_turn_is_one_read(look_ups: LookUps, reads: Reads) -> None:
    """Look-ups of one turn share a read; unknown keys and repeated ones each get their answer."""
    assert await _all(look_ups, "a", "b", "unknown", "a") == ["a", "b", None, "a"]
    assert reads.asked == [["a", "b", "unknown", "a"]]


async def test_relying_parties_share_no_read(look_ups: LookUps, reads: Reads) -> None:
    """Each asks for its own rows: a key that two of them ask for is read once for each."""
    asked = (look_ups.get(_ECHO, party, key) for key in "ab" for party in (_OWNER, _OTHER))
    assert await asyncio.gather(*asked) == ["a", "a", "b", "b"]
    assert (reads.parties, reads.asked) == ([_OWNER, _OTHER], [["a", "b"], ["a", "b"]])


async def test_one_waits_for_no_reads_of_another(look_ups: LookUps, reads: Reads) -> None:
    """A relying party whose reads do not end keeps no other one waiting."""
    reads.may_answer.clear()
    crowd = []
    for key in "abc":
        crowd.append(asyncio.ensure_future(look_ups.get(_ECHO, _OWNER, key)))
        for _ in range(3):
            await asyncio.sleep(0)
    single = asyncio.ensure_future(look_ups.get(_ECHO, _OTHER, "d"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert reads.asked == [["a"], ["b"], ["d"]]
    reads.may_answer.set()
    assert await asyncio.gather(*crowd, single) == ["a", "b", "c", "d"]


async def test_a_large_crowd_is_several_reads(look_ups: LookUps, reads: Reads) -> None:
    """A read has a limited number of keys."""
    keys = [f"k{number}" for number in range(300)]
    assert await _all(look_ups, *keys) == keys
    assert [len(asked) for asked in reads.asked] == [128, 128, 44]


async def test_a_read_that_has_begun_is_not_joined(look_ups: LookUps, reads: Reads) -> None:
    """A look-up never gets an answer that is older than its question."""
    reads.may_answer.clear()
    first = asyncio.ensure_future(look_ups.get(_ECHO, _OWNER, "a"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert reads.asked == [["a"]]
    second = asyncio.ensure_future(look_ups.get(_ECHO, _OWNER, "a"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert reads.asked == [["a"], ["a"]]
    reads.may_answer.set()
    assert [await first, await second] == ["a", "a"]


async def test_who_goes_away_leaves_the_others_alone(look_ups: LookUps, reads: Reads) -> None:
    """A cancelled call, or one whose time is over, ends alone; the read goes on for its neighbours."""
    reads.may_answer.clear()
    gone, late, stays = (asyncio.ensure_future(look_ups.get(_ECHO, _OWNER, key)) for key in "abc")
    for _ in range(3):
        await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(late, 0.01)
    reads.may_answer.set()
    assert await stays == "c"
    assert (gone.cancelled(), reads.cancelled) == (True, 0)


async def test_a_read_for_nobody_is_cancelled(look_ups: LookUps, reads: Reads) -> None:
    """When the last caller has gone, so is the statement; before it began, it never begins."""
    reads.may_answer.clear()
    calls = [asyncio.ensure_future(look_ups.get(_ECHO, _OWNER, key)) for key in "ab"]
    for _ in range(3):
        await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await look_ups.close()
    assert reads.cancelled == 1
    unborn = asyncio.ensure_future(look_ups.get(_ECHO, _OWNER, "c"))
    await asyncio.sleep(0)
    unborn.cancel()
    await asyncio.gather(unborn, return_exceptions=True)
    await asyncio.sleep(0)
    assert reads.asked == [["a", "b"]]


@pytest.mark.parametrize("failure", [_unavailable(), ValueError("a damaged row")])
async def test_a_bad_key_hurts_only_its_caller(look_ups: LookUps, reads: Reads, failure: Exception) -> None:
    """A value that the database refuses, or a row that cannot be read, fails for its own callers."""
    reads.failure, reads.bad = failure, {"bad"}
    found = await _all(look_ups, "a", "bad", "b", "c", "d")
    assert [one for one in found if isinstance(one, str)] == ["a", "b", "c", "d"]
    assert type(found[1]) is type(failure)


@pytest.mark.parametrize("why", ["lost", "conflict", "late"])
async def test_a_database_that_is_away_is_asked_once(look_ups: LookUps, reads: Reads, why: str) -> None:
    """If nobody can be answered the read is not divided; each caller raises an error of its own."""
    reads.failure = _unavailable(**{why: True})
    found = await _all(look_ups, "a", "b", "c")
    assert [error.reason for error in found] == [Reason.STORE_UNAVAILABLE] * 3
    assert len(set(map(id, found))) == 3
    assert len(reads.asked) == 1


async def test_closing_waits_for_reads(look_ups: LookUps, reads: Reads) -> None:
    """What has begun is answered before the connections go."""
    reads.may_answer.clear()
    mine = asyncio.ensure_future(look_ups.get(_ECHO, _OWNER, "a"))
    for _ in range(3):
        await asyncio.sleep(0)
    closing = asyncio.ensure_future(look_ups.close())
    await asyncio.sleep(0)
    assert not closing.done()
    reads.may_answer.set()
    await closing
    assert await mine == "a"


async def _database(databases: Databases, **options: Any) -> Database:
    database = Database(url=databases.main_url, **options)
    await samples.create(database, _TABLE)
    for number, word in enumerate(("a", "b", "c")):
        await _run(database, _ADD, number=number, word=word, owner=_OWNER)
    return database


async def _run(database: Database, statement: Any, **parameters: Any) -> None:
    await database.act("test", lambda connection: connection.run(statement, **parameters))


@pytest.mark.parametrize(("coalesce", "statements"), [(True, 1), (False, 3)])
async def test_real_databases_answer_both_ways(databases: Databases, coalesce: bool, statements: int) -> None:
    """On both databases a crowd is one statement, or one each if the operator wants that."""
    database, seen = await _database(databases, coalesce=coalesce), list[str]()
    with before_statements(database, seen.append):
        found = await asyncio.gather(*(database.get(_FIND, _OWNER, key) for key in ("c", "nil", "a")))
    assert [row and row.number for row in found] == [2, None, 0]
    assert len(seen) == statements
    await database.close()


async def test_a_row_of_another_is_never_read(databases: Databases) -> None:
    """The statement itself finds none: what a database does for it is what it does for an unknown key."""
    database, rows = await _database(databases), list[int]()
    find = database._driver.find

    async def noting(*arguments: Any) -> Any:
        found = await find(*arguments)
        rows.append(len(found))
        return found

    database._driver.find = noting  # type: ignore[assignment, method-assign]
    asked = (database.get(_FIND, party, "a") for party in (_OWNER, _OTHER))
    assert [row and row.number for row in await asyncio.gather(*asked)] == [0, None]
    assert sorted(rows) == [0, 1]
    await database.close()


async def test_a_write_is_read_afterwards(databases: Databases) -> None:
    """A look-up that is asked for after an act sees it, whatever other look-ups run at the time."""
    database = await _database(databases)
    others = [asyncio.ensure_future(database.get(_FIND, _OWNER, "a")) for _ in range(5)]
    for number in range(10, 30):
        await _run(database, _CHANGE, key="b", number=number)
        others.append(asyncio.ensure_future(database.get(_FIND, _OWNER, "b")))
        found = await database.get(_FIND, _OWNER, "b")
        assert found is not None
        assert found.number == number
    await asyncio.gather(*others)
    await database.close()


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
async def test_a_text_that_a_database_refuses(databases: Databases, bad: str) -> None:
    """PostgreSQL refuses these texts for the whole statement; the neighbours get their rows all the same."""
    database = await _database(databases)
    found = await asyncio.gather(
        *(database.get(_FIND, _OWNER, key) for key in ("a", bad, "c")), return_exceptions=True
    )
    assert [found[0].number, found[2].number] == [0, 2]  # type: ignore[union-attr]
    assert found[1] is None or isinstance(found[1], UnavailableError)
    await database.close()


async def test_a_damaged_row(databases: Databases) -> None:
    """A row that cannot be turned into a value fails for whoever asked for it."""
    database = await _database(databases)
    await _run(database, _ADD, number=-1, word="bad", owner=_OWNER)
    found = await asyncio.gather(
        *(database.get(_FIND, _OWNER, key) for key in ("a", "bad", "c")), return_exceptions=True
    )
    assert isinstance(found[1], ValueError)
    assert [found[0].number, found[2].number] == [0, 2]  # type: ignore[union-attr]
    await database.close()
