"""The consoles' script and template in Chromium: a button copies the code that it stands beside."""

import pytest
from playwright.sync_api import Route

from idvault_client.pages import rendering
from idvault_people.console.texts import CONSOLE
from tests.clients.console.test_leaving import ADDRESS, SCRIPT
from tools.support.browser import browsing

pytestmark = pytest.mark.process

FIRST, SECOND = "acct_" + "a" * 26, "9f" * 32
_PAGE = """{% import "controls.html" as controls with context %}<!DOCTYPE html><html lang="en">
{{ controls.codes([("Account", first), ("Hashes", first ~ "\n" ~ second)]) }}
<textarea></textarea><script src="/console.js"></script>"""


def page_of(language: str) -> str:
    """Return a page with two names, of which the second has two codes."""
    template = rendering.templates().from_string(_PAGE)
    return template.render(first=FIRST, second=SECOND, t=rendering.saying(CONSOLE, language))


def test_a_button_copies_its_own_code() -> None:
    """What is pasted is the line beside the button, and only the button that was pressed last says so."""
    with browsing() as browser:
        page = browser.new_page()

        def answer(route: Route) -> None:
            is_script = route.request.url.endswith(".js")
            body = SCRIPT.read_text("utf-8") if is_script else page_of("en")
            route.fulfill(body=body, content_type="text/javascript" if is_script else "text/html")

        page.route("**/*", answer)
        page.goto(ADDRESS)
        page.get_by_text("Technical details").click()
        pasted = page.locator("textarea")
        for place, name, code in ((2, "Hashes", SECOND), (0, "Account", FIRST)):
            page.get_by_role("button", name=f"Copy {name}").nth(0 if place == 0 else 1).click()
            told = page.locator("button[data-copied] > span:first-child").all_inner_texts()
            assert [word == "Copied" for word in told] == [at == place for at in range(3)]
            pasted.fill("")
            pasted.press("Control+V")
            assert pasted.input_value() == code


def test_without_script_there_is_no_button() -> None:
    """The buttons are hidden until the script shows them; the codes are there, in the page's language."""
    shown = page_of("zh")
    assert shown.count('<code class="copy">') == shown.count("hidden><span") == 3
    assert "<summary>编号与哈希值</summary>" in shown
