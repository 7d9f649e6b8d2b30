"""Rows: a dataclass and the table that keeps it, declared once.

- Each field is the column of its name: an enum by its value, a nested dataclass by its own fields, and
  otherwise as `KeptAs` says.
- Statements are built when the module is imported; nothing is built per call.
"""

import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from sqlalchemy import ColumnElement, Integer, String, Table, insert, select, tuple_, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, for_change, param, scalar, statement
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation

T = TypeVar("T")
_Read = Callable[[Any], Any]
_Write = Callable[[Any], dict[str, Any]]
_FIRST = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}


@dataclass(frozen=True, slots=True)
class KeptAs:
    """How a field is kept otherwise. column: not the one of its name; read, write: in another form."""

    column: str = ""
    read: Callable[[Any], Any] | None = None
    write: Callable[[Any], Any] | None = None


class Rows(Generic[T]):
    """The things of relying parties that one table keeps; each belongs to one of them."""

    def __init__(
        self,
        kind: type[T],
        table: Table,
        *,
        key: str,
        made_at: str,
        unknown: Reason,
        states: Mapping[Any, ColumnElement[bool]] | None = None,
        apart: Collection[str] = (),
        kept: Mapping[str, KeptAs] | None = None,
    ) -> None:
        """Build the statements; a store's own may use `from_row` for whole rows of the table.

        key: the column of their id; made_at: the one by which a list is in order. unknown: why one is not
        found. states: the condition of each state to which a list can be narrowed. apart: columns that are no
        fields; they are given beside a new value, and read by themselves. kept: fields that are not
        simply the column of their name, a nested one as "outer.inner".
        """
        names = tuple(column.name for column in table.c if column.name not in apart)
        members = _members(kind, kept or {})
        self._plain = _writer(members)
        self._key, self._unknown = key, unknown
        places = {name: place for place, name in enumerate(names)}
        self.from_row: Callable[[Any], T] = _reader(kind, members, places)
        self.query = select(*(table.c[name] for name in names))
        from_row = self.from_row
        of_party, order = table.c.relying_party == param("party"), (table.c[made_at], table.c[key])
        mine = of_party & (table.c[key] == param("id"))
        self._get: Statement[T] = statement(self.query.where(mine), from_row)
        self._lock: Statement[T] = statement(for_change(self.query.where(mine)), from_row)
        self._add = statement(insert(table))
        keys = {column.name for column in table.primary_key}
        self._changed = [name for name in names if name not in keys]
        changes = {name: param(name) for name in self._changed}
        self._put = statement(update(table).where(mine).values(changes))
        self._place: Statement[datetime] = statement(select(order[0]).where(mine), scalar)
        following = tuple_(*order) > tuple_(param("at", Micros), param("after", String))
        page = self.query.where(of_party, following).order_by(*order).limit(param("limit", Integer))
        self._pages: dict[Any, Statement[T]] = {None: statement(page, from_row)}
        for state, condition in (states or {}).items():
            self._pages[state] = statement(page.where(condition), from_row)

    async def get(self, connection: Connection, party: str, row_id: str) -> T:
        """Return one; raises NotFoundError, also for another party's."""
        return self._known(await connection.all(self._get, party=party, id=row_id))

    async def lock(self, connection: Connection, party: str, row_id: str) -> T:
        """Return one that nobody else changes until the act ends; raises as `get` does."""
        return self._known(await connection.all(self._lock, party=party, id=row_id))

    def columns(self, value: T) -> dict[str, Any]:
        """Return the columns of one, for a statement of the store's own."""
        return self._plain(value)

    async def add(self, connection: Connection, value: T, **apart: Any) -> None:
        """Insert one. apart: the columns that are no fields."""
        await connection.later(self._add, **self._plain(value), **apart)

    async def put(self, connection: Connection, value: T) -> None:
        """Store one that this act has locked, as it has become."""
        plain = self._plain(value)
        changes = {name: plain[name] for name in self._changed}
        await connection.later(self._put, party=plain["relying_party"], id=plain[self._key], **changes)

    async def page(
        self,
        connection: Connection,
        party: str,
        *,
        after: str,
        limit: int,
        state: Any = None,
        **narrowed: Any,
    ) -> tuple[list[T], str]:
        """Return a page, oldest first, and the last one's id if there are more, else "".

        narrowed: the parameters of the state's condition.

        Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
        """
        place: Mapping[str, Any] = _FIRST
        if after:
            found = await connection.one(self._place, party=party, id=after)
            if found is None:
                raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
            place = {"at": found, "after": after}
        rows = await connection.all(self._pages[state], party=party, **place, limit=limit + 1, **narrowed)
        page = rows[:limit]
        return page, getattr(page[-1], self._key) if len(rows) > limit else ""

    def _known(self, found: list[T]) -> T:
        if not found:
            raise NotFoundError(self._unknown)
        return found[0]


@dataclass(frozen=True, slots=True)
class _Member:
    """A field and how it is kept. kind: its type without None; members: its own fields, if it is nested."""

    name: str
    by_name: bool
    kind: Any
    optional: bool
    kept: KeptAs
    members: tuple["_Member", ...]

    @property
    def column(self) -> str:
        """The column of a field that is not nested."""
        return self.kept.column or self.name

    def columns(self) -> list[str]:
        """Return every column that keeps the field."""
        return [name for each in self.members for name in each.columns()] or [self.column]

    def reader(self, places: Mapping[str, int]) -> _Read:
        """Return what reads the field from a row."""
        place = places[self.columns()[0]]
        if self.members:
            nested = _reader(self.kind, self.members, places)
            return (lambda row: None if row[place] is None else nested(row)) if self.optional else nested
        read = self.kept.read
        if read is None and isinstance(self.kind, type) and issubclass(self.kind, (Enum, bytes)):
            read = self.kind
        if read is None:
            return lambda row: row[place]
        convert = read
        return lambda row: None if row[place] is None else convert(row[place])


def _members(kind: Any, kept: Mapping[str, KeptAs], path: str = "") -> tuple[_Member, ...]:
    """Return the fields of a dataclass that its table keeps."""
    hints, found = get_type_hints(kind), []
    for each in fields(kind):
        if each.init:
            own, optional = _required(hints[each.name])
            inner = _members(own, kept, f"{path}{each.name}.") if is_dataclass(own) else ()
            found.append(
                _Member(
                    each.name,
                    each.kw_only is True,
                    own,
                    optional,
                    kept.get(path + each.name, KeptAs()),
                    inner,
                )
            )
    return tuple(found)


def _required(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        (left,) = [each for each in get_args(hint) if each is not type(None)]
        return left, True
    return hint, False


def _reader(kind: Any, members: Collection[_Member], places: Mapping[str, int]) -> _Read:
    """Return what makes a value of a row. places: of the columns."""
    reads = [each.reader(places) for each in members if not each.by_name]
    named = {each.name: each.reader(places) for each in members if each.by_name}
    return lambda row: kind(
        *[read(row) for read in reads], **{name: read(row) for name, read in named.items()}
    )


def _writer(members: Collection[_Member]) -> _Write:
    """Return what makes the columns of a value."""
    nested = {each.name: _writer(each.members) for each in members if each.members}
    empty = {each.name: dict.fromkeys(each.columns()) for each in members if each.members}

    def write(value: Any) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for each in members:
            held = getattr(value, each.name)
            if each.name in nested:
                plain |= empty[each.name] if held is None else nested[each.name](held)
            elif each.kept.write is not None:
                plain[each.column] = each.kept.write(held)
            else:
                plain[each.column] = held.value if isinstance(held, Enum) else held
        return plain

    return write
