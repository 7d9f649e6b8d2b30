"""The lists of reports in the order of the queue.

Each list reads one index in order and stops after a fixed number of rows, however many reports there are. A
filter that the index does not cover is applied to these rows; the page may then be short, and the next one
continues.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, SmallInteger, String, false, func, select, tuple_

from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines, by_platform
from idvault.core.db.statement import Micros, Statement, param, scalar, statement
from idvault.core.tables.tip_off import tip_offs
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.rules import QueuePage, QueuePlace, TipOffFilter
from idvault.tip_off.store.rows import from_row
from idvault_verify.tip_off import TipOff, TipOffState

MOST_READ = 1_001  # the longest page, and one row that tells whether another follows
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)
_CLOSED = tip_off_rules.queue_place(state=TipOffState.RESOLVED, trusted=False, flooded=False)
_LIMIT = param("limit", Integer)

_PAGE = (
    select(tip_offs)
    .where(
        tip_offs.c.relying_party == param("party"),
        tip_offs.c.queue == param("group", SmallInteger),
        tuple_(tip_offs.c.due_at, tip_offs.c.tip_off_id)
        > tuple_(param("at", Micros), param("after", String)),
        tip_offs.c.due_at < param("before", Micros),
    )
    .order_by(tip_offs.c.due_at, tip_offs.c.tip_off_id)
    .limit(_LIMIT)
)
OF_PARTY: Statement[TipOff] = statement(_PAGE, from_row)
IN_STATE: Statement[TipOff] = statement(_PAGE.where(tip_offs.c.state == param("state")), from_row)
OF_CATEGORY: Statement[TipOff] = statement(_PAGE.where(tip_offs.c.category == param("category")), from_row)
OF_ASSIGNEE: Statement[TipOff] = statement(_PAGE.where(tip_offs.c.assignee == param("assignee")), from_row)
OF_OPERATION: Statement[TipOff] = statement(
    _PAGE.where(tip_offs.c.operation_id == param("operation")), from_row
)
OF_REFERENCE: Statement[TipOff] = statement(_PAGE.where(tip_offs.c.reference == param("reference")), from_row)
OF_TARGET: Statement[TipOff] = statement(
    _PAGE.where(tip_offs.c.target == param("target"), tip_offs.c.target_kind == param("target_kind")),
    from_row,
)
DUE: Statement[TipOff] = statement(
    select(tip_offs).where(tip_offs.c.remind_at <= param("now")).order_by(tip_offs.c.remind_at).limit(_LIMIT),
    from_row,
)
KEPT: Statement[TipOff] = statement(
    select(tip_offs)
    .where(
        tip_offs.c.deleted_at.is_(None),
        tip_offs.c.resolved_at.is_not(None),
        tip_offs.c.resolved_at < param("before"),
    )
    .order_by(tip_offs.c.resolved_at)
    .limit(_LIMIT),
    from_row,
)
OPEN: Statement[Any] = statement(
    select(tip_offs.c.state, func.count().label("count"))
    .where(tip_offs.c.resolved_at.is_(None))
    .group_by(tip_offs.c.state)
)
OVERDUE: Statement[int] = statement(
    select(func.count())
    .select_from(tip_offs)
    .where(
        tip_offs.c.resolved_at.is_(None), tip_offs.c.due_at <= param("now"), tip_offs.c.flooded.is_(false())
    ),
    scalar,
)
DEADLINES: Statement[PlatformDeadlines] = by_platform(
    tip_offs,
    tip_offs.c.due_at,
    tip_offs.c.resolved_at.is_(None),
    tip_offs.c.flooded.is_(false()),
    index="ix_tip_offs_open",
)


async def page(
    connection: Connection, party: str, wanted: TipOffFilter, *, after: QueuePlace | None, limit: int
) -> QueuePage:
    """Return up to limit reports of a platform after a place, in the order of the queue.

    Looks at a bounded number of reports, however many there are; then the page may be short. A report that is
    filed meanwhile moves no other one.
    """
    asked, parameters = _index(wanted)
    left, wants, found = max(MOST_READ, limit + 1), limit + 1, list[TipOff]()
    for start in _places(wanted, after):
        place: QueuePlace | None = start
        while place is not None:
            wants = min(left, wants)
            rows = await connection.all(
                asked,
                party=party,
                group=place.group,
                at=place.due_at,
                after=place.tip_off_id,
                before=wanted.due_before or _LAST,
                limit=wants,
                **parameters,
            )
            is_full = len(rows) == wants
            for row in rows:
                if len(found) == limit:
                    return QueuePage(tuple(found), _place_of(found[-1]))
                if _admits(wanted, row):
                    found.append(row)
            # Twice as many, if those had too few that fit: at most ten statements for a page.
            left, wants = left - len(rows), 2 * wants if is_full else limit + 1
            place = _place_of(rows[-1]) if is_full else None
            if place is not None and left <= 0:
                return QueuePage(tuple(found), place)
    return QueuePage(tuple(found), None)


async def due(connection: Connection, *, now: datetime, limit: int) -> list[TipOff]:
    """Return reports with a reminder that is due and not written, the longest due first."""
    return await connection.all(DUE, now=now, limit=limit)


async def kept_too_long(connection: Connection, *, before: datetime, limit: int) -> list[TipOff]:
    """Return reports that were closed before a time and still have their texts, the oldest first."""
    return await connection.all(KEPT, before=before, limit=limit)


async def levels(connection: Connection, *, now: datetime) -> tuple[dict[TipOffState, int], int]:
    """Return how many reports are in each open state, and how many are overdue."""
    states = {TipOffState(row.state): row.count for row in await connection.all(OPEN)}
    return states, await connection.only(OVERDUE, now=now)


async def deadlines(connection: Connection, *, now: datetime) -> list[PlatformDeadlines]:
    """Return the open reports of each platform, but those that came by a flooded form: nobody owes these."""
    return await connection.all(DEADLINES, now=now)


def _index(wanted: TipOffFilter) -> tuple[Statement[TipOff], dict[str, str]]:
    """Return the statement whose index fits a filter best, and its parameters."""
    state = None if wanted.state is None else wanted.state.value
    category = None if wanted.category is None else wanted.category.value
    chosen: list[tuple[Statement[TipOff], dict[str, str]]] = []
    if wanted.reference is not None:
        chosen.append((OF_REFERENCE, {"reference": wanted.reference}))
    if wanted.target is not None:
        target = {"target": wanted.target.key, "target_kind": wanted.target.kind.value}
        chosen.append((OF_TARGET, target))
    if wanted.assignee is not None:
        chosen.append((OF_ASSIGNEE, {"assignee": wanted.assignee}))
    if wanted.operation_id is not None:
        chosen.append((OF_OPERATION, {"operation": wanted.operation_id}))
    if category is not None:
        chosen.append((OF_CATEGORY, {"category": category}))
    if state is not None:
        chosen.append((IN_STATE, {"state": state}))
    return chosen[0] if chosen else (OF_PARTY, {})


def _places(wanted: TipOffFilter, after: QueuePlace | None) -> Iterator[QueuePlace]:
    """Yield where to begin in each group of the queue that can hold wanted reports."""
    open_only = wanted.open_only or wanted.state not in (None, TipOffState.RESOLVED)
    closed_only = wanted.state is TipOffState.RESOLVED
    begun = 0 if after is None else tip_off_rules.QUEUE.index(after.group)
    for place, group in enumerate(tip_off_rules.QUEUE):
        if (open_only and group == _CLOSED) or (closed_only and group != _CLOSED):
            continue
        if after is not None and place == begun:
            yield after
        elif place >= begun:
            yield QueuePlace(group, _FIRST, "")


def _admits(wanted: TipOffFilter, tip_off: TipOff) -> bool:
    pairs = (
        (wanted.state, tip_off.state),
        (wanted.assignee, tip_off.assignee),
        (wanted.target, tip_off.target),
        (wanted.category, tip_off.category),
        (wanted.operation_id, tip_off.operation_id),
        (wanted.reference, tip_off.reference),
    )
    return all(asked is None or asked == own for asked, own in pairs)


def _place_of(tip_off: TipOff) -> QueuePlace:
    group = tip_off_rules.queue_place(state=tip_off.state, trusted=tip_off.trusted, flooded=tip_off.flooded)
    return QueuePlace(group, tip_off.due_at, tip_off.tip_off_id)
