"""How a visitor comes to the pages of codes."""

from tests.web.browser import Browser, Page
from tests.web.tip_off.test_pages import WHERE, answer, begun

ADDRESS = "canary@example.org"


async def at_contact(browser: Browser) -> str:
    """Come to the question about the contact; return the address of the draft."""
    path = await begun(browser)
    for step, value in (("what", "RUMOUR"), ("where", WHERE)):
        await answer(browser, path, step, value)
    return path


async def no_address(browser: Browser, typed: str) -> Page:
    """Ask for a code to what is no address."""
    return await answer(browser, await at_contact(browser), "contact", typed, prove="1")


async def asked(browser: Browser) -> Page:
    """Ask for a code, and come to the page on which it is typed."""
    path = await at_contact(browser)
    return await browser.follow(await answer(browser, path, "contact", ADDRESS, prove="1"))


async def wrong_code(browser: Browser) -> Page:
    """Type a wrong code."""
    page = await asked(browser)
    return await answer(browser, page.path.removesuffix("/code"), "code", "1234 5678")
