"""The search in the lists of cases: an account, an id, or the number of a report."""

import pytest

from idvault_people.moderation.finding import Meant, meant
from idvault_people.moderation.shown import short_key
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office
from tools.support.flow_world import command

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
    await place.contest(token, found.claim_id, "It was not me (synthetic)")
    owner = await place.public_accounts.person(2)
    applied = await place.public_accounts.apply(owner, seconds=place.age)
    about = TipOffTarget(TargetKind.ACCOUNT, token)
    number = (await place.world.file(target=about)).tip_off.reference
    assert (await browser.get(f"/contests?q={number}")).title == f"Contest: {short_key(token)}"
    for asked in (token, found.claim_id):
        assert (await browser.get(f"/contests?q={asked}")).status == 200
    public = TipOffTarget(TargetKind.PUBLIC_ACCOUNT, applied.public_account_id)
    number = (await place.world.file(target=public)).tip_off.reference
    for asked in (number, owner, applied.public_account_id):
        page = await browser.get(f"/public-accounts?q={asked}")
        assert page.title == f"Public account {short_key(applied.public_account_id)}", asked


async def test_a_search_without_a_result_says_what_it_takes(place: Office, browser: Visitor) -> None:
    """Also of a number that is none, or of words, which these lists do not have; the way out is a link."""
    for path in ("/sanctions", "/appeals", "/contests", "/disavowals", "/reinstatements", "/public-accounts"):
        for asked in ("000000000000", "b" * 32, TOKEN, "satire"):
            page = await browser.get(f"{path}?q={asked}")
            assert (page.status, "Enter the whole token of an account" in page.words) == (200, True), (
                path,
                asked,
            )
            assert f'<a href="{path}?view=' in page.text
