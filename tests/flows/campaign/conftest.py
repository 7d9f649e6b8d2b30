"""Campaigns over each kind of database."""

from collections.abc import AsyncIterator

import pytest_asyncio

from idvault.core.db.database import Database
from tools.support.campaign_world import CampaignWorld


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[CampaignWorld]:
    """Return the flows with a new database of each kind."""
    made = CampaignWorld(main_database)
    yield made
    await made.claims.verification.drain()
