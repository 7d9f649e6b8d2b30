"""The pages of appeals against withdrawals: another pair of moderators decides."""

import pytest

from idvault_client.sessions import AccountReinstatement
from idvault_verify.account import AccountState
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support.flow_world import command

TEXT = "That <i>was</i> me, 是我本人 (synthetic)"
FIRST, SECOND = 5, 6


@pytest.fixture
async def made(place: Office, browser: Visitor) -> AccountReinstatement:
    """An appeal that was filed now; the browser's moderator and the second one withdrew."""
    claim = await place.world.world.claims.verify(command(1))
    token = claim.account.account_token
    contest = await place.contest(token, claim.claim_id, "That was not me (synthetic)")
    here = f"/contests/{contest.contest_id}"
    await submit(browser, f"{here}/decision", verdict="UPHELD", reason="Other logins")
    async with place.works(await place.moderator(2)) as second:
        await submit(second, f"{here}/confirmation")
    return await place.appeal_withdrawal(token, TEXT)


async def test_another_pair_takes_a_withdrawal_back(
    place: Office, browser: Visitor, made: AccountReinstatement
) -> None:
    """Those who withdrew are refused in words; the text is shown escaped; two others uphold it."""
    here = f"/reinstatements/{made.reinstatement_id}"
    assert "Appeals against withdrawals to decide How many 1" in (await browser.get("/")).words
    refused = await submit(browser, f"{here}/decision", verdict="UPHELD", reason="Own logins")
    assert (refused.status, "you cannot decide" in refused.words.lower()) == (409, True)
    async with place.works(await place.moderator(FIRST)) as first:
        page = await first.get(here)
        assert "&lt;i&gt;was&lt;/i&gt;" in page.text
        for word in ("Why the verification was withdrawn", "Upheld: it was not the owner", "Other logins"):
            assert word in page.words, word
        assert 'href="/contests/' in page.text
        form = await first.get(f"{here}/decision")
        assert "Nobody who withdrew the verification decides here." in form.words
        missing = await submit(first, f"{here}/decision", form, reason="Own logins")
        assert missing.status == 422
        page = await submit(first, f"{here}/decision", form, verdict="UPHELD", reason="Own logins")
        assert "another moderator must confirm it" in page.words
        assert f"{here}/confirmation" not in page.text
    async with place.works(await place.moderator(SECOND)) as second:
        form = await second.get(f"{here}/confirmation")
        assert "Own logins" in form.words
        done = await submit(second, f"{here}/confirmation", form)
        assert "Upheld: the withdrawal was wrong" in done.words
        assert "has its verification back" in done.words
        assert f'href="{here}?view=all"' in (await second.get("/reinstatements?view=all")).text
        assert "Appeals against withdrawals In all 1" in (await second.get("/figures")).words
    status = await place.world.world.status(made.account_token)
    assert status.state is AccountState.VERIFIED


async def test_an_appeal_is_rejected(place: Office, made: AccountReinstatement) -> None:
    """By one of them, once; it leaves the queue."""
    here = f"/reinstatements/{made.reinstatement_id}"
    async with place.works(await place.moderator(FIRST)) as first:
        assert f'href="{here}"' in (await first.get("/reinstatements")).text
        done = await submit(first, f"{here}/decision", verdict="REJECTED", reason="Other logins")
        assert "Rejected: the withdrawal was right" in done.words
        assert f'href="{here}"' not in (await first.get("/reinstatements")).text
