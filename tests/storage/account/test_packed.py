"""Accounts packed as texts: everything that a status shows, and nothing lost."""

from dataclasses import fields
from datetime import date, timedelta

from sqlalchemy import select

from idvault.domain import account as rules
from idvault.domain.account import Account, AccountState, Status, SubjectKind
from idvault.domain.claim import Owner
from idvault.domain.organization import OrganizationCategory
from idvault.storage.account.rows import SHOWN
from idvault.storage.account.tables import accounts as table
from tests.support.storage_world import MATCHED, TODAY, World


async def _unpacked(world: World, accounts: list[Account]) -> list[Account]:
    tokens = [account.account_token for account in accounts]
    packed = await world.accounts.packed(relying_party="platform-a", account_tokens=tokens)
    return [world.accounts.unpack(one, relying_party="platform-a") for one in packed]


def _by_token(accounts: list[Account], today: date) -> dict[str, Status]:
    return {account.account_token: rules.project(account=account, today=today) for account in accounts}


async def test_a_packed_account_has_the_same_status(world: World) -> None:
    """Pending, verified, rejected and an organisation, today and after the verification has expired."""
    await world.job()
    await world.verified()
    await world.rejected()
    job = await world.job(subject_kind=SubjectKind.ORGANIZATION)
    owner = Owner(SubjectKind.ORGANIZATION, OrganizationCategory.COMPANY)
    assert await world.settle(job, MATCHED, owner=owner)
    tokens = [row.account_token for row in await world.all(select(table.c.account_token))]
    accounts = await world.accounts.get_many(relying_party="platform-a", account_tokens=tokens)
    unpacked = await _unpacked(world, accounts)
    for today in (TODAY, TODAY + timedelta(days=366)):
        assert _by_token(unpacked, today) == _by_token(accounts, today)
    later = _by_token(unpacked, TODAY + timedelta(days=366))
    assert {status.state for status in later.values()} >= {AccountState.EXPIRED, AccountState.REJECTED}


async def test_only_own_accounts_are_packed(world: World) -> None:
    """Another party's account and an unknown token are left out; no token gives no text."""
    mine = await world.verified()
    theirs = await world.job(request=world.request(relying_party="platform-b"))
    tokens = [mine.account_token, theirs.account_token, world.new_claim().account_token]
    (packed,) = await world.accounts.packed(relying_party="platform-a", account_tokens=tokens)
    assert packed.startswith(mine.account_token + "|")
    assert await world.accounts.packed(relying_party="platform-a", account_tokens=[]) == []


def test_every_shown_column_is_packed() -> None:
    """A field that is added to the status must be added to the text, or batches would not show it."""
    assert {column.name for column in SHOWN} == {field.name for field in fields(Status)}
