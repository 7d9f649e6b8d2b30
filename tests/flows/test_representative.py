"""The legal representative of an organisation: what a match alone does not give, who may prove, what is kept.

Platforms ask through the client; a proof comes as a session of the hosted pages brings it.
"""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from idvault.claim.acts import representative as representative_acts
from idvault.core.tables import main
from idvault.core.tables.account import accounts, records
from idvault.core.tables.claim import account_attempts, attempts, claims, persons, representatives
from idvault.core.tables.disclosure import kept_records
from idvault.status import acts as status_acts
from idvault_client import FailureReason as Shown
from idvault_verify.account import AccountState, Assurance
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import ExhaustedError, PreconditionError, Reason
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, sql
from tools.support.flow_world import World, at
from tools.support.organizations import REPRESENTATIVE, organization

DAY = 24 * 3600
STRANGER = builders.identity(number="110000190101020007", name="某一二")
BOTH = frozenset({Assurance.REGISTRY_MATCH, Assurance.HOLDER})


async def waiting(world: World, number: int = 1, **options: Any) -> str:
    """Bring an organisation to the point where its representative is awaited; return the token."""
    found = await world.claim(number, organization(), **options)
    assert found.failure_reason is Shown.REPRESENTATIVE_PENDING
    return found.account_token


async def rows(world: World, *tables: Any) -> list[int]:
    """Return how many rows each table has."""
    return [len(await sql.rows(world.database, select(table))) for table in tables]


async def places(world: World) -> list[int]:
    """Return how many accounts each person has."""
    return [row.accounts for row in await sql.rows(world.database, select(persons.c.accounts))]


async def test_all_four_elements_give_neither_badge_nor_place(world: World) -> None:
    """Whoever knows them gets REPRESENTATIVE_PENDING; the record waits, and the account has none."""
    token = await waiting(world)
    status = (await world.claimed()).status
    assert (status.state, status.organization_category) == (AccountState.REJECTED, None)
    assert (await places(world), await rows(world, records, kept_records, representatives)) == (
        [0],
        [0, 1, 1],
    )
    stranger = await world.prove(token, 2, person=STRANGER)
    assert (stranger.state, stranger.failure_reason) == (ClaimState.FAILED, FailureReason.ELEMENT_MISMATCH)
    assert stranger.account.state is AccountState.REJECTED
    assert (await places(world), await rows(world, records, kept_records)) == ([0], [0, 1])


async def test_the_representative_proves_to_be_present(world: World) -> None:
    """The account is verified with the record that has waited; nothing of the wait is left."""
    token = await waiting(world)
    done = await world.prove(token, 2)
    assert done.state is ClaimState.SUCCEEDED
    assert (done.account.state, done.account.assurances) == (AccountState.VERIFIED, BOTH)
    assert done.receipt is not None
    assert (await places(world), await rows(world, records, kept_records, representatives)) == (
        [1],
        [1, 0, 0],
    )
    assert (await world.claimed()).failure_reason is Shown.REPRESENTATIVE_PENDING
    assert [identity for _token, identity in world.records.sealed] == [organization()]


async def test_no_account_of_the_representative_takes_part(world: World) -> None:
    """He has an account at the platform: nothing about it is read, changed or told, and he gets no row."""
    own = await world.claim(7, REPRESENTATIVE)
    before = await sql.rows(world.database, select(persons).where(persons.c.accounts == 1))
    token = await waiting(world)
    done = await world.prove(token, 2)
    assert done.account.account_token == token
    assert done.account.person_id != before[0].person_id
    assert (
        await sql.rows(world.database, select(persons).where(persons.c.person_id == before[0].person_id))
        == before
    )
    assert sorted(await places(world)) == [1, 1]
    named = await sql.rows(world.database, select(claims).where(claims.c.account_token == token))
    assert {row.person_id for row in named} == {done.account.person_id}
    assert own.account_token not in repr(done)


@pytest.mark.parametrize(
    ("person", "answer"),
    [
        (STRANGER, RegistryAnswer.MATCH),
        (REPRESENTATIVE, RegistryAnswer.MISMATCH),
        (replace(REPRESENTATIVE, name="某一二"), RegistryAnswer.MATCH),
        (replace(REPRESENTATIVE, document=STRANGER.document), RegistryAnswer.MATCH),
    ],
)
async def test_every_other_proof_has_the_same_answer(
    world: World, person: Any, answer: RegistryAnswer
) -> None:
    """Somebody else, another name or number, or a denied proof: the same failure, charged."""
    token = await waiting(world)
    failed = await world.prove(token, 2, person=person, answer=answer)
    assert failed.failure_reason is FailureReason.ELEMENT_MISMATCH
    assert await rows(world, account_attempts, attempts) == [1, 1]
    assert (await world.prove(token, 3)).state is ClaimState.SUCCEEDED


