"""The pages of appeals: by due time, with the owner's text, and not decided by who imposed or confirmed."""

from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.appeal.rules import Appeal
from idvault_client.sanctions import AccountAppeal, AccountSanction
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import AppealState, Degree
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support.flow_world import PARTY

TEXT = "It was satire <b>of course</b>, 请看全文 (synthetic)"


async def appealed(
    place: Office, key: ModeratorKey, *, number: int = 1
) -> tuple[AccountAppeal, AccountSanction]:
    """Sanction an account and file its owner's appeal, both now."""
    world = place.world.world
    sanction = await world.impose(await world.account(number), Degree.WARN, key=key, seconds=place.age)
    return await place.sessions.moderation.file(sanction, TEXT, seconds=place.age), sanction


async def decided(place: Office, appeal: AccountAppeal) -> Appeal:
    return await APPEALS.find(place.world.world.vault, PARTY, appeal.appeal_id)


async def test_an_appeal_is_decided(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """The text is shown escaped, with the statement; decision and reason are needed, and it acts once."""
    other = await place.moderator(2)
    made, sanction = await appealed(place, other)
    page = await browser.get("/appeals")
    assert "Appeal against: Warning" in page.words
    assert "days left" in page.words
    here = f"/appeals/{made.appeal_id}"
    page = await browser.get(here)
    assert "&lt;b&gt;of course&lt;/b&gt;" in page.text
    assert "terms 4.2" in page.words
    assert f'href="/sanctions/{sanction.sanction_id}"' in page.text
    form = await browser.get(f"{here}/decision")
    page = await submit(browser, f"{here}/decision", form, reason="Read again")
    assert (page.status, 'href="#verdict"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/decision", page, verdict="REJECTED", reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    for _ in range(2):
        done = await submit(browser, f"{here}/decision", page, verdict="REJECTED", reason="Read\r\nagain")
        assert "Internet Court (synthetic)" in done.words
    assert "Read again" in done.words
    found = await decided(place, made)
    assert (found.state, found.decided_by) == (AppealState.REJECTED, key.moderator_id)
    late = await submit(browser, f"{here}/decision", verdict="UPHELD", reason="Too late")
    assert (late.status, "Now: rejected." in late.words) == (409, True)


async def test_an_own_sanction_is_not_judged(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """The list marks it, the page offers no decision, and the vault refuses one."""
    made, _ = await appealed(place, key)
    assert "yours" in (await browser.get("/appeals")).words
    here = f"/appeals/{made.appeal_id}"
    page = await browser.get(here)
    assert "You imposed or confirmed the sanction" in page.words
    assert f'action="{here}/decision"' not in page.text
    page = await submit(browser, f"{here}/decision", verdict="UPHELD", reason="My own")
    assert (page.status, "Another person must decide" in page.words) == (409, True)
    assert (await decided(place, made)).state is AppealState.FILED


async def test_appeals_by_view(place: Office, browser: Visitor) -> None:
    """Open, overdue and all; an upheld one is in no queue."""
    other = await place.moderator(2)
    first, _ = await appealed(place, other)
    second, _ = await appealed(place, other, number=2)
    await submit(browser, f"/appeals/{first.appeal_id}/decision", verdict="UPHELD", reason="Satire")
    for view, found in (("open", [second]), ("overdue", []), ("all", [first, second])):
        page = await browser.get(f"/appeals?view={view}")
        links = {each.appeal_id: f'href="/appeals/{each.appeal_id}?view={view}"' for each in (first, second)}
        assert [each for each in (first, second) if links[each.appeal_id] in page.text] == found, view
