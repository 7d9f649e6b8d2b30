"""Campaigns and invitations on both databases: who is invited when, and what follows.

Clients ask; what the worker does on a schedule has no method.
"""

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from idvault.campaign import acts
from idvault.campaign.invitation import acts as invitation_acts
from idvault.campaign.invitation.rules import Stage
from idvault.campaign.invitation.store import rows as store
from idvault.campaign.rules import Verb
from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault.core.tables.campaign import legacy_accounts
from idvault_client.backend.campaign import Funnel
from idvault_client.errors import (
    InvalidFields,
    NotFound,
    PreconditionFailed,
    RequestIdReused,
    Unavailable,
)
from idvault_verify.account import AccountState, Standing
from idvault_verify.campaign import (
    Cohort,
    InvitationEvent,
    InvitationState,
    QuietHours,
    ReverificationMethod,
)
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.campaign_world import DAY, CampaignWorld, tokens
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import PARTY, at, command
from tools.support.storage_world import World as Store

SHOWN, OPENED, LATER = InvitationEvent.SHOWN, InvitationEvent.OPENED, InvitationEvent.LATER
DISMISSED, COMPLETED = InvitationEvent.DISMISSED, InvitationEvent.COMPLETED
BOTH = (ReverificationMethod.AT_LOGIN, ReverificationMethod.AT_SENSITIVE_ACTION)


async def test_a_step_that_cannot_follow_is_refused(world: CampaignWorld) -> None:
    """A campaign that was never started cannot be paused, and stays a draft."""
    made = await world.create()
    with pytest.raises(PreconditionFailed) as refused:
        await world.move(made, Verb.PAUSE)
    assert refused.value.reason == Reason.ILLEGAL_TRANSITION
    assert await world.client().get(made.campaign_id) == made


async def test_whom_nobody_invited_comes_first(world: CampaignWorld) -> None:
    """Each campaign invites every owner once: new ones first, then those whom another campaign invited."""
    members = set(await world.members(6))
    first, second = await world.started(), await world.started()
    taken = {
        campaign.campaign_id: tokens(await world.take(campaign, limit=count))
        for campaign, count in ((first, 4), (second, 1))
    }
    assert not set(taken[first.campaign_id]) & set(taken[second.campaign_id])
    late = {row.account_token for row in await world.bring("late")}
    for campaign in (first, second):
        for _ in range(3):
            taken[campaign.campaign_id] += tokens(await world.take(campaign, limit=2))
        assert set(taken[campaign.campaign_id]) == members | late
    assert all(len(each) == len(set(each)) == 7 for each in taken.values())


async def test_who_was_asked_at_login_is_noted(world: CampaignWorld, main_database: Database) -> None:
    """An owner who was invited on an occasion is not read again by each batch."""
    token, other = await world.members(2)
    campaign = await world.started(methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN))
    await world.record(campaign, token, SHOWN, ReverificationMethod.AT_LOGIN)
    rows = await Store(main_database).all(
        select(legacy_accounts.c.account_token, legacy_accounts.c.invited_by)
    )
    assert dict(map(tuple, rows)) == {token: campaign.campaign_id, other: ""}
    assert tokens(await world.take(campaign)) == [other]


async def test_a_plan_is_kept_as_it_was_made(world: CampaignWorld) -> None:
    """Every field of the plan is returned."""
    hours = QuietHours(time(22, 30), time(8), ZoneInfo("Asia/Shanghai"))
    made = await world.create(
        cohort=Cohort("2014", date(2010, 1, 1), date(2014, 8, 7)),
        methods=(ReverificationMethod.HOSTED_LINK, ReverificationMethod.AT_LOGIN),
        reminder_days=(1, 3, 9),
        quiet_hours=hours,
        incentive_text="一枚徽章",
        enforcement_date=date(2026, 12, 1),
    )
    assert await world.client().get(made.campaign_id) == made


