"""A number that was replaced, over both databases: who renews, and for whom a closing holds."""

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.claim.rules import Claim
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import persons
from idvault.core.tables.notice import person_marks
from idvault_verify.account import AccountState, Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import ClaimState, FailureReason, Identity
from idvault_verify.notice import NoticeKind, RegistryNotice
from idvault_verify.sanction import Degree, Scope
from tools.support import sql
from tools.support.notice_world import DAY, OTHER_PARTY, NoticeWorld, notice, notice_id, person

OLD, NEW, NEWEST, STRANGER = (person(number) for number in (1, 2, 3, 4))
Keys = tuple[ModeratorKey, ModeratorKey]


@pytest_asyncio.fixture
async def keys(world: NoticeWorld) -> Keys:
    """Return two moderators."""
    return await world.sanctions.moderator(1), await world.sanctions.moderator(2)


def replaced(number: int, old: Identity, new: Identity) -> RegistryNotice:
    """Return the notice that a number replaced another one."""
    return notice(number, NoticeKind.NUMBER_REPLACED, old.document, new_document=new.document)


def reason(found: Claim) -> FailureReason | None:
    """Return why a claim failed, None if it succeeded."""
    assert found.state is (ClaimState.FAILED if found.failure_reason else ClaimState.SUCCEEDED)
    return found.failure_reason


async def close(world: NoticeWorld, token: str, keys: Keys, degree: Degree = Degree.CLOSE) -> None:
    """Let two moderators sanction the person of an account."""
    proposed = await world.sanctions.impose(token, degree, key=keys[0], scope=Scope.PERSON)
    await world.sanctions.confirm(proposed, key=keys[1])


async def test_the_new_number_renews_the_accounts_of_the_old_one(world: NoticeWorld) -> None:
    """The account stays the old one's, which may still renew it; a stranger and a reversed notice may not."""
    token, other = await world.sign_up(OLD), await world.sign_up(OLD)
    assert reason(await world.verify(NEW, token)) is FailureReason.DIFFERENT_OWNER
    await world.submit(replaced(1, OLD, NEW))
    owner = {row.account_token: row.person_id for row in await sql.rows(world.database, select(accounts))}
    assert (await world.due()).keys() == {token, other}
    assert reason(await world.verify(STRANGER, token)) is FailureReason.DIFFERENT_OWNER
    assert reason(await world.verify(NEW, token)) is None
    assert (await world.due()).keys() == {other}
    now = {row.account_token: row.person_id for row in await sql.rows(world.database, select(accounts))}
    assert now == owner
    assert [row.accounts for row in await sql.rows(world.database, select(persons)) if row.accounts] == [2]
    assert reason(await world.verify(OLD, token)) is None
    await world.submit(notice(2, NoticeKind.REVERSED, reversed_id=notice_id(1)))
    assert reason(await world.verify(NEW, token)) is FailureReason.DIFFERENT_OWNER
    assert reason(await world.verify(OLD, token)) is None
    assert await world.due() == {}


async def test_the_two_are_not_joined(world: NoticeWorld) -> None:
    """Each has its own places."""
    for _ in range(5):
        await world.sign_up(OLD)
    await world.submit(replaced(1, OLD, NEW))
    assert reason(await world.verify(OLD)) is FailureReason.ACCOUNT_LIMIT_REACHED
    for _ in range(5):
        assert reason(await world.verify(NEW)) is None
    assert reason(await world.verify(NEW)) is FailureReason.ACCOUNT_LIMIT_REACHED


