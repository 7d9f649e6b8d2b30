"""The search in the lists of cases: an account, an id, or the number of a report."""

from collections.abc import Sequence
from urllib.parse import quote

import pytest

from idvault_people.moderation.finding import Meant, meant
from idvault_people.moderation.shown import short_key
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.people.roster import Roster
from idvault_verify.sanction import AuthorityOrder, Degree, Origin
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.clients.moderation.test_every_page import claimed, withdrawn
from tests.clients.moderation.test_measure import imposed
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support import builders
from tools.support.flow_world import command
from tools.support.sanction_world import reasons, signing

TOKEN = "acct_" + "0" * 26


def typed(path: str, asked: str) -> str:
    """Return the address to which the form of a list's search leads."""
    return f"{path}?typed=yes&q={quote(asked)}"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("1234 5678 9012", (Meant.NUMBER, "123456789012")),
        (f" {TOKEN.upper()} ", (Meant.ACCOUNT, TOKEN)),
        ("A" * 32, (Meant.ID, "a" * 32)),
        (" Post/1 ", (Meant.WORDS, "Post/1")),
    ],
)
def test_what_a_text_means(asked: str, found: tuple[Meant, str]) -> None:
    """Blanks and capitals of what people copy do not matter; words stay as they are."""
    assert meant(asked) == found


async def test_one_case_is_opened_and_several_are_listed(place: Office, browser: Visitor) -> None:
    """Sanctions and appeals of an account, in every view; the field keeps what was asked."""
    other = await place.moderator(2)
    token = await place.world.world.account()
    warned = await place.world.world.impose(token, Degree.WARN, key=other, seconds=place.age)
    closing = await place.world.world.impose(token, Degree.CLOSE, key=other, seconds=place.age)
    await place.world.world.impose(
        await place.world.world.account(2), Degree.WARN, key=other, seconds=place.age
    )
    made = await place.sessions.moderation.file(warned, "Satire (synthetic)", seconds=place.age)
    order = "What was proposed first comes first."
    page = await browser.get("/sanctions")
    assert (order in page.words, 'name="typed" value="yes"' in page.text) == (True, True)
    page = await browser.get(typed("/sanctions", token))
    assert (page.text.count('scope="row"'), order in page.words) == (2, False)
    for each in (warned, closing):
        assert f'href="/sanctions/{each.sanction_id}?q={token}"' in page.text
    assert f'value="{token}"' in page.text
    page = await browser.get(typed("/sanctions", closing.sanction_id))
    assert page.title.startswith("Proposed closing")
    for asked in (token, made.appeal_id, warned.sanction_id):
        assert (await browser.get(typed("/appeals", asked))).title == "Appeal against: Warning", asked


async def test_the_way_back_opens_no_case(place: Office, browser: Visitor) -> None:
    """A list to which a link leads stays a list, also if one case is left of what was found."""
    filed = (await place.world.file()).tip_off
    made = await place.world.world.impose(
        await place.world.world.account(), Degree.WARN, key=await place.moderator(2), seconds=place.age
    )
    for path, asked, which in (
        ("/reports", filed.reference, filed.tip_off_id),
        ("/sanctions", made.account_token, made.sanction_id),
    ):
        page = await browser.get(f"{path}?view=open&q={asked}")
        assert page.text.count('scope="row"') == 1, path
        assert f'href="{path}/{which}?' in page.text
        assert (await browser.get(typed(path, asked))).title != page.title, "what was typed is opened"


