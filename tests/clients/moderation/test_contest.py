"""The pages of contests: by due time, with the owner's text, decided once, without changing the account."""

import pytest

from idvault.session.contest.acts import CONTESTS
from idvault.session.contest.rules import Contest
from idvault_client.sessions import AccountContest
from idvault_verify.session import ContestState
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support.flow_world import PARTY, command

TEXT = "That was <i>not</i> me, 那不是我 (synthetic)"


@pytest.fixture
async def made(place: Office) -> AccountContest:
    """A contest that was filed now."""
    claim = await place.world.world.claims.verify(command(1))
    return await place.contest(claim.account.account_token, claim.claim_id, TEXT)


async def stored(place: Office, made: AccountContest) -> Contest:
    return await CONTESTS.find(place.sessions.vault, PARTY, made.contest_id)


async def test_a_contest_is_decided(place: Office, browser: Visitor, made: AccountContest) -> None:
    """The text is shown escaped; decision and reason are needed; it acts once and leaves the queue."""
    here = f"/contests/{made.contest_id}"
    assert "Contests to decide How many 1" in (await browser.get("/")).words
    page = await browser.get("/contests")
    assert f'href="{here}"' in page.text
    assert "days left" in page.words
    page = await browser.get(here)
    assert "&lt;i&gt;not&lt;/i&gt;" in page.text
    assert made.verification_id in page.words
    assert "no sanction" in page.words
    form = await browser.get(f"{here}/decision")
    assert "changes no account" in form.words
    page = await submit(browser, f"{here}/decision", form, reason="Seen in the list of logins")
    assert (page.status, 'href="#verdict"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/decision", page, verdict="UPHELD", reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    for _ in range(2):
        done = await submit(browser, f"{here}/decision", page, verdict="UPHELD", reason="Other logins")
        assert "Other logins" in done.words
    assert len(place.wire.calls("DecideContest")) == 2, "one that was refused, and one that acted"
    assert (await stored(place, made)).state is ContestState.UPHELD
    late = await submit(browser, f"{here}/decision", verdict="REJECTED", reason="Too late")
    assert (late.status, "Now: upheld." in late.words) == (409, True)
    for view, found in (("open", False), ("overdue", False), ("all", True)):
        assert (f'href="{here}"' in (await browser.get(f"/contests?view={view}")).text) is found, view