@pytest.mark.parametrize("closed", [0, 1, 2])
async def test_a_closing_holds_for_every_number(world: NoticeWorld, keys: Keys, closed: int) -> None:
    """Over two replacements, whichever number is closed; the other accounts keep their standing."""
    whose = (OLD, NEW, NEWEST)
    tokens = [await world.sign_up(who) for who in whose]
    extra = await world.sign_up(whose[closed - 1])
    await world.submit(replaced(1, OLD, NEW), replaced(2, NEW, NEWEST))
    await close(world, tokens[closed], keys)
    for who in whose:
        assert reason(await world.verify(who)) is FailureReason.PERSON_CLOSED
    assert reason(await world.verify(whose[closed - 1], extra)) is FailureReason.PERSON_CLOSED
    assert (await world.status(extra)).standing is Standing.GOOD
    assert reason(await world.verify(STRANGER)) is None
    await world.submit(
        notice(3, NoticeKind.REVERSED, reversed_id=notice_id(1)),
        notice(4, NoticeKind.REVERSED, reversed_id=notice_id(2)),
    )
    assert reason(await world.verify(whose[closed - 1], extra)) is None
    assert reason(await world.verify(whose[closed])) is FailureReason.PERSON_CLOSED


async def test_a_renewal_meets_the_sanctions_of_the_account(world: NoticeWorld, keys: Keys) -> None:
    """The new number follows a limit of the old one's person, and does not get past a suspension."""
    named, other = await world.sign_up(OLD), await world.sign_up(OLD)
    await world.submit(replaced(1, OLD, NEW))
    await close(world, named, keys, Degree.LIMIT)
    assert reason(await world.verify(NEW, other)) is None
    assert (await world.status(other)).standing is Standing.PUBLISHING_LIMITED
    await close(world, named, keys, Degree.SUSPEND)
    assert reason(await world.verify(NEW, other)) is FailureReason.SANCTIONED
    assert reason(await world.verify(NEW)) is None


async def test_a_second_replacement_renews_accounts_of_the_first_number(world: NoticeWorld) -> None:
    """Whoever has the newest number renews what was never renewed since the first."""
    token = await world.sign_up(OLD)
    await world.submit(replaced(1, OLD, NEW), replaced(2, NEW, NEWEST))
    assert reason(await world.verify(NEWEST, token)) is None
    assert await world.due() == {}
    await world.submit(replaced(3, NEWEST, OLD))
    assert reason(await world.verify(NEW, token)) is None


async def test_the_end_of_the_new_number_ends_the_old_ones_accounts(world: NoticeWorld) -> None:
    """The registry names the newest number; accounts that it renewed end all the same."""
    token = await world.sign_up(OLD)
    await world.submit(replaced(1, OLD, NEW))
    await world.verify(NEW, token)
    await world.submit(notice(2, NoticeKind.PERSON_ENDED, NEW.document))
    assert reason(await world.verify(OLD, token)) is FailureReason.MISMATCH
    assert reason(await world.verify(NEW, token)) is FailureReason.MISMATCH
    await world.expire(seconds=30 * DAY)
    assert (await world.status(token, seconds=30 * DAY)).state is AccountState.EXPIRED


async def test_the_newest_replacement_of_a_number_counts(world: NoticeWorld) -> None:
    """A number is replaced by one: the former successor renews nothing more."""
    token = await world.sign_up(OLD)
    await world.submit(replaced(1, OLD, NEW), replaced(2, OLD, NEWEST))
    assert reason(await world.verify(NEW, token)) is FailureReason.DIFFERENT_OWNER
    assert reason(await world.verify(NEWEST, token)) is None
    assert len(await sql.rows(world.database, select(person_marks))) == 1


async def test_each_platform_has_its_own_marks(world: NoticeWorld) -> None:
    """A platform that does not know the old number keeps nothing of the new one."""
    await world.sign_up(OLD, party=OTHER_PARTY)
    await world.submit(replaced(1, OLD, NEW))
    found = await sql.rows(world.database, select(person_marks))
    assert [row.relying_party for row in found] == [OTHER_PARTY]
    parties = [row.relying_party for row in await sql.rows(world.database, select(persons))]
    assert parties == [OTHER_PARTY, OTHER_PARTY]
    await world.submit(notice(2, NoticeKind.REVERSED, reversed_id=notice_id(1)))
    assert len(await sql.rows(world.database, select(persons))) == 1
