"""Claims of organisations, which use another registry without queries. All data is synthetic.

Platforms ask through the client; what the worker does has no method.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from idvault.claim.job import rules as job_rules
from idvault.core.tables.claim import jobs
from idvault.registry.absent import AbsentRegistry
from idvault_client import FailureReason, TooManyAttempts, Verification
from idvault_dev.mock_registry.server import Options
from idvault_verify.account import AccountState, SubjectKind
from idvault_verify.claim import ClaimState
from idvault_verify.claim import FailureReason as Told
from idvault_verify.document import DocumentType
from idvault_verify.organization import OrganizationCategory
from idvault_verify.registry import RegistryAnswer
from tests.support.registry_session import RegistrySession, Uncapped, registry_session
from tools.support import sql
from tools.support.databases import Databases
from tools.support.fakes.registry import FakeRegistry
from tools.support.flow_world import World, at, open_world
from tools.support.organizations import REPRESENTATIVE, organization

LATE = 48 * 3600
PENDING = FailureReason.REPRESENTATIVE_PENDING


async def claim(world: World, number: int = 1, **options: Any) -> Verification:
    """Sign an organisation up."""
    return await world.claim(number, organization(), **options)


async def resends(world: World) -> list[int]:
    """Return how often each job's check was sent again."""
    return [row.resends for row in await sql.rows(world.database, select(jobs.c.resends))]


async def test_the_registry_of_organizations_is_asked_and_no_other(world: World) -> None:
    """A match publishes no category before the representative's proof; all four elements are sealed."""
    found = await claim(world)
    assert found.failure_reason is PENDING
    assert found.status.subject_kind is SubjectKind.ORGANIZATION
    assert found.status.organization_category is None
    assert world.records.sealed == [(found.account_token, organization())]
    done = await world.prove(found.account_token, 2)
    assert done.account.organization_category is OrganizationCategory.COMPANY
    assert world.registry.checks == []
    assert [identity for _ai, identity in world.organizations.checks] == [organization()]


async def test_every_guess_of_an_element_is_an_attempt(world: World) -> None:
    """A mismatch does not say of which element; five guesses an hour are the limit, whichever varies."""
    world.organizations.verdict = RegistryAnswer.MISMATCH
    for number in range(5):
        person = replace(REPRESENTATIVE, name="某一" + "二三四五六"[number])
        found = await world.claim(number, organization(representative=person))
        assert found.failure_reason is FailureReason.ELEMENT_MISMATCH
    with pytest.raises(TooManyAttempts):
        await claim(world, 6)


async def test_one_that_does_not_operate_is_no_guess(world: World) -> None:
    """It is not verified, takes no place, and is not charged: whoever claimed it had every element."""
    world.organizations.verdict = RegistryAnswer.NOT_OPERATING
    for number in range(6):
        found = await claim(world, number)
        assert found.failure_reason is FailureReason.ORGANIZATION_NOT_OPERATING
        assert (found.status.state, found.status.organization_category) == (AccountState.REJECTED, None)
    world.organizations.verdict = RegistryAnswer.MATCH
    assert (await claim(world, 7)).failure_reason is PENDING


async def test_a_waiting_claim_keeps_its_representative(world: World) -> None:
    """The worker asks with all four elements, which only the sealed intake has kept."""
    world.organizations.script.append(RegistryAnswer.UNKNOWN)
    assert (await claim(world)).state is ClaimState.PENDING
    await world.work(seconds=20)
    assert [identity for _ai, identity in world.organizations.checks][-1] == organization()


async def test_no_record_is_an_answer_of_its_own_and_no_attempt(world: World) -> None:
    """NO_RECORD does not count as a mismatch, because no name was guessed."""
    world.organizations.verdict = RegistryAnswer.NO_RECORD
    for number in range(6):
        found = await claim(world, number)
        assert found.failure_reason is FailureReason.NO_RECORD
        assert (found.status.state, found.status.organization_category) == (AccountState.REJECTED, None)


async def test_a_check_in_progress_is_polled_by_the_check(world: World) -> None:
    """The registry is working on the check, so a poll is not a resend."""
    world.organizations.script.extend([RegistryAnswer.IN_PROGRESS] * 3)
    assert (await claim(world)).state is ClaimState.PENDING
    for seconds in (5, 20):
        assert await world.work(seconds=seconds) == [None]
    (settled,) = await world.work(seconds=60)
    assert settled is not None
    assert settled.failure_reason is Told.REPRESENTATIVE_PENDING
    assert (world.organizations.charged, await resends(world)) == (1, [0])


