"""Loads reports of rumours, one for each verified account, and lists them as a platform's desk does.

One report in ten is open, half of these unassigned; categories, targets and assignees are spread evenly. The
texts of reports are read one report at a time and are not loaded.
"""

# ruff: noqa: S608 - every text is made of constants and numbers

from datetime import UTC, datetime
from random import Random

from idvault.core.db.database import Database
from idvault.tip_off.rules import QueuePage, TipOffFilter
from idvault.tip_off.store import lists
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffState, TipOffTarget
from tools.bench.flows import PARTY
from tools.bench.scale.sql import Loader

STEP, OPEN_ONE_IN, MODERATORS, TARGETS_ONE_IN = 100_000, 10, 40, 20
_PAGE = 20
_BASE, _EACH = 4_000_000_000_000_000, 7_000_000  # microseconds: deadlines from 2096 on, seven seconds apart
_OVERDUE = datetime.fromtimestamp((_BASE + 1_000 * _EACH) / 1_000_000, UTC)
_CATEGORY = (
    "CASE n % {count} "
    + " ".join(f"WHEN {place} THEN '{word.value}'" for place, word in enumerate(SanctionCategory))
    + " END"
)
_IS_OPEN = f"n % {OPEN_ONE_IN} = 0"
_IS_NEW = f"n % {2 * OPEN_ONE_IN} = 0"
_INSERT = f"""
    INSERT INTO tip_offs (relying_party, tip_off_id, reference, channel, target_kind, target, category,
    evidence,
        reporter_id, trusted, filed_at, due_at, secret_hash, secret_key, queue, state, assignee, answered_at,
        resolved_at, outcome, dismissal, remind_at)
    WITH RECURSIVE numbers(n) AS (
        SELECT CAST({{first}} AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < {{last}})
    SELECT '{PARTY}', md5('t' || n), CAST(100000000000 + n AS VARCHAR(12)), 'WEB', 'CONTENT',
        'post/' || (n / {TARGETS_ONE_IN}), {{category}}, bench_hash('h' || n),
        md5('f' || (n % 1000)), {{false}}, {_BASE} + n * {_EACH} - 600000000000, {_BASE} + n * {_EACH},
        bench_hash('s' || n), '0', CASE WHEN {_IS_OPEN} THEN 1 ELSE 2 END,
        CASE WHEN {_IS_NEW} THEN 'RECEIVED' WHEN {_IS_OPEN} THEN 'ASSIGNED' ELSE 'RESOLVED' END,
        CASE WHEN {_IS_NEW} THEN NULL ELSE md5('m' || (n % {MODERATORS})) END,
        CASE WHEN {_IS_OPEN} THEN NULL ELSE {_BASE} + n * {_EACH} - 2 END,
        CASE WHEN {_IS_OPEN} THEN NULL ELSE {_BASE} + n * {_EACH} - 1 END,
        CASE WHEN {_IS_OPEN} THEN NULL ELSE 'DISMISSED' END,
        CASE WHEN {_IS_OPEN} THEN NULL ELSE 'NO_VIOLATION' END,
        CASE WHEN {_IS_OPEN} THEN {_BASE} + n * {_EACH} END
    FROM numbers
"""


def grow(main: Loader, *, before: int, after: int) -> None:
    """Load reports number before + 1 to after."""
    category = _CATEGORY.format(count=len(SanctionCategory))
    for first in range(before + 1, after + 1, STEP):
        last = min(first + STEP - 1, after)
        main.run(_INSERT.format(first=first, last=last, category=category, false="FALSE"))


def filters(random: Random, *, reports: int) -> list[TipOffFilter]:
    """Return what a desk asks for: each filter alone, and filters that no index covers together."""
    target = TipOffTarget(TargetKind.CONTENT, f"post/{random.randrange(1, reports) // TARGETS_ONE_IN}")
    category = random.choice(list(SanctionCategory))
    return [
        TipOffFilter(),
        TipOffFilter(open_only=True, due_before=_OVERDUE),
        TipOffFilter(state=TipOffState.RECEIVED),
        TipOffFilter(state=TipOffState.RESOLVED),
        TipOffFilter(category=category),
        TipOffFilter(target=target),
        TipOffFilter(state=TipOffState.RECEIVED, category=category),
        TipOffFilter(state=TipOffState.RESOLVED, category=category, target=target),
    ]


async def read_list(main: Database, wanted: TipOffFilter, *, limit: int) -> QueuePage:
    """Read the first page of a list."""
    return await main.read(
        "tip_off.list", lambda one: lists.page(one, PARTY, wanted, after=None, limit=limit)
    )


async def read_lists(main: Database, random: Random, *, reports: int) -> int:
    """Read a page of each list; return how many pages."""
    asked = filters(random, reports=reports)
    for wanted in asked:
        await read_list(main, wanted, limit=_PAGE)
    return len(asked)
