"""Notices of a registry over both databases: whom they mark, and what becomes of accounts."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from idvault.core.tables.claim import persons
from idvault.core.tables.log import log_entries
from idvault.core.tables.notice import account_notices, person_marks, registry_notices
from idvault_client.errors import VaultError
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import PreconditionError
from idvault_verify.notice import NoticeKind
from tests.support.withdrawal_world import present
from tools.support import builders, sql
from tools.support.flow_world import command
from tools.support.notice_world import DAY, OTHER_PARTY, NoticeWorld, day, notice, person, resident, signed
from tools.support.organizations import organization

ANNA, BERT = person(1), person(2)
STATES = {NoticeKind.PERSON_ENDED: range(1, 31), NoticeKind.NAME_CHANGED: range(60, 121)}


async def outcome(world: NoticeWorld, *claim: object, **options: object) -> FailureReason | None:
    """Return why a claim failed, None if it succeeded."""
    found = await world.verify(*claim, **options)  # type: ignore[arg-type]
    assert found.state is (ClaimState.FAILED if found.failure_reason else ClaimState.SUCCEEDED)
    return found.failure_reason


@pytest.mark.parametrize("kind", STATES)
async def test_each_account_ends_on_a_day_of_its_own(world: NoticeWorld, kind: NoticeKind) -> None:
    """Nothing changes when the notice comes; each account becomes EXPIRED on its day, with an entry."""
    tokens = [await world.sign_up(ANNA) for _ in range(4)]
    other = await world.sign_up(ANNA, party=OTHER_PARTY)
    bystander = await world.sign_up(BERT)
    before = [await world.status(each) for each in tokens]
    assert await world.submit(notice(1, kind, ANNA.document)) == 1
    assert [await world.status(each) for each in tokens] == before
    due = await world.due()
    assert due.keys() == {*tokens, other}
    assert len({due[each] for each in tokens}) == len(tokens)
    days = [(each - day(0)).days for each in due.values()]
    assert set(days) <= set(STATES[kind])
    for place in range(max(days) + 1):
        await world.expire(seconds=place * DAY)
        for token in tokens:
            status = await world.status(token, seconds=place * DAY)
            ended = due[token] <= day(place * DAY)
            assert status.state is (AccountState.EXPIRED if ended else AccountState.VERIFIED)
            if ended:
                assert (status.expire_date, status.revision) == (due[token], before[0].revision + 1)
    assert (await world.status(other, party=OTHER_PARTY)).state is AccountState.EXPIRED
    assert (await world.status(bystander)).state is AccountState.VERIFIED
    assert await world.due() == {}


async def test_a_claim_of_an_ended_person_is_a_mismatch(world: NoticeWorld) -> None:
    """At every account, also at a stranger's and at sign-up; a reversal ends that."""
    token, others = await world.sign_up(ANNA), await world.sign_up(BERT)
    await world.sign_up(ANNA, party=OTHER_PARTY)
    await world.submit(notice(1, NoticeKind.PERSON_ENDED, ANNA.document))
    for account in (token, None, others):
        assert await outcome(world, ANNA, account) is FailureReason.MISMATCH
    assert await outcome(world, ANNA, party=OTHER_PARTY) is FailureReason.MISMATCH
    assert await outcome(world, BERT) is None
    await world.submit(notice(2, NoticeKind.REVERSED, reversed_id=notice(1, NoticeKind.REVERSED).notice_id))
    assert await world.due() == {}
    assert await sql.rows(world.database, select(person_marks)) == []
    assert {row.marked for row in await sql.rows(world.database, select(persons))} == {None}
    assert await outcome(world, ANNA, token) is None
    assert await outcome(world, ANNA, others) is FailureReason.DIFFERENT_OWNER
    assert await outcome(world, ANNA) is None


