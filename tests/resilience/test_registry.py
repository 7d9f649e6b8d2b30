"""A small registry campaign, on both databases and with both kinds of registry, and its oracle."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete

from idvault.core.db.database import Database
from idvault.core.tables.log import log_openings
from idvault_verify.claim import ClaimState, FailureReason
from tools.support import sql
from tools.torture.registry import oracle
from tools.torture.registry.campaign import Campaign
from tools.torture.registry.oracle import WrongError

_COUNT = 60


async def _campaign(database: Database, **options: Any) -> Campaign:
    campaign = Campaign(database, **{"count": _COUNT, **options})
    await campaign.run()
    return campaign


@pytest.mark.parametrize("keep_unheard", [True, False])
async def test_every_claim_is_settled_once_and_rightly(main_database: Database, keep_unheard: bool) -> None:
    """One call in four fails and workers die: every claim ends as the registry knows it, or times out."""
    campaign = await _campaign(main_database, keep_unheard=keep_unheard, deaths=10.0)
    verdict = await oracle.judge(campaign)
    assert verdict.verified + verdict.mismatched + verdict.timed_out + verdict.never_opened == _COUNT
    assert verdict.verified > _COUNT / 2
    assert verdict.faults > verdict.calls / 8
    assert len(campaign.internet.faults) >= 5
    assert verdict.restarts > 0


async def test_without_faults_nothing_is_asked_twice(main_database: Database) -> None:
    """A working registry decides each spelling once: every call is charged, none is repeated."""
    verdict = await oracle.judge(await _campaign(main_database, rate=0.0, count=30, deaths=0.0))
    assert (verdict.faults, verdict.resends, verdict.charged_again) == (0, 0, 0)
    assert verdict.calls == verdict.charged


async def test_stop_sums_up_what_has_begun(sqlite_main: Database) -> None:
    """A stopped campaign settles the claims that have started, and no others."""
    campaign = Campaign(sqlite_main, count=200, rate=0.0, deaths=0.0)
    looks = iter([False, True])
    await campaign.run(stop=lambda: next(looks, True))
    verdict = await oracle.judge(campaign)
    assert verdict.claims == 40


async def test_the_oracle_sees_what_is_wrong(sqlite_main: Database) -> None:
    """An unknown person verified, a claim without a log entry, an id charged again, a waiting claim."""
    campaign = await _campaign(sqlite_main, rate=0.0, count=20, deaths=0.0)
    await oracle.judge(campaign)
    stranger = next(one for one in campaign.claimants if not one.matches)
    right = stranger.claim
    assert right is not None
    for claim, complaint in (
        (replace(right, state=ClaimState.SUCCEEDED, failure_reason=None), "somebody unknown was verified"),
        (replace(right, state=ClaimState.PENDING), "did not end"),
        (replace(right, failure_reason=FailureReason.SUPERSEDED), "ended as SUPERSEDED"),
        (None, "lost"),
    ):
        stranger.claim, stranger.retries = claim, True
        with pytest.raises(WrongError, match=complaint):
            await oracle.judge(campaign)
    stranger.claim = right
    decided = next(iter(campaign.internet.ledger.decided.values()))
    decided.append(decided[0])
    with pytest.raises(WrongError, match="without a resend"):
        await oracle.judge(campaign)
    decided.pop()
    await sql.change(sqlite_main, delete(log_openings))
    with pytest.raises(WrongError, match="settlement entries"):
        await oracle.judge(campaign)