async def test_the_same_request_makes_one_campaign(world: CampaignWorld) -> None:
    """A repeat returns the campaign in its current state and changes nothing."""
    made = await world.create(number=1)
    assert await world.create(number=1) == made
    started = await world.move(made, Verb.START, number=2)
    assert await world.move(made, Verb.START, number=2) == started
    assert await world.create(number=1) == started
    with pytest.raises(RequestIdReused):
        await world.create(number=1, title="Another")
    with pytest.raises(RequestIdReused):
        await world.move(made, Verb.PAUSE, number=2)


async def test_campaigns_are_their_partys_own(world: CampaignWorld) -> None:
    """Another relying party's campaign is not found."""
    made = await world.create()
    for party, campaign_id in (("platform-b", made.campaign_id), (PARTY, "0" * 32)):
        with pytest.raises(NotFound) as refused:
            await world.client(party=party).get(campaign_id)
        assert refused.value.reason == Reason.REQUEST_NOT_FOUND
    with pytest.raises(NotFound):
        await world.client(party="platform-b").start(made.campaign_id)


async def test_campaigns_are_listed_by_pages(world: CampaignWorld) -> None:
    """Campaigns are listed oldest first; the last page has no next page."""
    made = [await world.create(seconds=place) for place in range(3)]
    first = await world.client().list_page(page_size=2)
    rest = await world.client().list_page(page_size=2, page_token=first.next_page_token)
    assert [first.campaigns, rest.campaigns] == [tuple(made[:2]), tuple(made[2:])]
    assert rest.next_page_token == ""
    assert (await world.client(party="platform-b").list_page()).campaigns == ()


async def test_a_wrong_plan_is_refused(world: CampaignWorld) -> None:
    """The error names every invalid field."""
    with pytest.raises(InvalidFields) as refused:
        await world.create(title="", daily_limit=0)
    assert set(refused.value.fields) == {"plan.title", "plan.daily_limit"}


async def test_batches_invite_everybody_once(world: CampaignWorld) -> None:
    """No account is in two batches; when all are leased, the next batch is empty."""
    members = await world.members(5)
    campaign = await world.started()
    first, second = await asyncio.gather(world.take(campaign, limit=3), world.take(campaign, limit=3))
    assert sorted(tokens(first) + tokens(second)) == sorted(members)
    assert tokens(await world.take(campaign)) == []
    for shown in first.invitations:
        assert shown.due
        assert (shown.state, shown.deliveries) == (InvitationState.ACTIVE, 1)


async def test_the_same_request_is_the_same_batch(world: CampaignWorld) -> None:
    """A repeat returns the same batch, also after a lost answer; an empty batch writes nothing."""
    campaign = await world.started()
    store = Store(world.claims.database)
    before = await store.contents()
    empty = await world.take(campaign, number=1)
    assert (empty.invitations, empty.lease_expire_time) == ((), None)
    assert await store.contents() == before
    await world.members(4)
    world.main.plant("act", Fault.LOSE_ANSWER)
    with pytest.raises(Unavailable):
        await world.take(campaign, limit=2, number=1)
    batch = await world.take(campaign, limit=2, number=1, seconds=30)
    assert len(batch.invitations) == 2
    assert batch.lease_expire_time == at(600).real
    assert set(tokens(batch)).isdisjoint(tokens(await world.take(campaign)))
    with pytest.raises(RequestIdReused):
        await world.take(campaign, limit=3, number=1)


async def test_one_request_at_once_is_one_batch(world: CampaignWorld) -> None:
    """Concurrent repeats return the first call's batch."""
    await world.members(6)
    campaign = await world.started()
    batches = await asyncio.gather(*(world.take(campaign, limit=2, number=1) for _ in range(4)))
    assert len({tuple(sorted(tokens(batch))) for batch in batches}) == 1


