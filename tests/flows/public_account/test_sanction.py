"""Sanctions whose target is a public account, over both databases: its standing, and not its owner's."""

from typing import Any

from idvault.core.db.database import Database
from idvault_client.public_accounts import OwnedPublicAccount
from idvault_client.sanctions import AccountSanction
from idvault_verify.account import Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.public_account import PublicAccountState
from idvault_verify.sanction import AppealState, Degree, SanctionState, Scope
from tests.support.appeal_world import AppealWorld
from tests.support.refusal import reason_or_none
from tools.support.public_account_world import DAY, PublicAccountWorld
from tools.support.sanction_world import until

HOUR = 3_600
Keys = tuple[ModeratorKey, ModeratorKey]


async def moderators(world: PublicAccountWorld) -> Keys:
    return (await world.sanctions.moderator(1), await world.sanctions.moderator(2))


async def impose(
    world: PublicAccountWorld, shown: OwnedPublicAccount, degree: Degree, key: ModeratorKey, **options: Any
) -> AccountSanction:
    """Impose a sanction of a public account."""
    only = shown.public_account_id
    return await world.sanctions.impose(
        shown.account_token, degree, key=key, public_account_id=only, **options
    )


async def test_the_public_account_has_a_standing_of_its_own(world: PublicAccountWorld) -> None:
    """Warned and limited, the highest counts, each ends only its own; its owner's status does not change."""
    key, _ = await moderators(world)
    token = await world.company()
    opened, other = await world.open(token), await world.open(token)
    before = await world.sanctions.status(token)
    warned = await impose(world, opened, Degree.WARN, key)
    await impose(world, opened, Degree.LIMIT, key, given=until(HOUR))
    limited = await world.profile(opened)
    assert (limited.standing, limited.standing_until is None) == (Standing.PUBLISHING_LIMITED, False)
    assert (await world.profile(opened, seconds=HOUR)).standing is Standing.WARNED
    assert await world.sanctions.status(token) == before
    assert (await world.profile(other)).standing is Standing.GOOD
    assert await world.sanctions.work(seconds=HOUR) == 1
    later = await world.profile(opened, seconds=HOUR)
    assert (later.standing, later.revision) == (Standing.WARNED, limited.revision + 1)
    await world.sanctions.lift(warned, key=key, seconds=HOUR)
    assert (await world.profile(opened, seconds=HOUR)).standing is Standing.GOOD
    assert await world.sanctions.events("sanction:") == [
        "sanction:limit:impose",
        "sanction:limit:lapse",
        "sanction:warn:impose",
        "sanction:warn:lift",
    ]


async def test_two_moderators_close_it(world: PublicAccountWorld) -> None:
    """Proposed, confirmed: closed for readers and lists; its owner stays verified, and a lift restores it."""
    keys, token = await moderators(world), await world.company()
    opened = await world.open(token)
    proposed = await impose(world, opened, Degree.CLOSE, keys[0])
    assert (proposed.state, (await world.profile(opened)).state) == (
        SanctionState.PROPOSED,
        PublicAccountState.ACTIVE,
    )
    closed = await world.sanctions.confirm(proposed, key=keys[1])
    shown = await world.profile(opened)
    assert (shown.state, shown.standing) == (PublicAccountState.CLOSED, Standing.CLOSED)
    assert (await world.sanctions.status(token)).standing is Standing.GOOD
    found = opened.public_account_id
    assert await world.pages(state=PublicAccountState.CLOSED) == [[found]]
    assert await world.pages(state=PublicAccountState.ACTIVE) == [[]]
    assert await world.filings(seconds=0) == []
    await world.sanctions.lift(closed, key=keys[0], seconds=DAY)
    assert (await world.profile(opened, seconds=DAY)).state is PublicAccountState.ACTIVE
    assert len(await world.filings(seconds=DAY)) == 1


async def test_nobody_escapes(world: PublicAccountWorld) -> None:
    """Neither closing nor transfer while it is warned, or while its closing is proposed; others may."""
    key, _ = await moderators(world)
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened, other = await world.open(first), await world.open(first)
    warned = await impose(world, opened, Degree.WARN, key)
    assert await reason_or_none(world.close(opened)) == "SANCTION_OPEN"
    await world.sanctions.lift(warned, key=key)
    await impose(world, opened, Degree.CLOSE, key)
    assert await reason_or_none(world.close(opened)) == "SANCTION_OPEN"
    assert await reason_or_none(world.offer(opened, second)) == "SANCTION_OPEN"
    assert await reason_or_none(world.close(other)) is None


async def test_a_suspended_one(world: PublicAccountWorld) -> None:
    """It is not renewed, and its operators may not publish."""
    key, _ = await moderators(world)
    opened, person = await world.open(await world.company()), await world.person()
    await world.add_operator(opened, person)
    suspended = await impose(world, opened, Degree.SUSPEND, key, seconds=320 * DAY)
    (operator,) = (await world.get(opened, seconds=320 * DAY)).operators
    assert not operator.may_publish
    assert await reason_or_none(world.renew(opened, seconds=320 * DAY)) == "RENEWAL_SUSPENDED"
    await world.sanctions.lift(suspended, key=key, seconds=320 * DAY)
    assert await reason_or_none(world.renew(opened, seconds=320 * DAY)) is None


