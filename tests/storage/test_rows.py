"""Rows: every kind of field comes back as it was stored, over both databases' types."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table

from idvault.core.db.statement import Micros
from idvault.core.rows import KeptAs, Rows
from idvault_verify.error import Reason

TABLE = Table(
    "things",
    MetaData(),
    Column("relying_party", String, primary_key=True),
    Column("thing_id", String, primary_key=True),
    Column("digest", LargeBinary),
    Column("colour", String),
    Column("place", Integer),
    Column("size", Integer),
    Column("made_at", Micros),
    Column("first", String),
    Column("second", Integer),
    Column("hue", String),
)


class Colour(StrEnum):
    """An enum."""

    RED = "RED"


@dataclass(frozen=True, slots=True)
class Inner:
    """What stands in the columns of its own fields."""

    first: str
    second: int | None
    hue: Colour | None


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing with every kind of field."""

    thing_id: str
    relying_party: str
    made_at: datetime
    digest: bytes
    inner: Inner | None
    colour: Colour | None = None
    place: int | None = None
    size: int = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Inmost:
    """What stands in columns of other names."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Outer:
    """What holds it."""

    inmost: Inmost | None


ROWS = Rows(Thing, TABLE, key="thing_id", made_at="made_at", unknown=Reason.OPERATION_NOT_FOUND)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WHOLE = Thing("a", "p", NOW, b"digest", Inner("one", 2, Colour.RED), Colour.RED, 7, size=3)
EMPTY = Thing("a", "p", NOW, b"", None, size=0)


def test_a_value_comes_back_as_it_was() -> None:
    """Enums, bytes, nested values, what is absent, a field given by name; columns in any order."""
    for value in (WHOLE, EMPTY, Thing("a", "p", NOW, b"x", Inner("one", None, None), size=1)):
        plain = ROWS.columns(value)
        assert set(plain) == set(TABLE.c.keys())
        row = tuple(
            memoryview(held) if isinstance(held, bytes) else held for held in map(plain.get, TABLE.c.keys())
        )
        found = ROWS.from_row(row)
        assert found == value
        assert ROWS._get.from_row is ROWS.from_row
        assert type(found.digest) is bytes
        assert found.colour is value.colour


def test_enums_are_kept_by_their_value() -> None:
    """A driver gets plain strings."""
    assert [type(ROWS.columns(WHOLE)[name]) for name in ("colour", "hue")] == [str, str]


def test_keys_are_never_changed() -> None:
    """A statement that stores a changed value sets all but the key."""
    assert ROWS._changed == ["digest", "colour", "place", "size", "made_at", "first", "second", "hue"]


def test_a_column_apart_is_no_field() -> None:
    """It is given beside a new value, and neither read nor changed with one."""
    table = TABLE.to_metadata(MetaData())
    table.append_column(Column("sealed", LargeBinary))
    rows = Rows(
        Thing, table, key="thing_id", made_at="made_at", unknown=Reason.OPERATION_NOT_FOUND, apart=("sealed",)
    )
    for asked in (rows._get, rows._lock, rows._put, rows._pages[None]):
        assert "sealed" not in asked.sqlite.text
    assert "sealed" in rows._add.sqlite.text


@dataclass(frozen=True, slots=True)
class Owned:
    """A thing whose fields are kept otherwise, also within each other."""

    thing_id: str
    relying_party: str
    made_at: datetime
    marks: tuple[str, ...]
    inner: Outer


def test_a_field_that_is_kept_otherwise_comes_back() -> None:
    """A field has the column and the form that are said, also two levels down; what is missing is missing."""
    rows = Rows(
        Owned,
        TABLE,
        key="thing_id",
        made_at="made_at",
        unknown=Reason.OPERATION_NOT_FOUND,
        apart=("place", "size", "first", "digest"),
        kept={
            "marks": KeptAs("colour", lambda text: tuple(text.split()), " ".join),
            "inner.inmost.number": KeptAs("second"),
            "inner.inmost.text": KeptAs("hue"),
        },
    )
    names = rows.query.selected_columns.keys()
    for inmost in (Inmost("red", 2), None):
        value = Owned("a", "p", NOW, ("x", "y"), Outer(inmost))
        columns = rows.columns(value)
        assert rows.from_row([columns[name] for name in names]) == value
    assert columns == {
        "thing_id": "a",
        "relying_party": "p",
        "made_at": NOW,
        "colour": "x y",
        "hue": None,
        "second": None,
    }
