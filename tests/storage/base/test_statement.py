"""Statements: compiled once, parameters checked, rows turned into values, against both databases."""

from datetime import UTC, date, datetime
from pathlib import Path
from runpy import run_path

import pytest
from sqlalchemy import Integer, delete, func, insert, select, update

from idvault.core.db.database import Database
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, by_index, param, scalar, statement, upsert
from tests.storage.base.samples import create, samples
from tests.storage.hooks import before_statements

AT = datetime(2026, 3, 1, 4, 0, 0, 123_456, tzinfo=UTC)
DAY = date(2026, 3, 1)
CANARY = "canary-value"
_ADD = statement(insert(samples))
_ALL = statement(select(samples).order_by(samples.c.number))
_MINE = samples.c.number == param("number")
_WORD: Statement[str] = statement(select(samples.c.word).where(_MINE), scalar)
_LATER = statement(
    select(samples.c.number)
    .where(samples.c.at >= param("at"), samples.c.day == param("day"))
    .order_by(samples.c.number)
    .limit(param("limit", Integer)),
    scalar,
)
_SET = statement(update(samples).where(samples.c.number >= param("least")).values(word=param("word")))
_ADD_ONCE = statement(
    upsert(samples).on_conflict_do_nothing(index_elements=[samples.c.number]).returning(samples.c.number)
)


@pytest.fixture
async def database(main_database: Database) -> Database:
    """Return a database with three rows in `samples`."""
    await create(main_database)
    rows = [
        {"number": number, "word": f"w{number}", "octets": b"\x00", "day": DAY, "at": AT}
        for number in range(3)
    ]
    await main_database.act("test", lambda connection: connection.many(_ADD, rows))
    return main_database


async def test_rows_are_named_tuples_or_values(database: Database) -> None:
    """Columns are converted, and from_row builds the returned value."""
    rows = await database.read("test", lambda c: c.all(_ALL))
    assert rows[0] == (0, "w0", b"\x00", DAY, AT)
    assert (rows[2].number, rows[2].day, rows[2].at) == (2, DAY, AT)
    doubled = statement(select(samples.c.number), lambda row: row.number * 2)
    assert sorted(await database.read("test", lambda c: c.all(doubled))) == [0, 2, 4]


@pytest.mark.parametrize(("number", "word"), [(1, "w1"), (9, None)])
async def test_one_row_or_none(database: Database, number: int, word: str | None) -> None:
    """A look-up returns the value or None, within a read and alone."""
    assert await database.one("test", _WORD, number=number) == word
    assert await database.read("test", lambda c: c.one(_WORD, number=number)) == word


@pytest.mark.parametrize(("limit", "expected"), [(9, [0, 1, 2]), (2, [0, 1]), (0, [])])
async def test_parameters_have_the_types_of_their_columns(
    database: Database, limit: int, expected: list[int]
) -> None:
    """Times and days are converted, limits hold."""
    assert await database.read("test", lambda c: c.all(_LATER, at=AT, day=DAY, limit=limit)) == expected


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({}, "number"),
        ({"number": 1, "wrod": CANARY}, "wrod"),
        ({"nubmer": CANARY}, "nubmer, number"),
    ],
)
async def test_missing_and_unknown_parameters_are_refused(
    database: Database, parameters: dict[str, object], named: str
) -> None:
    """Nothing is sent, and the error names the parameters without values."""
    seen: list[str] = []
    with before_statements(database, seen.append):
        for call in (
            database.one("test", _WORD, **parameters),
            database.read("test", lambda c: c.all(_WORD, **parameters)),
            database.act("test", lambda c: c.run(_WORD, **parameters)),
            database.act("test", lambda c: c.many(_WORD, [parameters])),
        ):
            with pytest.raises(TypeError, match=f"unknown parameters: {named}$") as refused:
                await call
            assert CANARY not in str(refused.value)
    assert seen == []


async def test_a_column_without_a_value_is_a_missing_parameter(database: Database) -> None:
    """An insert into a whole table needs every column."""
    with pytest.raises(TypeError, match="at, day, octets"):
        await database.act("test", lambda c: c.run(_ADD, number=7, word="w"))


async def test_counts_of_changed_rows(database: Database) -> None:
    """`run` returns how many rows changed; `many` without rows sends nothing."""
    assert await database.act("test", lambda c: c.run(_SET, least=1, word="new")) == 2
    assert await database.act("test", lambda c: c.run(_SET, least=9, word="new")) == 0
    seen: list[str] = []
    with before_statements(database, seen.append):
        await database.act("test", lambda c: c.many(_ADD, []))
    assert seen == []
    removed = statement(delete(samples))
    assert await database.act("test", lambda c: c.run(removed)) == 3


async def test_insert_if_absent(database: Database) -> None:
    """A new row returns its key, an existing row returns nothing."""
    row = {"word": "new", "octets": None, "day": None, "at": None}
    assert await database.act("test", lambda c: c.one(_ADD_ONCE, number=7, **row)) == (7,)
    assert await database.act("test", lambda c: c.one(_ADD_ONCE, number=1, **row)) is None
    assert await database.one("test", _WORD, number=1) == "w1"


def test_a_text_is_compiled_once() -> None:
    """Each dialect compiles a statement once and caches the text."""
    made = statement(select(samples.c.word).where(_MINE))
    assert made.sqlite is made.sqlite
    assert made.postgresql is made.postgresql
    assert made.sqlite.text.endswith("number = ?")
    assert made.postgresql.text.endswith("number = $1::BIGINT")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_lists_in_the_text_are_refused(dialect: str) -> None:
    """IN with a list of values is refused: its text would depend on the length."""
    refused = [samples.c.number.in_([1, 2]), samples.c.number.in_(param("numbers"))]
    for condition in refused:
        with pytest.raises(TypeError, match="among"):
            getattr(statement(select(samples).where(condition)), dialect)
    allowed = statement(select(samples).where(among(samples.c.number, "numbers")))
    assert getattr(allowed, dialect).names == {"numbers"}


def test_an_index_is_named_to_sqlite_only() -> None:
    """PostgreSQL has no such hint."""
    made = statement(by_index(select(func.count()).select_from(samples), samples, "ix_any"))
    assert made.sqlite.text.endswith("samples INDEXED BY ix_any")
    assert "ix_any" not in made.postgresql.text


_MODULE = """
from sqlalchemy import text
from idvault.core.db.statement import statement

def act():
    return statement(text("SELECT 1"))

AT_IMPORT = act()
"""


def test_a_statement_that_storage_builds_per_call_is_found(tmp_path: Path, built_per_call: list[str]) -> None:
    """The check of every storage test finds what a function builds, but no constant and no test's own."""
    path = tmp_path / "made_up.py"
    path.write_text(_MODULE, "utf-8")
    module = run_path(str(path), run_name="idvault.claim.store.made_up")
    statement(select(samples))
    assert built_per_call == []
    module["act"]()
    assert built_per_call == [f"{path}:6"]
    built_per_call.clear()
