"""Status credentials of public accounts: checked by a third party with the published files."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault_client.public_accounts import OwnedPublicAccount
from idvault_verify.account import AccountState
from idvault_verify.attest.status_check import CheckError
from idvault_verify.error import Reason
from tests.flows.test_status_checks import Checks
from tests.support.refusal import reason_of
from tools.support.flow_world import PARTY, at
from tools.support.public_account_world import DAY, PublicAccountWorld


@dataclass
class Issuing:
    """Public accounts, and what issues and publishes credentials."""

    world: PublicAccountWorld
    checks: Checks
    number: int = 900

    async def issue(self, shown: OwnedPublicAccount, token: str = "", *, seconds: float = 0) -> str:
        """Return a credential of a public account. token: another account, if it is not its owner's."""
        self.number += 1
        token, found = token or shown.account_token, shown.public_account_id
        issued = await self.checks.credential(token, self.number, now=at(seconds), public_account_id=found)
        return issued.token

    async def said(self, credential: str, *, seconds: float = 0) -> str:
        """Publish the lists, and return what a third party learns from a credential."""
        await self.checks.lists.run(now=at(seconds))
        try:
            return self.checks.check_public_account(credential, seconds=seconds).public_account_id
        except CheckError as error:
            return error.reason

    async def own(self, token: str, *, seconds: float = 0) -> str:
        """Return a credential of the account itself."""
        self.number += 1
        return (await self.checks.credential(token, self.number, now=at(seconds))).token

    async def said_of_person(self, credential: str, *, seconds: float = 0) -> str:
        """Publish the lists, and return what a third party who asks for a verified account learns."""
        await self.checks.lists.run(now=at(seconds))
        try:
            return self.checks.check(credential, seconds=seconds).subject
        except CheckError as error:
            return error.reason


@pytest_asyncio.fixture
async def issuing(main_database: Database, tmp_path: Path) -> AsyncIterator[Issuing]:
    """Return everything with a new database of each kind, and announced keys."""
    world = PublicAccountWorld(main_database)
    checks = Checks(world.claims, tmp_path / "public")
    await checks.start(now=at(0).real)
    yield Issuing(world, checks)
    await world.claims.verification.drain()


async def test_it_is_valid_while_the_public_account_is_active(issuing: Issuing) -> None:
    """It names the public account; the list says INVALID once that is closed, and VALID when it is back."""
    world = issuing.world
    token = await world.company()
    opened = await world.open(token)
    found = opened.public_account_id
    credential = await issuing.issue(opened)
    assert await issuing.said(credential) == found
    assert await issuing.issue(opened) == credential
    keys = (await world.sanctions.moderator(1), await world.sanctions.moderator(2))
    closed = await world.sanctions.closed(token, keys, public_account_id=found, seconds=1)
    assert await issuing.said(credential, seconds=2) == "STATUS_INVALID"
    await world.sanctions.lift(closed, key=keys[0], seconds=3)
    assert await issuing.said(credential, seconds=4) == found
    await world.sanctions.closed(token, keys, seconds=5)
    assert await issuing.said(credential, seconds=6) == "STATUS_INVALID"
    # A rebuild from the rows agrees.
    await issuing.checks.lists.run(now=at(400))
    assert await issuing.said(credential, seconds=401) == "STATUS_INVALID"


async def test_a_rebuilt_list_keeps_it(issuing: Issuing) -> None:
    """An entry of a public account and one of an account are both there after a rebuild."""
    world = issuing.world
    opened = await world.open(await world.company())
    credential = await issuing.issue(opened)
    own = await issuing.own(opened.account_token)
    subject = await issuing.said_of_person(own)
    for seconds in (0, 400):
        assert await issuing.said(credential, seconds=seconds) == opened.public_account_id
        assert await issuing.said_of_person(own, seconds=seconds) == subject
    await world.close(opened, seconds=500)
    assert await issuing.said(credential, seconds=501) == "STATUS_INVALID"
    assert await issuing.said_of_person(own, seconds=501) == subject


@pytest.mark.parametrize("owner", ["person", "company"])
async def test_it_attests_no_person(owner: str, issuing: Issuing) -> None:
    """Neither credential passes for the other, also once the owner's verification has expired."""
    world = issuing.world
    token = await (world.person() if owner == "person" else world.company())
    opened = await world.open(token, seconds=100 * DAY)
    found = opened.public_account_id
    for seconds, attests in ((364.0 * DAY, True), (366.0 * DAY, False)):
        await issuing.checks.lists.run(now=at(seconds))
        account = await world.claims.status.get(relying_party=PARTY, account_token=token, now=at(seconds))
        assert (account.state is AccountState.VERIFIED) == attests
        if attests:
            public, own = (
                await issuing.issue(opened, seconds=seconds),
                await issuing.own(token, seconds=seconds),
            )
            assert await issuing.said_of_person(own, seconds=seconds) not in ("TYPE_WRONG", "STATUS_INVALID")
        assert await issuing.said_of_person(public, seconds=seconds) == "TYPE_WRONG"
        assert await issuing.said(own, seconds=seconds) == "TYPE_WRONG"
        assert await issuing.said(public, seconds=seconds) == found
    assert await issuing.said_of_person(own, seconds=366.0 * DAY) in ("EXPIRED", "STATUS_INVALID")


async def test_a_transfer_ends_it(issuing: Issuing) -> None:
    """The new owner asks for another one; the old one stays INVALID."""
    world = issuing.world
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened = await world.open(first)
    credential = await issuing.issue(opened)
    await world.offer(opened, second)
    moved = await world.accept(opened, second)
    assert await issuing.said(credential) == "STATUS_INVALID"
    assert await reason_of(issuing.issue(opened)) is Reason.PUBLIC_ACCOUNT_NOT_FOUND
    renewed = await issuing.issue(moved)
    assert await issuing.said(renewed) == moved.public_account_id


async def test_what_is_not_attested(issuing: Issuing) -> None:
    """An application, one in grace, and another owner's get no credential."""
    world = issuing.world
    applied = await world.apply(await world.company())
    assert await reason_of(issuing.issue(applied)) is Reason.PUBLIC_ACCOUNT_NOT_LIVE
    opened = await world.approve(applied)
    person = await world.person()
    assert await reason_of(issuing.issue(opened, person)) is Reason.PUBLIC_ACCOUNT_NOT_FOUND
    in_grace = issuing.issue(opened, seconds=365 * DAY)
    assert await reason_of(in_grace) is Reason.PUBLIC_ACCOUNT_NOT_LIVE
