"""A browser for steps of the demo, if this machine has one."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page

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


def end() -> None:
    """End the browser, if it was started."""
    browser.SHARED.close()
