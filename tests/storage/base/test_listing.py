"""Lists as one parameter, against both databases: one text for every length, without losing values."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import BigInteger, LargeBinary, SmallInteger, String, insert, select, true, update

from idvault.core.db.database import Database
from idvault.core.db.listing import among, listed, one_of
from idvault.core.db.statement import Day, Micros, scalar, statement, upsert
from tests.storage.base.samples import create, samples
from tests.storage.hooks import before_statements
from tests.storage.plans import plan_of

START = datetime(2026, 3, 1, 4, 0, 0, 123_456, tzinfo=UTC)
ODD_WORDS = ["", " ", "a,b", '"', "'", "\\", "{}", "[1]", "NULL", "null", "é", "身份", "%_", "\n"]
_ADD = statement(insert(samples))
_ALL = statement(select(samples).order_by(samples.c.number))
_ROWS = listed("rows", number=BigInteger, word=String, octets=LargeBinary, day=Day, at=Micros)
_GIVEN = statement(select(_ROWS))
_INSERT = statement(
    upsert(samples)
    .from_select(list(samples.c), select(_ROWS).where(true()))
    .on_conflict_do_nothing(index_elements=[samples.c.number])
)
_UPDATE = statement(
    update(samples).where(samples.c.number == _ROWS.c.number).values(word=_ROWS.c.word, octets=_ROWS.c.octets)
)
_AMONG = {
    column.key: statement(select(samples.c.number).where(among(column, "wanted")), scalar)
    for column in samples.c
}

Row = tuple[int, str | None, bytes | None, date | None, datetime | None]


def _row(number: int) -> Row:
    at = START + timedelta(days=number, microseconds=number)
    return number, f"{number:04x}", number.to_bytes(4, "big"), at.date(), at


@pytest.fixture
async def database(main_database: Database) -> Database:
    """Return a database with an empty table `samples`."""
    await create(main_database)
    return main_database


async def _add(database: Database, *rows: Row) -> None:
    named = [dict(zip(samples.c.keys(), row, strict=True)) for row in rows]
    await database.act("test", lambda connection: connection.many(_ADD, named))


async def _find(database: Database, column: str, wanted: Any) -> list[int]:
    found = await database.read("test", lambda c: c.all(_AMONG[column], wanted=wanted))
    return sorted(found)


async def _all(database: Database) -> list[Row]:
    return [tuple(row) for row in await database.read("test", lambda c: c.all(_ALL))]


@pytest.mark.parametrize("place", range(5), ids=samples.c.keys())
async def test_lists_of_every_length_are_one_text(database: Database, place: int) -> None:
    """Lists of zero, one or a thousand numbers, strings, bytes, days and times find exactly their values."""
    column = samples.c.keys()[place]
    await _add(database, *(_row(number) for number in range(1_200)))
    texts: set[str] = set()
    with before_statements(database, texts.add):
        for count in (0, 1, 2, 1_000):
            wanted = [_row(number)[place] for number in range(100, 100 + count)]
            assert await _find(database, column, wanted) == list(range(100, 100 + count))
    assert len([found for found in texts if "samples" in found]) == 1


async def test_odd_words_are_themselves(database: Database) -> None:
    """Characters special to arrays or JSON have no special meaning in a list."""
    await _add(database, *((number, word, None, None, None) for number, word in enumerate(ODD_WORDS)))
    assert await _find(database, "word", ODD_WORDS) == list(range(len(ODD_WORDS)))
    for number, word in enumerate(ODD_WORDS):
        assert await _find(database, "word", [word]) == [number]


async def test_any_octets_are_themselves(database: Database) -> None:
    """Every byte, including zero, and the empty value work."""
    octets = [b"", *(bytes([number]) for number in range(256)), bytes(range(256))]
    await _add(database, *((number, None, value, None, None) for number, value in enumerate(octets)))
    assert await _find(database, "octets", octets) == list(range(len(octets)))
    assert await _find(database, "octets", [b""]) == [0]


async def test_long_words_are_not_cut(database: Database) -> None:
    """A text longer than its column matches no row, and is not truncated in a given row."""
    await _add(database, (1, "abcd", None, None, None))
    assert await _find(database, "word", ["abcdefgh", "abc"]) == []
    assert await _find(database, "word", ["abcdefgh", "abcd"]) == [1]
    short = listed("rows", word=String(4))
    given = statement(select(short), scalar)
    words = await database.read("test", lambda c: c.all(given, rows=[("abcdefgh",)]))
    assert words == ["abcdefgh"]


async def test_null_is_never_among(database: Database) -> None:
    """A NULL column is found by no list, and None in a list finds nothing."""
    await _add(database, (1, None, None, None, None), _row(2))
    for place, column in enumerate(samples.c.keys()[1:], 1):
        assert await _find(database, column, [None, _row(2)[place]]) == [2]


async def test_a_list_is_looked_up_by_an_index(database: Database) -> None:
    """A condition on a key reads no other rows."""
    plan = await plan_of(database, _AMONG["number"], wanted=[1, 2])
    assert "SEARCH samples" in plan or "samples_pkey" in plan
    assert "SCAN samples" not in plan


async def test_given_rows_keep_values_and_nulls(database: Database) -> None:
    """Given rows are returned unchanged, in order and with their types."""
    rows = [_row(3), (4, None, None, None, None), (5, "", b"", None, START), _row(1), _row(1)]
    rows += [(number, word, None, None, None) for number, word in enumerate(ODD_WORDS)]
    found = await database.read("test", lambda c: c.all(_GIVEN, rows=rows))
    assert [tuple(row) for row in found] == rows
    assert found[0].day == _row(3)[3]


@pytest.mark.parametrize("count", [0, 1, 1_000])
async def test_many_rows_are_one_statement(database: Database, count: int) -> None:
    """Inserts and updates of many rows are one text each, and change only those rows."""
    rows = [_row(number) for number in range(count)]
    changed = [(number, "new", b"\x00new", None, None) for number, *_ in rows]
    texts: list[str] = []
    await _add(database, _row(5_000))
    with before_statements(database, texts.append):
        assert await database.act("test", lambda c: c.run(_INSERT, rows=rows)) == count
        assert await database.act("test", lambda c: c.run(_INSERT, rows=rows)) == 0
        assert await _all(database) == [*rows, _row(5_000)]
        assert await database.act("test", lambda c: c.run(_UPDATE, rows=changed)) == count
    assert len(texts) == 4
    expected = [(number, "new", b"\x00new", day, at) for number, _, _, day, at in rows]
    assert await _all(database) == [*expected, _row(5_000)]


async def test_one_of_constants(database: Database) -> None:
    """Constants are part of the text, converted to their column's type."""
    await _add(database, *(_row(number) for number in range(4)))
    wanted = [_row(1)[4], _row(3)[4]]
    found = statement(select(samples.c.number).where(one_of(samples.c.at, wanted)), scalar)
    assert sorted(await database.read("test", lambda c: c.all(found))) == [1, 3]


async def test_smaller_numbers_have_their_own_type(database: Database) -> None:
    """A list has its column's type: a value that does not fit is refused."""
    small = listed("rows", level=SmallInteger)
    given = statement(select(small), scalar)
    assert await database.read("test", lambda c: c.all(given, rows=[(-32_768,), (32_767,)])) == [
        -32_768,
        32_767,
    ]
