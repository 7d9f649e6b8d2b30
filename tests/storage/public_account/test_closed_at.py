"""Public accounts that were closed before their time of closing was stored."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from idvault.core.tables.account import accounts
from idvault.core.tables.public_account import public_account_versions, public_accounts
from idvault.processes import migrations
from idvault.processes.migrations import MAIN
from tools.support.databases import Maker
from tools.support.flow_world import at

TOKEN, PARTY = "acct_1", "platform-a"  # synthetic
CLOSED, OPEN = "a" * 32, "b" * 32
NOW = at(0).business
STATES: dict[str, Sequence[str]] = {
    CLOSED: ("APPLIED", "ACTIVE", "CLOSED", "CLOSED"),  # the last one by a sanction that ended later
    OPEN: ("APPLIED", "ACTIVE"),
}


def _row(table: Table, **given: object) -> dict[str, Any]:
    """Return a row with something in each column that wants a value."""
    wanted = {each.name: each for each in table.c if not each.nullable and each.server_default is None}
    blank: dict[type, object] = {str: "", int: 0, bytes: b"", bool: False, object: NOW}
    return {name: given.get(name, blank[each.type.python_type]) for name, each in wanted.items()}


def _fill(connection: Connection) -> None:
    of_party = {"account_token": TOKEN, "relying_party": PARTY}
    connection.execute(insert(accounts).values(**_row(accounts, **of_party)))
    for found, states in STATES.items():
        which = {**of_party, "public_account_id": found}
        row = _row(public_accounts, **which, state=states[-1], revision=len(states))
        connection.execute(insert(public_accounts).values(**row))
        for revision, state in enumerate(states, 1):
            changed = NOW + timedelta(days=revision)
            version = _row(
                public_account_versions, **which, state=state, revision=revision, changed_at=changed
            )
            connection.execute(insert(public_account_versions).values(**version))


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
