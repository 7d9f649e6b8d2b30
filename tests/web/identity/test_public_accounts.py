"""Public accounts by clicks without script: apply, renew, operators, offer and accept, close."""

import re
from datetime import date

import pytest

from idvault_verify.sanction import Degree
from tests.support.session_world import RETURN_URL, TERMS
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tests.web.identity.test_pages import TODAY, opened
from tests.web.test_pages import bound
from tools.support import builders
from tools.support.flow_world import command
from tools.support.public_account_world import licence

RETYPED = "this page does not show what you typed"


async def sent(browser: Browser, form: Page, **fields: str) -> Page:
    """Send a form with its hidden fields, twice, as a double click does; return what the second answers."""
    hidden = {name: form.hidden(name) for name in ("form", "revision", "number") if form.hidden(name)}
    path = form.path.partition("?")[0]
    await browser.post(path, {**hidden, **fields})
    return await browser.post(path, {**hidden, **fields})


async def recently(site: Site, token: str, number: int, who: int) -> None:
    """Let an account's owner have verified again a minute ago."""
    identity = builders.identity(number=f"110000190101{who:02}000X")
    await site.world.claims.verify(command(number, identity, account_token=token), seconds=TODAY - 60)


async def with_terms(site: Site, token: str) -> tuple[Browser, str]:
    """Open "my identity" with terms to agree to."""
    made = await site.platform.sessions.create_identity(
        token, return_url=RETURN_URL, locale="en", policy_version="terms-3", policy_text=TERMS
    )
    browser = await site.browser()
    await bound(site, browser, made.url)
    return browser, f"/i/{made.session_id}"


async def test_an_owner_applies_by_clicks(site: Site) -> None:
    """The empty list says what to do; sent twice it is one application, which the platform decides."""
    token = await site.world.publishing.person()
    browser, path, overview = await opened(site, token)
    assert f'href="{path}/public"' in overview.text
    empty = await browser.get(f"{path}/public")
    assert ("You have no public account" in empty.text, token in empty.text) == (True, True)
    form = await browser.get(empty.links[0])
    assert "Example Chat decides on the application" in form.text
    # What it is without a licence, and which licence another category takes.
    assert "its category is that of its owner: Person." in form.text
    assert "<dt>News</dt><dd>Licence for an internet news information service</dd>" in form.text
    listed = await browser.follow(await sent(browser, form))
    assert listed.text.count("applied for") == 1
    assert "Your application has been sent. Example Chat decides." in listed.text
    # Another one is not what the page is for now.
    assert ('class="button quiet"' in listed.text, 'class="button quiet"' in empty.text) == (True, False)
    assert "You applied for a public account" in (await browser.get(path)).text
    events = await site.world.moderation.events("publicaccount:")
    assert len(events) == 1


@pytest.mark.parametrize("degree", [Degree.SUSPEND, Degree.CLOSE])
async def test_an_owner_whom_a_sanction_bars_gets_no_form(site: Site, degree: Degree) -> None:
    """The list and the page of an application say why, and lead to the reasons instead."""
    token = await site.world.publishing.person()
    await site.world.moderation.case(degree, token=token, seconds=TODAY)
    browser, path, _ = await opened(site, token)
    for page in (await browser.get(f"{path}/public"), await browser.get(f"{path}/public/apply")):
        assert "you cannot apply for a public account" in page.text
        assert (f'href="{path}/standing">Read the reasons' in page.text, "<form" in page.text) == (
            True,
            False,
        )
    assert f"{path}/public/apply" not in (await browser.get(f"{path}/public")).text


async def test_an_owner_sees_what_readers_see(site: Site) -> None:
    """Term, category, state and standing; its number behind details; only what can be done now."""
    token = await site.world.publishing.person()
    found = await site.world.publishing.open(token, seconds=TODAY)
    browser, path, _ = await opened(site, token)
    one = await browser.get(f"{path}/public/{found.public_account_id}")
    for shown in ("What readers see", "a person", "Person", "active", "Good", "Term ends on"):
        assert shown in one.text
    assert f'<code class="copy">{found.public_account_id}</code>' in one.text
    # The end of the number tells two apart, wherever one is named.
    name = f"Public account …{found.public_account_id[-6:]}"
    assert (f"<h1>{name}</h1>" in one.text, "Readers see this in" in one.text) == (True, True)
    # An address alone closes, offers or sends nothing, and no page says so.
    for done in ("close", "offer", "operator", "apply", "contest", "x"):
        for page in ("", "/public", f"/public/{found.public_account_id}", "/verifications", "/standing"):
            answer = await browser.get(f"{path}{page}", query={"done": done})
            assert (answer.status, 'role="status"' in answer.text) == (200, False), (page, done)
    assert f"Manage {name}" in (await browser.get(f"{path}/public")).text
    assert f"<h3>{name}</h3>" in (await browser.get(path)).text
    assert "no page on which anybody could look it up" in one.text
    address = f"{path}/public/{found.public_account_id}"
    assert re.findall(rf'href="{address}/(\w+)"', one.text) == ["offer", "close"]
    for change in ("renew", "operator"):
        assert (await browser.get(f"{address}/{change}")).status == 404
    assert (await browser.get(f"{path}/public/{'0' * 32}")).status == 404


