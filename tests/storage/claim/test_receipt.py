"""Receipt evidence of a claim: the same from the act as later from the request."""

from dataclasses import replace

from sqlalchemy import delete

from idvault.core.db.database import Database
from idvault.core.tables.log import log_openings
from idvault.log.acts.sequencing import sequence
from idvault_verify.event import EventType
from idvault_verify.transparency import entry
from tools.support.storage_world import MATCHED, NO_RECORD, World, at


async def test_a_success_has_its_evidence(world: World, main_database: Database) -> None:
    """The digest of the record, and the entry with its opening key; later also its index."""
    request = world.request()
    job = await world.job(request=request)
    settlement = world.settlement(job, MATCHED)
    event = world.event(EventType.CLAIM_SETTLE, job.account_token)
    claim = await world.claims.settle(settlement, event=event)
    assert claim is not None
    assert claim.receipt is not None
    assert settlement.record is not None
    digest = settlement.record.digest()
    logged = event.with_fields(
        claim_id=job.claim_id, state="SUCCEEDED", failure_reason="", record_digest=digest
    )
    assert claim.receipt.leaf == entry.encode_leaf(logged)
    assert (claim.receipt.record_digest, claim.receipt.quorum_id) == (digest, "a" * 64)
    assert (claim.receipt.entry_id, claim.receipt.opening_key) == (event.entry_id, event.opening_key)
    assert str(event.opening_key) not in repr(claim)
    found = await world.claims.find(relying_party="platform-a", request_id=request.request_id)
    assert found.receipt == claim.receipt
    await sequence(main_database, limit=9, now=at().real)
    found = await world.claims.find(relying_party="platform-a", request_id=request.request_id)
    assert found.receipt is not None
    assert found.receipt.log_index in (0, 1)
    assert replace(found.receipt, log_index=None) == claim.receipt


async def test_no_evidence(world: World) -> None:
    """A waiting or failed claim has none, nor has one whose opening key was destroyed."""
    for outcome in (None, NO_RECORD, MATCHED):
        request = world.request()
        job = await world.job(request=request)
        if outcome is not None:
            claim = await world.settle(job, outcome)
            assert claim is not None
            assert (claim.receipt is not None) is (outcome is MATCHED)
        await world.do(delete(log_openings))
        found = await world.claims.find(relying_party="platform-a", request_id=request.request_id)
        assert found.receipt is None
