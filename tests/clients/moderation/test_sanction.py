"""The pages of sanctions: two moderators, the statement, ends, and the platform's own initiative."""

import re

import pytest

from idvault.sanction import acts
from idvault.sanction.rules import Sanction
from idvault_client.sanctions import AccountSanction
from idvault_people.moderation.shown import short_key
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, Origin, SanctionState, Scope
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tests.support.tip_off_world import closed, opened
from tools.support.flow_world import PARTY
from tools.support.sanction_world import reasons

NEW = {
    "degree": "WARN",
    "ground": "ILLEGAL",
    "category": "FRAUD",
    "rule_reference": "law 7",
    "case_reference": "case 2026-17",
    "evidence": "00" * 32,
    "redress": "Write to appeals",
}


@pytest.fixture
async def other(place: Office) -> ModeratorKey:
    """Another moderator, who proposes."""
    return await place.moderator(2)


async def proposed(place: Office, key: ModeratorKey) -> AccountSanction:
    """Propose the closing of a new account, now: a proposal ends by itself after 72 hours."""
    token = await place.world.world.account()
    return await place.world.world.impose(token, Degree.CLOSE, key=key, seconds=place.age)


async def stored(place: Office, sanction_id: str) -> Sanction:
    return await acts.find(place.world.world.vault, PARTY, sanction_id)


async def test_another_moderator_confirms(
    place: Office, browser: Visitor, key: ModeratorKey, other: ModeratorKey
) -> None:
    """The statement is read again before the second signature; confirmed elsewhere, the page says so."""
    made = await proposed(place, other)
    assert "2 days left" in (await browser.get("/sanctions")).words
    assert "Sanctions to confirm How many 1" in (await browser.get("/")).words
    here = f"/sanctions/{made.sanction_id}"
    assert "terms 4.2" in (await browser.get(here)).words
    form = await browser.get(f"{here}/confirmation")
    for word in ("terms 4.2", "case 17", "write to appeals", made.account_token, "your key never leaves it"):
        assert word in form.words
    slow = await browser.get(f"{here}/confirmation")
    page = await submit(browser, f"{here}/confirmation", form)
    assert "in force" in page.words
    found = await stored(place, made.sanction_id)
    assert (found.state, found.confirmed_by) == (SanctionState.IN_FORCE, key.moderator_id)
    page = await submit(browser, f"{here}/confirmation", slow)
    assert (page.status, "Now: in force." in page.words) == (409, True)