async def test_guesses_of_the_representative_are_limited(world: World) -> None:
    """Five an hour at the account, whoever proves; the sixth is not even compared."""
    token = await waiting(world)
    for number in range(5):
        person = builders.identity(number=f"110000190101{number + 1:02}000X", name="某一二")
        assert (await world.prove(token, 10 + number, person=person)).state is ClaimState.FAILED
    with pytest.raises(ExhaustedError) as refused:
        await world.prove(token, 20)
    assert refused.value.reason is Reason.TOO_MANY_ATTEMPTS
    assert (await world.prove(token, 21, seconds=2 * 3600)).state is ClaimState.SUCCEEDED


async def test_a_proof_is_used_once(world: World) -> None:
    """A repeat of its request shows its claim; under another request it finds nothing that waits."""
    token = await waiting(world)
    done = await world.prove(token, 2)
    assert (await world.prove(token, 2)).claim_id == done.claim_id
    with pytest.raises(PreconditionError):
        await world.prove(token, 3)
    assert await rows(world, records) == [1]


async def test_a_proof_counts_for_one_account_only(world: World) -> None:
    """The digest is bound to the account: equal representatives have different ones."""
    first, second = await waiting(world, 1), await waiting(world, 2)
    digests = [row.digest for row in await sql.rows(world.database, select(representatives.c.digest))]
    assert len(set(digests)) == 2
    assert (await world.prove(first, 3)).state is ClaimState.SUCCEEDED
    found = await world.client().get_status(second)
    assert not found.is_verified


async def test_after_fourteen_days_nothing_is_left(world: World) -> None:
    """Digest and record go; the representative comes too late, and the company claims again."""
    token = await waiting(world)
    late = at(14 * DAY)
    assert await representative_acts.forget(world.verification.vault, at(14 * DAY - 1)) == 0
    with pytest.raises(PreconditionError):
        await world.prove(token, 2, seconds=14 * DAY)
    assert await representative_acts.forget(world.verification.vault, late) == 1
    due = await sql.rows(world.database, select(kept_records.c.due_at))
    assert [row.due_at for row in due] == [late.business]
    assert await rows(world, representatives) == [0]
    await waiting(world, 3, token=token, seconds=15 * DAY)
    assert (await world.prove(token, 4, seconds=15 * DAY)).state is ClaimState.SUCCEEDED


async def test_the_newest_match_is_the_one_that_waits(world: World) -> None:
    """It names another representative: the former record ends, and the former one proves nothing."""
    token = await waiting(world)
    other = await world.claim(2, organization(representative=STRANGER), token=token, seconds=10)
    assert other.failure_reason is Shown.REPRESENTATIVE_PENDING
    assert await rows(world, representatives) == [1]
    assert (await world.prove(token, 3, seconds=20)).state is ClaimState.FAILED
    assert (await world.prove(token, 4, person=STRANGER, seconds=30)).state is ClaimState.SUCCEEDED


async def test_a_claim_that_does_not_match_changes_nothing_that_waits(world: World) -> None:
    """Whoever holds the platform's account cannot make it forget by a wrong form; its own digest goes."""
    token = await waiting(world)
    world.organizations.verdict = RegistryAnswer.MISMATCH
    await world.claim(2, organization(name="虚构别名公司"), token=token, seconds=10)
    assert await rows(world, representatives) == [1]
    assert (await world.prove(token, 3, seconds=20)).state is ClaimState.SUCCEEDED


async def test_a_proof_replaces_an_open_claim(world: World) -> None:
    """A newer claim that waits for the registry ends as superseded, with its digest."""
    token = await waiting(world)
    world.organizations.script.append(RegistryAnswer.UNKNOWN)
    assert (await world.claim(2, organization(), token=token, seconds=10)).pending
    assert (await world.prove(token, 3, seconds=20)).state is ClaimState.SUCCEEDED
    assert (await world.claimed(2, seconds=30)).failure_reason is Shown.SUPERSEDED
    assert await rows(world, representatives) == [0]


