"""Two persons become one, over both databases: a notice pairs the numbers, and a provider proves both.

Neither suffices alone. Whatever the former number had goes over, and nothing is lost or gained.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims, persons
from idvault.core.tables.notice import person_marks
from idvault.core.tables.session import disavowals, waiting_disavowals
from idvault.session.disavowal.rules import Disavowal
from idvault.session.disavowal.store import ROWS as DISAVOWALS
from idvault_client.errors import InvalidFields, Unavailable
from idvault_dev.mock_provider.book import ProviderFault
from idvault_verify.account import Standing
from idvault_verify.claim import ClaimState, FailureReason, Identity
from idvault_verify.notice import NoticeKind
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree
from idvault_verify.session import DisavowalState, Proof
from idvault_verify.v1 import session_pb2 as pb
from tests.support.joining_world import LATEST, NEW, NEWEST, OLD, Joining, open_joining
from tests.support.withdrawal_world import HOUR
from tools.support import sql
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import PARTY, at
from tools.support.notice_world import notice, notice_id

States = pb.VerificationSession.State


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[Joining]:
    """Return the flows with a new database of each kind."""
    made = await open_joining(main_database)
    yield made
    await made.sessions.claims.verification.drain()


async def test_two_persons_become_one(world: Joining) -> None:
    """The account that was renewed, the others of the former number, and their places are one person's."""
    token = await world.notices.sign_up(OLD)
    await world.notices.sign_up(OLD)
    await world.pair()
    assert await world.people() == [(2, 0), (0, 0)]
    page = await world.prove(token=token)
    assert (page.state, page.verification.account_token) == (States.STATE_SUCCEEDED, token)
    assert await world.people() == [(2, 0)]
    assert await sql.count(world.database, person_marks) == 0


async def test_what_the_former_number_disowned_is_the_persons(world: Joining) -> None:
    """Afterwards no table but that of persons names who the former number's person was."""
    for _ in range(2):
        await world.notices.sign_up(OLD)
    first, second = await sql.rows(world.database, select(accounts))
    former, now = first.person_id, at(0).business
    waits = {"account_token": first.account_token, "relying_party": PARTY, "person_id": former}
    await sql.change(world.database, insert(waiting_disavowals).values(**waits, tell_at=now))
    told = Disavowal("d" * 32, PARTY, second.account_token, former, DisavowalState.FILED, now, now)
    await world.database.act("test", lambda one: DISAVOWALS.add(one, told))
    await world.pair()
    assert (await world.prove()).state == States.STATE_SUCCEEDED
    naming = [table for table in main.sorted_tables if "person_id" in table.c and table is not persons]
    assert {waiting_disavowals, disavowals, accounts} < set(naming)
    for table in naming:
        assert former not in {row.person_id for row in await sql.rows(world.database, select(table))}, table
    [row] = await sql.rows(world.database, select(waiting_disavowals))
    assert await world.people() == [(3, 0)]
    assert row.person_id != former


@pytest.mark.parametrize("who", [OLD, NEW])
async def test_every_number_lists_the_persons_accounts(world: Joining, who: Identity) -> None:
    """Whoever proves either number sees what stands in either, what waits, and cancels it."""
    for each in (OLD, NEW):
        await world.notices.sign_up(each)
    key, shown = await world.sessions.listed(OLD)
    await world.sessions.disown(key, shown.accounts[0].handle, seconds=60)
    await world.pair()
    assert len((await world.sessions.listed(who, seconds=HOUR))[1].accounts) == 1
    world.provider.now = at(0).real
    assert (await world.prove()).state == States.STATE_SUCCEEDED
    key, shown = await world.sessions.listed(who, seconds=2 * HOUR)
    assert (len(shown.accounts), shown.waiting) == (3, 1)
    await world.sessions.cancel(key, seconds=2 * HOUR)
    assert await sql.count(world.database, waiting_disavowals) == 0


@pytest.mark.parametrize(
    "missing", ["the notice", "the former number", "the provider's word", "the presence"]
)
async def test_neither_a_notice_nor_a_proof_joins_alone(world: Joining, missing: str) -> None:
    """An insider of the registry, one of the provider, and whoever knows both numbers leave two persons."""
    await world.notices.sign_up(OLD)
    await world.notices.sign_up(NEW)
    if missing != "the notice":
        await world.pair()
    if missing == "the provider's word":
        world.provider.book.fault = ProviderFault.OTHER_FORMER
    if missing == "the presence":
        assert (await world.notices.verify(NEW)).state is ClaimState.SUCCEEDED
    else:
        page = await world.prove(former=None if missing == "the former number" else OLD)
        assert page.state == States.STATE_SUCCEEDED
    assert await world.people() == [(2, 0), (1, 0)]


