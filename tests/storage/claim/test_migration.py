"""An existing vault gets attempts instead of mismatches, and the slots that open claims held are free."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio
from alembic import command
from sqlalchemy import Connection, select, text

from idvault.claim.ports import Lease
from idvault.core.db.database import Database
from idvault.core.tables.claim import attempts, jobs, persons
from idvault.processes import migrations
from idvault.verify.claim import ClaimState
from tests.support.databases import Maker
from tests.support.storage_world import MATCHED, NOW, World, at

_MICROS = int(NOW.timestamp() * 1e6)
_ACCOUNT = (
    "INSERT INTO accounts (account_token, relying_party, subject_kind, state, standing, assurance, revision, "
    "open_claim_id) VALUES ('{token}', 'p', 'INDIVIDUAL', 'PENDING', 'GOOD', 'NONE', 1, '{claim}')"
)
_CLAIM = (
    "INSERT INTO claims (account_token, claim_id, relying_party, request_id, subject_kind, state, "
    "policy_version, agree_time, person_id, slot, person_closed, different_owner, opened_at) VALUES "
    "('{token}', '{claim}', 'p', 'r-{claim}', 'INDIVIDUAL', '{state}', 't', 0, 'x', '{slot}', false, false, "
    "{now})"
)
_JOB = (
    "INSERT INTO jobs (account_token, claim_id, relying_party, priority, opened_at, state, check_index, "
    "next_at, attempts, missing, resends, limiter_key, lane) VALUES "
    "('{token}', '{claim}', 'p', 0, {now}, '{job}', 0, {now}, 0, 0, 0, {key}, 2)"
)
_CHECK = (
    "INSERT INTO checks (account_token, claim_id, position, ai) "
    "VALUES ('{token}', '{claim}', {place}, 'ai{place}')"
)
_OPEN = {"state": "PENDING", "job": "READY"}


def _fill(connection: Connection) -> None:
    """Write what version 0012 has of a person with one account, two open claims and a mismatch."""
    connection.execute(
        text(
            "INSERT INTO persons (relying_party, person_index, index_version, person_id, accounts, closed) "
            "VALUES ('p', :index, 1, 'x', 3, false), ('p', :other, 1, 'y', 1, false)"
        ),
        {"index": b"i" * 32, "other": b"o" * 32},
    )
    connection.execute(
        text("INSERT INTO mismatches VALUES ('p', :key, 'earlier', :now)"), {"key": b"k" * 32, "now": _MICROS}
    )
    for number, what in enumerate(
        (
            {**_OPEN, "slot": "TAKEN"},
            {**_OPEN, "slot": "TAKEN"},
            {**_OPEN, "slot": "FULL"},
            {"state": "SUCCEEDED", "job": "DONE", "slot": "TAKEN"},
        )
    ):
        values = {"token": f"acct_{number}", "claim": f"c{number}", "now": _MICROS, **what}
        connection.execute(text(_ACCOUNT.format(**values)))
        connection.execute(text(_CLAIM.format(**values)))
        connection.execute(
            text(_JOB.format(**values, key=":key")), {"key": b"k" * 32 if what["job"] == "READY" else None}
        )
        for place in range(1 + number % 2):
            connection.execute(text(_CHECK.format(**values, place=place)))


def _to(version: str) -> Callable[[Connection], None]:
    def upgrade(connection: Connection) -> None:
        command.upgrade(migrations.MAIN.config(connection), version)

    return upgrade


@pytest_asyncio.fixture
async def world(maker: Maker, tmp_path: Path) -> AsyncIterator[World]:
    """Return the stores of a database that had claims when it was upgraded."""
    url, _ = await asyncio.to_thread(maker.empty_urls, tmp_path)
    for step in (_to("0012"), _fill, _to("head")):
        await migrations.change(url, step)
    database = Database(url=url)
    yield World(database)
    await database.close()


async def test_an_existing_vault_is_carried_over(world: World) -> None:
    """Slots of open claims are drained, and mismatches stay counted."""
    held = await world.all(select(persons.c.person_id, persons.c.accounts).order_by(persons.c.person_id))
    assert [tuple(row) for row in held] == [("x", 1), ("y", 1)]
    (kept,) = await world.all(select(attempts))
    assert tuple(kept) == ("p", b"k" * 32, b"earlier", NOW)
    stored = await world.all(select(jobs).order_by(jobs.c.claim_id))
    assert [row.ais for row in stored] == ["ai0", "ai0 ai1", "ai0", "ai0 ai1"]
    assert [row.pair for row in stored] == [b"c0", b"c1", b"c2", None]
    assert not any(row.withheld for row in stored)


async def test_an_open_claim_of_an_older_version_is_settled(world: World) -> None:
    """Even one that had no slot then: the act that settles it decides."""
    lease = Lease("l" * 32, at().real)
    job = await world.jobs.take(account_token="acct_2", claim_id="c2", lease=lease, now=NOW)
    assert job is not None
    assert job.ais == ("ai0",)
    claim = await world.settle(job, MATCHED, accounts_per_person=2)
    assert claim is not None
    assert claim.state is ClaimState.SUCCEEDED
