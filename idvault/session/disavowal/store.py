"""Rows of disavowals, and of what waits until a platform is told."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, String, delete, func, literal_column, or_, select

from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines, by_platform
from idvault.core.db.statement import Micros, Statement, param, scalar, statement, upsert
from idvault.core.rows import Rows
from idvault.core.tables.session import disavowals, waiting_disavowals
from idvault.sanction.objection.rules import ObjectionFilter
from idvault.session.disavowal import rules
from idvault.session.disavowal.rules import Disavowal, WaitingDisavowal
from idvault_verify.error import Reason
from idvault_verify.session import DisavowalState

_C, _W = disavowals.c, waiting_disavowals.c
_LIMIT = param("limit", Integer)
# Written out, so that the databases use the index of undecided ones.
_UNDECIDED = _C.state == literal_column(f"'{DisavowalState.FILED.value}'")
_DUE_BEFORE = _C.due_at <= param("due_before", Micros)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_ACCOUNT, _STATE = "account", "state"
_WORD = param("word", String)
ROWS = Rows(
    Disavowal,
    disavowals,
    key="disavowal_id",
    made_at="filed_at",
    unknown=Reason.DISAVOWAL_NOT_FOUND,
    states={
        # An account has few: the optional condition is applied to them alone.
        _ACCOUNT: _DUE_BEFORE & (_C.account_token == param("token")) & or_(_WORD == "", _C.state == _WORD),
        _STATE: _DUE_BEFORE & (_C.state == _WORD),
    },
)
_WAIT = statement(
    upsert(waiting_disavowals).on_conflict_do_nothing(index_elements=[waiting_disavowals.c.account_token])
)
DUE: Statement[str] = statement(
    select(_W.account_token).where(_W.tell_at <= param("now")).order_by(_W.tell_at).limit(_LIMIT), scalar
)
_TAKE: Statement[WaitingDisavowal] = statement(
    delete(waiting_disavowals)
    .where(_W.account_token == param("token"), _W.tell_at <= param("now"))
    .returning(_W.account_token, _W.relying_party, _W.person_id, _W.tell_at),
    lambda row: WaitingDisavowal(row.account_token, row.relying_party, row.person_id, row.tell_at),
)
_CANCEL = statement(
    delete(waiting_disavowals).where(_W.account_token == param("token"), _W.person_id == param("person"))
)
_NEWEST: Statement[Disavowal] = statement(
    ROWS.query.where(_C.account_token == param("token"))
    .order_by(_C.filed_at.desc(), _C.disavowal_id)
    .limit(literal_column("1")),
    ROWS.from_row,
)
_IS_OPEN = statement(
    select(literal_column("1")).where(_C.account_token == param("token"), _UNDECIDED).limit(1), scalar
)
OVERDUE: Statement[Disavowal] = statement(
    ROWS.query.where(_UNDECIDED, _DUE_BEFORE, _C.overdue_at.is_(None)).order_by(_C.due_at).limit(_LIMIT),
    ROWS.from_row,
)
COUNT_OVERDUE: Statement[int] = statement(
    select(func.count()).select_from(disavowals).where(_UNDECIDED, _DUE_BEFORE), scalar
)
DEADLINES: Statement[PlatformDeadlines] = by_platform(
    disavowals, _C.due_at, _UNDECIDED, index="ix_disavowals_due"
)
_TOLD = (
    select(_C.disavowal_id)
    .where(_C.relying_party == param("party"), _C.filed_at >= param("since"))
    .limit(_LIMIT)
    .subquery()
)
COUNT_TOLD: Statement[int] = statement(select(func.count()).select_from(_TOLD), scalar)
_UNUSUAL = (
    select(_C.relying_party)
    .where(_C.filed_at >= param("since"))
    .group_by(_C.relying_party)
    .having(func.count() > param("usual", Integer))
    .subquery()
)
COUNT_UNUSUAL: Statement[int] = statement(select(func.count()).select_from(_UNUSUAL), scalar)


async def wait(connection: Connection, waiting: WaitingDisavowal) -> bool:
    """Store what waits for a locked account; False if something does already."""
    found = await connection.run(
        _WAIT,
        account_token=waiting.account_token,
        relying_party=waiting.relying_party,
        person_id=waiting.person_id,
        tell_at=waiting.tell_at,
    )
    return found > 0


async def due(connection: Connection, *, now: datetime, limit: int) -> list[str]:
    """Return the accounts whose platforms must be told, the longest due first."""
    return await connection.all(DUE, now=now, limit=limit)


async def take(connection: Connection, account_token: str, *, now: datetime) -> WaitingDisavowal | None:
    """Remove what is due of a locked account and return it."""
    return await connection.one(_TAKE, token=account_token, now=now)


async def cancel(connection: Connection, account_token: str, *, person_id: str) -> bool:
    """Remove what waits of a locked account; False if nothing does."""
    return await connection.run(_CANCEL, token=account_token, person=person_id) > 0


async def newest(connection: Connection, account_token: str) -> Disavowal | None:
    """Return the last one that the platform of a locked account was told of."""
    return await connection.one(_NEWEST, token=account_token)


async def is_open(connection: Connection, account_token: str) -> bool:
    """Return whether one of a locked account is not decided."""
    return await connection.one(_IS_OPEN, token=account_token) is not None


async def told(connection: Connection, party: str, *, since: datetime) -> int:
    """Return how many a platform was told of since then, at most one more than is usual."""
    return await connection.only(COUNT_TOLD, party=party, since=since, limit=rules.UNUSUAL + 1)


async def unusual(connection: Connection, *, since: datetime) -> int:
    """Return how many platforms were told of more than is usual since then."""
    return await connection.only(COUNT_UNUSUAL, since=since, usual=rules.UNUSUAL)


async def overdue(connection: Connection, *, now: datetime, limit: int) -> list[Disavowal]:
    """Return those that nobody has decided in time and that are not logged as overdue, longest due first."""
    return await connection.all(OVERDUE, due_before=now, limit=limit)


async def deadlines(connection: Connection, *, now: datetime) -> list[PlatformDeadlines]:
    """Return what each platform must decide, in the order of their names."""
    return await connection.all(DEADLINES, now=now)


async def listed(
    connection: Connection, party: str, wanted: ObjectionFilter, *, after: str, limit: int, now: datetime
) -> tuple[list[Disavowal], str]:
    """Return a page as `Rows.page` does; of what is overdue, that of now."""
    word = DisavowalState.FILED.value if wanted.overdue else wanted.state.value if wanted.state else ""
    narrowed: dict[str, Any] = {}
    if wanted.account_token is not None:
        narrowed = {"state": _ACCOUNT, "token": wanted.account_token}
    elif word:
        narrowed = {"state": _STATE}
    if narrowed:
        narrowed |= {"word": word, "due_before": now if wanted.overdue else _NEVER}
    return await ROWS.page(connection, party, after=after, limit=limit, **narrowed)
