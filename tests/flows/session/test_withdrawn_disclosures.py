"""Who reads the openings of a withdrawn verification, over both databases: its person alone, present."""

from collections.abc import AsyncIterator
from datetime import UTC

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.account.store.withdrawal import NOBODY
from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.core.tables.account import withdrawals
from idvault.core.tables.claim import claims, persons, receipts
from idvault.erasure import rules as erasure_rules
from idvault.erasure import store as erasure_store
from idvault_verify.claim import ClaimState, Identity
from idvault_verify.error import Reason
from idvault_verify.v1 import identity_pb2
from tests.support.inquiry_world import STRANGER, WAIT, InquiryWorld, somebody
from tests.support.joining_world import NEW, OLD, Joining, open_joining
from tests.support.known_history import LEGAL_BASIS
from tests.support.refusal import reason_of
from tests.support.session_world import TITLE
from tests.support.withdrawal_world import DAY, HOUR, VICTIM
from tools.support import sql
from tools.support.erasure_world import TERMS, ErasureWorld
from tools.support.flow_world import at

OTHER = somebody(4)
LATER = 20 * DAY
"""When what was opened on the first day is told, and the list has been asked for."""


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[InquiryWorld]:
    """Return the flows with a new database of each kind, and a provider."""
    made = InquiryWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def opened(world: InquiryWorld, claim: Claim, *, seconds: float = 0) -> None:
    """Let an auditor open the record of a verification."""
    token = claim.account.account_token
    [receipt] = await sql.rows(
        world.database,
        select(receipts).where(receipts.c.account_token == token, receipts.c.claim_id == claim.claim_id),
    )
    when = at(seconds).business
    await world.histories.disclose(token, digest=bytes(receipt.record_digest), at=when)


async def told(
    world: InquiryWorld, who: Identity = VICTIM, *, seconds: float = LATER
) -> tuple[list[float], list[float]]:
    """Return what the page shows somebody: seconds of each release, and of each access."""
    _, shown = await world.listed(who, seconds=seconds)
    assert shown.shown
    begun = at(0).business
    return (
        [(each.disclose_time.ToDatetime(UTC) - begun).total_seconds() for each in shown.disclosures],
        [(each.open_time.ToDatetime(UTC) - begun).total_seconds() for each in shown.openings],
    )


async def owned(world: InquiryWorld, token: str, *, seconds: float = LATER) -> tuple[int, int]:
    """Return how many releases and openings whoever holds an account reads on "my identity"."""
    session_id = await world.identity(token, seconds=seconds)
    kind = identity_pb2.GetIdentityHistoryRequest
    found = await world.own("GetIdentityHistory", kind, session_id, seconds=seconds)
    return len(found.disclosures), len(found.openings)


NOTHING: tuple[list[float], list[float]] = ([], [])
NONE = (0, 0)


async def test_she_reads_who_opened_her_record(world: InquiryWorld) -> None:
    """Platform, time, auditor, legal basis and place in the log; the account shows nothing, nor its token."""
    claim = await world.verify()
    token = claim.account.account_token
    await opened(world, claim, seconds=HOUR)
    assert (await told(world), await owned(world, token)) == (NOTHING, (1, 1))
    await world.withdraw(claim, seconds=LATER)
    _, shown = await world.listed(seconds=LATER)
    [release], [access] = shown.disclosures, shown.openings
    assert (release.platform_title, access.platform_title) == (TITLE, TITLE)
    assert release.disclose_time.ToDatetime(UTC) == at(HOUR).business == access.open_time.ToDatetime(UTC)
    assert (release.auditor_actor_id, release.legal_basis) == ("66" * 16, LEGAL_BASIS)
    assert access.auditor_actor_id == "66" * 16
    assert 0 < release.log_index < access.log_index
    assert token not in str(shown)
    assert await owned(world, token) == NONE


async def test_the_horizon_is_that_of_every_account(world: InquiryWorld) -> None:
    """What happened on its day or later is told to nobody; the day before is, from midnight on."""
    claim = await world.verify()
    await world.withdraw(claim)
    await opened(world, claim, seconds=HOUR)
    # The embargo of this world is nine days.
    assert await told(world, seconds=9 * DAY) == NOTHING
    _, shown = await world.listed(seconds=9 * DAY)
    _, nobody = await world.listed(somebody(3), seconds=9 * DAY)
    assert shown.horizon_time == nobody.horizon_time
    assert shown.horizon_time.ToDatetime(UTC) <= at(HOUR).business
    assert await told(world, seconds=10 * DAY) == ([HOUR], [HOUR])