async def test_a_report_finds_its_proposal_that_ended(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """It names a withdrawn one no more, but the statement of that still names the report."""
    token, now = await place.world.world.account(), place.age
    report = (await place.world.file(target=TipOffTarget(TargetKind.ACCOUNT, token))).tip_off
    await place.world.assign(report, key.moderator_id)
    given = reasons(origin=Origin.TIP_OFF, tip_off=report.reference)
    signer = place.world.signs(key.moderator_id)
    await place.world.uphold(
        report, signer, token, degree=Degree.CLOSE, given=given, reply="yes", seconds=now
    )
    await place.world.world.impose(token, Degree.WARN, key=key, seconds=now)
    proposed = await browser.get(typed("/sanctions", report.reference))
    assert proposed.title == f"Proposed closing: {short_key(token)}"
    ended = (await place.world.get(report)).tip_off.proposal_id
    await submit(browser, f"/sanctions/{ended}/end", reason="A mistake (synthetic)")
    page = await browser.get(typed("/sanctions", report.reference))
    assert (page.title, "A mistake (synthetic)" in page.words) == (proposed.title, True)


async def test_the_number_of_a_report_finds_what_it_led_to(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Of a report about an account its contests, of one about a public account that one."""
    found = await place.world.world.claims.verify(command(1))
    token = found.account.account_token
    made = await place.contest(token, found.claim_id, "It was not me (synthetic)")
    owner = await place.public_accounts.person(2)
    applied = await place.public_accounts.apply(owner, seconds=place.age)
    about = TipOffTarget(TargetKind.ACCOUNT, token)
    number = (await place.world.file(target=about)).tip_off.reference
    for asked in (number, token, made.contest_id):
        page = await browser.get(typed("/contests", asked))
        assert page.title == f"Contest: {short_key(token)}", asked
    public = TipOffTarget(TargetKind.PUBLIC_ACCOUNT, applied.public_account_id)
    number = (await place.world.file(target=public)).tip_off.reference
    for asked in (number, owner, applied.public_account_id):
        page = await browser.get(typed("/public-accounts", asked))
        assert page.title == f"Public account {short_key(applied.public_account_id)}", asked


async def test_cases_about_verifications_are_found(place: Office, browser: Visitor) -> None:
    """Disowned accounts and appeals against withdrawals: by account, id, and a report about the account."""
    token, _ = await claimed(place, 11)
    revoked, claim_id = await claimed(place, 12)
    disowned = await place.disowned(token)
    await withdrawn(place, revoked, claim_id, [await place.moderator(number) for number in (5, 6)])
    appeal = await place.appeal_withdrawal(revoked, "It was me (synthetic)")
    for path, account, which in (
        ("/disavowals", token, disowned),
        ("/reinstatements", revoked, appeal.reinstatement_id),
    ):
        about = TipOffTarget(TargetKind.ACCOUNT, account)
        number = (await place.world.file(target=about)).tip_off.reference
        wanted = (await browser.get(f"{path}/{which}")).title
        for asked in (account, which, number):
            assert (await browser.get(typed(path, asked))).title == wanted, (path, asked)


async def test_measures_are_found_by_their_content(place: Office, browser: Visitor) -> None:
    """Also by id, and by a report about the content; several on one content are listed, in every view."""
    key = await place.moderator(2)
    first = await imposed(place, key, content="post/17")
    about = TipOffTarget(TargetKind.CONTENT, "post/17")
    number = (await place.world.file(target=about)).tip_off.reference
    wanted = (await browser.get(f"/measures/{first.measure_id}")).title
    for asked in ("post/17", first.measure_id, number):
        assert (await browser.get(typed("/measures", asked))).title == wanted, asked
    await imposed(place, key, content="123456789012")
    assert "123456789012" in (await browser.get("/measures?q=123456789012")).words
    await place.world.world.platform(place.age).content_measures.reverse(
        first, "A mistake", key=signing(key, place.age)
    )
    second = await imposed(place, key, content="post/17")
    page = await browser.get(typed("/measures", "post/17"))
    assert page.text.count('scope="row"') == 2
    for each in (first, second):
        assert f'href="/measures/{each.measure_id}?q=post%2F17"' in page.text
    for asked in ("post/18", "a" * 200, "b" * 32, TOKEN, "000000000000", "a%00b", "%20"):
        page = await browser.get(f"/measures?q={asked}")
        assert (page.status, "Enter your own reference of the content" in page.words) == (200, True), asked


async def test_orders_are_found_by_their_reference(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Of those that wait: by a part of it, in any case; several are listed, and none says what it takes."""
    asks, due = place.world.world.asks(place.age), builders.NOW.replace(year=builders.NOW.year + 5)
    made = []
    for number, reference in enumerate(("Case 7 (synthetic)", "Case 8 (synthetic)")):
        named = AuthorityOrder(
            "the authority (synthetic)", reference, builders.NOW.date(), bytes([number] * 32)
        )
        made.append(await asks.record_order(named, deadline=due, key=signing(key, place.age)))
    for asked in ("case 7", made[0].order_id):
        assert "Case 7 (synthetic)" in (await browser.get(typed("/orders", asked))).title, asked
    page = await browser.get(typed("/orders", "case"))
    assert page.text.count('scope="row"') == 2
    page = await browser.get(typed("/orders", "case 9"))
    assert (page.status, "Enter its reference or a part of it" in page.words) == (200, True)
    assert '<a href="/orders?view=all">Show: All</a>' in page.text, "not what was just searched"


async def test_a_search_of_orders_reads_once(place: Office, key: ModeratorKey) -> None:
    """What waits, also for an id of none; and the roster only to show a list."""
    asks, due = place.world.world.asks(place.age), builders.NOW.replace(year=builders.NOW.year + 5)
    named = AuthorityOrder("the authority (synthetic)", "Case 7 (synthetic)", builders.NOW.date(), bytes(32))
    made = await asks.record_order(named, deadline=due, key=signing(key, place.age))
    versions, read = place.roster, list[str]()

    def roster() -> Sequence[Roster]:
        read.append("")
        return versions() if versions else ()

    place.roster = roster
    async with place.works(key) as browser:
        # What the overview has counted, no other page counts in the same minute.
        await browser.get("/")
        before = len(place.wire.calls("ListOrders"))
        await browser.get(typed("/orders", "b" * 32))
        assert (len(place.wire.calls("ListOrders")) - before, len(read)) == (4, 1), "one of each state"
        page = await browser.get(typed("/orders", made.order_id))
        assert ("Case 7 (synthetic)" in page.title, len(read)) == (True, 1)


@pytest.mark.parametrize("content", ["123456789012", "a" * 32, TOKEN, "post/1"])
async def test_reports_are_found_by_any_name_of_a_content(
    place: Office, browser: Visitor, content: str
) -> None:
    """Also by one that looks like a number, an id or a token."""
    target = TipOffTarget(TargetKind.CONTENT, content)
    filed = (await place.world.file(target=target)).tip_off
    page = await browser.get(typed("/reports", f" {content} "))
    assert page.title == f"Report {filed.reference}"


@pytest.mark.parametrize("asked", [" ", "a\0b", "\n"])
async def test_what_is_no_name_finds_no_report(place: Office, browser: Visitor, asked: str) -> None:
    """A blank or a control character is not asked for; the page says what it takes."""
    await place.world.file()
    page = await browser.get(typed("/reports", asked))
    assert (page.status, "Enter the whole number of a report" in page.words) == (200, True)


async def test_a_search_without_a_result_says_what_it_takes(place: Office, browser: Visitor) -> None:
    """Also of a number that is none, or of words, which these lists do not have; the way out is a link."""
    for path in ("/sanctions", "/appeals", "/contests", "/disavowals", "/reinstatements", "/public-accounts"):
        for asked in ("000000000000", "b" * 32, TOKEN, "satire"):
            page = await browser.get(f"{path}?q={asked}")
            assert (page.status, "Enter the whole token of an account" in page.words) == (200, True), (
                path,
                asked,
            )
            is_public = path in ("/sanctions", "/public-accounts")
            assert ("or of a public account" in page.words) == is_public, path
            assert f'<a href="{path}?view=' in page.text
