"""How a visitor comes to the pages of reports, for the table of all pages."""

from idvault_client.tip_offs import FiledTipOff
from tests.support.tip_off_world import DAY
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tests.web.tip_off import test_pages as reports

# What a reporter reads again, in either language.
REPORTED = "post/17"


async def question(browser: Browser, step: str) -> Page:
    """Come to a question, or to the page that shows all answers."""
    path = await reports.begun(browser)
    for each, right in (("what", "RUMOUR"), ("where", REPORTED), ("contact", ""), ("why", REPORTED)):
        if each == step:
            break
        await reports.answer(browser, path, each, right)
    return await browser.get(f"{path}/{step}")


async def wrong(browser: Browser, step: str, typed: str) -> Page:
    """Answer a question with what is refused."""
    path = (await question(browser, step)).path.rpartition("/")[0]
    return await reports.answer(browser, path, step, typed)


async def check_wrong(browser: Browser) -> Page:
    """Send a file that is too large."""
    return await reports.checked(browser, await question(browser, "check"), evidence=bytes(65_537))


async def check_large(browser: Browser) -> Page:
    """Send a file that is too large to be read at all."""
    return await reports.checked(browser, await question(browser, "check"), evidence=bytes(200_000))


async def check_long(browser: Browser) -> Page:
    """Come to the page of all answers with a text that no cookie keeps."""
    path = (await question(browser, "why")).path.removesuffix("/why")
    return await reports.answer(browser, path, "why", reports.LONG)


async def check_unsent(browser: Browser) -> Page:
    """Send a file then that is too large to be read at all: nothing has the text but the page before."""
    return await reports.checked(browser, await check_long(browser), evidence=bytes(200_000))


async def where_long(browser: Browser) -> Page:
    """Change another answer then."""
    return await reports.checked(browser, await check_long(browser), change="where")


async def done(browser: Browser) -> Page:
    """Send a report."""
    path = (await question(browser, "why")).path.removesuffix("/why")
    return await browser.follow(await reports.sent(browser, path, why=REPORTED))


async def lost(site: Site, browser: Browser) -> Page:
    """Come to the draft of another browser."""
    return await browser.get(f"{await reports.begun(await site.browser())}/what")


async def _replied(site: Site) -> tuple[FiledTipOff, str]:
    """Return a report with a reply, and its moderator."""
    tip_offs, now = site.tip_offs, reports.today()
    filed = await tip_offs.file(text=REPORTED, seconds=now)
    moderator = (await tip_offs.world.moderator(1)).moderator_id
    assigned = await tip_offs.assign(filed.tip_off, moderator, seconds=now)
    await tip_offs.answer(assigned, moderator, seconds=now)
    return filed, moderator


async def state(site: Site, browser: Browser) -> Page:
    """Read a report that has a reply."""
    filed, _ = await _replied(site)
    return await reports.follow(browser, filed.tip_off.reference, filed.secret)


async def state_wrong(site: Site, browser: Browser) -> Page:
    """Answer the reply with nothing."""
    return await reports.reply(browser, await state(site, browser), "")


async def state_answered(site: Site, browser: Browser) -> Page:
    """Read a report that was answered and decided."""
    filed, moderator = await _replied(site)
    now = reports.today()
    await site.tip_offs.supplement(filed, REPORTED, seconds=now)
    await site.tip_offs.dismiss(filed.tip_off, moderator, reply=REPORTED, seconds=now)
    return await reports.follow(browser, filed.tip_off.reference, filed.secret)


async def state_overdue(site: Site, browser: Browser) -> Page:
    """Read a report that was filed eight days ago, and whose misses the worker has written."""
    filed = await site.tip_offs.file(text=REPORTED, seconds=reports.today() - 8 * DAY)
    await site.tip_offs.remind(seconds=reports.today())
    return await reports.follow(browser, filed.tip_off.reference, filed.secret)