async def test_what_is_not_acknowledged_comes_back(world: CampaignWorld) -> None:
    """After the lease an unacknowledged delivery is due again, for one caller, and is not counted twice."""
    (one, other) = await world.members(2)
    campaign = await world.started(daily_limit=2)
    await world.take(campaign, number=1, lease=600)
    await world.record(campaign, one)
    assert tokens(await world.take(campaign, seconds=599)) == []
    again = await world.take(campaign, seconds=600)
    assert tokens(again) == [other]
    assert again.invitations[0].deliveries == 1
    # The former batch still has the invitations that no later batch leased, but they are no longer due.
    former = await world.take(campaign, number=1, lease=600, seconds=601)
    assert tokens(former) == [one]
    assert not former.invitations[0].due


async def test_reminders_grow_and_end(world: CampaignWorld) -> None:
    """Reminders follow after 3 and then 7 days, and then end."""
    await world.members(1)
    campaign = await world.started()
    delivered = []
    for day in range(30):
        for token in tokens(await world.take(campaign, seconds=day * DAY)):
            await world.record(campaign, token, seconds=day * DAY)
            delivered.append(day)
    assert delivered == [0, 3, 10]


async def test_the_days_limit_holds(world: CampaignWorld) -> None:
    """New invitations and reminders share the daily limit; the rest waits for the next day."""
    await world.members(5)
    campaign = await world.started(daily_limit=2)
    for day in (0, 1, 2):
        batch = await world.take(campaign, seconds=day * DAY)
        assert len(batch.invitations) == (2 if day < 2 else 1)
        for token in tokens(batch):
            await world.record(campaign, token, seconds=day * DAY)
        assert tokens(await world.take(campaign, seconds=day * DAY + 60)) == []
    assert len(tokens(await world.take(campaign, seconds=3 * DAY))) == 2


async def test_the_registrys_capacity_is_shared(main_database: Database) -> None:
    """All campaigns together deliver at most as many as half of a day's checks."""
    checks_of_a_day = 6
    world = CampaignWorld(main_database, OperatorPolicy(5, 365, checks_of_a_day / DAY, builders.ZONE))
    await world.members(9)
    first, second = await world.started(), await world.started(methods=BOTH)
    taken = tokens(await world.take(first, limit=2))
    assert len(taken) == 2
    rest = next(row for row in await world.members(9) if row not in taken)
    assert (await world.offer(rest)).due
    await world.record(second, rest, SHOWN, ReverificationMethod.AT_LOGIN)
    assert tokens(await world.take(first)) == []
    other = next(row for row in await world.members(9) if row not in (*taken, rest))
    assert not (await world.offer(other)).due
    assert (await world.offer(other, seconds=DAY)).due


async def test_nobody_is_invited_in_quiet_hours(world: CampaignWorld) -> None:
    """In quiet hours neither batches nor single invitations are due."""
    (token,) = await world.members(1)
    # The world begins at noon in Shanghai.
    hours = QuietHours(time(11), time(13), ZoneInfo("Asia/Shanghai"))
    campaign = await world.started(
        methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN), quiet_hours=hours
    )
    assert tokens(await world.take(campaign)) == []
    assert not (await world.offer(token)).due
    assert (await world.offer(token, seconds=3_600)).due
    assert tokens(await world.take(campaign, seconds=3_600)) == [token]


async def test_a_cohort_is_chosen_by_label_and_day(world: CampaignWorld) -> None:
    """An account must match both label and date."""
    (early,) = await world.bring("early", label="a", created=date(2010, 1, 1))
    (late,) = await world.bring("late", label="a", created=date(2014, 1, 1))
    await world.bring("other", label="b", created=date(2010, 1, 1))
    campaign = await world.started(
        methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN),
        cohort=Cohort("a", date(2009, 1, 1), date(2014, 1, 1)),
    )
    assert (await world.offer(early.account_token)).due
    assert (await world.offer(late.account_token)).campaign_id is None
    assert tokens(await world.take(campaign)) == [early.account_token]


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.END])
async def test_only_a_running_campaign_invites(world: CampaignWorld, verb: Verb) -> None:
    """A campaign that is not running invites no one; events of earlier deliveries are still recorded."""
    (token, other) = await world.members(2)
    campaign = await world.create(methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN))
    with pytest.raises(PreconditionFailed):
        await world.take(campaign)
    await world.move(campaign, Verb.START)
    await world.take(campaign, limit=1)
    await world.move(campaign, verb)
    with pytest.raises(PreconditionFailed):
        await world.take(campaign)
    shown = [one for one in (token, other) if not (await world.offer(one)).due]
    assert shown == [token, other]
    (invited,) = [one for one in (token, other) if await _recorded(world, campaign, one)]
    assert invited in (token, other)


