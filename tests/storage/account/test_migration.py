"""The migration to organisation categories, from a database that already holds an account."""

import asyncio
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, text

from idvault.core.db.database import Database
from idvault.processes import migrations
from idvault.processes.migrations import MAIN
from idvault.status.store import SqlStatusStore
from idvault.verify.account import AccountState, SubjectKind
from tests.support.builders import TOKEN
from tests.support.databases import Maker


def _to_former(connection: Connection) -> None:
    command.upgrade(MAIN.config(connection), "0007")
    connection.execute(
        text(
            "INSERT INTO accounts (account_token, relying_party, subject_kind, state, standing, assurance,"
            " revision) VALUES (:token, 'platform-a', 'INDIVIDUAL', 'UNVERIFIED', 'GOOD', 'NONE', 1)"
        ),
        {"token": TOKEN},
    )


async def test_an_account_of_the_former_version_has_no_category(maker: Maker, tmp_path: Path) -> None:
    """An older account reads as before: it belongs to a person."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    await migrations.change(urls[0], _to_former)
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    found = await SqlStatusStore(database=database).get(relying_party="platform-a", account_token=TOKEN)
    await database.close()
    assert found is not None
    assert (found.state, found.subject_kind) == (AccountState.UNVERIFIED, SubjectKind.INDIVIDUAL)
    assert found.organization_category is None