async def test_nothing_is_told_before_the_list_is(world: InquiryWorld) -> None:
    """Name and number open nothing; one proof neither, of a borrowed phone or a forced face."""
    claim = await world.verify()
    await world.withdraw(claim)
    await opened(world, claim)
    key, _ = await world.begun(seconds=LATER)
    assert await reason_of(world.finish(key, seconds=LATER)) is Reason.PROOF_OPEN
    unproven = await world.seen(key, seconds=LATER)
    _, once = await world.proven(seconds=LATER)
    owner, seen = await world.proven(seconds=LATER + HOUR)
    gone = await world.cancel(owner, seconds=LATER + HOUR)
    _, again = await world.proven(seconds=LATER + WAIT)
    for each in (unproven, once, seen, gone, again):
        assert (each.shown, len(each.disclosures), len(each.openings)) == (False, 0, 0)
        assert not each.HasField("horizon_time")
    assert await told(world, seconds=LATER + 3 * WAIT) == ([0], [0])


async def test_nobody_else_reads_them(world: InquiryWorld) -> None:
    """Neither who proves to be somebody else, nor who disowned another account of the same platform."""
    claim, other = await world.verify(), await world.verify(STRANGER)
    await world.withdraw(claim)
    await world.withdraw(other, seconds=1)
    await opened(world, claim, seconds=HOUR)
    await opened(world, other, seconds=2 * HOUR)
    assert await told(world, somebody(3)) == NOTHING
    assert await told(world) == ([HOUR], [HOUR])
    assert await told(world, STRANGER) == ([2 * HOUR], [2 * HOUR])


async def test_each_person_of_an_account_reads_the_own_record(world: InquiryWorld) -> None:
    """It is verified by another one after a withdrawal, who is robbed too; and its holder reads his alone."""
    first = await world.verify()
    token = first.account.account_token
    await opened(world, first, seconds=1)
    await world.withdraw(first, seconds=HOUR)
    second = await world.verify(OTHER, token, seconds=2 * HOUR)
    await opened(world, second, seconds=2 * HOUR)
    # Also the held version of before, when somebody else has the account.
    await opened(world, first, seconds=3 * HOUR)
    assert await told(world) == ([1, 3 * HOUR], [1, 3 * HOUR])
    assert (await told(world, OTHER), await owned(world, token)) == (NOTHING, (1, 1))
    await world.withdraw(second, seconds=LATER)
    assert await told(world) == ([1, 3 * HOUR], [1, 3 * HOUR])
    assert await told(world, OTHER) == ([2 * HOUR], [2 * HOUR])
    assert await owned(world, token) == NONE


async def test_earlier_versions_of_her_record_are_hers(world: InquiryWorld) -> None:
    """A thief renewed before it was withdrawn: what was opened of either record is told, each once."""
    first = await world.verify()
    token = first.account.account_token
    await opened(world, first, seconds=1)
    second = await world.verify(VICTIM, token, seconds=DAY)
    await opened(world, second, seconds=DAY + 1)
    await world.withdraw(second, seconds=DAY + HOUR)
    assert await told(world) == ([1, DAY + 1], [1, DAY + 1])
    assert await owned(world, token) == NONE


async def test_what_was_withdrawn_twice_is_told_once(world: InquiryWorld) -> None:
    """She verified the account again, present, and it was withdrawn again."""
    first = await world.verify()
    token = first.account.account_token
    await opened(world, first, seconds=1)
    await world.withdraw(first, seconds=HOUR)
    second = await world.verify_present(VICTIM, token, seconds=2 * HOUR)
    await opened(world, second, seconds=3 * HOUR)
    assert (await told(world), await owned(world, token)) == (([1], [1]), (1, 1))
    await world.withdraw(second, seconds=LATER)
    assert await told(world) == ([1, 3 * HOUR], [1, 3 * HOUR])


async def test_what_stands_is_told_to_its_owner_alone(world: InquiryWorld) -> None:
    """A verification that stands, or was taken back: the page is silent, and "my identity" is not."""
    stands, back = await world.verify(), await world.verify()
    for claim in (stands, back):
        await opened(world, claim)
    token = back.account.account_token
    await world.withdraw(back, seconds=HOUR)
    assert (await told(world), await owned(world, token)) == (([0], [0]), NONE)
    await world.reinstate(token, seconds=DAY)
    assert (await told(world), await owned(world, token)) == (NOTHING, (1, 1))
    assert await owned(world, stands.account.account_token) == (1, 1)


async def test_it_is_of_every_platform(world: InquiryWorld) -> None:
    """One list, oldest first, and no other platform's person under the same number."""
    await world.prepare(name="platform-b")
    made = [await world.verify_at(party) for party in ("platform-b", "platform-a")]
    await world.withdraw(made[1])
    for seconds, claim in enumerate(made, start=1):
        await opened(world, claim, seconds=seconds)
    assert await told(world) == ([2], [2])