async def test_a_check_that_was_cut_short_is_sent_again(world: World) -> None:
    """After a worker dies in SENDING, the next process sends the check again and counts a resend."""
    world.organizations.script.append(RegistryAnswer.NOT_SENT)
    await claim(world)
    (job,) = await world.backlog.lease(now=at(2), limit=1)
    sending = job_rules.send(progress=job.progress, now=at(2).real)
    assert await world.jobs.advance(job, progress=sending, keep_lease=True)
    (settled,) = await world.work(seconds=30)
    assert settled is not None
    assert settled.failure_reason is Told.REPRESENTATIVE_PENDING
    assert (world.organizations.charged, await resends(world)) == (1, [1])


async def test_without_a_registry_a_claim_waits_for_its_end(world: World) -> None:
    """If the setting is removed while a claim waits, nothing is sent, and the claim fails after 48 h."""
    world.organizations.script.append(RegistryAnswer.UNKNOWN)
    await claim(world)
    sent = len(world.organizations.checks)
    world.settlement.registries = {  # the next start has other settings
        SubjectKind.INDIVIDUAL: world.registry,
        SubjectKind.ORGANIZATION: AbsentRegistry(),
    }
    for seconds in (20, 100, 1000):
        assert set(await world.work(seconds=seconds)) <= {None}
    assert len(world.organizations.checks) == sent
    assert await world.backlog.time_out(now=at(LATE), limit=10) == 1
    assert (await world.claimed()).failure_reason is FailureReason.REGISTRY_TIMED_OUT


@pytest.mark.parametrize(
    ("wire", "keep_unheard", "charges_and_resends"),
    [
        ("nppa", True, (1, [0])),
        ("nppa", False, (2, [1])),
        ("enterprise", True, (1, [1])),
        ("enterprise", False, (2, [1])),
    ],
)
async def test_both_modes_of_keeping_what_nobody_heard(
    databases: Databases,
    tmp_path: Path,
    wire: str,
    keep_unheard: bool,
    charges_and_resends: tuple[int, list[int]],
) -> None:
    """Each claim settles once; it is charged once if results are kept, else each resend is counted."""
    async with registry_session(tmp_path, wire, options=Options(keep_unheard=keep_unheard)) as registry:
        world = await _world(databases, registry)
        await registry.registry.behave("lose_answer", count=1)
        assert (await world.claim(1, registry.known())).state is ClaimState.PENDING
        for seconds in (11, 17, 18):
            await world.work(seconds=seconds)
        ends = {"nppa": None, "enterprise": Told.REPRESENTATIVE_PENDING}
        assert [found.failure_reason for found in world.settled] == [ends[wire]]
        assert (await registry.count("charged"), await resends(world)) == charges_and_resends
        await world.database.close()


async def _world(databases: Databases, registry: RegistrySession) -> World:
    # The world has fakes; these two are the real adapter with the same methods.
    asked = cast(FakeRegistry, Uncapped(inner=registry.adapter))
    people = asked if DocumentType.RESIDENT_ID in registry.adapter.document_types else FakeRegistry()
    return await open_world(databases, registry=people, organizations=asked)


async def test_an_outage_of_their_registry_holds_back_no_person(world: World) -> None:
    """People's waiting claims are settled in the same second in which no organisation can be asked."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    assert (await world.claim(1)).state is ClaimState.PENDING
    world.organizations.script.extend([RegistryAnswer.NOT_SENT] * 20)
    for number in range(2, 6):
        assert (await claim(world, number, seconds=number)).state is ClaimState.PENDING
    asked = len(world.organizations.checks)
    # The first organisation finds its registry away, and the others are not tried in vain.
    await world.work(seconds=8)
    assert len(world.organizations.checks) == asked + 1
    assert (await world.claimed(1, seconds=8)).state is ClaimState.SUCCEEDED
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    assert (await world.claim(6, seconds=100)).state is ClaimState.PENDING
    await world.work(seconds=101.5)
    await world.work(seconds=101.6)
    assert (await world.claimed(6, seconds=102)).state is ClaimState.SUCCEEDED
    world.organizations.script.clear()
    for second in range(200, 210):
        await world.work(seconds=second)
    for number in range(2, 6):
        assert (await world.claimed(number, seconds=210)).failure_reason is PENDING


async def test_a_hanging_registry_of_organizations_does_not_slow_a_person(world: World) -> None:
    """A person is answered at once while organisations' calls wait for theirs."""
    world.organizations.gate = asyncio.Event()
    waiting = [asyncio.create_task(claim(world, number, patience=300)) for number in range(2, 6)]
    await world.organizations.asked.wait()
    async with asyncio.timeout(60):
        assert (await world.claim(1)).state is ClaimState.SUCCEEDED
    world.organizations.gate.set()
    assert {(await each).failure_reason for each in waiting} == {PENDING}
