"""A browser for steps of the demo, if this machine has one."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page

from idvault_client import Vault
from tools.demo.step import NotShownError
from tools.support import browser


def begin() -> None:
    """Start the browser beside what the demo does until it needs one."""
    if browser.found() is not None:
        browser.SHARED.begin()


def by_clicks(work: Callable[[Page], None]) -> None:
    """Let a person use a browser. Raises NotShownError where there is none."""
    if browser.found() is None:
        raise NotShownError(f"there is no browser: {browser.ADVICE}")

    def visit(chromium: Browser) -> None:
        with chromium.new_context(locale="en-GB") as context:
            work(context.new_page())

    browser.SHARED.work(visit)


def enter(page: Page, vault: Vault, url: str) -> None:
    """Bring a person by a link to the form of its session, past the terms."""
    page.goto(url)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Go to Example A").click()
    # The platform's part: it knows its own browser, and confirms it.
    returned = parse_qs(urlsplit(page.url).query)
    bound = vault.sessions.bind(returned["session_id"][0], returned["bind_code"][0])
    page.goto(bound.continue_url)
    page.get_by_role("button", name="Agree and continue").click()


def end() -> None:
    """End the browser, if it was started."""
    browser.SHARED.close()
