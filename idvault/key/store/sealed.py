"""What is stored under each version of a key, in the tables of other capabilities.

- A value is replaced only if it is still what was read: what changed meanwhile is not lost.
- The statements read by version, never a whole table in one act.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Table, exists, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.claim import persons, requests
from idvault.core.tables.disclosure import disclosure_decisions, disclosures
from idvault.core.tables.people import person_requests, second_factors
from idvault.core.tables.sanction import appeals, content_measures
from idvault.core.tables.session import contests, reinstatements
from idvault.core.tables.tip_off import tip_off_reporters, tip_off_texts, tip_offs
from idvault.sealing.ports import SealedValue
from idvault.sealing.second_factor import version_of
from idvault_verify.error import DamagedError, Reason


class SealedColumn:
    """One column of sealed values, kept as a constant.

    row: the columns of the table's key. bound: the columns that a value is sealed for. version: the column
    that names its version; version_of: reads it in the value, if no column does. once_in: the column within
    one of whose values a sealed value may be only once.
    """

    def __init__(
        self,
        table: Table,
        data: str,
        *,
        row: Sequence[str],
        bound: Sequence[str] = (),
        version: str = "key_version",
        version_of: Callable[[bytes], str] | None = None,
        once_in: str | None = None,
    ) -> None:
        """Build the statements."""
        value: Column[Any] = table.c[data]
        self.name = f"{table.name}.{data}"
        self._row, self._bound = tuple(row), tuple(bound)
        self.version_of = version_of
        self.version = None if version_of else table.c[version]
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
        content_measures,
        "text",
        row=("relying_party", "measure_id"),
        bound=("relying_party", "measure_id"),
    ),
    SealedColumn(
        contests, "text", row=("account_token", "contest_id"), bound=("relying_party", "contest_id")
    ),
    SealedColumn(
        reinstatements,
        "text",
        row=("account_token", "reinstatement_id"),
        bound=("relying_party", "reinstatement_id"),
    ),
    SealedColumn(
        tip_off_texts,
        "data",
        row=("relying_party", "tip_off_id", "name"),
        bound=("relying_party", "tip_off_id", "name"),
    ),
)
SECOND_FACTORS = tuple(
    SealedColumn(second_factors, column, row=("actor_id",), bound=("actor_id",), version_of=version_of)
    for column in ("active", "pending")
)


async def counts(connection: Connection, column: SealedColumn) -> Mapping[str, int]:
    """Return how many values there are under each version."""
    if column.version_of is None:
        return {str(version): count for version, count in await connection.all(column.counts)}
    found: dict[str, int] = {}
    for value in await connection.all(column.all):
        version = column.version_of(value.data)
        found[version] = found.get(version, 0) + 1
    return found


async def some(
    connection: Connection, column: SealedColumn, *, versions: Sequence[str], limit: int
) -> list[SealedValue]:
    """Return up to `limit` values that are under one of some versions."""
    if column.version_of is None:
        wanted = [column.under(each) for each in versions]
        return await connection.all(column.some, versions=wanted, limit=limit)
    # A roster has some dozen members.
    found = await connection.all(column.all)
    return [value for value in found if column.version_of(value.data) in versions][:limit]


async def replace(
    connection: Connection, column: SealedColumn, former: SealedValue, later: SealedValue
) -> bool:
    """Replace a value unless it has changed meanwhile; return whether it was.

    Raises DamagedError (RECORD_DAMAGED) if another row has the later value and only one may have it.
    """
    taken = column.taken(later)
    if taken is not None and await connection.only(column.is_taken, **taken):
        raise DamagedError(Reason.RECORD_DAMAGED)
    return bool(await connection.run(column.replace, **column.replacement(former, later)))


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


async def requests_before(connection: Connection, *, table: str, before: datetime) -> int:
    """Return how many requests were made before a business time; table: requests, person_requests."""
    return await connection.only(_BEFORE[table], before=before)


async def tip_off_secrets(connection: Connection) -> Mapping[int, int]:
    """Return how many reports have their secret under each version; reporters count for the first."""
    secrets = {int(version): count for version, count in await connection.all(_SECRETS)}
    return secrets | {0: secrets.get(0, 0) + await connection.only(_REPORTERS)}
