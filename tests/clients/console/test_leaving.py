"""The consoles' script in Chromium: typed words are asked for before they are left, unless a page must go."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route

import idvault_people.console
from tools.support.browser import browsing

pytestmark = pytest.mark.process

ADDRESS = "https://console.example/"
SCRIPT = Path(idvault_people.console.__file__).parent / "static" / "console.js"
FORM = '<form method="post"><input type="text" id="code"></form><script src="/console.js"></script>'


def typed(browser: Browser, mark: str, more: str = "") -> Page:
    """Return a page on which a word was typed. mark: an attribute of its body; more: before the form."""

    def answer(route: Route) -> None:
        is_script = route.request.url.endswith(".js")
        body = SCRIPT.read_text("utf-8") if is_script else f"<!DOCTYPE html><body{mark}>{more}{FORM}"
        route.fulfill(body=body, content_type="text/javascript" if is_script else "text/html")

    page = browser.new_page()
    page.route("**/*", answer)
    page.goto(ADDRESS)
    page.locator("#code").press_sequentially("123")
    return page


def test_a_page_that_leaves_by_itself_does_not_ask() -> None:
    """A new secret goes after its minutes, also under a begun code; any other page keeps what was typed."""
    with browsing() as browser:
        page = typed(browser, "")
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => { location.href = '/left'; })")
        asked.value.dismiss()
        assert (asked.value.type, page.url) == ("beforeunload", ADDRESS)
        page = typed(browser, " data-hides")
        dialogs: list[str] = []

        def leave(dialog: Dialog) -> None:
            dialogs.append(dialog.type)
            dialog.accept()

        page.on("dialog", leave)
        page.evaluate("setTimeout(() => { location.href = '/left'; })")
        page.wait_for_url("**/left")
        assert dialogs == []


ONCE = """<main data-once="{seconds}"></main><p data-after-once><a href="/left">Go on</a></p>
<header><form method="post" action="/other"><button>EN</button></form></header>"""


def test_what_is_shown_once_is_not_left_by_a_slip() -> None:
    """It asks, but not the links under it, its own form in another language, nor when its time is over."""
    with browsing() as browser:
        page = typed(browser, " data-hides", ONCE.format(seconds=600))
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => { location.href = '/left'; })")
        asked.value.dismiss()
        assert (asked.value.type, page.url) == ("beforeunload", ADDRESS)
        page.get_by_role("link", name="Go on").click()
        page.wait_for_url("**/left")
        page = typed(browser, " data-hides", ONCE.format(seconds=600))
        page.get_by_role("button", name="EN").click()
        page.wait_for_url("**/other")
        page = typed(browser, " data-hides", ONCE.format(seconds=1))
        page.evaluate("setTimeout(() => { location.href = '/left'; })")
        page.wait_for_url("**/left")