async def test_the_target_must_be_the_accounts(world: PublicAccountWorld) -> None:
    """Another owner's public account, an unknown one, and scope PERSON are refused, also as a proposal."""
    key, _ = await moderators(world)
    opened, other = await world.open(await world.company()), await world.person()
    sanctions, found = world.sanctions, opened.public_account_id
    for degree in (Degree.WARN, Degree.CLOSE):
        work = sanctions.impose(other, degree, key=key, public_account_id=found)
        assert await reason_or_none(work) == "PUBLIC_ACCOUNT_NOT_FOUND"
        unknown = sanctions.impose(other, degree, key=key, public_account_id="f" * 32)
        assert await reason_or_none(unknown) == "PUBLIC_ACCOUNT_NOT_FOUND"
    assert (
        await reason_or_none(impose(world, opened, Degree.WARN, key, scope=Scope.PERSON)) == "INVALID_MESSAGE"
    )
    assert await sanctions.events("sanction:") == []


async def test_the_account_s_sanctions_stay_apart(world: PublicAccountWorld) -> None:
    """A sanction of the owner's account leaves the public account's standing, and its end, too."""
    key, _ = await moderators(world)
    token = await world.company()
    opened = await world.open(token)
    own = await impose(world, opened, Degree.LIMIT, key)
    await world.sanctions.impose(token, Degree.WARN, key=key, given=until(HOUR))
    assert await world.sanctions.work(seconds=HOUR) == 1
    assert (await world.sanctions.status(token, seconds=HOUR)).standing is Standing.GOOD
    assert (await world.profile(opened, seconds=HOUR)).standing is Standing.PUBLISHING_LIMITED
    await world.sanctions.lift(own, key=key, seconds=HOUR)
    assert (await world.profile(opened, seconds=HOUR)).standing is Standing.GOOD


async def test_an_appeal_restores_it(main_database: Database) -> None:
    """While it is open nobody escapes; upheld, the public account is as if the sanction had not been."""
    appeals = AppealWorld(main_database)
    world = PublicAccountWorld(main_database, sanctions=appeals)
    token = await world.company()
    opened, other = await world.open(token), await world.open(token)
    which = {"token": token, "public_account_id": opened.public_account_id}
    _, suspended, judge = await appeals.case(Degree.SUSPEND, given=until(HOUR), **which)
    appeal = await appeals.file(suspended)
    assert await reason_or_none(world.close(opened, seconds=2 * HOUR)) == "SANCTION_OPEN"
    assert await reason_or_none(world.close(other, seconds=2 * HOUR)) is None
    before = await world.profile(opened, seconds=2 * HOUR)
    await appeals.decide(appeal, AppealState.UPHELD, key=judge, seconds=2 * HOUR)
    after = await world.profile(opened, seconds=2 * HOUR)
    assert (after.standing, after.revision > before.revision) == (Standing.GOOD, True)
    assert await reason_or_none(world.close(opened, seconds=2 * HOUR)) is None
    found = (await world.open(token)).public_account_id
    _, closed, judge = await appeals.case(Degree.CLOSE, token=token, public_account_id=found)
    assert found in (await world.pages(state=PublicAccountState.CLOSED))[0]
    await appeals.decide(await appeals.file(closed), AppealState.UPHELD, key=judge)
    assert found in (await world.pages(state=PublicAccountState.ACTIVE))[0]
    await world.claims.verification.drain()


async def test_a_transfer_leaves_what_has_ended_behind(main_database: Database) -> None:
    """Lapses that are stored, and an appeal that is upheld, after a transfer do not reach the new owner."""
    court = AppealWorld(main_database)
    world = PublicAccountWorld(main_database, sanctions=court)
    former, new = await world.company(90), await world.company(91, body="MA000002")
    opened = await world.open(former)
    which = {"token": former, "public_account_id": opened.public_account_id}
    _, limited, judge = await court.case(Degree.LIMIT, given=until(HOUR), **which)
    proposed = await impose(world, opened, Degree.CLOSE, judge)
    ended = 73 * HOUR
    await world.offer(opened, new, seconds=ended)
    moved = await world.accept(opened, new, seconds=ended)
    assert await court.work(seconds=ended) == 2
    found = [(await court.get(each, seconds=ended)).state for each in (limited, proposed)]
    assert found == [SanctionState.LAPSED, SanctionState.LAPSED]
    appeal = await court.file(limited, seconds=ended)
    await court.decide(appeal, AppealState.UPHELD, key=judge, seconds=ended)
    assert (await court.get(limited, seconds=ended)).state is SanctionState.OVERTURNED
    assert await world.profile(opened, seconds=ended) == moved.profile
    await world.claims.verification.drain()