async def test_whoever_proves_to_be_present_is_not_ended(world: NoticeWorld) -> None:
    """At the account, and at a sign-up, which takes one of the person's places."""
    token = await world.sign_up(ANNA)
    await world.submit(notice(1, NoticeKind.PERSON_ENDED, ANNA.document))
    with present():
        assert await outcome(world, ANNA, token) is None
        assert await outcome(world, ANNA) is None
    assert [row.accounts for row in await sql.rows(world.database, select(persons.c.accounts))] == [2]
    assert await outcome(world, ANNA) is FailureReason.MISMATCH


async def test_a_reversal_leaves_what_has_happened(world: NoticeWorld) -> None:
    """An account that is EXPIRED stays so until its owner verifies it again."""
    token = await world.sign_up(ANNA)
    await world.submit(notice(1, NoticeKind.PERSON_ENDED, ANNA.document))
    await world.expire(seconds=31 * DAY)
    reversal = notice(2, NoticeKind.REVERSED, reversed_id=notice(1, NoticeKind.REVERSED).notice_id)
    await world.submit(reversal, seconds=31 * DAY)
    assert (await world.status(token, seconds=31 * DAY)).state is AccountState.EXPIRED
    assert await outcome(world, ANNA, token, seconds=31 * DAY) is None
    assert (await world.status(token, seconds=31 * DAY)).state is AccountState.VERIFIED


async def test_a_match_renews_after_a_change_of_name(world: NoticeWorld) -> None:
    """The next claim that matches takes away what was to come, of this account alone."""
    first, second = await world.sign_up(ANNA), await world.sign_up(ANNA)
    await world.submit(notice(1, NoticeKind.NAME_CHANGED, ANNA.document))
    assert await outcome(world, person(1, name="周新名"), first) is None
    assert (await world.due()).keys() == {second}
    assert await world.expire(seconds=121 * DAY) == 1
    assert (await world.status(first, seconds=121 * DAY)).state is AccountState.VERIFIED
    assert (await world.status(second, seconds=121 * DAY)).state is AccountState.EXPIRED


async def test_an_organisation_ends_at_once(world: NoticeWorld) -> None:
    """What is public about it needs no hiding; it cannot be verified again."""
    firm = organization()
    token = await world.sign_up(firm)
    assert (await world.status(token)).state is AccountState.VERIFIED
    await world.submit(notice(1, NoticeKind.ORGANIZATION_ENDED, firm.document))
    assert await world.expire(seconds=1) == 1
    status = await world.status(token, seconds=1)
    assert (status.state, status.expire_date) == (AccountState.EXPIRED, day(0))
    ended = await outcome(world, firm, token, seconds=2)
    assert ended is FailureReason.ORGANIZATION_NOT_OPERATING


async def test_another_representative_must_prove_to_be_present(world: NoticeWorld) -> None:
    """Without a verification the accounts end after 30 days, all on one day; with one they go on."""
    firm = organization()
    tokens = [await world.sign_up(firm) for _ in range(2)]
    await world.submit(notice(1, NoticeKind.REPRESENTATIVE_CHANGED, firm.document))
    assert world.applied == [NoticeKind.REPRESENTATIVE_CHANGED]
    assert await world.due() == dict.fromkeys(tokens, day(30 * DAY))
    assert await outcome(world, firm, tokens[0], seconds=10 * DAY) is None
    assert await world.expire(seconds=29 * DAY) == 0
    assert await world.expire(seconds=30 * DAY) == 1
    states = [(await world.status(token, seconds=30 * DAY)).state for token in tokens]
    assert states == [AccountState.VERIFIED, AccountState.EXPIRED]


async def test_a_wrong_notice_of_another_representative_is_reversed(world: NoticeWorld) -> None:
    """Nothing of it is left to come."""
    firm = organization()
    token = await world.sign_up(firm)
    await world.submit(notice(1, NoticeKind.REPRESENTATIVE_CHANGED, firm.document))
    await world.submit(notice(2, NoticeKind.REVERSED, reversed_id=notice(1, NoticeKind.REVERSED).notice_id))
    assert (await world.due(), await world.expire(seconds=31 * DAY)) == ({}, 0)
    assert (await world.status(token, seconds=31 * DAY)).state is AccountState.VERIFIED


