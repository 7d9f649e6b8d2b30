"""Campaigns that ask verified accounts for more, on both databases: who is asked, and what completes it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.campaign.invitation.store import upgrade
from idvault.claim.acts.registry_check import Proven
from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault.status import acts as status_acts
from idvault_client.backend.campaign import Funnel
from idvault_client.errors import PreconditionFailed, Unavailable
from idvault_verify.account import Assurance, MinimumAssurance, Standing, Status
from idvault_verify.campaign import Campaign, Cohort, InvitationEvent, InvitationState, ReverificationMethod
from idvault_verify.claim import ClaimState, FailureReason, Identity, OpaqueIdentity
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import ACCEPTED, Proof
from tests.support.refusal import reason_of
from tools.support import builders
from tools.support.campaign_world import DAY, CampaignWorld, tokens
from tools.support.fakes.flaky import Fault
from tools.support.feed import Feed
from tools.support.flow_world import at, command
from tools.support.storage_world import World as Store

DUE, LOGIN = ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN
HOLDER, SEEN = MinimumAssurance.HOLDER, MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN
MATCH = frozenset({Assurance.REGISTRY_MATCH})


def somebody(number: int) -> Identity:
    """Return one of several people."""
    return builders.identity(number=f"1101011990010{number:05}")


class Upgrading:
    """A world whose changes have numbers, and a count of its requests."""

    def __init__(self, world: CampaignWorld, database: Database) -> None:
        self.world, self._feed, self._number = world, Feed(database), 0
        self.watches = True

    async def _watch(self) -> None:
        """Number what has changed, as a reader of the feed does."""
        if self.watches:
            await self._feed.arrange(limit=1_000)

    async def claim(
        self,
        who: int,
        fact: Assurance | None = None,
        *,
        token: str | None = None,
        upgrade: bool = True,
        seconds: float = 0,
    ) -> Claim:
        """Verify a person. fact: that a provider confirms, None for the registry's match."""
        self._number += 1
        identity: Any = somebody(who)
        if fact is Assurance.RESULT_ONLY:
            identity = OpaqueIdentity("https://provider.example", f"{who:022}")
        proven = None if fact is None else Proven(RegistryAnswer.MATCH, fact, "signed")
        asked = command(self._number, account_token=token)
        asked = replace(asked, identity=identity, proven=proven, upgrade=upgrade and proven is not None)
        claim = await self.world.claims.verify(asked, seconds=seconds)
        await self._watch()
        return claim

    async def verified(self, *people: int, fact: Assurance | None = None, seconds: float = 0) -> list[str]:
        """Let people sign up; return their accounts."""
        return [(await self.claim(who, fact, seconds=seconds)).account.account_token for who in people]

    async def imported(self, count: int, **options: Any) -> list[str]:
        found = await self.world.members(count, **options)
        await self._watch()
        return found

    async def started(self, **changes: Any) -> Campaign:
        return await self.world.started(**{"minimum_assurance": HOLDER, **changes})

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.world.status(token, seconds=seconds)

    async def taken(self, campaign: Campaign, **options: Any) -> list[str]:
        """Take a batch and acknowledge it."""
        batch = await self.world.take(campaign, **options)
        for token in tokens(batch):
            await self.world.record(campaign, token, seconds=options.get("seconds", 0))
        return tokens(batch)


@pytest.fixture
def people(world: CampaignWorld, main_database: Database) -> Upgrading:
    """Return a campaign's world, seen by who has verified already."""
    return Upgrading(world, main_database)


async def test_who_is_asked_for_more(people: Upgrading) -> None:
    """Whoever is verified with less or never was; nobody who has it, can never have it, or may not renew."""
    matched, others = await people.verified(1, 2), await people.imported(2)
    await people.verified(3, fact=Assurance.HOLDER)
    await people.verified(4, fact=Assurance.RESULT_ONLY)
    campaign = await people.started()
    assert sorted(await people.taken(campaign)) == sorted([*matched, *others])
    assert await people.taken(campaign, seconds=60) == []
    plain = await people.started(minimum_assurance=None)
    assert sorted(await people.taken(plain)) == sorted(others)


async def test_a_campaign_finds_who_verifies_later(people: Upgrading) -> None:
    """It looks at each change once, in any number of batches; who signs up meanwhile is found as well."""
    first = await people.verified(1, 2, 3)
    campaign = await people.started()
    assert [token for _ in range(3) for token in await people.taken(campaign, limit=1)] == first
    assert await people.taken(campaign) == []
    late = await people.verified(4, 5)
    assert await people.taken(campaign) == late
    await people.claim(4, token=late[0], seconds=60)
    assert await people.taken(campaign, seconds=60) == []


