"""The operator's page over both databases: who sees which accounts, and when a platform is told."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.core.tables.session import account_lists, inquiries, waiting_disavowals
from idvault_dev.mock_provider.book import ProviderFault
from idvault_verify import secret
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import inquiry_pb2 as pb
from tests.support.inquiry_world import STRANGER, TOLD, WAIT, InquiryWorld, longest, somebody
from tests.support.refusal import reason_of
from tests.support.session_world import BASE_URL, TITLE
from tests.support.withdrawal_world import DAY, HOUR, VICTIM
from tools.support import sql
from tools.support.flow_world import at

VERIFIED = common_pb2.AccountStatus.STATE_VERIFIED
EXPIRED = common_pb2.AccountStatus.STATE_EXPIRED
UNKNOWN = somebody(2)


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[InquiryWorld]:
    """Return the flows with a new database of each kind, and a provider."""
    made = InquiryWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def test_a_person_sees_the_accounts_in_her_name(world: InquiryWorld) -> None:
    """Platform, month and state of each, after 72 hours and a second proof; never a token."""
    mine = [await world.verify() for _ in range(2)]
    await world.verify(STRANGER)
    key, first = await world.proven()
    assert (first.shown, list(first.accounts), first.waiting) == (False, [], 0)
    assert first.ready_time.ToDatetime(at(0).business.tzinfo) == at(WAIT).business
    assert not (await world.seen(key)).shown
    _, early = await world.proven(seconds=WAIT - 1)
    assert not early.shown
    _, shown = await world.proven(seconds=WAIT)
    assert [(each.platform_title, each.verify_month, each.state) for each in shown.accounts] == [
        (TITLE, "2026-03", VERIFIED)
    ] * 2
    assert not any(each.account.account_token in str(shown) for each in mine)
    assert await world.events("inquiry:list:") == ["inquiry:list:ask", "inquiry:list:show"]
    _, stranger = await world.listed(STRANGER, seconds=2 * WAIT)
    assert len(stranger.accounts) == 1
    _, nobody = await world.listed(UNKNOWN, seconds=2 * WAIT)
    assert (nobody.shown, list(nobody.accounts)) == (True, [])


async def test_each_step_asks_the_provider_once(world: InquiryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was disowned or cancelled is shown although the provider does not answer a second time."""
    claim = await world.verify()
    key, shown = await world.listed(seconds=WAIT)
    asked, answers = [], world.prover.assertion

    async def count(nonce: str) -> str | None:
        asked.append(nonce)
        return await answers(nonce)

    monkeypatch.setattr(world.prover, "assertion", count)
    handle = secret.account_handle(key, account_token=claim.account.account_token)
    assert [each.handle for each in shown.accounts] == [handle]
    after = await world.disown(key, handle, seconds=WAIT)
    assert (len(asked), after.waiting) == (1, 1)
    after = await world.cancel(key, seconds=WAIT)
    assert (len(asked), after.waiting, after.shown) == (2, 0, False)


async def test_the_list_is_of_every_platform(world: InquiryWorld) -> None:
    """An expired account is there as what it is; one without a verification is not there."""
    await world.prepare(name="platform-b")
    await world.verify()
    await world.verify_at("platform-b", seconds=300 * DAY)
    withdrawn = await world.verify()
    await world.withdraw(withdrawn, seconds=HOUR)
    _, shown = await world.listed(seconds=400 * DAY)
    assert [each.state for each in shown.accounts] == [EXPIRED, VERIFIED]
    assert shown.accounts[0].verify_month == "2026-03"


async def test_a_list_is_read_for_fourteen_days(world: InquiryWorld) -> None:
    """Then it is asked for anew, and whoever has it shown leaves one entry for each inquiry."""
    await world.verify()
    key, shown = await world.listed(seconds=WAIT)
    assert (await world.finish(key, seconds=WAIT)).shown
    assert (await world.seen(key, seconds=WAIT)).shown
    _, again = await world.proven(seconds=WAIT + 13 * DAY)
    assert again.shown
    _, over = await world.proven(seconds=WAIT + 14 * DAY)
    assert (shown.shown, over.shown) == (True, False)
    assert over.ready_time.ToDatetime(at(0).business.tzinfo) == at(2 * WAIT + 14 * DAY).business
    assert await world.events("inquiry:list:") == [
        *["inquiry:list:ask"] * 2,
        *["inquiry:list:show"] * 2,
    ]


