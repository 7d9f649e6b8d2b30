"""Public accounts over both databases: what platforms decide, what days bring, and what is logged."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.core.policy import PublicAccountLimits
from idvault_client.errors import RequestIdReused, VaultError
from idvault_verify.error import Reason
from idvault_verify.public_account import (
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)
from idvault_verify.sanction import Degree
from tests.support import refusal
from tests.support.refusal import fields_of, reason_of, states_or_reason
from tools.support import builders
from tools.support.flow_world import at
from tools.support.public_account_world import DAY, MIDNIGHT, PublicAccountWorld, licence
from tools.support.sanction_world import LateVault, signing

APPLIED, ACTIVE, GRACE = PublicAccountState.APPLIED, PublicAccountState.ACTIVE, PublicAccountState.GRACE
EXPIRED, CLOSED = PublicAccountState.EXPIRED, PublicAccountState.CLOSED
REJECTED = PublicAccountState.REJECTED
TERM = 365


async def outcome(work: Any) -> str:
    """Return the state that a verb led to, or what the refusal says."""
    found = await refusal.outcome(work)
    return states_or_reason(found) if isinstance(found, VaultError) else str(found.state)


async def test_a_company_opens_renews_and_closes(world: PublicAccountWorld) -> None:
    """From the application to the end, each act with its entry in the log."""
    token = await world.company()
    applied = await world.apply(token)
    assert (applied.profile.state, applied.profile.since) == (APPLIED, None)
    opened = await world.approve(applied)
    profile = opened.profile
    assert (profile.kind, profile.category) == (PublicAccountKind.COMPANY, PublicAccountCategory.COMPANY)
    assert (profile.state, profile.since) == (ACTIVE, builders.TODAY)
    assert opened.expire_date == builders.TODAY + timedelta(days=TERM)
    renewed = await world.renew(opened, seconds=310 * DAY)
    assert renewed.expire_date == builders.TODAY + timedelta(days=2 * TERM)
    closed = await world.close(opened, seconds=311 * DAY)
    assert closed.profile.state is CLOSED
    assert await world.get(opened, seconds=311 * DAY) == closed
    assert await world.events() == [
        "publicaccount:account:close",
        "publicaccount:application:approve",
        "publicaccount:application:file",
        "publicaccount:term:renew",
    ]


async def test_who_may_apply(world: PublicAccountWorld) -> None:
    """Only a verified account of the platform; a wrong licence is named and leaves nothing."""
    token = await world.person()
    (legacy,) = await world.sanctions.campaigns.members(1)
    assert await outcome(world.apply(legacy)) == "ACCOUNT_NOT_VERIFIED"
    assert await outcome(world.apply("acct_" + "0" * 26)) == "ACCOUNT_NOT_FOUND"
    assert await outcome(world.apply(token, party="platform-b")) == "ACCOUNT_NOT_FOUND"
    assert await fields_of(world.apply(token, licence(builders.TODAY))) == ["licence.expire_date"]
    assert await world.events() == []


async def test_a_second_token_is_no_way_around_the_limit(world: PublicAccountWorld) -> None:
    """One person, two accounts: the second public account waits, and its approval ends as a rejection."""
    first, second = await world.person(1, who=1), await world.person(2, who=1)
    opened = await world.open(first)
    over = await world.apply(second)
    assert over.profile.state is APPLIED
    refused = await world.approve(over)
    assert (refused.profile.state, refused.reject_reason) == (
        REJECTED,
        RejectReason.OWNER_NOT_ELIGIBLE,
    )
    # With the first one closed there is room, and the owner may apply again.
    await world.close(opened)
    assert (await world.open(second)).profile.state is ACTIVE


async def test_the_operator_sets_the_limit_of_organisations(world: PublicAccountWorld) -> None:
    """It counts over all accounts of the organisation."""
    world.policy = replace(world.policy, public_accounts=PublicAccountLimits(organization=2))
    tokens = [await world.company(90), await world.company(91)]
    made = [await world.open(tokens[number % 2]) for number in range(3)]
    assert [each.profile.state for each in made] == [ACTIVE, ACTIVE, REJECTED]


async def test_a_rejection_for_the_limit_looks_like_any_other(world: PublicAccountWorld) -> None:
    """Answer, list, log and statement order of a person over the limit are those of the platform's own no."""
    await world.open(await world.person(1, who=1))
    over = await world.apply(await world.person(2, who=1))
    plain = await world.apply(await world.person(3, who=3), seconds=1)
    before = await world.events()
    refused = await world.approve(over)
    told = await world.reject(plain, RejectReason.OWNER_NOT_ELIGIBLE)

    def seen(shown: Any) -> Any:
        profile = replace(shown.profile, public_account_id="")
        return replace(shown, profile=profile, account_token="", apply_time=builders.NOW)

    assert seen(refused) == seen(told)
    after = await world.events()
    assert [kind for kind in after if "reject" in kind] == ["publicaccount:application:reject"] * 2
    assert len(after) == len(before) + 2
    listed = (await world.pages(state=REJECTED))[0]
    assert listed == [each.public_account_id for each in (over, plain)]