async def test_over_the_limit_nothing_is_new_and_nothing_lost(world: Joining) -> None:
    """Three and three of five: no number signs up again, all six are renewed."""
    tokens = [await world.notices.sign_up(who) for who in (OLD, NEW) for _ in range(3)]
    await world.pair()
    page = await world.prove()
    assert page.verification.failure_reason == page.verification.FAILURE_REASON_ACCOUNT_LIMIT_REACHED
    assert await world.people() == [(6, 0)]
    for who in (OLD, NEW):
        assert (await world.notices.verify(who)).failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED
        for token in tokens:
            assert (await world.notices.verify(who, token)).state is ClaimState.SUCCEEDED
    assert await world.people() == [(6, 0)]


async def test_sanctions_of_the_former_number_are_the_persons(world: Joining) -> None:
    """The account of the session follows at once, another one with its next claim that matches."""
    sanctioning = world.notices.sanctions
    keys = await sanctioning.moderator(1), await sanctioning.moderator(2)
    named, other = await world.notices.sign_up(OLD), await world.notices.sign_up(NEW)
    await sanctioning.of_person(named, Degree.LIMIT, keys)
    await world.pair()
    page = await world.prove()
    assert await world.people() == [(3, 1)]
    limited = Standing.PUBLISHING_LIMITED
    assert (await world.notices.status(page.verification.account_token)).standing is limited
    assert (await world.notices.status(other)).standing is Standing.GOOD
    await world.notices.verify(NEW, other)
    assert (await world.notices.status(other)).standing is limited


async def test_a_closed_person_joins_into_nothing(world: Joining) -> None:
    """The claim fails; the closing holds for both numbers, now as one person's."""
    sanctioning = world.notices.sanctions
    keys = await sanctioning.moderator(1), await sanctioning.moderator(2)
    await sanctioning.of_person(await world.notices.sign_up(OLD), Degree.CLOSE, keys)
    await world.pair()
    page = await world.prove()
    assert page.verification.failure_reason == page.verification.FAILURE_REASON_PERSON_CLOSED
    for who in (OLD, NEW):
        assert (await world.notices.verify(who)).failure_reason is FailureReason.PERSON_CLOSED
    assert await world.people() == [(1, 1)]


async def test_a_waiting_claim_follows(world: Joining) -> None:
    """What was opened for the former number takes a place of the person."""
    await world.notices.sign_up(OLD)
    await world.pair()
    world.notices.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    assert (await world.notices.verify(OLD)).state is ClaimState.PENDING
    await world.prove()
    await world.notices.claims.work(seconds=60)
    states = {row.state for row in await sql.rows(world.database, select(claims))}
    assert states == {"SUCCEEDED"}
    assert await world.people() == [(3, 0)]
    assert len({row.person_id for row in await sql.rows(world.database, select(claims))}) == 1


async def test_a_reversal_parts_nobody(world: Joining) -> None:
    """What a provider proved stays; before a proof, a reversal leaves two persons for good."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.prove(token=token)
    await world.notices.submit(notice(2, NoticeKind.REVERSED, reversed_id=notice_id(1)))
    assert await world.people() == [(1, 0)]
    assert (await world.notices.verify(OLD, token)).state is ClaimState.SUCCEEDED
    await world.pair(3, NEW, NEWEST)
    await world.notices.submit(notice(4, NoticeKind.REVERSED, reversed_id=notice_id(3)))
    assert (await world.prove(NEWEST, NEW)).state == States.STATE_SUCCEEDED
    assert await world.people() == [(1, 0), (1, 0)]


async def test_a_number_is_replaced_again(world: Joining) -> None:
    """Notices about any of the numbers reach the person; the first number leads to the last one's."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.prove(token=token)
    await world.pair(2, OLD, NEWEST)
    assert (await world.prove(NEWEST, NEW, token)).state == States.STATE_SUCCEEDED
    assert await world.people() == [(1, 0)]
    for who in (OLD, NEW, NEWEST):
        assert (await world.notices.verify(who, token)).state is ClaimState.SUCCEEDED
    await world.notices.submit(notice(3, NoticeKind.PERSON_ENDED, OLD.document))
    assert (await world.notices.verify(NEWEST, token)).failure_reason is FailureReason.MISMATCH


