"""What the transparency report counts (ports.report.ReportStore)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, or_, select

from idvault.core.db.act import read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.core.tables.log import log_entries
from idvault.report.store import queries
from idvault.sanction.rules.publication import StatementKind
from idvault.sanction.store.publication import COUNTS

_FIRST: Statement[datetime] = statement(
    select(log_entries.c.occurred_at).where(log_entries.c.log_index == 0), scalar
)
_LEAVES: Statement[bytes] = statement(
    select(log_entries.c.leaf).where(
        log_entries.c.log_index >= param("start", BigInteger),
        log_entries.c.log_index < param("end", BigInteger),
        log_entries.c.occurred_at >= param("since", Micros),
        log_entries.c.occurred_at < param("until", Micros),
    ),
    scalar,
)
_UNCOVERED: Statement[str] = statement(
    select(log_entries.c.entry_id)
    .where(
        or_(log_entries.c.log_index.is_(None), log_entries.c.log_index >= param("size", BigInteger)),
        log_entries.c.occurred_at >= param("since", Micros),
        log_entries.c.occurred_at < param("until", Micros),
    )
    .limit(1),
    scalar,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlReportStore:
    """Reads the main database."""

    database: Database

    @read("report.first_entry")
    async def first_entry_at(self, connection: Connection) -> datetime | None:
        """Return the time of the log's first entry."""
        return await connection.one(_FIRST)

    @read("report.leaves")
    async def leaves(
        self, connection: Connection, *, start: int, end: int, since: datetime, until: datetime
    ) -> Sequence[bytes]:
        """Return the leaves of a range of indices and times."""
        return await connection.all(_LEAVES, start=start, end=end, since=since, until=until)

    @read("report.is_uncovered")
    async def is_uncovered(
        self, connection: Connection, *, size: int, since: datetime, until: datetime
    ) -> bool:
        """Return whether a log of this size lacks an entry of these times."""
        return await connection.one(_UNCOVERED, size=size, since=since, until=until) is not None

    @read("report.breakdown")
    async def breakdown(
        self, connection: Connection, name: str, *, since: datetime, until: datetime
    ) -> Mapping[str, int]:
        """Return the counts of a breakdown."""
        return dict(await connection.all(queries.BREAKDOWNS[name], since=since, until=until))

    @read("report.statements")
    async def statements(
        self, connection: Connection, *, since: datetime, until: datetime
    ) -> Mapping[StatementKind, int]:
        """Return the counts of statements by kind."""
        return dict(await connection.all(COUNTS, begin=since, end=until))

    @read("report.level")
    async def level(self, connection: Connection, name: str) -> Mapping[str, int]:
        """Return the counts of a level."""
        return dict(await connection.all(queries.LEVELS[name]))

    @read("report.durations")
    async def durations(
        self, connection: Connection, name: str, *, since: datetime, until: datetime
    ) -> Sequence[float]:
        """Return how long each case took."""
        rows = await connection.all(queries.DURATIONS[name], since=since, until=until)
        return [(end - begin).total_seconds() for begin, end in rows]