async def test_no_row_tells_that_she_looked(world: InquiryWorld) -> None:
    """No table but the inquiry's own, and the log that it was shown, has a row more, and none her number."""
    claim = await world.verify()
    await world.withdraw(claim)
    await opened(world, claim)
    sizes = {table.name: await sql.count(world.database, table) for table in main.tables.values()}
    assert await told(world) == ([0], [0])
    more = {
        table.name
        for table in main.tables.values()
        if await sql.count(world.database, table) != sizes[table.name]
    }
    assert more == {"inquiries", "account_lists", "log_entries", "log_openings"}
    for table in main.tables.values():
        for row in await sql.rows(world.database, select(table)):
            text = repr([bytes(each) if isinstance(each, memoryview) else each for each in row])
            assert VICTIM.document.number not in text, table.name
            assert VICTIM.name not in text, table.name


@pytest.mark.parametrize("joined", [False, True])
async def test_a_pairing_alone_leads_to_nobody(main_database: Database, joined: bool) -> None:
    """An insider of the registry pairs a victim's number with his own; a provider of both numbers is needed.

    Once two numbers are one person's, each of them opens the page of both.
    """
    world: Joining = await open_joining(main_database)
    page = world.sessions
    claim = await page.verify(OLD)
    await page.withdraw(claim)
    await opened(page, claim, seconds=HOUR)
    await world.pair()
    await world.prove(NEW, OLD if joined else None)
    seen = ([HOUR], [HOUR])
    assert await told(page, NEW) == (seen if joined else NOTHING)
    assert await told(page, OLD, seconds=2 * LATER) == seen
    await page.claims.verification.drain()


EMBARGO = 9 * DAY
KEPT = 180 * DAY
READ = KEPT + 8 * DAY + EMBARGO + 90 * DAY
"""When whose it was is forgotten, counted from the withdrawal."""


async def test_the_last_opening_of_the_hold_is_read(world: InquiryWorld) -> None:
    """For 90 days after the embargo at least, also once name and number suffice again; then by nobody."""
    claim = await world.verify()
    await world.withdraw(claim)
    last = KEPT + 7 * DAY
    await opened(world, claim, seconds=last)
    assert await world.forget(seconds=KEPT) == 1
    assert await world.forget(seconds=READ - 1) == 0
    for seconds in (last + EMBARGO + DAY, last + EMBARGO + 90 * DAY):
        assert await told(world, seconds=seconds) == ([last], [last])
    await world.versions_gone()
    assert await world.forget(seconds=READ) == 1
    assert await told(world, seconds=READ + LATER) == NOTHING
    assert await owned(world, claim.account.account_token, seconds=READ + LATER) == NONE


async def test_who_asks_again_and_again_is_read_about(world: InquiryWorld) -> None:
    """Requests keep a record beyond its hold: so long somebody can open it, and she can read that."""
    claim = await world.verify()
    await world.withdraw(claim)
    assert await world.forget(seconds=KEPT) == 1
    # The version is still there.
    assert await world.forget(seconds=READ) == 1
    await opened(world, claim, seconds=READ + DAY)
    seconds = READ + DAY + LATER
    assert await told(world, seconds=seconds) == ([READ + DAY], [READ + DAY])
    await world.versions_gone()
    # The first end after the look at the version is a day too early for the opening.
    assert await world.forget(seconds=READ + EMBARGO + 90 * DAY) == 1
    assert await world.counts() == [(0, 0, 0)]
    assert await world.forget(seconds=READ + DAY + EMBARGO + 90 * DAY) == 1
    assert await world.counts() == []


async def test_an_opening_is_read_although_the_record_is_gone(world: InquiryWorld) -> None:
    """Requests kept it beyond its hold and ended before its person would be forgotten."""
    claim = await world.verify()
    await world.withdraw(claim)
    assert await world.forget(seconds=KEPT) == 1
    last = KEPT + 60 * DAY
    await opened(world, claim, seconds=last)
    await world.versions_gone()
    assert await world.forget(seconds=READ) == 1
    assert await world.events("withdrawal:link") == []
    end = last + EMBARGO + 90 * DAY
    assert await told(world, seconds=end - 1) == ([last], [last])
    assert [await world.forget(seconds=seconds) for seconds in (end - 1, end)] == [0, 1]
    assert await world.counts() == []