async def test_the_last_account_takes_every_number_along(world: Joining) -> None:
    """Nothing is known of a person without an account, under no number."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.prove(token=token)
    await world.release(token)
    assert await sql.count(world.database, persons) == 0


CHAIN = [OLD, NEW, NEWEST, LATEST]


@pytest.mark.parametrize("joined", [(), (0,), (1,), (2,), (0, 2)])
@pytest.mark.parametrize("last", [0, 1, 2, 3])
async def test_the_last_account_of_a_chain_takes_everybody_along(
    world: Joining, joined: tuple[int, ...], last: int
) -> None:
    """Over several replacements, some of which were joined, whichever number's account goes last."""
    tokens = [await world.notices.sign_up(who) for who in CHAIN]
    for number, (old, new) in enumerate(pairwise(CHAIN)):
        await world.pair(number, old, new)
        if number in joined:
            await world.prove(new, old, tokens[number])
    kept = tokens.pop(last)
    await world.release(*tokens)
    ids = {row.person_id for row in await sql.rows(world.database, select(persons))}
    assert {row.joined_id for row in await sql.rows(world.database, select(persons))} <= ids | {None}
    assert (await world.notices.verify(CHAIN[last], kept)).state is ClaimState.SUCCEEDED
    await world.release(kept)
    assert await sql.count(world.database, persons) == 0
    assert await sql.count(world.database, person_marks) == 0


async def test_who_was_known_for_a_number_between_is_forgotten(world: Joining) -> None:
    """The newest number's holder proves the first one's: nothing holds the person of the one between."""
    token = await world.notices.sign_up(OLD)
    await world.pair(1, OLD, NEW)
    await world.pair(2, NEW, NEWEST)
    await world.prove(NEWEST, OLD, token)
    assert await sql.count(world.database, persons) == 2
    await world.release(token)
    assert await sql.count(world.database, persons) == 0
    assert await sql.count(world.database, person_marks) == 0


async def test_numbers_that_replaced_each_other_are_one(world: Joining) -> None:
    """Whatever the registry says of three numbers in a circle, no mark leads a person to herself."""
    tokens = [await world.notices.sign_up(who) for who in CHAIN[:3]]
    for number, (old, new) in enumerate([(OLD, NEW), (NEW, NEWEST), (NEWEST, OLD)]):
        await world.pair(number, old, new)
    await world.prove(NEW, OLD)
    await world.prove(NEWEST, NEW)
    assert await world.people() == [(5, 0)]
    assert await sql.count(world.database, person_marks) == 0
    assert (await world.notices.verify(OLD, tokens[2])).state is ClaimState.SUCCEEDED


@pytest.mark.parametrize("contested", [1, 2, 3])
async def test_a_contested_pairing_ends_the_chain(world: Joining, contested: int) -> None:
    """Whoever has a number after it renews nothing from before it, and is made one with nobody there."""
    tokens = [await world.notices.sign_up(who) for who in CHAIN]
    for number, (old, new) in enumerate(pairwise(CHAIN)):
        await world.pair(number, old, new)
    await world.deny(CHAIN[contested])
    before = len(await world.people())
    for old, token in zip(CHAIN[:contested], tokens, strict=False):
        for new in CHAIN[contested:]:
            found = await world.notices.verify(new, token)
            assert found.failure_reason is FailureReason.DIFFERENT_OWNER
            await world.prove(new, old)
    assert len(await world.people()) == before
    for place, token in enumerate(tokens):
        last = CHAIN[contested - 1] if place < contested else CHAIN[-1]
        assert (await world.notices.verify(last, token)).state is ClaimState.SUCCEEDED


@pytest.mark.parametrize("reversed_", [True, False])
async def test_a_former_number_leads_to_somebody_or_is_forgotten(world: Joining, reversed_: bool) -> None:
    """Whether a reversal or the last account ends what held the person: the number claims again."""
    other, token = await world.notices.sign_up(LATEST), await world.notices.sign_up(OLD)
    await world.pair()
    await world.prove(NEW, OLD, token)
    await world.pair(2, LATEST, NEW)
    await world.release(token)
    assert await sql.count(world.database, persons) == 3
    if reversed_:
        await world.notices.submit(notice(3, NoticeKind.REVERSED, reversed_id=notice_id(2)))
    else:
        await world.release(other)
    assert await sql.count(world.database, persons) == reversed_
    assert (await world.notices.verify(OLD)).state is ClaimState.SUCCEEDED