async def test_closing_takes_a_recent_verification(site: Site) -> None:
    """Without one the page says how and has no form; with one, a second page closes it."""
    token = await site.world.publishing.person(1)
    found = await site.world.publishing.open(token, seconds=TODAY)
    browser, path, _ = await opened(site, token)
    address = f"{path}/public/{found.public_account_id}/close"
    form = await browser.get(address)
    assert ("verify again at Example Chat first" in form.text, 'class="stop"' in form.text) == (True, False)
    own = await browser.get(f"{path}/public/apply")
    refused = await browser.post(address, {"form": own.hidden("form"), "revision": "1"})
    assert (refused.status, "nobody else does it with your phone" in refused.text) == (422, True)
    await recently(site, token, 77, 1)
    form = await browser.get(address)
    assert "nobody can open it again" in form.text
    await site.world.publishing.offer(found, await site.world.publishing.person(2), seconds=TODAY)
    offered = "It is offered to another account until"
    one = await browser.get(address.removesuffix("/close"))
    assert (offered in one.text, "<summary>Number of the other account</summary>" in one.text) == (True, True)
    closed = await browser.follow(await sent(browser, await browser.get(address)))
    assert ">closed<" in closed.text.replace("</span>", "<")
    # What was done is told in both languages, and what readers see no more.
    note = "The public account has been closed."
    assert (note in one.text, note in closed.text, "Readers see this in" in closed.text) == (
        False,
        True,
        False,
    )
    assert "?lang=zh&amp;done=close." in closed.text
    # The offer ended with it.
    assert (offered in closed.text, "<summary>Number of the public account</summary>" in closed.text) == (
        False,
        True,
    )
    # When it was closed is on its page, and in the timeline.
    assert "<dt>Closed by you on</dt>" in closed.text
    told = re.findall(r"<a href=[^>]*>([^<]*)</a></p>\n<p>Public account", (await browser.get(path)).text)
    assert told == [
        "You closed a public account",
        "You offered a public account to another account",
        "A public account was approved",
        "You applied for a public account",
    ]
    assert (await browser.get(address)).status == 404


async def test_a_public_account_changes_its_owner_by_clicks(site: Site) -> None:
    """Offered by number; the receiver finds it on the page, and takes it over with the terms."""
    giver, taker = [await site.world.publishing.person(number) for number in (1, 2)]
    found = await site.world.publishing.open(giver, seconds=TODAY)
    for number, token in ((77, giver), (78, taker)):
        await recently(site, token, number, number - 76)
    browser, path, _ = await opened(site, giver)
    address = f"{path}/public/{found.public_account_id}"
    form = await browser.get(f"{address}/offer")
    for wrong in ("x", "", "0" * 32):
        again = await browser.post(
            form.path, {"form": form.hidden("form"), "revision": "1", "account": wrong}
        )
        assert (again.status, 'href="#account"' in again.text, RETYPED in again.text) == (422, True, False)
        # The number of the other account is no secret: it stays.
        assert not wrong or f'value="{wrong}"' in again.text
    offered = await browser.follow(await sent(browser, form, account=taker))
    assert "It is offered to another account until" in offered.text
    assert "It has been offered. Until it is accepted, the public account is yours." in offered.text
    other, elsewhere, first = await opened(site, taker)
    assert "A public account is offered to you" in first.text
    unknown = await other.get(f"{elsewhere}/public/accept", query={"number": "1" * 32})
    assert (unknown.status, "not any more" in unknown.text) == (422, True)
    assert f"?lang=zh&amp;number={'1' * 32}" in unknown.text
    assert '"?lang=zh"' in (await other.get(f"{elsewhere}/public/accept", query={"number": "1"})).text
    listed = await other.follow(await other.get(f"{elsewhere}/public/accept"))
    assert ("Offered to you" in listed.text, giver in listed.text) == (True, False)
    (address_of_offer,) = re.findall(r'href="([^"]*accept[^"]*)"', listed.text)
    bare = await other.get(address_of_offer)
    assert ("gave no terms" in bare.text, 'class="stop"' in bare.text) == (True, False)
    other, elsewhere = await with_terms(site, taker)
    form = await other.get(f"{elsewhere}/public/accept", query={"number": found.public_account_id})
    assert (TERMS in form.text, "It becomes yours at once" in form.text) == (True, True)
    assert (f"number={found.public_account_id}" in form.text, RETYPED in form.text) == (True, False)
    taken = await other.follow(await sent(other, form))
    assert "Owner changed on" in taken.text
    assert "You have taken it over: the public account is yours." in taken.text
    told = (await other.get(f"{elsewhere}/timeline")).text
    assert "A public account changed its owner" in told
    assert not any(each in told for each in ("You applied for a public account", "was approved"))
    # Closed on the day on which it was taken over, it is told as closed afterwards.
    await other.follow(await sent(other, await other.get(f"{taken.path.partition('?')[0]}/close")))
    told = (await other.get(f"{elsewhere}/timeline")).text
    assert told.index("You closed a public account") < told.index("A public account changed its owner")
    assert (await browser.get(address)).status == 404
    assert "None yet." in (await browser.get(path)).text
    for name in ("", "/public"):
        assert "ffered to you" not in (await other.get(f"{elsewhere}{name}")).text


