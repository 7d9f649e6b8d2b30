"""The search in the lists of cases: an account, an id, or the number of a report."""

import pytest

from idvault_people.moderation.finding import Meant, meant
from idvault_people.moderation.shown import short_key
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import AuthorityOrder, Degree
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.clients.moderation.test_every_page import claimed, withdrawn
from tests.clients.moderation.test_measure import imposed
from tests.support.console import Visitor
from tests.support.moderation_console import Office
from tools.support import builders
from tools.support.flow_world import command
from tools.support.sanction_world import signing

TOKEN = "acct_" + "0" * 26


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
    page = await browser.get(f"/sanctions?q={token}")
    assert page.text.count('scope="row"') == 2
    for each in (warned, closing):
        assert f'href="/sanctions/{each.sanction_id}?q={token}"' in page.text
    assert f'value="{token}"' in page.text
    assert (await browser.get(f"/sanctions?q={closing.sanction_id}")).title.startswith("Proposed closing")
    for asked in (token, made.appeal_id, warned.sanction_id):
        assert (await browser.get(f"/appeals?q={asked}")).title == "Appeal against: Warning", asked


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
    assert (await browser.get(f"/contests?q={number}")).title == f"Contest: {short_key(token)}"
    for asked in (token, made.contest_id):
        assert (await browser.get(f"/contests?q={asked}")).title == f"Contest: {short_key(token)}", asked
    public = TipOffTarget(TargetKind.PUBLIC_ACCOUNT, applied.public_account_id)
    number = (await place.world.file(target=public)).tip_off.reference
    for asked in (number, owner, applied.public_account_id):
        page = await browser.get(f"/public-accounts?q={asked}")
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
            assert (await browser.get(f"{path}?q={asked}")).title == wanted, (path, asked)


async def test_measures_are_found_by_their_content(place: Office, browser: Visitor) -> None:
    """Also by id, and by a report about the content; several on one content are listed, in every view."""
    key = await place.moderator(2)
    first = await imposed(place, key, content="post/17")
    about = TipOffTarget(TargetKind.CONTENT, "post/17")
    number = (await place.world.file(target=about)).tip_off.reference
    for asked in ("post/17", first.measure_id, number):
        page = await browser.get(f"/measures?q={asked}")
        assert "What is signed" not in page.words
        assert "post/17" in page.title, asked
    await imposed(place, key, content="123456789012")
    assert "123456789012" in (await browser.get("/measures?q=123456789012")).words
    await place.world.world.platform(place.age).content_measures.reverse(
        first, "A mistake", key=signing(key, place.age)
    )
    second = await imposed(place, key, content="post/17")
    page = await browser.get("/measures?q=post/17")
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
    for asked in ("case%207", made[0].order_id):
        assert "Case 7 (synthetic)" in (await browser.get(f"/orders?q={asked}")).title, asked
    page = await browser.get("/orders?q=case")
    assert page.text.count('scope="row"') == 2
    page = await browser.get("/orders?q=case%209")
    assert (page.status, "Enter its reference or a part of it" in page.words) == (200, True)


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
