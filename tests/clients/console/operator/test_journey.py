"""An operator's work in Chromium, one task counted: Chinese at 360 px, English at 1,280 without script."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from idvault_people.console.member_texts import MEMBER
from idvault_people.console.operator.console import MENU
from idvault_people.console.operator.texts import OPERATOR as WORDS
from idvault_people.console.texts import CONSOLE
from tests.clients.console.operator.tour import furnish
from tests.support.hand import Hand, is_documented
from tests.support.operator_room import OperatorRoom
from tests.web.test_rendering import PICTURES, keep
from tools.support.browser import browsing, unfold
from tools.support.page_checks import Examiner
from tools.support.project import ROOT

TEXTS = {**CONSOLE, **MEMBER, **WORDS}
ENDING = "example-moments"
PAGE = ROOT / "docs" / "pages.md"
MEASURED = "a platform's certificate found that ends next week"

pytestmark = pytest.mark.process


@dataclass
class OperatorUser:
    """An operator at a browser."""

    page: Page
    locale: str
    examiner: Examiner = field(default_factory=Examiner)

    def say(self, key: str, **values: object) -> str:
        """Return a text of the pages."""
        text: str = TEXTS[key].in_language(self.locale).format(**values)
        return text

    def press(self, name: str, role: str = "link") -> None:
        """Press a link or a button by its words."""
        # Before the style sheet is there, a folded menu is not.
        self.page.wait_for_load_state()
        target = self.page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
        if target.count() == 0:
            unfold(self.page)
        with self.page.expect_navigation():
            target.click()

    def look(self, name: str) -> None:
        """Examine a page once; keep a picture if asked for."""
        self.page.wait_for_load_state()
        self.examiner.look(self.page, name, self.locale)
        if folder := os.environ.get(PICTURES):
            keep(self.page.screenshot(full_page=True), Path(folder) / f"operator-{name}-{self.locale}.png")


def enter(browser: Browser, locale: str, file: Path) -> OperatorUser:
    """Open the redirect file, as an operator does."""
    context = browser.new_context(
        locale="zh-CN" if locale == "zh" else "en-GB",
        viewport={"width": 360 if locale == "zh" else 1280, "height": 800},
    )
    if locale == "en":
        # Not by switching script off, which axe needs.
        context.route("**/console.js", lambda route: route.abort())
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(file.as_uri())
    page.get_by_role("navigation").wait_for()
    return OperatorUser(page, locale)


def find_the_certificate_that_ends(user: OperatorUser) -> None:
    """Find whose certificate ends next week: it is told at once, and its keys are one click away."""
    page, hand = user.page, Hand(user.page)
    assert page.locator(".note.stop").filter(has_text=ENDING).count() == 1
    hand.press(page.get_by_role("link", name=user.say("open_name", name=ENDING), exact=True).first)
    page.get_by_role("heading", name=ENDING).wait_for()
    page.wait_for_load_state()
    assert page.get_by_text(user.say("ends_in", days=6)).count()
    assert is_documented(PAGE, hand.told(MEASURED)), (hand.interactions, hand.loads)
    user.look("platform")


def read_every_page(user: OperatorUser) -> None:
    """Go through the menu: the first of all names is the one that ends first."""
    user.press(user.say("today"))
    user.look("today")
    user.press(user.say("platforms"))
    assert user.page.locator("tbody tr").first.get_by_text(ENDING).count() == 1
    user.look("platforms")
    for path, key in MENU[2:]:
        user.press(user.say(key))
        user.page.get_by_role("heading", level=1, name=user.say(key), exact=True).wait_for()
        user.look(path.strip("/"))


def register_the_next_key(user: OperatorUser, pem: bytes, code: Callable[[], str]) -> None:
    """Register the key that is to follow, after a look at what it would allow, and after a wrong code."""
    page = user.page
    user.press(user.say("platforms"))
    user.press(user.say("register_title"))
    page.locator("#file").set_input_files(
        {"name": "certificate.pem", "mimeType": "application/x-pem-file", "buffer": pem}
    )
    user.press(user.say("to_preview"), "button")
    page.get_by_role("heading", name=user.say("register_check")).wait_for()
    user.look("register")
    page.get_by_label(user.say("code")).fill("000000")
    user.press(user.say("register_button"), "button")
    page.get_by_text(user.say("code_left", left=9)).first.wait_for()
    user.look("register-wrong-code")
    page.get_by_label(user.say("code")).fill(code())
    user.press(user.say("register_button"), "button")
    page.get_by_role("heading", level=1, name=ENDING).wait_for()
    assert page.locator(".note.stop").count() == 0


async def test_an_operator_works_with_the_console(office: OperatorRoom) -> None:
    """From the redirect file to the end of the session, with axe on each page, light and dark."""
    await furnish(office)
    loop = asyncio.get_running_loop()

    def entrance() -> Path:
        return asyncio.run_coroutine_threadsafe(office.running(), loop).result(60).file

    def run() -> None:
        with browsing() as browser:
            # The English run looks at the colours of the dark scheme, too.
            for locale in ("zh", "en"):
                user = enter(browser, locale, entrance())
                find_the_certificate_that_ends(user)
                read_every_page(user)
                if locale == "en":
                    register_the_next_key(user, office.issue(ENDING).certificate, office.code)
                user.press(user.say("end"), "button")
                user.page.get_by_role("heading", name=user.say("ended_title")).wait_for()

    await asyncio.to_thread(run)