async def _recorded(world: CampaignWorld, campaign: Any, token: str) -> bool:
    try:
        await world.record(campaign, token, method=ReverificationMethod.AT_LOGIN)
    except PreconditionFailed:
        return False
    return True


async def test_an_occasion_invites_when_it_is_due(world: CampaignWorld) -> None:
    """An invitation is due at first and after each interval; reading it changes nothing."""
    (token,) = await world.members(1)
    campaign = await world.started(methods=(ReverificationMethod.AT_LOGIN,))
    delivered = []
    for day in range(20):
        assert (
            await world.offer(token, ReverificationMethod.AT_SENSITIVE_ACTION, seconds=day * DAY)
        ).campaign_id is None
        if (await world.offer(token, seconds=day * DAY)).due:
            await world.record(campaign, token, SHOWN, ReverificationMethod.AT_LOGIN, seconds=day * DAY)
            delivered.append(day)
    assert delivered == [0, 3, 10]


async def test_the_campaign_that_started_first_goes_first(world: CampaignWorld) -> None:
    """The later campaign's invitation is returned when the first one's is not due."""
    (token,) = await world.members(1)
    first = await world.started(methods=(ReverificationMethod.AT_LOGIN,))
    second = await world.started(methods=(ReverificationMethod.AT_LOGIN,), seconds=5)
    assert (await world.offer(token, seconds=9)).campaign_id == first.campaign_id
    await world.record(first, token, SHOWN, ReverificationMethod.AT_LOGIN, seconds=9)
    assert (await world.offer(token, seconds=9)).campaign_id == second.campaign_id
    await world.record(second, token, DISMISSED, ReverificationMethod.AT_LOGIN, seconds=9)
    told = await world.offer(token, seconds=9)
    assert (told.campaign_id, told.due) == (first.campaign_id, False)


async def test_who_signed_up_is_not_invited(world: CampaignWorld) -> None:
    """An account that was not imported gets no invitation; an unknown one is not found."""
    campaign = await world.started(methods=(ReverificationMethod.AT_LOGIN,))
    claim = await world.claims.verify()
    token = claim.account.account_token
    assert (await world.offer(token)).campaign_id is None
    with pytest.raises(PreconditionFailed):
        await world.record(campaign, token, SHOWN, ReverificationMethod.AT_LOGIN)
    for call in (world.offer(builders.TOKEN), world.record(campaign, builders.TOKEN)):
        with pytest.raises(NotFound) as refused:
            await call
        assert refused.value.reason == Reason.ACCOUNT_NOT_FOUND


@pytest.mark.parametrize(
    ("event", "state", "reminded"),
    [
        (SHOWN, InvitationState.ACTIVE, True),
        (OPENED, InvitationState.ACTIVE, True),
        (LATER, InvitationState.ACTIVE, True),
        (DISMISSED, InvitationState.DISMISSED, False),
        (COMPLETED, InvitationState.COMPLETED, False),
    ],
)
async def test_what_an_event_does(
    world: CampaignWorld, event: InvitationEvent, state: InvitationState, reminded: bool
) -> None:
    """An event acknowledges the delivery; only DISMISSED and COMPLETED stop reminders."""
    (token,) = await world.members(1)
    before = await world.status(token)
    campaign = await world.started()
    await world.take(campaign)
    recorded = await world.record(campaign, token, event, number=1)
    assert recorded.state is state
    assert recorded.next_due_time == (None if event is DISMISSED else at(3 * DAY).business)
    assert await world.record(campaign, token, event, number=1) == recorded
    assert (tokens(await world.take(campaign, seconds=3 * DAY)) == [token]) is reminded
    assert await world.status(token) == before