async def test_an_organisation_names_and_removes_operators(site: Site) -> None:
    """By the number that the operator finds on a page of her own."""
    company, person = await site.world.publishing.company(), await site.world.publishing.person(1)
    found = await site.world.publishing.open(company, seconds=TODAY)
    own, elsewhere, _ = await opened(site, person)
    assert f'<code class="copy">{person}</code>' in (await own.get(f"{elsewhere}/public")).text
    browser, path, _ = await opened(site, company)
    address = f"{path}/public/{found.public_account_id}"
    assert "Nobody may publish for it yet" in (await browser.get(address)).text
    form = await browser.get(f"{address}/operator")
    named = await browser.follow(await sent(browser, form, account=person))
    assert ("may publish" in named.text, named.hidden("account")) == (True, person)
    fields = {name: named.hidden(name) for name in ("form", "revision", "account")}
    # A change of language on a refused form asks for the form's address.
    assert (await browser.get(f"{address}/remove")).hidden("account") == person
    removed = await browser.follow(await browser.post(f"{address}/remove", fields))
    assert "Nobody may publish for it yet" in removed.text
    assert "The operator has been removed." in removed.text


async def test_a_note_is_of_what_was_done(site: Site) -> None:
    """An address says that something was done only to this browser, and until the next change."""
    company, person = await site.world.publishing.company(), await site.world.publishing.person(1)
    found = await site.world.publishing.open(company, seconds=TODAY)
    browser, path, _ = await opened(site, company)
    address, note = f"{path}/public/{found.public_account_id}", "The operator has been named."
    sent_twice = await sent(browser, await browser.get(f"{address}/operator"), account=person)
    done = sent_twice.headers["Location"].partition("done=")[2]
    named = await browser.follow(sent_twice)
    assert note in named.text
    assert note in (await browser.get(address, query={"done": done})).text
    other, elsewhere, _ = await opened(site, company)
    seen = await other.get(f"{elsewhere}{address.removeprefix(path)}", query={"done": done})
    assert (seen.status, "Operators" in seen.text, note in seen.text) == (200, True, False)
    for wrong in ("operator", "remove" + done.removeprefix("operator"), done[:-1]):
        seen = await browser.get(address, query={"done": wrong})
        told = (seen.status, "Operators" in seen.text, 'role="status"' in seen.text)
        assert told == (200, True, False), wrong
    # Named by one tab, removed by another, and named again: only the last one is said.
    fields = {name: named.hidden(name) for name in ("form", "revision", "account")}
    await browser.post(f"{address}/remove", fields)
    await browser.follow(await sent(browser, await browser.get(f"{address}/operator"), account=person))
    seen = await browser.get(address, query={"done": done})
    assert (seen.status, "Operators" in seen.text, note in seen.text) == (200, True, False)


async def test_an_unrenewed_one_is_renewed_by_clicks(site: Site) -> None:
    """A banner says that it publishes nothing; a click begins another term."""
    token = await site.world.publishing.person(1)
    # It began 370 days ago: its term of 365 days is over, its 30 days of grace are not.
    await recently(site, token, 77, 1)
    found = await site.world.publishing.open(token, licence(date(2030, 1, 1)), seconds=TODAY - 370 * 86_400)
    browser, path, overview = await opened(site, token)
    assert "publishes nothing until it is renewed" in overview.text
    form = await browser.get(f"{path}/public/{found.public_account_id}/renew")
    assert "Its licence stays as it is. If you have a new one, renew at Example Chat" in form.text
    renewed = await browser.follow(await sent(browser, form))
    assert "active" in renewed.text
    assert "The public account has been renewed." in renewed.text
    assert "publishes nothing until it is renewed" not in (await browser.get(path)).text
