"""What the acts of a public account write, and what they tell by the statements that they send."""

from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.tables.public_account import public_account_versions
from idvault.public_account.acts import public_account as acts
from idvault.public_account.rules.owner import Owned
from idvault_verify.error import UnavailableError
from tests.storage.hooks import before_statements
from tools.support import builders, sql
from tools.support.flow_world import at
from tools.support.public_account_world import DAY, PublicAccountWorld, licence


@pytest.fixture
async def world(main_database: Database) -> AsyncIterator[PublicAccountWorld]:
    """Return the world with a new database of each kind."""
    made = PublicAccountWorld(main_database)
    yield made
    await made.claims.verification.drain()


async def _sent(database: Database, act: Awaitable[Any]) -> list[str]:
    """Return a use case's statements, reads included, without BEGIN and COMMIT."""
    seen: list[str] = []
    with before_statements(database, seen.append):
        await act
    return seen


async def test_a_rejection_sends_what_an_approval_sends(world: PublicAccountWorld) -> None:
    """Approved, over the limit, rejected by the platform: the same statements in the same order."""
    tokens = [await world.person(1, who=1), await world.person(2, who=1), await world.person(3, who=3)]
    opened, over, plain = [await world.apply(token) for token in tokens]
    approved = await _sent(world.database, world.approve(opened))
    refused = await _sent(world.database, world.approve(over))
    rejected = await _sent(world.database, world.reject(plain))
    assert approved == refused == rejected


async def test_every_act_leaves_a_version(world: PublicAccountWorld) -> None:
    """The history has each state with its time; what a day brought is in the version of the next act."""
    opened = await world.open(await world.company(), licence(builders.TODAY + timedelta(days=9)))
    await world.renew(opened, seconds=320 * DAY)
    await world.close(opened, seconds=321 * DAY)
    found = await sql.rows(
        world.database, select(public_account_versions).order_by(public_account_versions.c.revision)
    )
    assert [(row.revision, row.state, row.licence_category) for row in found] == [
        (1, "APPLIED", "MEDIA"),
        (2, "ACTIVE", "MEDIA"),
        (4, "ACTIVE", None),
        (5, "CLOSED", None),
    ]
    assert [row.changed_at for row in found] == [
        at(seconds).business for seconds in (0, 0, 320 * DAY, 321 * DAY)
    ]


async def test_a_step_is_stored_once(world: PublicAccountWorld) -> None:
    """A step that is not due, or of a public account that changed since, is not stored."""
    opened = await world.open(await world.company())
    found = await world.stored(opened)
    assert not await acts.fall(world.vault, SYSTEM, at(0), found, builders.TODAY)
    await world.renew(opened, seconds=320 * DAY)
    late = builders.TODAY + timedelta(days=900)
    assert not await acts.fall(world.vault, SYSTEM, at(900 * DAY), found, late)


async def test_a_public_account_that_has_another_owner_now(world: PublicAccountWorld) -> None:
    """An act on what was read before its owner changed is refused, to be repeated."""
    opened = await world.open(await world.company())
    found = await world.stored(opened)
    moved = Owned(found.public_account, found.owner)
    elsewhere = await world.person()
    object.__setattr__(moved.public_account, "account_token", elsewhere)
    with pytest.raises(UnavailableError):
        await acts.fall(world.vault, SYSTEM, at(0), moved, builders.TODAY)