async def test_an_inquiry_ends(world: InquiryWorld) -> None:
    """With the assertion after minutes; its row goes after a day, and the list's once it is over."""
    key, page = await world.begun()
    assert await reason_of(world.finish(key)) is Reason.PROOF_OPEN
    assert (await world.seen(key)).proof_url == page
    world.prover.end(page)
    assert (await world.finish(key)).proof_url == ""
    assert await reason_of(world.seen(key, seconds=11 * 60)) is Reason.PROOF_REFUSED
    assert await reason_of(world.seen(key, seconds=15 * 60)) is Reason.SESSION_EXPIRED
    unknown = secret.make(b"n" * 16)
    assert await reason_of(world.finish(unknown)) is Reason.SESSION_NOT_FOUND
    assert await world.purge(seconds=DAY) == 0
    assert await world.purge(seconds=DAY + 1) == 1
    assert await reason_of(world.seen(key)) is Reason.SESSION_NOT_FOUND
    assert await world.purge(seconds=17 * DAY - 1) == 0
    assert await world.purge(seconds=17 * DAY) == 1
    assert await world.events("inquiry:retention:") == ["inquiry:retention:purge"] * 2


async def test_a_repeat_begins_nothing_new(world: InquiryWorld) -> None:
    """The answer of the provider may be lost; another name under the same key is refused."""
    world.prover.lose = True
    key = secret.make(b"k" * 16)
    assert await reason_of(world.begun(key=key)) is Reason.PROVIDER_UNAVAILABLE
    _, page = await world.begun(key=key)
    assert world.prover.end(page) == f"{BASE_URL}/accounts/proof"
    assert await reason_of(world.begun(STRANGER, key=key)) is Reason.REQUEST_ID_REUSED
    assert not (await world.finish(key)).shown
    assert await world.events("inquiry:proof:") == ["inquiry:proof:begin"]


async def test_without_a_provider_there_is_no_page(main_database: Database) -> None:
    """Name and number alone open nothing: without a proof of presence nothing is asked."""
    world = InquiryWorld(main_database, offers=False)
    await world.prepare()
    form = world.inquire("GetInquiryForm", pb.GetInquiryFormRequest())
    assert await reason_of(form) is Reason.PROOF_NOT_OFFERED
    assert await reason_of(world.begun()) is Reason.PROOF_NOT_OFFERED


async def test_the_form_says_who_proves(world: InquiryWorld) -> None:
    """The provider's name, and the documents of people only."""
    form: pb.InquiryForm = await world.inquire("GetInquiryForm", pb.GetInquiryFormRequest())
    assert form.provider == world.prover.name
    assert common_pb2.DOCUMENT_TYPE_RESIDENT_ID in form.document_types
    assert common_pb2.DOCUMENT_TYPE_UNIFIED_SOCIAL_CREDIT_CODE not in form.document_types


@pytest.mark.parametrize("ended", [ProofEnd.DENIED, ProofEnd.CANCELLED])
async def test_who_was_not_there_sees_nothing(world: InquiryWorld, ended: ProofEnd) -> None:
    """Neither asks for a list."""
    key, page = await world.begun()
    world.prover.end(page, ended)
    assert await reason_of(world.finish(key)) is Reason.PROOF_REFUSED
    assert await world.events("inquiry:list:") == []


LIES = [
    ProviderFault.LATE,
    ProviderFault.OTHER_SESSION,
    ProviderFault.OTHER_VAULT,
    ProviderFault.WRONG_KEY,
    ProviderFault.OTHER_NUMBER,
    ProviderFault.OTHER_NAME,
]


@pytest.mark.parametrize("fault", LIES)
async def test_a_lie_of_the_provider_shows_nothing(world: InquiryWorld, fault: ProviderFault) -> None:
    """Another key, vault, session, name or number, or a late answer: no list is asked for or shown."""
    await world.verify()
    await world.proven()
    key, page = await world.begun(seconds=WAIT)
    world.prover.book.fault = fault
    world.prover.end(page)
    assert await reason_of(world.finish(key, seconds=WAIT)) is Reason.PROOF_REFUSED
    assert await reason_of(world.seen(key, seconds=WAIT)) is Reason.PROOF_REFUSED
    assert await reason_of(world.cancel(key, seconds=WAIT)) is Reason.PROOF_REFUSED
    assert await world.events("inquiry:list:") == ["inquiry:list:ask"]


async def test_what_was_signed_for_another_inquiry_is_refused(world: InquiryWorld) -> None:
    """A replay by the provider, whose nonce is another one."""
    await world.proven()
    key, page = await world.begun(seconds=WAIT)
    world.prover.book.fault = ProviderFault.REPLAYED
    world.prover.end(page)
    assert await reason_of(world.finish(key, seconds=WAIT)) is Reason.PROOF_REFUSED


