"""Authorities whose officers work with consoles."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.officer_room import OfficerRoom
from tests.support.referral_world import ReferralWorld
from tools.support.flow_world import PARTY


@pytest.fixture
async def office(sqlite_main: Database, tmp_path: Path) -> AsyncIterator[OfficerRoom]:
    """Return two registered platforms and the officers' consoles, over SQLite files."""
    reports = ReferralWorld(sqlite_main, tmp_path)
    await reports.office.register_platforms(PARTY, "platform-b")
    async with AsyncExitStack() as stack:
        yield OfficerRoom(reports, stack, tmp_path)
    await reports.office.claims.verification.drain()


@pytest.fixture
async def key(office: OfficerRoom) -> ModeratorKey:
    """Return a moderator of the first platform."""
    return await office.world.moderator(1)