async def test_a_reversal_forgets_who_was_known_by_the_pairing_alone(world: Joining) -> None:
    """Also if the registry ended the new number meanwhile, or it was replaced again."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.pair(2, NEW, NEWEST)
    await world.notices.submit(notice(3, NoticeKind.PERSON_ENDED, NEWEST.document))
    await world.notices.submit(notice(4, NoticeKind.REVERSED, reversed_id=notice_id(1)))
    assert await sql.count(world.database, persons) == 1
    await world.release(token)
    assert await sql.count(world.database, person_marks) == 0


@pytest.mark.parametrize("ended", [OLD, NEW, NEWEST])
async def test_whoever_was_ended_is_joined_all_the_same(world: Joining, ended: Identity) -> None:
    """A notice that marked both marks the one person that they are, and its reversal frees her."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.pair(2, NEW, NEWEST)
    await world.notices.submit(notice(3, NoticeKind.PERSON_ENDED, ended.document))
    assert (await world.prove(NEW, OLD, token)).state == States.STATE_SUCCEEDED
    assert (await world.prove(NEWEST, NEW, token)).state == States.STATE_SUCCEEDED
    assert await world.people() == [(1, 0)]
    assert await sql.count(world.database, person_marks) == 1
    assert (await world.notices.verify(OLD, token)).failure_reason is FailureReason.MISMATCH
    await world.notices.submit(notice(4, NoticeKind.REVERSED, reversed_id=notice_id(3)))
    assert (await world.notices.verify(OLD, token)).state is ClaimState.SUCCEEDED


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
async def test_a_cut_joins_wholly_or_not_at_all(world: Joining, fault: Fault) -> None:
    """Whoever dies before or after the commit: the repeat brings the assertion again, and joins once."""
    for _ in range(2):
        await world.notices.sign_up(OLD)
    await world.pair()
    session_id = await world.begin(NEW, OLD)
    world.sessions.claims.claims.plant("settle", fault)
    with pytest.raises(Unavailable):
        await world.sessions.finish_proof(session_id, browser=world.browser)
    assert await world.people() == ([(2, 0), (0, 0)] if fault is Fault.REFUSE else [(3, 0)])
    page = await world.sessions.finish_proof(session_id, browser=world.browser, seconds=20)
    assert page.state == States.STATE_SUCCEEDED
    assert await world.people() == [(3, 0)]


async def test_a_former_number_is_another_persons_document(world: Joining) -> None:
    """The same number again, and what is no number, are errors of the form."""
    session_id = await world.sessions.agreed(proof=Proof.HOLDER)
    for former in (NEW.document.number, "123"):
        with pytest.raises(InvalidFields):
            await world.sessions.begin_proof(
                session_id, name=NEW.name, number=NEW.document.number, former=former
            )


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_events_keeps_the_sums(world: Joining, seed: int) -> None:
    """A walk against a model: which numbers are one person, and how many accounts each has."""
    draw, people = random.Random(seed), [OLD, NEW, NEWEST]  # noqa: S311 - a test's draws
    group = {each.document.number: {each.document.number} for each in people}
    owned: Counter[frozenset[str]] = Counter()
    paired: set[tuple[str, str]] = set()

    def of(who: Identity) -> frozenset[str]:
        return frozenset(group[who.document.number])

    for number in range(14):
        old, new = draw.sample(people, 2)
        event = draw.choice(["sign up", "pair", "prove"])
        if event == "pair" and (old, new) in ((OLD, NEW), (NEW, NEWEST)):
            known = owned[of(old)] > 0 and of(old) != of(new)
            await world.pair(100 + number, old, new)
            paired |= {(old.document.number, new.document.number)} if known else set()
        elif event == "sign up":
            fits = owned[of(new)] < 5
            assert ((await world.notices.verify(new)).failure_reason is None) == fits
            owned[of(new)] += fits
        elif event == "prove" and (old.document.number, new.document.number) in paired and of(old) != of(new):
            both = of(old) | of(new)
            count = owned.pop(of(old), 0) + owned.pop(of(new), 0)
            await world.prove(new, old)
            owned[both] = count + (count < 5)
            for each in both:
                group[each] = set(both)
        assert sum(found for found, _ in await world.people()) == sum(owned.values())
        assert sorted((found for found, _ in await world.people() if found), reverse=True) == sorted(
            (each for each in owned.values() if each), reverse=True
        )