async def test_an_own_proposal_is_not_confirmed(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """The page does not offer it, and a form that is sent nevertheless is refused; it can be withdrawn."""
    made = await proposed(place, key)
    here = f"/sanctions/{made.sanction_id}"
    page = await browser.get(here)
    assert "You proposed it: another moderator must confirm it." in page.words
    assert f'action="{here}/confirmation"' not in page.text
    assert "Sanctions to confirm How many" not in (await browser.get("/")).words
    page = await submit(browser, f"{here}/confirmation")
    assert (page.status, "Another person must decide" in page.words) == (409, True)
    page = await submit(browser, f"{here}/end", reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/end", page, reason="A mistake")
    assert (await stored(place, made.sanction_id)).state is SanctionState.LIFTED
    assert "A mistake" in page.words


async def test_a_proposal_that_was_withdrawn_is_called_so(
    place: Office, browser: Visitor, other: ModeratorKey
) -> None:
    """By its page, and by whatever form is refused: it was never in force, so nobody lifted it."""
    here = f"/sanctions/{(await proposed(place, other)).sanction_id}"
    slow = await browser.get(f"{here}/confirmation")
    page = await submit(browser, f"{here}/end", reason="A mistake")
    assert "Now: withdrawn." in page.words
    for where, form in ((f"{here}/confirmation", slow), (f"{here}/end", None)):
        late = await submit(browser, where, form, reason="Another one")
        assert (late.status, "Now: withdrawn." in late.words) == (409, True), where


async def test_a_sanction_on_own_initiative(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Checked, signed, shown in the history of its account; an authority's says so by its origin."""
    token = await place.world.world.account()
    assert f"/sanctions/new?account={token}" in (await browser.get(f"/accounts/{token}")).text
    page = await submit(browser, "/sanctions/new", account=token, **NEW)
    assert page.title == "Check before you sign"
    page = await submit(browser, "/sanctions/new", page)
    assert page.title == f"Warning: {short_key(token)}"
    ((made,),) = await place.world.world.pages(size=9, account_token=token)
    found = await stored(place, made)
    assert (found.imposed_by, found.statement.origin) == (key.moderator_id, Origin.OWN_INITIATIVE)
    assert (await browser.get("/sanctions/new")).text.count("Write to appeals") == 1, "kept for the next one"
    order = {"authority": "a (synthetic)", "order_reference": "7", "order_date": "2026-02-27"}
    page = await submit(
        browser, "/sanctions/new", account=token, **NEW, issuer="AUTHORITY", order_digest="11" * 32, **order
    )
    page = await submit(browser, "/sanctions/new", page)
    ((_, second),) = await place.world.world.pages(size=9, account_token=token)
    assert (await stored(place, second)).statement.origin is Origin.AUTHORITY
    page = await browser.get(f"/accounts/{token}")
    assert "warned" in page.words
    found_ids = re.findall(r'scope="row"><a href="/sanctions/([0-9a-f]{32})">', page.text)
    assert found_ids == [second, made], "the newest first"


async def test_a_person_is_only_proposed(place: Office, browser: Visitor) -> None:
    """Scope PERSON needs two moderators at every degree, and the page says so before it is signed."""
    token = await place.world.world.account()
    page = await submit(browser, "/sanctions/new", account=token, **NEW, scope="PERSON")
    assert "another moderator must confirm it within 72 hours" in page.words
    page = await submit(browser, "/sanctions/new", page)
    ((made,),) = await place.world.world.pages(size=9, account_token=token)
    found = await stored(place, made)
    assert (found.scope, found.state) == (Scope.PERSON, SanctionState.PROPOSED)


async def test_lists_by_state(place: Office, browser: Visitor, other: ModeratorKey) -> None:
    """Those in force, and all; the case of a content report has no history of an account."""
    made = await proposed(place, other)
    warned = await place.world.world.impose(
        made.account_token, Degree.WARN, key=other, given=reasons(case_reference="case 18")
    )
    for view, found in (
        ("proposed", {made.sanction_id}),
        ("in_force", {warned.sanction_id}),
        ("all", {made.sanction_id, warned.sanction_id}),
    ):
        page = await browser.get(f"/sanctions?view={view}")
        listed = re.findall(r'scope="row"><a href="/sanctions/([0-9a-f]{32})\?view=(\w+)">', page.text)
        assert set(listed) == {(each, view) for each in found}, view
    lifted = await submit(browser, f"/sanctions/{warned.sanction_id}/end", reason="It was satire")
    assert "It was satire" in lifted.words
    gone = TipOffTarget(TargetKind.CONTENT, "post/1")
    filed = (await place.world.file(target=gone)).tip_off
    assert "Sanctions of the account" not in (await browser.get(f"/reports/{filed.tip_off_id}")).words


async def test_an_operation_that_ended_meanwhile_is_refused(place: Office, browser: Visitor) -> None:
    """Nothing is signed without the operation that the preview showed."""
    token, operation = await place.world.world.account(), await opened(place.world)
    page = await submit(browser, "/sanctions/new", account=token, operation=operation.operation_id, **NEW)
    assert operation.title in page.words
    await closed(place.world, operation)
    page = await submit(browser, "/sanctions/new", page)
    assert page.status == 409
    assert await place.world.world.pages(size=9, account_token=token) == [[]]


async def test_the_hardest_of_many_sanctions_counts(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """However many an account has: the newest comes first, and the standing counts them all."""
    token, world = await place.world.world.account(), place.world.world
    for number in range(101):
        given = reasons(case_reference=f"case {number}")
        await world.impose(token, Degree.WARN, key=key, given=given, seconds=number)
    made = await world.impose(token, Degree.SUSPEND, key=key, seconds=200)
    page = await browser.get(f"/accounts/{token}")
    assert "Standing suspended" in page.words
    found = re.findall(r'scope="row"><a href="/sanctions/([0-9a-f]{32})">', page.text)
    assert (len(found), found[0]) == (102, made.sanction_id)
