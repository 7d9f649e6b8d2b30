"""A disavowal while the registry pairs its person's number with another one, over both databases."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault.core.tables.session import disavowals, waiting_disavowals
from idvault.session.disavowal.rules import Disavowal
from idvault.session.disavowal.store import ROWS
from idvault_verify.session import DisavowalState
from idvault_verify.v1 import session_pb2 as pb
from tests.support.joining_world import NEW, OLD, Joining, open_joining
from tools.support import sql
from tools.support.flow_world import PARTY, at

States = pb.VerificationSession.State


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[Joining]:
    """Return the flows with a new database of each kind."""
    made = await open_joining(main_database)
    yield made
    await made.sessions.claims.verification.drain()


@pytest.mark.parametrize("joined", [False, True])
async def test_only_the_person_who_disowned_it_answers(world: Joining, joined: bool) -> None:
    """An insider of the registry pairs a victim's number with his own, and renews what she disowned.

    Nothing of hers is rejected or forgotten by it; once a provider says that both numbers are one person's,
    that one answers.
    """
    told_of, waits_for = [await world.notices.sign_up(OLD) for _ in range(2)]
    owner = {row.account_token: row.person_id for row in await sql.rows(world.database, select(accounts))}
    now = at(0).business
    told = Disavowal("d" * 32, PARTY, told_of, owner[told_of], DisavowalState.FILED, now, now)
    await world.database.act("test", lambda one: ROWS.add(one, told))
    waits = {"account_token": waits_for, "relying_party": PARTY, "person_id": owner[waits_for]}
    await sql.change(world.database, insert(waiting_disavowals).values(**waits, tell_at=now))
    await world.pair()
    for token in (told_of, waits_for):
        page = await world.prove(NEW, OLD if joined else None, token)
        assert page.state == States.STATE_SUCCEEDED
    [row] = await sql.rows(world.database, select(disavowals))
    assert row.state == ("REJECTED" if joined else "FILED")
    assert await sql.count(world.database, waiting_disavowals) == (0 if joined else 1)
