"""What is stored under each version of a key, in the tables of other capabilities (key.ports.SealedStore).

- A value is replaced only if it is still what was read: what changed meanwhile is not lost.
- The statements read by version, never a whole table in one act.

Removes the bytes of deleted shred keys from the files of the running databases. What is known
of them may be lost with the process: a new one begins with everything again.

- SQLite overwrites what it deletes, but keeps it in the write-ahead log: the logs of both databases are
  emptied, that of the shred database first.
- PostgreSQL: key.store.rewriting.
- What is in copies of files, such as backups and snapshots, is out of reach.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Table, exists, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.claim import persons, requests
from idvault.core.tables.disclosure import disclosure_decisions, disclosures
from idvault.core.tables.people import person_requests, second_factors
from idvault.core.tables.sanction import appeals
from idvault.core.tables.session import contests
from idvault.core.tables.tip_off import tip_off_reporters, tip_off_texts, tip_offs
from idvault.key.ports import Absence
from idvault.key.store.rewriting import KeyRewriting
from idvault.sealing.ports import SealedValue
from idvault.verify.error import DamagedError, Reason


class SealedColumn:
    """One column of sealed values, kept as a constant.

    row: the columns of the table's key. bound: the columns that a value is sealed for. version: the column
    that names its version, None if the value does. once_in: the column within one of whose values a sealed
    value may be only once.
    """

    def __init__(
        self,
        table: Table,
        data: str,
        *,
        row: Sequence[str],
        bound: Sequence[str] = (),
        version: str | None = "key_version",
        once_in: str | None = None,
    ) -> None:
        """Build the statements."""
        value: Column[Any] = table.c[data]
        self.name = f"{table.name}.{data}"
        self._row, self._bound = tuple(row), tuple(bound)
        self.version = None if version is None else table.c[version]
        wanted = [table.c[name] for name in dict.fromkeys((*row, *bound))]
        shown = [value.label("sealed")] if self.version is None else [value.label("sealed"), self.version]
        there: ColumnElement[bool] = value.is_not(None)
        if self.version is not None:
            there &= self.version.is_not(None)
        self.all = statement(select(*wanted, *shown).where(there), self._value)
        if self.version is not None:
            former = there & among(self.version, "versions")
            limit = param("limit", Integer)
            self.some = statement(select(*wanted, *shown).where(former).limit(limit), self._value)
            self.counts = statement(
                select(self.version, func.count()).where(there).group_by(self.version), tuple
            )
        unchanged = value == param("former")
        for name in row:
            unchanged &= table.c[name] == param(f"its_{name}")
        values: dict[str, Any] = {data: param("later")}
        if self.version is not None:
            values[self.version.name] = param("under", self.version.type)
        self.replace = statement(update(table).where(unchanged).values(values))
        self._once_in = once_in
        if once_in is not None:
            taken = (table.c[once_in] == param("within")) & (value == param("later"))
            self.is_taken: Statement[bool] = statement(select(exists().where(taken)), scalar)

    def _value(self, row: Any) -> SealedValue:
        found = row._mapping if hasattr(row, "_mapping") else row._asdict()
        return SealedValue(
            self.name,
            tuple(found[name] for name in self._row),
            tuple(str(found[name]) for name in self._bound),
            "" if self.version is None else str(found[self.version.name]),
            bytes(found["sealed"]),
        )

    def taken(self, later: SealedValue) -> dict[str, Any] | None:
        """Return the parameters of `is_taken`, None if equal values may be in several rows."""
        if self._once_in is None:
            return None
        return {"within": later.row[self._row.index(self._once_in)], "later": later.data}

    def replacement(self, former: SealedValue, later: SealedValue) -> dict[str, Any]:
        """Return the parameters of `replace`."""
        values = {"former": former.data, "later": later.data}
        named = {f"its_{name}": value for name, value in zip(self._row, former.row, strict=True)}
        return {**values, **named, **({} if self.version is None else {"under": self.under(later.version)})}

    def under(self, version: str) -> str | int:
        """Return a version as its column holds it."""
        is_number = self.version is not None and isinstance(self.version.type, Integer)
        return int(version) if is_number else version


PERSONS = SealedColumn(
    persons,
    "person_index",
    row=("relying_party", "person_id"),
    version="index_version",
    once_in="relying_party",
)
CASE_TEXTS = (
    SealedColumn(disclosures, "text", row=("account_token", "disclosure_id"), bound=("disclosure_id",)),
    SealedColumn(
        disclosure_decisions,
        "signed",
        row=("account_token", "disclosure_id", "place"),
        bound=("disclosure_id", "custodian"),
    ),
)
MODERATION_TEXTS = (
    SealedColumn(appeals, "text", row=("account_token", "appeal_id"), bound=("relying_party", "appeal_id")),
    SealedColumn(
        contests, "text", row=("account_token", "contest_id"), bound=("relying_party", "contest_id")
    ),
    SealedColumn(
        tip_off_texts,
        "data",
        row=("relying_party", "tip_off_id", "name"),
        bound=("relying_party", "tip_off_id", "name"),
    ),
)
SECOND_FACTORS = tuple(
    SealedColumn(second_factors, column, row=("actor_id",), bound=("actor_id",), version=None)
    for column in ("active", "pending")
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlSealedStore:
    """The values of one column. version_of: reads the version in a value that names it."""

    database: Database
    column: SealedColumn
    version_of: Callable[[bytes], str] = lambda _: ""

    @read("sealed.counts")
    async def counts(self, connection: Connection) -> Mapping[str, int]:
        """Return how many values there are under each version."""
        if self.column.version is not None:
            return {str(version): count for version, count in await connection.all(self.column.counts)}
        counts: dict[str, int] = {}
        for value in await connection.all(self.column.all):
            version = self.version_of(value.data)
            counts[version] = counts.get(version, 0) + 1
        return counts

    @read("sealed.some")
    async def some(self, connection: Connection, *, versions: Sequence[str], limit: int) -> list[SealedValue]:
        """Return up to `limit` values that are under one of some versions."""
        if self.column.version is not None:
            wanted = [self.column.under(each) for each in versions]
            return await connection.all(self.column.some, versions=wanted, limit=limit)
        # A roster has some dozen members.
        found = await connection.all(self.column.all)
        return [value for value in found if self.version_of(value.data) in versions][:limit]

    @act("sealed.replace")
    async def replace(self, connection: Connection, former: SealedValue, later: SealedValue) -> bool:
        """Replace a value unless it has changed meanwhile; DamagedError: another row has the later one."""
        taken = self.column.taken(later)
        if taken is not None and await connection.only(self.column.is_taken, **taken):
            raise DamagedError(Reason.RECORD_DAMAGED)
        return bool(await connection.run(self.column.replace, **self.column.replacement(former, later)))


_BEFORE = {
    table.name: statement(
        select(func.count()).select_from(table).where(table.c.made_at < param("before")), scalar
    )
    for table in (requests, person_requests)
}
_SECRETS: Statement[Any] = statement(
    select(tip_offs.c.secret_key, func.count()).group_by(tip_offs.c.secret_key), tuple
)
_REPORTERS: Statement[int] = statement(select(func.count()).select_from(tip_off_reporters), scalar)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlEndingStore:
    """Counts what cannot be sealed again (key.ports.EndingStore)."""

    database: Database

    @read("ending.requests")
    async def requests_before(self, connection: Connection, *, table: str, before: datetime) -> int:
        """Return how many requests of a table were made before a business time."""
        return await connection.only(_BEFORE[table], before=before)

    @read("ending.tip_offs")
    async def tip_offs(self, connection: Connection) -> Mapping[int, int]:
        """Return how many reports, and reporters under the first version, there are."""
        secrets = {int(version): count for version, count in await connection.all(_SECRETS)}
        return secrets | {0: secrets.get(0, 0) + await connection.only(_REPORTERS)}


@dataclass(kw_only=True, eq=False, repr=False)
class SqlRemnants:
    """The remnants in a pair of databases."""

    main: Database
    shred: Database

    def __post_init__(self) -> None:
        """Begin without knowing what was removed before."""
        self._rewriting = KeyRewriting(database=self.shred)

    async def look(self, account_tokens: Sequence[str]) -> Absence:
        """Remove the bytes of deleted keys from every file; return for which accounts that is done.

        Leaves out an account while a reader, or whatever else, keeps a file that may hold its key. Can be
        repeated.
        """
        promised, gone = True, frozenset(account_tokens)
        if not self.shred.is_file:
            promised, gone = await self._rewriting.remove(account_tokens)
        elif not await self.shred.empty_log():
            gone = frozenset()
        if not await self.main.empty_log():
            gone = frozenset()
        return Absence(gone, promised)

    async def tidy(self) -> None:
        """Empty the main database's log, unless it is read."""
        await self.main.empty_log()