async def test_events_of_others_are_refused(world: CampaignWorld) -> None:
    """Those of another party's campaign: it is not found."""
    (token,) = await world.members(1)
    campaign = await world.started()
    with pytest.raises(NotFound):
        await world.record(campaign, token, party="platform-b")


async def test_verification_ends_the_invitation(world: CampaignWorld) -> None:
    """The owner verifies with the same token, and is never invited again."""
    (token,) = await world.members(1)
    campaign = await world.started(methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN))
    await world.take(campaign)
    await world.record(campaign, token, COMPLETED)
    claim = await world.claims.verify(command(account_token=token), seconds=DAY)
    assert (claim.account.state, claim.account.account_token) == (AccountState.VERIFIED, token)
    assert (claim.account.revision, claim.account.standing) == (2, Standing.GOOD)
    assert tokens(await world.take(campaign, seconds=9 * DAY)) == []
    assert (await world.offer(token, seconds=9 * DAY)).campaign_id is None
    late = await world.record(campaign, token, DISMISSED, seconds=9 * DAY)
    assert late.state is InvitationState.VERIFIED
    (other,) = await world.bring("other")
    await world.claims.verify(command(2, account_token=other.account_token), seconds=9 * DAY)
    with pytest.raises(PreconditionFailed):
        await world.record(campaign, other.account_token, method=ReverificationMethod.AT_LOGIN)


async def test_progress_is_a_funnel_by_day_and_method(world: CampaignWorld) -> None:
    """Each owner is counted once per stage, on its first day; coverage counts the cohort."""
    members = await world.members(4)
    campaign = await world.started(methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN))
    taken = tokens(await world.take(campaign, limit=3))
    by_login = next(token for token in members if token not in taken)
    await world.record(campaign, by_login, OPENED, ReverificationMethod.AT_LOGIN)
    await world.record(campaign, taken[0], OPENED)
    await world.record(campaign, taken[0], OPENED, seconds=DAY)
    await world.record(campaign, taken[1], LATER)
    await world.record(campaign, taken[2], DISMISSED)
    world.claims.registry.verdict = RegistryAnswer.MISMATCH
    await world.claims.verify(command(account_token=taken[0]), seconds=DAY)
    world.claims.registry.verdict = RegistryAnswer.MATCH
    await world.record(campaign, taken[0], COMPLETED, seconds=DAY)
    await world.claims.verify(command(2, account_token=taken[0]), seconds=2 * DAY)
    found = await world.client().progress(campaign.campaign_id)
    first, second, third = (builders.TODAY + timedelta(days=day) for day in range(3))
    due, login = ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN
    assert (found.campaign_id, found.cohort_size) == (campaign.campaign_id, 4)
    assert found.coverage == ((third, 1),)
    assert found.days == (
        (first, login, Funnel(invited=1, shown=1, opened=1)),
        (first, due, Funnel(invited=3, shown=3, opened=1, later=1, dismissed=1)),
        (second, due, Funnel(completed=1, failed=1)),
        (third, due, Funnel(verified=1)),
    )
    assert found.total == Funnel(4, 4, 2, 1, 1, 1, 1, 1)
    people = await acts.people(world.vault)
    assert (people[due, Stage.INVITED], people[login, Stage.OPENED], people[due, Stage.VERIFIED]) == (3, 1, 1)
    await world.move(campaign, Verb.END)
    assert await acts.people(world.vault) == {}