async def test_who_is_representative_no_more_proves_nothing(world: NoticeWorld) -> None:
    """A match from before the notice waits no longer; the record of that match ends when it would have."""
    firm = organization()
    waits = await world.claims.verify(command(900, firm))
    token = waits.account.account_token
    await world.submit(notice(1, NoticeKind.REPRESENTATIVE_CHANGED, firm.document))
    with pytest.raises(PreconditionError):
        await world.claims.prove(token, 901)
    assert await outcome(world, firm, token) is None


async def test_a_notice_is_applied_once(world: NoticeWorld) -> None:
    """A repeat changes nothing, also with others; another kind or day under its id is refused."""
    await world.sign_up(ANNA)
    first = notice(1, NoticeKind.PERSON_ENDED, ANNA.document)
    assert await world.submit(first) == 1
    due = await world.due()
    assert await world.submit(first, notice(2, NoticeKind.NAME_CHANGED, BERT.document)) == 1
    assert await world.due() == due
    for other in (
        notice(1, NoticeKind.NAME_CHANGED, ANNA.document),
        notice(1, NoticeKind.PERSON_ENDED, ANNA.document, day=day(-DAY)),
    ):
        with pytest.raises(VaultError) as refused:
            await world.submit(other)
        assert refused.value.reason == "REQUEST_ID_REUSED"
    assert len(await sql.rows(world.database, select(registry_notices))) == 2


async def test_only_id_kind_and_day_are_kept(world: NoticeWorld) -> None:
    """Of a notice about nobody, the entry of the log and one row are all that is new."""
    tables = [persons, person_marks, account_notices]
    before = [await sql.rows(world.database, select(each)) for each in tables]
    entries = len(await sql.rows(world.database, select(log_entries)))
    new = resident(9)
    made = notice(1, NoticeKind.NUMBER_REPLACED, resident(8), new_document=new)
    assert await world.submit(made, notice(2, NoticeKind.PERSON_ENDED, resident(7))) == 2
    assert [await sql.rows(world.database, select(each)) for each in tables] == before
    kept = await sql.rows(world.database, select(registry_notices))
    assert {(row.notice_id, row.kind, row.day) for row in kept} == {
        (made.notice_id, "NUMBER_REPLACED", day(0)),
        (notice(2, NoticeKind.REVERSED).notice_id, "PERSON_ENDED", day(0)),
    }
    assert len(await sql.rows(world.database, select(log_entries))) == entries + 2


async def test_the_feed_goes_on_where_it_was(world: NoticeWorld) -> None:
    """Each answer tells the last notice that was applied for this caller."""
    assert (await world.send()).last_notice_id == ""
    made = [notice(each, NoticeKind.NAME_CHANGED, resident(each)) for each in (1, 2, 3)]
    told = await world.send([signed(each) for each in made], caught_up=True)
    assert (told.last_notice_id, told.fresh) == (made[2].notice_id, 3)
    assert (await world.send([signed(made[0])])).last_notice_id == made[2].notice_id
    assert (await world.send()).last_notice_id == made[2].notice_id


async def test_a_verification_that_ended_by_itself_is_left_alone(world: NoticeWorld) -> None:
    """Its revision does not grow once more, and what was to come is forgotten."""
    token = await world.sign_up(ANNA)
    await world.submit(notice(1, NoticeKind.NAME_CHANGED, ANNA.document))
    # The term of the verification ends before the notice's day comes.
    await world.claims.retention.expire_accounts(now=builders.reading(after=timedelta(days=366)), limit=9)
    before = await world.status(token, seconds=366 * DAY)
    assert await world.expire(seconds=366 * DAY) == 0
    assert await world.due() == {}
    assert await world.status(token, seconds=366 * DAY) == before
    assert before.state is AccountState.EXPIRED
