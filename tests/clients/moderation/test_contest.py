"""The pages of contests: by due time, with the owner's text, decided by two moderators."""

import pytest

from idvault.session.contest.acts import CONTESTS
from idvault.session.contest.rules import Contest
from idvault_client.sessions import AccountContest
from idvault_verify.account import AccountState
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


async def test_two_moderators_uphold_a_contest(place: Office, browser: Visitor, made: AccountContest) -> None:
    """The first one waits for another; the second confirms what was shown, once: it is REVOKED."""
    here = f"/contests/{made.contest_id}"
    await submit(browser, f"{here}/decision", verdict="UPHELD", reason="Other logins")
    page = await browser.get(here)
    assert "another moderator must confirm it" in page.words
    assert f"{here}/confirmation" not in page.text
    async with place.works(await place.moderator(2)) as second:
        assert "Contests to decide How many 1" in (await second.get("/")).words
        assert f'action="{here}/confirmation"' in (await second.get(here)).text
        form = await second.get(f"{here}/confirmation")
        assert "Other logins" in form.words
        for _ in range(2):
            done = await submit(second, f"{here}/confirmation", form)
            assert "Upheld: it was not the owner" in done.words
        wrong = await submit(second, f"{here}/confirmation", paper="no digest")
        assert (wrong.status, "Now: Upheld: it was not the owner." in wrong.words) == (409, True)
    assert (await stored(place, made)).state is ContestState.UPHELD
    status = await place.world.world.status(made.account_token)
    assert status.state is AccountState.REVOKED


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
    assert "another moderator must confirm that within 72 hours" in form.words
    page = await submit(browser, f"{here}/decision", form, reason="Seen in the list of logins")
    assert (page.status, 'href="#verdict"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/decision", page, verdict="REJECTED", reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    for _ in range(2):
        done = await submit(browser, f"{here}/decision", page, verdict="REJECTED", reason="Own logins")
        assert "Own logins" in done.words
    assert len(place.wire.calls("DecideContest")) == 2, "one that was refused, and one that acted"
    assert (await stored(place, made)).state is ContestState.REJECTED
    late = await submit(browser, f"{here}/decision", verdict="UPHELD", reason="Too late")
    assert (late.status, "Now: Rejected: it was the owner." in late.words) == (409, True)
    for view, found in (("open", False), ("overdue", False), ("all", True)):
        listed = (await browser.get(f"/contests?view={view}")).text
        assert (f'href="{here}?view={view}"' in listed) is found, view