async def test_a_renewal_asks_again_and_takes_nothing_away(world: World) -> None:
    """A verified company stays VERIFIED while its representative is awaited, and keeps its former record."""
    token = await waiting(world)
    await world.prove(token, 2)
    await waiting(world, 3, token=token, seconds=100 * DAY)
    status = await world.client(seconds=100 * DAY).get_status(token)
    assert status.is_verified
    renewed = await world.prove(token, 4, seconds=101 * DAY)
    assert renewed.account.expire_date is not None
    assert status.expire_date is not None
    assert renewed.account.expire_date > status.expire_date
    assert await places(world) == [1]


async def test_what_a_person_is_refused_is_told_after_the_proof_only(world: World) -> None:
    """That a company has all its places is told to its representative alone."""
    world.settlement.policy = replace(world.policy, accounts_per_person=1)
    first, second = await waiting(world, 1), await waiting(world, 2)
    assert (await world.prove(first, 3)).state is ClaimState.SUCCEEDED
    third = await waiting(world, 4)
    refused = await world.prove(second, 5)
    assert refused.failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED
    assert await places(world) == [1]
    assert third != second


async def test_without_a_match_nobody_proves_anything(world: World) -> None:
    """Neither for a person's account, nor while the registry has not answered."""
    person = (await world.claim(1)).account_token
    world.organizations.script.append(RegistryAnswer.UNKNOWN)
    open_ = (await world.claim(2, organization())).account_token
    for number, token in ((3, person), (4, open_)):
        with pytest.raises(PreconditionError) as refused:
            await world.prove(token, number)
        assert refused.value.reason is Reason.ILLEGAL_TRANSITION


async def test_no_table_has_the_representative(world: World) -> None:
    """Neither name nor number, nor a digest that his own account has, is in any row."""
    await world.claim(7, REPRESENTATIVE)
    indexes = {
        bytes(row.person_index) for row in await sql.rows(world.database, select(persons.c.person_index))
    }
    await waiting(world)
    stored = [
        str(row) for table in main.sorted_tables for row in await sql.rows(world.database, select(table))
    ]
    for told in (REPRESENTATIVE.name, REPRESENTATIVE.document.number):
        assert not [row for row in stored if told in row]
    (digest,) = [row.digest for row in await sql.rows(world.database, select(representatives.c.digest))]
    assert bytes(digest) not in indexes


async def test_an_organization_of_before_is_asked_at_its_renewal(world: World) -> None:
    """Verified by name and code, it has no HOLDER and stays VERIFIED until its date; then he must come."""
    token = await waiting(world)
    await world.prove(token, 2)
    await sql.change(world.database, update(accounts).values(assurance="REGISTRY_MATCH"))
    status = await world.client(seconds=364 * DAY).get_status(token)
    assert (status.is_verified, status.assurances) == (True, (Assurance.REGISTRY_MATCH,))
    await waiting(world, 3, token=token, seconds=364 * DAY)
    assert (await world.client(seconds=364 * DAY).get_status(token)).is_verified
    over = await world.client(seconds=366 * DAY).get_status(token)
    assert over.state is AccountState.EXPIRED
    renewed = await world.prove(token, 4, seconds=366 * DAY)
    assert renewed.account.assurances == BOTH


async def test_a_claim_of_a_program_of_before_waits_for_nobody(world: World) -> None:
    """It was opened without a digest: its match is no success, keeps no record, and asks for nobody."""
    world.organizations.script.append(RegistryAnswer.UNKNOWN)
    token = (await world.claim(1, organization())).account_token
    await sql.change(world.database, delete(representatives))
    (ended,) = await world.work(seconds=20)
    assert ended is not None
    assert ended.failure_reason is FailureReason.REGISTRY_TIMED_OUT
    assert await rows(world, records, kept_records, representatives) == [0, 0, 0]
    with pytest.raises(PreconditionError):
        await world.prove(token, 2, seconds=30)


async def test_a_rejected_account_goes_after_the_record_that_waited(world: World) -> None:
    """Thirty days later it is removed with its claims, unless its record is still being destroyed."""
    await waiting(world)
    vault, now = world.verification.vault, at(31 * DAY)
    assert await status_acts.remove_abandoned(vault, now, zone=builders.ZONE, limit=10) == 0
    await sql.change(world.database, delete(kept_records))
    assert await status_acts.remove_abandoned(vault, now, zone=builders.ZONE, limit=10) == 1
    assert await rows(world, accounts, claims, representatives, persons) == [0, 0, 0, 0]