async def test_an_owner_who_is_suspended_meanwhile(world: PublicAccountWorld) -> None:
    """The same reason also says that the owner could not apply any more: it is an ordinary one."""
    token, key = await world.person(), await world.sanctions.moderator(1)
    applied = await world.apply(token)
    await world.sanctions.impose(token, Degree.SUSPEND, key=key)
    refused = await world.approve(applied)
    assert refused.reject_reason is RejectReason.OWNER_NOT_ELIGIBLE


async def test_an_owner_whose_other_account_was_suspended(world: PublicAccountWorld) -> None:
    """A sanction of the person bars it too, before the owner's own status shows anything."""
    named, other = await world.person(1, who=1), await world.person(2, who=1)
    keys = (await world.sanctions.moderator(1), await world.sanctions.moderator(2))
    applied = [await world.apply(other) for _ in range(2)]
    sanction = await world.sanctions.of_person(named, Degree.SUSPEND, keys)
    refused = await world.approve(applied[0])
    assert refused.reject_reason is RejectReason.OWNER_NOT_ELIGIBLE
    await world.sanctions.lift(sanction, key=keys[0])
    assert (await world.approve(applied[1])).profile.state is ACTIVE


async def test_parallel_decisions(world: PublicAccountWorld) -> None:
    """Of two decisions on an application one wins, and the other is told with both states."""
    applied = await world.apply(await world.person())
    told = await asyncio.gather(outcome(world.approve(applied)), outcome(world.reject(applied)))
    assert sorted(told) in (["ACTIVE", "ACTIVE -> REJECTED"], ["REJECTED", "REJECTED -> ACTIVE"])


async def test_parallel_approvals_of_one_person(world: PublicAccountWorld) -> None:
    """However many tokens a person has, only one approval opens a public account."""
    tokens = [await world.person(number, who=1) for number in range(1, 5)]
    applied = [await world.apply(token) for token in tokens]
    told = await asyncio.gather(*(outcome(world.approve(each)) for each in applied))
    assert sorted(told) == ["ACTIVE", "REJECTED", "REJECTED", "REJECTED"]


async def test_repeats(world: PublicAccountWorld) -> None:
    """The same request is the same act; with another body it is refused; an entry is written once."""
    token = await world.person()
    ids = {verb: world.sanctions.new_id() for verb in ("apply", "approve", "renew", "close")}
    applied = await world.apply(token, request_id=ids["apply"])
    assert await world.apply(token, request_id=ids["apply"]) == applied
    with pytest.raises(RequestIdReused):
        await world.apply(token, licence(builders.TODAY + timedelta(days=9)), request_id=ids["apply"])
    opened = await world.approve(applied, request_id=ids["approve"])
    assert await world.approve(applied, request_id=ids["approve"]) == opened
    with pytest.raises(RequestIdReused):
        await world.reject(applied, request_id=ids["approve"])
    late = 320 * DAY
    renewed = await world.renew(opened, request_id=ids["renew"], seconds=late)
    assert await world.renew(opened, request_id=ids["renew"], seconds=late) == renewed
    closed = await world.close(opened, request_id=ids["close"], seconds=late)
    assert await world.close(opened, request_id=ids["close"], seconds=late) == closed
    assert len(await world.events()) == 4


async def test_a_repeat_is_answered_as_it_is_now(world: PublicAccountWorld) -> None:
    """The answer to a repeated rejection, or to an application that was decided since, is of today."""
    asked = world.sanctions.new_id()
    applied = await world.apply(await world.person(), request_id=asked)
    rejected = await world.reject(applied, request_id=world.sanctions.new_id())
    assert await world.apply(applied.account_token, request_id=asked) == rejected


async def test_only_its_own_platform_finds_it(world: PublicAccountWorld) -> None:
    """Another platform gets the same answer as for an unknown one."""
    opened = await world.open(await world.person())
    assert await reason_of(world.get(opened, party="platform-b")) is Reason.PUBLIC_ACCOUNT_NOT_FOUND
    for verb in (world.approve, world.reject, world.renew, world.close):
        assert await outcome(verb(opened, party="platform-b")) == "PUBLIC_ACCOUNT_NOT_FOUND"


