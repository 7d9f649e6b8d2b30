"""A browser for steps of the demo, if this machine has one."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.support import browser


def by_clicks(work: Callable[[Page], None]) -> str:
    """Let a person use a browser; without one return why the step shows nothing."""
    if browser.found() is None:
        return f" (not shown, because there is no browser: {browser.ADVICE})"
    with browser.browsing() as chromium:
        work(chromium.new_context(locale="en-GB").new_page())
    return ""