async def test_a_platform_that_never_watches_gets_its_invitations(
    people: Upgrading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads its feed, so that no change has a number: a batch gives them, as many as it needs."""
    monkeypatch.setattr(status_acts, "_BATCH", 2)
    people.watches = False
    matched = await people.verified(1, 2, 3, 4, 5)
    await people.verified(6, fact=Assurance.HOLDER)
    campaign = await people.started()
    assert sorted(await people.taken(campaign)) == sorted(matched)
    late = await people.verified(7)
    assert await people.taken(campaign) == late


async def test_a_batch_looks_at_a_bounded_number_of_changes(
    people: Upgrading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty batch may be followed by another one: it went on from where the one before stopped."""
    monkeypatch.setattr(upgrade, "WINDOW", 2)
    monkeypatch.setattr(upgrade, "WINDOWS", 2)
    await people.verified(1, 2, 3, 4, 5, fact=Assurance.HOLDER)
    below = await people.verified(6, 7)
    campaign = await people.started()
    assert [await people.taken(campaign) for _ in range(3)] == [[], below, []]


async def test_an_answer_that_was_lost_loses_nobody(people: Upgrading, main_database: Database) -> None:
    """A batch that was rolled back has not moved the campaign; one whose answer was lost is repeated."""
    world, below = people.world, await people.verified(1, 2)
    campaign = await people.started()
    store = Store(main_database)
    before = await store.contents()
    world.main.plant("act", Fault.REFUSE)
    with pytest.raises(Unavailable):
        await world.take(campaign, number=901)
    assert await store.contents() == before
    world.main.plant("act", Fault.LOSE_ANSWER)
    with pytest.raises(Unavailable):
        await world.take(campaign, limit=1, number=901)
    assert tokens(await world.take(campaign, limit=1, number=901)) == below[:1]
    assert tokens(await world.take(campaign)) == below[1:]


async def test_a_cohort_of_imported_accounts_has_no_others(people: Upgrading) -> None:
    """A label or a day excludes who signed up; of imported accounts also verified ones are asked."""
    await people.verified(1)
    old, other = await people.imported(2)
    (elsewhere,) = await people.world.bring("else", label="2016")
    for who, token in ((2, old), (3, elsewhere.account_token)):
        await people.claim(who, token=token)
    campaign = await people.started(cohort=Cohort("2014"), methods=(DUE, LOGIN))
    assert sorted(await people.taken(campaign)) == sorted([old, other])
    assert not (await people.world.offer(elsewhere.account_token)).due


async def test_a_proof_changes_the_facts_and_nothing_else(people: Upgrading) -> None:
    """The account keeps its dates, its standing and its place; the invitation is completed."""
    (token,) = await people.verified(1)
    campaign = await people.started(methods=(DUE, LOGIN))
    await people.taken(campaign, seconds=9 * DAY)
    before = await people.status(token, seconds=9 * DAY)
    done = await people.claim(1, Assurance.HOLDER, token=token, seconds=10 * DAY)
    after = await people.status(token, seconds=10 * DAY)
    facts = MATCH | {Assurance.HOLDER}
    assert done.state is ClaimState.SUCCEEDED
    assert after == replace(before, assurances=facts, revision=before.revision + 1)
    late = await people.world.record(campaign, token, InvitationEvent.OPENED, seconds=11 * DAY)
    assert late.state is InvitationState.VERIFIED
    assert await people.taken(campaign, seconds=30 * DAY) == []
    assert (await people.world.offer(token, seconds=30 * DAY)).campaign_id is None


async def test_a_renewal_is_no_upgrade(people: Upgrading) -> None:
    """Name and number renew the account and leave the invitation open; a holder's renewal has new dates."""
    (token,) = await people.verified(1)
    campaign = await people.started()
    await people.taken(campaign)
    await people.claim(1, token=token, seconds=DAY)
    assert (await people.status(token, seconds=DAY)).verify_date == builders.TODAY + timedelta(days=1)
    assert await people.taken(campaign, seconds=3 * DAY) == [token]
    await people.claim(1, Assurance.HOLDER, token=token, upgrade=False, seconds=4 * DAY)
    assert (await people.status(token, seconds=4 * DAY)).verify_date == builders.TODAY + timedelta(days=4)
    assert await people.taken(campaign, seconds=20 * DAY) == []
    await people.claim(1, token=token, seconds=21 * DAY)
    assert await people.taken(campaign, seconds=40 * DAY) == []


async def test_somebody_else_upgrades_nothing(people: Upgrading) -> None:
    """The holder of another number is refused, and the account and its invitation stay as they are."""
    (token,) = await people.verified(1)
    campaign = await people.started()
    await people.taken(campaign)
    before = await people.status(token)
    refused = await people.claim(2, Assurance.HOLDER, token=token, seconds=DAY)
    assert refused.failure_reason is FailureReason.DIFFERENT_OWNER
    assert await people.status(token) == before
    assert await people.taken(campaign, seconds=3 * DAY) == [token]


async def test_an_owner_is_asked_on_an_occasion(people: Upgrading) -> None:
    """Who lacks the minimum is asked at login, and may put it off; once verified with it, no more."""
    (token,) = await people.verified(1)
    assert (await people.world.offer(token)).campaign_id is None
    campaign = await people.started(methods=(LOGIN,))
    offered = await people.world.offer(token)
    assert (offered.due, offered.minimum_assurance) == (True, HOLDER)
    before = await people.status(token)
    later = await people.world.record(campaign, token, InvitationEvent.LATER, LOGIN)
    assert (later.state, await people.status(token)) == (InvitationState.ACTIVE, before)
    assert (await people.world.offer(token, seconds=3 * DAY)).due
    (other,) = await people.verified(2, fact=Assurance.HOLDER)
    with pytest.raises(PreconditionFailed):
        await people.world.record(campaign, other, method=LOGIN)
    await people.claim(1, Assurance.HOLDER, token=token, seconds=3 * DAY)
    assert (await people.world.offer(token, seconds=3 * DAY)).campaign_id is None


async def test_an_invitation_waits_while_its_account_has_expired(people: Upgrading) -> None:
    """A campaign asks for an upgrade of a valid verification; its reminders go on after a renewal."""
    (token,) = await people.verified(1)
    campaign = await people.started(reminder_days=(364, 365))
    assert await people.taken(campaign, seconds=DAY) == [token]
    assert await people.taken(campaign, seconds=365 * DAY) == []
    await people.claim(1, token=token, seconds=366 * DAY)
    assert await people.taken(campaign, seconds=366 * DAY) == [token]


async def test_an_enforcement_date_limits_no_verified_account(people: Upgrading) -> None:
    """Whoever lacks only the minimum keeps the standing; who never verified is limited as before."""
    (token,) = await people.verified(1)
    (old,) = await people.imported(1)
    campaign = await people.started(enforcement_date=builders.TODAY + timedelta(days=10))
    assert len(await people.taken(campaign)) == 2
    assert await people.world.enforce(at(10 * DAY)) == 1
    assert (await people.status(token)).standing is Standing.GOOD
    assert (await people.status(old)).standing is Standing.PUBLISHING_LIMITED
    await people.claim(2, token=old, seconds=11 * DAY)
    assert (await people.status(old)).standing is Standing.GOOD
    assert await people.taken(campaign, seconds=20 * DAY) == [token, old]


async def test_progress_counts_who_has_the_minimum(people: Upgrading) -> None:
    """A match counts as verified nowhere; imported accounts count without an invitation, others with one."""
    await people.verified(1, 2)
    held = await people.verified(3, fact=Assurance.HOLDER)
    old, older, never = await people.imported(3)
    await people.claim(4, token=old)
    await people.claim(5, Assurance.HOLDER, token=older, seconds=DAY)
    campaign = await people.started()
    asked = await people.taken(campaign, seconds=DAY)
    assert (len(asked), set(asked) & {*held, older}) == (4, set())
    await people.claim(1, Assurance.HOLDER, token=asked[1], seconds=2 * DAY)
    await people.claim(4, token=old, seconds=2 * DAY)
    await people.claim(6, token=never, seconds=2 * DAY)
    found = await people.world.client().progress(campaign.campaign_id)
    second, third = (builders.TODAY + timedelta(days=day) for day in (1, 2))
    assert found.cohort_size == 5
    assert found.coverage == ((second, 1), (third, 2))
    assert found.total == Funnel(invited=4, shown=4, verified=1)
    assert found.unanswered == 3


async def test_what_no_proof_reaches_is_not_asked_for(people: Upgrading) -> None:
    """Neither what the platform does not accept nor what the deployment does not offer makes a campaign."""
    world = people.world
    for accepted, offered in (
        (frozenset({Proof.RESULT_ONLY}), frozenset(Proof)),
        (ACCEPTED, frozenset({Proof.NUMBER_MATCH})),
    ):
        world.accepted, world.servicer.offered = accepted, offered
        for minimum in (HOLDER, SEEN):
            asked = world.create(minimum_assurance=minimum)
            assert await reason_of(asked) == Reason.PROOF_NOT_OFFERED
        await world.create(minimum_assurance=None)