async def enforced(world: CampaignWorld, *, day: int) -> int:
    """Run the worker's enforcement on a day."""
    return await world.enforce(at(day * DAY))


async def test_nothing_is_enforced_without_a_date(world: CampaignWorld) -> None:
    """Without an enforcement date no account is ever limited."""
    (token,) = await world.members(1)
    before = await world.status(token)
    campaign = await world.started()
    await world.take(campaign)
    await world.record(campaign, token)
    assert await enforced(world, day=3_000) == 0
    assert await world.status(token) == before


async def test_an_enforcement_date_limits_who_was_shown_and_did_not_verify(world: CampaignWorld) -> None:
    """From its date on; not for owners who were shown no invitation, and not while the campaign is paused."""
    members = await world.members(3)
    campaign = await world.started(enforcement_date=builders.TODAY + timedelta(days=10))
    taken = tokens(await world.take(campaign, limit=2))
    await world.record(campaign, taken[0])
    assert await enforced(world, day=9) == 0
    await world.move(campaign, Verb.PAUSE)
    assert await enforced(world, day=10) == 0
    await world.move(campaign, Verb.RESUME)
    assert await enforced(world, day=10) == 1
    assert await enforced(world, day=10) == 0
    standings = {token: (await world.status(token)).standing for token in members}
    assert standings.pop(taken[0]) is Standing.PUBLISHING_LIMITED
    assert set(standings.values()) == {Standing.GOOD}
    assert (await world.status(taken[0])).revision == 2


async def test_verification_lifts_the_limit(world: CampaignWorld) -> None:
    """The limit is lifted at once, with the same revision."""
    (token,) = await world.members(1)
    campaign = await world.started(enforcement_date=builders.TODAY + timedelta(days=10))
    await world.take(campaign)
    await world.record(campaign, token)
    await enforced(world, day=10)
    claim = await world.claims.verify(command(account_token=token), seconds=11 * DAY)
    assert (claim.account.state, claim.account.standing) == (AccountState.VERIFIED, Standing.GOOD)
    assert claim.account.revision == 3
    await world.move(campaign, Verb.END)
    assert await world.lift(at(12 * DAY)) == 0


async def test_the_end_of_a_campaign_lifts_what_it_limited(world: CampaignWorld) -> None:
    """Ending a campaign lifts its limits."""
    (token,) = await world.members(1)
    campaign = await world.started(enforcement_date=builders.TODAY + timedelta(days=10))
    await world.take(campaign)
    await world.record(campaign, token)
    await enforced(world, day=10)
    assert await world.lift(at(11 * DAY)) == 0
    await world.move(campaign, Verb.END)
    assert await world.lift(at(11 * DAY)) == 1
    assert await world.lift(at(11 * DAY)) == 0
    status = await world.status(token)
    assert (status.state, status.standing, status.revision) == (AccountState.UNVERIFIED, Standing.GOOD, 3)


async def test_a_change_meanwhile_is_not_overwritten(world: CampaignWorld) -> None:
    """The sweep does not overwrite a concurrent verification, nor the lift another standing."""
    (token,) = await world.members(1)
    campaign = await world.started(enforcement_date=builders.TODAY + timedelta(days=10))
    await world.take(campaign)
    await world.record(campaign, token)
    today = builders.TODAY + timedelta(days=10)
    (limited,) = await world.vault.read(
        "invitation.enforceable", lambda one: store.enforceable(one, today=today, limit=9)
    )
    await world.claims.verify(command(account_token=token))
    now = at(10 * DAY)
    assert not await invitation_acts.impose(world.vault, SYSTEM, now, limited, today)
    assert not await invitation_acts.lift(world.vault, SYSTEM, now, limited)
    current = await world.claims.accounts.get(relying_party=PARTY, account_token=token)
    assert current is not None
    fresh = replace(limited, account=current)
    assert not await invitation_acts.lift(world.vault, SYSTEM, now, fresh)
    assert (await world.status(token)).state is AccountState.VERIFIED
