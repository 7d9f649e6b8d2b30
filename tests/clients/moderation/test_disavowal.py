"""The pages of disowned accounts: nobody is told who said so; two moderators uphold, one rejects."""

import pytest

from idvault_verify.account import AccountState
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support.flow_world import command


@pytest.fixture
async def token(place: Office) -> str:
    """A verified account."""
    claim = await place.world.world.claims.verify(command(1))
    return claim.account.account_token


@pytest.fixture
async def here(place: Office, token: str) -> str:
    """The page of its disavowal, of which its platform was told now."""
    return f"/disavowals/{await place.disowned(token)}"


async def test_two_moderators_uphold_it(place: Office, browser: Visitor, token: str, here: str) -> None:
    """The first one waits for another; the second confirms what was shown, once: it is REVOKED."""
    assert "Disowned accounts to decide How many 1" in (await browser.get("/")).words
    page = await browser.get("/disavowals")
    assert (f'href="{here}"' in page.text, "days left" in page.words) == (True, True)
    page = await browser.get(here)
    assert "proved to be present" in page.words
    assert token in page.words
    form = await browser.get(f"{here}/decision")
    assert "another moderator must confirm that within 72 hours" in form.words
    page = await submit(browser, f"{here}/decision", form, verdict="UPHELD", reason="Other logins")
    assert "another moderator must confirm it" in page.words
    assert f"{here}/confirmation" not in page.text
    async with place.works(await place.moderator(2)) as second:
        form = await second.get(f"{here}/confirmation")
        assert "Other logins" in form.words
        for _ in range(2):
            done = await submit(second, f"{here}/confirmation", form)
            assert "Upheld: it is not that person's" in done.words
        wrong = await submit(second, f"{here}/confirmation", paper="no digest")
        assert (wrong.status, "Now: Upheld: it is not that person's." in wrong.words) == (409, True)
    status = await place.world.world.status(token)
    assert status.state is AccountState.REVOKED


async def test_one_moderator_rejects_it(place: Office, browser: Visitor, token: str, here: str) -> None:
    """Decision and reason are needed; it acts once, leaves the queue, and cannot be decided again."""
    form = await browser.get(f"{here}/decision")
    page = await submit(browser, f"{here}/decision", form, reason="Seen in the list of logins")
    assert (page.status, 'href="#verdict"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/decision", page, verdict="REJECTED", reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    for _ in range(2):
        done = await submit(browser, f"{here}/decision", page, verdict="REJECTED", reason="Own logins")
        assert "Rejected: it is that person's" in done.words
    assert len(place.wire.calls("DecideDisavowal")) == 2, "one that was refused, and one that acted"
    late = await submit(browser, f"{here}/decision", verdict="UPHELD", reason="Too late")
    assert (late.status, "Now: Rejected: it is that person's." in late.words) == (409, True)
    for view, found in (("open", False), ("overdue", False), ("all", True)):
        listed = (await browser.get(f"/disavowals?view={view}")).text
        assert (f'href="{here}?view={view}"' in listed) is found, view
    assert (await place.world.world.status(token)).state is AccountState.VERIFIED


async def test_what_is_not_the_platforms_is_not_found(browser: Visitor) -> None:
    """An unknown one is told in words."""
    page = await browser.get(f"/disavowals/{'e' * 32}")
    assert page.status == 404