async def test_the_end_tells_of_no_opening_of_a_later_hold(world: InquiryWorld) -> None:
    """The account was withdrawn twice of one person: what was opened of the second moves only its own end."""
    first = await world.verify()
    token = first.account.account_token
    await world.withdraw(first)
    second = await world.verify_present(VICTIM, token, seconds=HOUR)
    await world.withdraw(second, seconds=100 * DAY)
    await opened(world, second, seconds=250 * DAY)
    for seconds in (KEPT, KEPT + 100 * DAY):
        assert await world.forget(seconds=seconds) == 1
    await world.versions_gone()
    assert await world.forget(seconds=READ) == 1
    assert await world.events("withdrawal:link") == ["withdrawal:link:forget"]


async def test_a_second_withdrawal_keeps_its_reader(world: InquiryWorld) -> None:
    """She verified the account again, and it was withdrawn again: what ends with the first is not that."""
    first = await world.verify()
    token = first.account.account_token
    await world.withdraw(first)
    second = await world.verify_present(VICTIM, token, seconds=HOUR)
    await world.withdraw(second, seconds=100 * DAY)
    await opened(world, second, seconds=100 * DAY + HOUR)
    for seconds, steps in ((KEPT, 1), (KEPT + 100 * DAY, 1)):
        assert await world.forget(seconds=seconds) == steps
    await world.versions_gone()
    assert await world.forget(seconds=READ) == 1
    assert await told(world, seconds=READ) == ([100 * DAY + HOUR], [100 * DAY + HOUR])
    assert await world.forget(seconds=READ + 100 * DAY) == 1
    assert {row.person_id for row in await sql.rows(world.database, select(claims))} == {NOBODY}


@pytest.mark.parametrize("another", [False, True])
async def test_an_erasure_takes_nothing_from_her(
    world: InquiryWorld, shred_database: Database, another: bool
) -> None:
    """Whoever holds the account erases it, before or after verifying it: she reads on, and he no more."""
    erasures = ErasureWorld(world.database, shred_database, life=1)
    claim = await world.verify()
    token = claim.account.account_token
    await opened(world, claim, seconds=1)
    await world.withdraw(claim, seconds=HOUR)
    if another:
        await world.verify(OTHER, token, seconds=2 * HOUR)
    await erasures.request(token, seconds=3 * HOUR)
    effect = 3 * HOUR + int(TERMS.unproved.total_seconds())
    assert await erasures.work(seconds=effect) == 1
    assert await owned(world, token, seconds=effect) == NONE
    # The first of the two steps of a destruction.
    done = effect + int(erasure_rules.DELAY.total_seconds())
    await world.database.act("test", lambda one: erasure_store.clear(one, account_token=token))
    assert await owned(world, token, seconds=effect) == NONE
    assert await erasures.work(seconds=done) == 1
    assert await told(world, seconds=done) == ([1], [1])
    assert await world.forget(seconds=HOUR + KEPT) == 1
    await world.versions_gone()
    assert await world.forget(seconds=HOUR + READ) == 1
    assert await sql.count(world.database, receipts) == 0
    assert await sql.count(world.database, persons) == 0
    assert {row.person_id for row in await sql.rows(world.database, select(claims))} == {NOBODY}


async def test_an_erasure_takes_what_no_withdrawal_names(
    main_database: Database, shred_database: Database
) -> None:
    """A replaced number renewed the account: its claim names a person whom no withdrawal forgets later."""
    world: Joining = await open_joining(main_database)
    page = world.sessions
    token = (await page.verify(OLD)).account.account_token
    await world.pair()
    renewed = await page.verify(NEW, token, seconds=1)
    assert renewed.state is ClaimState.SUCCEEDED
    await page.withdraw(renewed, seconds=HOUR)
    assert (await page.verify(OTHER, token, seconds=2 * HOUR)).state is ClaimState.SUCCEEDED
    named = {row.person_id for row in await sql.rows(page.database, select(claims))}
    whose = {row.person_id for row in await sql.rows(page.database, select(withdrawals))}
    assert (len(named), len(whose)) == (3, 1)
    erasures = ErasureWorld(page.database, shred_database, life=2)
    await erasures.request(token, seconds=3 * HOUR)
    effect = 3 * HOUR + int(TERMS.unproved.total_seconds())
    assert await erasures.work(seconds=effect) == 1
    assert await erasures.work(seconds=effect + int(erasure_rules.DELAY.total_seconds())) == 1
    left = {row.claim_id: row.person_id for row in await sql.rows(page.database, select(claims))}
    assert set(left.values()) == {NOBODY, *whose}
    kept = [row.claim_id for row in await sql.rows(page.database, select(receipts))]
    assert {left[each] for each in kept} == whose
    await page.claims.verification.drain()