async def test_a_platform_is_told_of_what_is_disowned(world: InquiryWorld) -> None:
    """Within ten days and not before three, once; until then its feed, its list and its page have nothing."""
    claim = await world.verify()
    token = claim.account.account_token
    before = await world.status(token)
    key, shown = await world.listed()
    [handle] = [each.handle for each in shown.accounts]
    after = await world.disown(key, handle, seconds=0)
    assert (after.waiting, after.accounts[0].waiting, after.accounts[0].undecided) == (1, True, False)
    assert (await world.disown(key, handle, seconds=0)).waiting == 1
    drawn = (await world.drawn())[token]
    assert WAIT <= drawn < longest()
    assert await world.tell(seconds=drawn - 1) == 0
    assert (await world.disavowals(drawn - 1).list_page()).disavowals == ()
    assert (await world.status(token)).revision == before.revision
    assert await world.events("disavowal:") == []
    assert await world.tell(seconds=drawn) == 1
    assert await world.tell(seconds=drawn) == 0
    [told] = (await world.disavowals(drawn).list_page()).disavowals
    assert (told.account_token, told.file_time) == (token, at(drawn).business)
    assert (await world.status(token)).revision == before.revision + 1
    assert await world.events("disavowal:") == ["disavowal:case:file"]
    _, again = await world.listed(seconds=TOLD)
    assert (again.waiting, again.accounts[0].undecided) == (0, True)


async def test_what_is_not_listed_is_not_disowned(world: InquiryWorld) -> None:
    """Neither before the list is shown, nor an account of somebody else, nor by another browser's handle."""
    await world.verify()
    stranger = await world.verify(STRANGER)
    key, _ = await world.proven()
    other = secret.account_handle(key, account_token=stranger.account.account_token)
    assert await reason_of(world.disown(key, other, seconds=0)) is Reason.LIST_NOT_READY
    key, shown = await world.proven(seconds=WAIT)
    other = secret.account_handle(key, account_token=stranger.account.account_token)
    assert await reason_of(world.disown(key, other, seconds=WAIT)) is Reason.ACCOUNT_NOT_FOUND
    second, _ = await world.proven(seconds=WAIT)
    theirs = world.disown(second, shown.accounts[0].handle, seconds=WAIT)
    assert await reason_of(theirs) is Reason.ACCOUNT_NOT_FOUND
    unseen, page = await world.begun(seconds=WAIT)
    world.prover.end(page)
    mine = world.disown(unseen, shown.accounts[0].handle, seconds=WAIT)
    assert await reason_of(mine) is Reason.LIST_NOT_READY


async def test_what_waits_is_cancelled_by_a_second_proof(world: InquiryWorld) -> None:
    """The list and every disavowal; whoever cancels begins again."""
    claims = [await world.verify() for _ in range(2)]
    key, shown = await world.listed()
    for each in shown.accounts:
        await world.disown(key, each.handle, seconds=0)
    victim, seen = await world.proven(seconds=WAIT - 1)
    assert seen.waiting == 2
    gone = await world.cancel(victim, seconds=WAIT - 1)
    assert (gone.waiting, gone.shown, gone.HasField("ready_time")) == (0, False, False)
    assert (await world.cancel(victim, seconds=WAIT - 1)).waiting == 0
    assert await world.tell(seconds=longest()) == 0
    assert (await world.status(claims[0].account.account_token)).revision == 2
    assert await reason_of(world.disown(key, shown.accounts[0].handle, seconds=0)) is Reason.LIST_NOT_READY
    assert await world.events("inquiry:list:cancel") == ["inquiry:list:cancel"]
    _, again = await world.proven(seconds=WAIT)
    assert not again.shown


async def test_who_is_present_as_that_person_disowns_nothing(world: InquiryWorld) -> None:
    """A verification as HOLDER takes back what waits; one by name and number does not."""
    claim = await world.verify()
    token = claim.account.account_token
    key, shown = await world.listed()
    await world.disown(key, shown.accounts[0].handle, seconds=0)
    assert (await world.verify(token=token, seconds=HOUR)).state is ClaimState.SUCCEEDED
    assert len(await world.drawn()) == 1
    assert (await world.verify_present(token=token, seconds=HOUR)).state is ClaimState.SUCCEEDED
    assert await world.drawn() == {}
    assert await world.events("disavowal:") == []


async def test_nothing_that_is_kept_leads_to_the_number(world: InquiryWorld) -> None:
    """Of name, number and key there is nothing in any table, and nothing says when she disowned."""
    await world.verify()
    key, shown = await world.listed()
    await world.disown(key, shown.accounts[0].handle, seconds=0)
    for table in main.tables.values():
        for row in await sql.rows(world.database, select(table)):
            text = repr([bytes(each) if isinstance(each, memoryview) else each for each in row])
            assert VICTIM.document.number not in text, table.name
            assert VICTIM.name not in text, table.name
            assert key not in text, table.name
    assert {each.name for each in inquiries.c} == {"inquiry_id", "proof_hash", "began_at", "shown_at"}
    assert {each.name for each in account_lists.c} == {"person_index", "asked_at"}
    assert "filed_at" not in waiting_disavowals.c
