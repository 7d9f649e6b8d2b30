"""Back to the list: its filters stay in the addresses of a case, its forms, and what a form leads to."""

import re

import pytest

from idvault_people.console.visit import GoTo, Visit
from idvault_people.moderation import way_back
from idvault_people.moderation.way_back import Opened
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.support.flow_world import command

WHICH = "a" * 32


def at(path: str, question: str = "", **fields: str) -> Visit:
    query = dict(each.split("=") for each in question.split("&") if each)
    return Visit(language="en", say=lambda key, **_: key, path=path, query=query, fields=fields)


@pytest.mark.parametrize(
    ("here", "path", "kept"),
    [
        ("/appeals", f"/appeals/{WHICH}", f"/appeals/{WHICH}?view=all&after=t"),
        (f"/appeals/{WHICH}", "/appeals", "/appeals?view=all&after=t"),
        (
            f"/appeals/{WHICH}/decision",
            f"/appeals/{WHICH}?done=yes",
            f"/appeals/{WHICH}?view=all&after=t&done=yes",
        ),
        (f"/appeals/{WHICH}", f"/sanctions/{WHICH}", f"/sanctions/{WHICH}"),
        (f"/reporters/{WHICH}/standing", "/reporters?view=limited", "/reporters?view=limited"),
        ("/narrowings", f"/sanctions/{WHICH}/narrowing", f"/sanctions/{WHICH}/narrowing?view=all&after=t"),
        (f"/sanctions/{WHICH}/narrowing", f"/sanctions/{WHICH}", f"/sanctions/{WHICH}"),
        ("/reports", "/reports?operation=", "/reports?operation="),
    ],
)
def test_filters_stay_in_the_addresses_of_one_list(here: str, path: str, kept: str) -> None:
    """Another list has others, and an address with filters of its own has those."""
    assert way_back.within(at(here, "view=all&after=t"), path) == kept
    assert way_back.within(at(here), path) == path


def test_a_search_that_opens_a_case_does_not_stay() -> None:
    """Back from there is the whole list; what a form or another page leads to keeps what that had."""
    opened = Opened(f"/appeals/{WHICH}")
    assert way_back.beside(lambda _: opened, lists={"/appeals"})(at("/appeals", "q=acct")) == opened
    handler = way_back.beside(lambda _: GoTo(f"/appeals/{WHICH}"), lists={"/appeals"})
    led = handler(at(f"/appeals/{WHICH}/decision", "view=overdue"))
    assert led == GoTo(f"/appeals/{WHICH}?view=overdue")
    sent = handler(at(f"/appeals/{WHICH}/decision", "q=acct", verdict="UPHELD"))
    assert sent == GoTo(f"/appeals/{WHICH}?q=acct")


def back(text: str) -> list[str]:
    """Return where "Back to the list" leads."""
    return re.findall(r'<a href="([^"]*)">Back to the list</a>', text)


async def test_a_case_leads_back_after_its_decision(place: Office, browser: Visitor) -> None:
    """The list's link, the case's form, and the page after it have the view that one came from."""
    other = await place.moderator(2)
    token = await place.world.world.account()
    warned = await place.world.world.impose(token, Degree.WARN, key=other, seconds=place.age)
    made = await place.sessions.moderation.file(warned, "Satire (synthetic)", seconds=place.age)
    here = f"/appeals/{made.appeal_id}?view=all"
    assert f'href="{here}"' in (await browser.get("/appeals?view=all")).text
    page = await browser.get(here)
    assert back(page.text) == ["/appeals?view=all"]
    where = f"/appeals/{made.appeal_id}/decision?view=all"
    assert f'action="{where}"' in page.text
    fields = {**form_of(page, re.escape(where)), "verdict": "REJECTED", "reason": "It was not"}
    page = await post(browser, where, fields)
    assert "Done. Now: rejected." in page.words
    assert back(page.text) == ["/appeals?view=all"]
    assert '<a href="/appeals">Next one to decide</a>' in page.text, "not in the list of decided ones"
    assert back((await browser.get(f"/appeals/{made.appeal_id}")).text) == ["/appeals"]


async def test_every_case_leads_back(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Sanctions, public accounts, contests, operations and campaigns; a page without a list does not."""
    found = await place.world.world.claims.verify(command(1))
    token = found.account.account_token
    contested = await place.contest(token, found.claim_id, "It was not me (synthetic)")
    warned = await place.world.world.impose(token, Degree.WARN, key=key, seconds=place.age)
    owner = await place.public_accounts.person(2)
    applied = await place.public_accounts.apply(owner, seconds=place.age)
    campaign = await place.sessions.campaigns.create(title="Verify the old accounts")
    await submit(browser, "/operations/new", title="May against fraud")
    (operation,) = (await place.world.world.asks(place.age).list_operations()).operations
    for where, view in (
        (f"/contests/{contested.contest_id}", "open"),
        (f"/sanctions/{warned.sanction_id}", "in_force"),
        (f"/public-accounts/{applied.public_account_id}", "applied"),
        (f"/operations/{operation.operation_id}", "open"),
        (f"/campaigns/{campaign.campaign_id}", "all"),
    ):
        listed = where.rpartition("/")[0]
        assert f'href="{where}?view={view}"' in (await browser.get(f"{listed}?view={view}")).text
        page = await browser.get(f"{where}?view={view}")
        assert back(page.text) == [f"{listed}?view={view}"], where
    assert back((await browser.get(f"/accounts/{token}")).text) == []
    assert back((await browser.get("/sanctions")).text) == []