async def test_the_worker_writes_down_what_days_bring(world: PublicAccountWorld) -> None:
    """The end of a licence, grace and expiry: each from its first second on, as it was shown before."""
    day = (TERM - 1) * DAY + MIDNIGHT
    opened = await world.open(await world.company(), licence(builders.TODAY + timedelta(days=10)))
    for begins, state in ((9 * DAY + MIDNIGHT, ACTIVE), (day, GRACE), (day + 30 * DAY, EXPIRED)):
        before = await world.profile(opened, seconds=begins - 1)
        assert await world.work(seconds=begins - 1) == 0
        shown = await world.profile(opened, seconds=begins)
        assert (shown.state, shown.licence, shown.revision > before.revision) == (state, None, True)
        assert await world.work(seconds=begins) == 1
        assert await world.profile(opened, seconds=begins) == shown
    assert [kind for kind in await world.events() if ":application:" not in kind] == [
        "publicaccount:licence:end",
        "publicaccount:term:expire",
        "publicaccount:term:grace",
    ]


async def test_a_renewal_may_bring_a_licence(world: PublicAccountWorld) -> None:
    """Another one than before, which has not run out."""
    opened = await world.open(await world.company(), licence(builders.TODAY + timedelta(days=400)))
    new = licence(builders.TODAY + timedelta(days=700), PublicAccountCategory.FINANCE)
    renewed = await world.renew(opened, new, seconds=320 * DAY)
    assert renewed.profile.category is PublicAccountCategory.FINANCE
    assert await fields_of(world.renew(opened, new, seconds=701 * DAY)) == ["licence.expire_date"]


async def test_workers_at_once(world: PublicAccountWorld) -> None:
    """A step is written once, whoever comes first, and not for a public account that changed meanwhile."""
    opened = await world.open(await world.company())
    late = TERM * DAY
    sweeps = (world.fall(seconds=late, limit=9) for _ in range(4))
    assert sum(await asyncio.gather(*sweeps)) == 1
    assert (await world.profile(opened, seconds=late)).state is GRACE


async def test_pages_do_not_move(world: PublicAccountWorld) -> None:
    """Applications that arrive while somebody reads appear at the end; no page repeats or omits one."""
    token, other = await world.company(), await world.person()
    made = [await world.apply(token, seconds=place) for place in range(5)]
    ids = [each.public_account_id for each in made]
    page = await world.asks(9).list_page(page_size=2)
    new = await world.apply(other, seconds=9)
    rest = await world.asks(9).list_page(page_token=page.next_page_token)
    found = [each.public_account_id for each in (*page.public_accounts, *rest.public_accounts)]
    assert (found, rest.next_page_token) == ([*ids, new.public_account_id], "")
    assert await world.pages(size=2, account_token=token) == [ids[:2], ids[2:4], ids[4:]]
    await world.reject(made[1])
    assert await world.pages(account_token=token, state=REJECTED) == [[ids[1]]]
    assert await fields_of(world.asks(9).list_page(page_token="f" * 32)) == ["page_token"]


async def test_what_expires_soon(world: PublicAccountWorld) -> None:
    """The first to expire first, with those in grace, without those that are over or that anything closes."""
    token = await world.company()
    made = [await world.open(token, seconds=days * DAY) for days in (0, 5, 10, 20)]
    ids = [each.public_account_id for each in made]
    await world.close(made[3], seconds=20 * DAY)
    assert await world.expiring() == [[]]
    assert await world.expiring(seconds=310 * DAY) == [ids[:2]]
    assert await world.expiring(seconds=320 * DAY, size=2) == [ids[:2], ids[2:3]]
    assert await world.expiring(seconds=(TERM + 6) * DAY) == [ids[:3]]
    assert await world.expiring(seconds=(TERM + 30) * DAY) == [ids[1:3]]
    assert await world.expiring(days=1, seconds=320 * DAY) == [[]]
    staff = (await world.sanctions.moderator(1), await world.sanctions.moderator(2))
    await world.sanctions.closed(token, staff, seconds=320 * DAY)
    assert await world.expiring(seconds=320 * DAY) == [[]]


async def test_nothing_changes_while_the_log_stands_still(world: PublicAccountWorld) -> None:
    """Every act asks the log guard first."""
    opened = await world.open(await world.person())
    world.claims.waiting.oldest = at(-3_600).real
    late = 5.0
    for work in (
        world.apply(opened.account_token, seconds=late),
        world.approve(opened, seconds=late),
        world.reject(opened, seconds=late),
        world.renew(opened, seconds=late),
        world.close(opened, seconds=late),
    ):
        assert await outcome(work) == "LOG_UNAVAILABLE"
    assert await reason_of(world.fall(seconds=late, limit=9)) is Reason.LOG_UNAVAILABLE


async def test_a_revocation_just_before_a_decision(world: PublicAccountWorld) -> None:
    """A moderator who is revoked after the signature was read approves, rejects and renews nothing."""
    staff = world.sanctions
    applied = await world.apply(await world.person())
    world.vault = LateVault.of(staff)
    for number, decide in ((1, world.approve), (2, world.reject)):
        key = signing(await staff.moderator(number), 0)
        assert await reason_of(decide(applied, key=key)) is Reason.MODERATOR_REVOKED
    assert (await world.get(applied)).state == applied.state
