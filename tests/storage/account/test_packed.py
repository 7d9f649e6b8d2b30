"""Accounts packed as texts: everything that a status shows, and nothing lost."""

from dataclasses import fields
from datetime import date, timedelta

from sqlalchemy import select

from idvault.account import rules as account_rules
from idvault.account.store.rows import SHOWN
from idvault.claim.rules import Owner
from idvault.core.tables.account import accounts as table
from idvault_verify.account import Account, AccountState, Status, SubjectKind
from idvault_verify.organization import OrganizationCategory
from tools.support.storage_world import MATCHED, NOW, TODAY, World


async def _packed(world: World, tokens: list[str]) -> list[str]:
    packed = await world.accounts.packed_many(relying_party="platform-a", account_tokens=tokens)
    return [token + shown for shown, together in packed.items() for token in together.split(",")]


def _by_token(accounts: list[Account], today: date) -> dict[str, Status]:
    return {
        account.account_token: account_rules.project(account=account, today=today, now=NOW)
        for account in accounts
    }


async def test_a_packed_account_has_the_same_status(world: World) -> None:
    """Pending, verified, rejected and an organisation, today and after the verification has expired."""
    await world.job()
    await world.verified()
    await world.rejected()
    job = await world.job(subject_kind=SubjectKind.ORGANIZATION)
    owner = Owner(SubjectKind.ORGANIZATION, OrganizationCategory.COMPANY)
    assert await world.settle(job, MATCHED, owner=owner)
    tokens = [row.account_token for row in await world.all(select(table.c.account_token))]
    found = [await world.accounts.get(relying_party="platform-a", account_token=token) for token in tokens]
    accounts = [account for account in found if account is not None]
    assert len(accounts) == len(tokens)
    packed = await _packed(world, tokens)
    single = [
        await world.accounts.packed(relying_party="platform-a", account_token=token) for token in tokens
    ]
    assert sorted(packed) == sorted(one for one in single if one is not None)
    unpacked = [world.accounts.unpack(one) for one in packed]
    for today in (TODAY, TODAY + timedelta(days=366)):
        assert _by_token(unpacked, today) == _by_token(accounts, today)
    later = _by_token(unpacked, TODAY + timedelta(days=366))
    assert {status.state for status in later.values()} >= {AccountState.EXPIRED, AccountState.REJECTED}


async def test_only_own_accounts_are_packed(world: World) -> None:
    """Another party's account and an unknown token are left out; no token gives no text."""
    mine = await world.verified()
    theirs = await world.job(request=world.request(relying_party="platform-b"))
    tokens = [mine.account_token, theirs.account_token, world.new_claim().account_token]
    (packed,) = await _packed(world, tokens)
    assert packed.startswith(mine.account_token + "|")
    assert await _packed(world, []) == []
    for token in tokens[1:]:
        assert await world.accounts.packed(relying_party="platform-a", account_token=token) is None
    assert await world.accounts.packed(relying_party="platform-b", account_token=mine.account_token) is None


async def test_equal_texts_are_given_once(world: World) -> None:
    """Accounts whose statuses are equal share a text, among 1,000 tokens."""
    jobs = [await world.job() for _ in range(3)]
    await world.verified()
    tokens = [job.account_token for job in jobs] + [world.new_claim().account_token for _ in range(997)]
    packed = await world.accounts.packed_many(relying_party="platform-a", account_tokens=tokens)
    (together,) = packed.values()
    assert sorted(together.split(",")) == sorted(tokens[:3])


def test_every_shown_column_is_packed() -> None:
    """A field that is added to the status must be added to the text, or batches would not show it."""
    packed = {column.name for column in SHOWN} ^ {"assurance", "assurances"}
    assert packed == {field.name for field in fields(Status)} | {"later_standings"}
