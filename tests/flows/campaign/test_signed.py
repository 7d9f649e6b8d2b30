"""What a moderator decides about a campaign is signed; a platform decides by itself."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.tables.log import moderator_papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.campaign import CampaignState
from idvault_verify.error import Reason
from tests.support.refusal import reason_of
from tools.support.campaign_world import plan
from tools.support.sanction_world import SanctionWorld, signing

_PAPERS: Statement[bytes] = statement(select(moderator_papers.c.paper), scalar)


@pytest.fixture
async def signed(main_database: Database) -> AsyncIterator[SanctionWorld]:
    made = SanctionWorld(main_database)
    yield made
    await made.claims.verification.drain()


async def papers(world: SanctionWorld) -> list[bytes]:
    async def read(connection: Connection) -> list[bytes]:
        return await connection.all(_PAPERS)

    found = await world.campaigns.main.read("test", read)
    return [each for each in found if b"Campaign" in each]


async def test_a_moderator_signs_each_step(signed: SanctionWorld) -> None:
    """The vault keeps what was signed; a repetition that is signed anew is the same campaign."""
    key = signing(await signed.moderator(1), 0)
    calls, request_id = signed.campaigns.client(), signed.campaigns.new_id()
    made = await calls.create(plan(), key=key, request_id=request_id)
    assert await calls.create(plan(), key=key, request_id=request_id) == made
    for verb, state in (
        ("start", CampaignState.RUNNING),
        ("pause", CampaignState.PAUSED),
        ("resume", CampaignState.RUNNING),
        ("end", CampaignState.ENDED),
    ):
        moved = await getattr(calls, verb)(made.campaign_id, key=key)
        assert moved.state is state
    kept = await papers(signed)
    for method in ("Create", "Start", "Pause", "Resume", "End"):
        assert sum(f"{method}Campaign".encode() in each for each in kept) == 1
    await calls.end((await calls.create(plan())).campaign_id)
    assert await papers(signed) == kept, "a platform signs nothing"


async def test_a_signature_that_is_none(signed: SanctionWorld) -> None:
    """By who was revoked, by a key that nobody registered, and long ago."""
    key: ModeratorKey = await signed.moderator(1)
    calls = signed.campaigns.client()
    made = await calls.create(plan())
    old = calls.start(made.campaign_id, key=signing(key, -601))
    assert await reason_of(old) is Reason.INVALID_MESSAGE
    unknown = calls.start(made.campaign_id, key=signing(signed.keyed("9" * 32), 0))
    assert await reason_of(unknown) is Reason.MODERATOR_NOT_FOUND
    await signed.moderator(2)
    await signed.revoke(key)
    for step in (
        calls.start(made.campaign_id, key=signing(key, 0)),
        calls.create(plan(), key=signing(key, 0)),
    ):
        assert await reason_of(step) is Reason.MODERATOR_REVOKED
    assert (await calls.get(made.campaign_id)).state is CampaignState.DRAFT
