"""Imports of legacy accounts on both databases."""

import asyncio
from datetime import UTC, date

import pytest
from sqlalchemy import select

from idvault.core.tables.account import status_feed, status_feed_heads
from idvault.core.tables.log import log_entries
from idvault_client.campaigns import ImportedRow, LegacyAccount
from idvault_client.errors import RequestIdReused, Unavailable
from idvault_verify.account import NO_ASSURANCE, AccountState, Standing, SubjectKind
from idvault_verify.campaign import ImportResult
from idvault_verify.error import FieldCode, Reason
from tools.support.campaign_world import CampaignWorld
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import at
from tools.support.storage_world import World as Store


async def test_an_imported_account_is_unverified_and_good(world: CampaignWorld) -> None:
    """An imported account has a status with revision 1."""
    (row,) = await world.bring("user-1")
    status = await world.status(row.account_token)
    assert row.outcome is ImportResult.CREATED
    assert (status.state, status.standing, status.revision) == (AccountState.UNVERIFIED, Standing.GOOD, 1)
    assert (status.assurances, status.subject_kind) == (NO_ASSURANCE, SubjectKind.INDIVIDUAL)
    assert (status.verify_date, status.expire_date) == (None, None)


async def test_a_reference_is_one_account_for_ever(world: CampaignWorld) -> None:
    """Later imports of a reference return the first token, whatever the label, also within a chunk."""
    first = await world.bring("user-1", "user-2", "user-1")
    later = await world.bring("user-2", "user-3", label="other", created=date(2013, 1, 1))
    assert [row.outcome for row in first] == [
        ImportResult.CREATED,
        ImportResult.CREATED,
        ImportResult.REPEATED,
    ]
    assert first[0].account_token == first[2].account_token != first[1].account_token
    assert [row.outcome for row in later] == [ImportResult.REPEATED, ImportResult.CREATED]
    assert later[0].account_token == first[1].account_token


async def test_another_partys_reference_is_another_account(world: CampaignWorld) -> None:
    """Two platforms may use the same references."""
    (mine,) = await world.bring("user-1")
    (theirs,) = await world.bring("user-1", party="platform-b")
    assert theirs.outcome is ImportResult.CREATED
    assert theirs.account_token != mine.account_token


async def test_a_wrong_row_fails_alone(world: CampaignWorld) -> None:
    """The other rows are imported, and the result of the invalid row has field and code; all are counted."""
    (good, bad) = await world.bring("user-1", "")
    (only,) = await world.bring("")
    assert good.outcome is ImportResult.CREATED
    assert only == bad == ImportedRow(ImportResult.FAILED, "", "reference", FieldCode.REQUIRED)
    counted = {
        sample.labels["outcome"]: sample.value
        for family in world.metrics.families()
        for sample in family.samples
        if sample.name == "idvault_legacy_accounts_total"
    }
    assert counted == {"CREATED": 1, "FAILED": 2}


async def test_the_same_request_answers_the_same(world: CampaignWorld) -> None:
    """A repeat creates nothing and returns CREATED again; another body under its id is refused."""
    first = await world.bring("user-1", "user-2", number=7)
    store = Store(world.claims.database)
    before = await store.contents()
    assert await world.bring("user-1", "user-2", number=7) == first
    assert await store.contents() == before
    with pytest.raises(RequestIdReused) as refused:
        await world.bring("user-3", number=7)
    assert refused.value.reason == Reason.REQUEST_ID_REUSED


async def test_a_repeat_on_the_day_that_a_row_named(world: CampaignWorld) -> None:
    """A row that failed because its day was in the future fails again, and creates nothing, on that day."""
    tomorrow = at(86_400).today(UTC).isoformat()
    rows, request_id = (
        [LegacyAccount("user-1", "2014-01-01"), LegacyAccount("user-2", tomorrow)],
        world.new_id(7),
    )
    answers = [
        await world.client(seconds=seconds).import_legacy_accounts("2014", rows, request_id=request_id)
        for seconds in (0, 86_400)
    ]
    assert answers[0] == answers[1]
    assert [row.outcome for row in answers[1]] == [ImportResult.CREATED, ImportResult.FAILED]
    assert (await Store(world.claims.database).counts())["legacy_accounts"] == 1


async def test_a_lost_answer_loses_nothing(world: CampaignWorld) -> None:
    """A repeat after a lost answer returns the accounts that the first call created."""
    world.main.plant("act", Fault.LOSE_ANSWER, Fault.REFUSE)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await world.bring("user-1", number=7)
    (row,) = await world.bring("user-1", number=7)
    assert row.outcome is ImportResult.CREATED


async def test_one_log_entry_for_a_chunk(world: CampaignWorld) -> None:
    """A chunk has one log entry, however many rows it has."""
    await world.members(50)
    assert len(await Store(world.claims.database).all(select(log_entries))) == 1


async def test_imports_that_meet(world: CampaignWorld) -> None:
    """Of concurrent imports of the same references, one creates each account, and all return its token."""
    names = [f"user-{place}" for place in range(40)]
    answers = await asyncio.gather(*(world.bring(*names[::step]) for step in (1, -1, 1, -1)))
    found = {
        name: {
            row.account_token
            for rows, order in zip(answers, (1, -1, 1, -1), strict=True)
            for row, other in zip(rows, names[::order], strict=True)
            if other == name
        }
        for name in names
    }
    assert all(len(tokens) == 1 for tokens in found.values())
    assert sum(row.outcome is ImportResult.CREATED for rows in answers for row in rows) == 40
    assert (await Store(world.claims.database).counts())["accounts"] == 40


async def test_whoever_watches_learns_of_new_accounts(world: CampaignWorld) -> None:
    """Each created account appears once in the change feed, like any new account."""
    await world.bring("user-1", "user-2")
    rows = await world.bring("user-2", "user-3")
    noted = await Store(world.claims.database).all(select(status_feed))
    assert len(noted) == 3
    assert {row.account_token for row in rows} <= {one.account_token for one in noted}
    assert {(one.relying_party, one.revision, one.listed) for one in noted} == {("platform-a", 1, 1)}
    assert sorted(one.sequence for one in noted) == [1, 2, 3]
    (head,) = await Store(world.claims.database).all(select(status_feed_heads.c.head))
    assert head.head == 3
