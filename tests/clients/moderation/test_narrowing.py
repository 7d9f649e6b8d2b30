"""The pages of narrowings: what must be narrowed, by two moderators who had no part in the sanction."""

from uuid import uuid4

import pytest

from idvault_client.sanctions import AccountSanction
from idvault_verify.sanction import Degree, Scope
from idvault_verify.session import ContestState
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.support.flow_world import command
from tools.support.sanction_world import signing


@pytest.fixture
async def made(place: Office) -> AccountSanction:
    """A closing of a person whose verification was withdrawn; moderators 3 and 4 imposed it."""
    world, age = place.world.world, place.age
    claim = await world.claims.verify(command(1))
    token = claim.account.account_token
    keys = [await world.moderator(number) for number in range(1, 7)]
    sanction = await world.of_person(token, Degree.CLOSE, (keys[2], keys[3]), seconds=age)
    contest = await place.sessions.asks(age).contest(token, claim.claim_id, "not me (synthetic)")
    first, second = [signing(key, age) for key in keys[4:]]
    asks = place.sessions.asks(age)
    proposed = await asks.decide_contest(contest.contest_id, ContestState.UPHELD, "seen", key=first)
    await asks.confirm_contest(proposed, key=second)
    return sanction


async def test_two_moderators_narrow_a_sanction(
    place: Office, browser: Visitor, made: AccountSanction
) -> None:
    """Who imposed it cannot; the first waits for the second; each form acts once."""
    here = f"/sanctions/{made.sanction_id}/narrowing"
    assert "Sanctions to narrow How many 1" in (await browser.get("/")).words
    page = await browser.get("/narrowings")
    assert f'href="{here}"' in page.text
    async with place.works(await place.moderator(3)) as own:
        assert "two others must narrow it" in (await own.get(here)).words
    form = await browser.get(here)
    for _ in range(2):
        done = await submit(browser, here, form)
        assert (done.status, "Owner" in done.words or "owner" in done.words) == (200, True)
    assert "another moderator must confirm it" in (await browser.get(here)).words
    async with place.works(await place.moderator(2)) as second:
        form = await second.get(here)
        for _ in range(2):
            await submit(second, here, form)
        assert len(place.wire.calls("ConfirmNarrowing")) == 1
        anew = {"once": "again", "request_id": str(uuid4())}
        late = await post(second, here, {**form_of(form, here), **anew})
        assert (late.status, "narrowed to the account" in late.words) == (409, True)
        assert "No sanction has to be narrowed" in (await second.get("/narrowings")).words
        listed = await second.get("/narrowings?view=all")
        assert f'href="{here}?view=all"' in listed.text
        page = await second.get(f"{here}?view=all")
        assert f'action="{here}' not in page.text, "it is narrowed, and nothing is left to sign"
        assert ("narrowed to the account" in page.words, page.status) == (True, 200)
    assert (await place.world.world.get(made, seconds=place.age)).scope is Scope.ACCOUNT
