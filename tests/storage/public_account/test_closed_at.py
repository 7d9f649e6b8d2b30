"""Public accounts that were closed by a program that did not store when."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, insert, select, update

from idvault.core.db.database import Database
from idvault.core.db.statement import to_micros
from idvault.core.tables.public_account import public_accounts
from idvault.processes import migrations
from idvault.processes.migrations import MAIN
from tools.support import sql
from tools.support.databases import Maker
from tools.support.flow_world import PARTY, at
from tools.support.public_account_world import PublicAccountWorld

TOKEN, CLOSED, OPEN = "acct_1", "a" * 32, "b" * 32  # synthetic
NOW = at(0).business
STATES: dict[str, Sequence[str]] = {
    CLOSED: ("APPLIED", "ACTIVE", "CLOSED", "CLOSED"),  # the last one by a sanction that ended later
    OPEN: ("APPLIED", "ACTIVE"),
}


def _row(table: Table, **given: object) -> dict[str, Any]:
    """Return a row with something in each column that wants a value."""
    wanted = {each.name: each for each in table.c if not each.nullable and each.server_default is None}
    blank: dict[type, object] = {str: "", int: 0, bytes: b"", bool: False}
    return {name: given.get(name, blank[each.type.python_type]) for name, each in wanted.items()}


def _fill(connection: Connection) -> None:
    """Write with the columns that the older schema has, whatever later ones add."""
    older = MetaData()
    older.reflect(connection, only=["accounts", "public_accounts", "public_account_versions"])
    accounts, owned, versions = (
        older.tables[name] for name in ("accounts", "public_accounts", "public_account_versions")
    )
    of_party = {"account_token": TOKEN, "relying_party": PARTY}
    connection.execute(insert(accounts).values(**_row(accounts, **of_party)))
    for found, states in STATES.items():
        which = {**of_party, "public_account_id": found}
        row = _row(owned, **which, state=states[-1], revision=len(states))
        connection.execute(insert(owned).values(**row))
        for revision, state in enumerate(states, 1):
            changed = to_micros(NOW + timedelta(days=revision))
            version = _row(versions, **which, state=state, revision=revision, changed_at=changed)
            connection.execute(insert(versions).values(**version))


async def test_an_upgrade_tells_when_owners_closed_theirs(maker: Maker, tmp_path: Path) -> None:
    """It is the time of the first version that was closed; of what is open there is none."""
    url, older = maker.empty_urls(tmp_path)[0], tmp_path / "older"
    older.mkdir()
    for each in MAIN.folder.glob("*.py"):
        if each.name < "0080":
            shutil.copy(each, older)
    await migrations.change(url, partial(migrations.run, replace(MAIN, own_folder=older), None))
    await migrations.change(url, _fill)
    await migrations.change(url, partial(migrations.run, MAIN, None))
    told: dict[str, object] = {}

    def read(connection: Connection) -> None:
        columns = (public_accounts.c.public_account_id, public_accounts.c.closed_at)
        told.update({row.public_account_id: row.closed_at for row in connection.execute(select(*columns))})

    await migrations.change(url, read)
    assert told == {CLOSED: NOW + timedelta(days=3), OPEN: None}


async def test_what_an_older_edge_closes_after_the_upgrade_has_its_time(main_database: Database) -> None:
    """It stores none: the version that it writes tells, to the owner's platform as to the page."""
    world = PublicAccountWorld(main_database)
    token, other = await world.person(1), await world.person(2)
    opened, kept = await world.open(token), await world.open(other)
    closed = await world.close(opened, seconds=60)
    assert closed.close_time == at(60).business
    await sql.change(main_database, update(public_accounts).values(closed_at=None))
    told = {
        each.public_account_id: each.close_time for each in (await world.asks(90).list_page()).public_accounts
    }
    assert told == {closed.public_account_id: at(60).business, kept.public_account_id: None}
    await world.claims.verification.drain()
