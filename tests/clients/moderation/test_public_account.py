"""The pages of public accounts: applications, terms that end, and what happens to both."""

from datetime import UTC, datetime, timedelta

from idvault_client.public_accounts import Licence, OwnedPublicAccount, PublicAccountCategory
from idvault_people.moderation import shown
from idvault_verify.public_account import PublicAccountState, RejectReason
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support.flow_world import command
from tools.support.public_account_world import DAY


def path(shown: OwnedPublicAccount) -> str:
    return f"/public-accounts/{shown.public_account_id}"


async def test_an_application_is_approved(place: Office, browser: Visitor) -> None:
    """It leaves the queue of applications; decided again, the page says what it is now."""
    made = await place.public_accounts.apply(await place.public_accounts.person(1))
    assert f'href="{path(made)}"' in (await browser.get("/public-accounts")).text
    assert f'action="{path(made)}/decision"' in (await browser.get(path(made))).text
    slow = await browser.get(f"{path(made)}/decision")
    page = await submit(browser, f"{path(made)}/decision", decision="")
    assert (page.status, 'href="#decision"' in page.text) == (422, True)
    page = await submit(browser, f"{path(made)}/decision", page, decision="APPROVE")
    assert "State active" in page.words
    assert f'href="{path(made)}"' not in (await browser.get("/public-accounts")).text
    page = await submit(browser, f"{path(made)}/decision", slow, decision="APPROVE")
    assert (page.status, "Now: active." in page.words) == (409, True)


async def test_an_application_is_rejected(place: Office, browser: Visitor) -> None:
    """With a reason of the list, which is needed."""
    made = await place.public_accounts.apply(await place.public_accounts.person(1))
    page = await submit(browser, f"{path(made)}/decision", decision="REJECT")
    assert (page.status, 'href="#reject_reason"' in page.text) == (422, True)
    page = await submit(browser, f"{path(made)}/decision", page, reject_reason="INCOMPLETE")
    assert "Something is missing" in page.words
    found = await place.public_accounts.get(made, seconds=place.age)
    assert (found.state, found.reject_reason) == (PublicAccountState.REJECTED, RejectReason.INCOMPLETE)


async def test_an_owner_who_may_not_have_it(place: Office, browser: Visitor) -> None:
    """An approval that ends as rejected is shown as what it is."""
    first = await place.public_accounts.person(1)
    second = await place.public_accounts.person(2, who=1)
    await place.public_accounts.open(first)
    made = await place.public_accounts.apply(second)
    page = await submit(browser, f"{path(made)}/decision", decision="APPROVE")
    assert "The owner may not have it now" in page.words


async def test_a_term_is_renewed(place: Office, browser: Visitor) -> None:
    """From the list of what expires; with a new licence, or told that it is too early."""
    owner = await place.public_accounts.company()
    made = await place.public_accounts.open(owner)
    page = await browser.get("/public-accounts?view=all")
    assert f'href="{path(made)}?view=all"' in page.text
    licence = {"new_licence": "MEDIA", "licence_reference": "licence 7", "licence_day": "soon"}
    page = await submit(browser, f"{path(made)}/renewal", **licence)
    assert (page.status, 'href="#licence_day"' in page.text) == (422, True)
    last = (datetime.now(UTC) + timedelta(days=400)).date()
    page = await submit(browser, f"{path(made)}/renewal", page, licence_day=str(last))
    assert (page.status, "It is too early to renew" in page.words) == (409, True)
    page = await submit(browser, f"{path(made)}/renewal", new_licence="")
    assert (page.status, "It is too early to renew" in page.words) == (409, True)


async def test_what_expires_is_listed_and_renewed(place: Office, browser: Visitor) -> None:
    """An approval of ten months ago ends within 60 days."""
    then = place.age - 320 * DAY
    owner = await place.public_accounts.claims.verify(command(1), seconds=then)
    made = await place.public_accounts.open(owner.account.account_token, seconds=then)
    page = await browser.get("/public-accounts?view=expiring")
    assert f'href="{path(made)}?view=expiring"' in page.text
    assert "Public accounts that expire within 60 days How many 1" in (await browser.get("/")).words
    page = await submit(browser, f"{path(made)}/renewal")
    assert page.title.startswith("Public account"), page.words
    assert f'href="{path(made)}' not in (await browser.get("/public-accounts?view=expiring")).text


async def test_a_term_is_told_by_its_last_day(place: Office, browser: Visitor) -> None:
    """In the list and on its page, in the words of "My identity": a day later it publishes nothing."""
    made = await place.public_accounts.open(await place.public_accounts.person(1), seconds=place.age)
    assert made.expire_date is not None
    last, over = (
        shown.day(day, language="en") for day in (made.expire_date - timedelta(days=1), made.expire_date)
    )
    for address in (path(made), "/public-accounts?view=all"):
        words = (await browser.get(address)).words
        assert (last in words, "Term ends on" in words, over in words) == (True, True, False), address


async def test_a_licence_is_told_by_its_last_day(place: Office, browser: Visitor) -> None:
    """Not by the first day without it, which is what the vault keeps."""
    owner = await place.public_accounts.person(9)
    end = (datetime.now(UTC) + timedelta(days=300)).date().replace(day=1)
    licence = Licence(PublicAccountCategory.MEDIA, "licence 7 (synthetic)", end)
    made = await place.public_accounts.apply(owner, licence, seconds=place.age)
    last = shown.day(end - timedelta(days=1), language="en")
    page = await browser.get(path(made))
    assert f"licence 7 (synthetic), valid through {last}" in page.words
