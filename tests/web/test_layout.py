"""Style sheet and script in a real browser: what stands below a form has a gap, and a sent form says so."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from idvault_client.pages import rendering
from tests.web.test_journey import visit
from tests.web.test_vectors import STATIC

pytestmark = pytest.mark.process

ADDRESS = "https://pages.example/"
FILES: dict[str, tuple[Callable[[], str], str]] = {
    "style.css": (rendering.hosted_style, "text/css"),
    "form.js": (partial((STATIC / "form.js").read_text, "utf-8"), "text/javascript"),
}
GAP = """([above, below]) => document.querySelector(below).getBoundingClientRect().top
  - document.querySelector(above).getBoundingClientRect().bottom"""
PAIRS = (
    ("#form button", "#card"),
    ("fieldset", "fieldset + button"),
    ("#check", "#answer"),
    ("#banner", "h1"),
    (".errors ul", ".errors p"),
)
BODY = """<main><section class="note" id="banner"><p>1</p></section><h1>2</h1>
<div class="errors"><ul><li>3</li></ul><p>4</p></div>
<form id="form"><fieldset>5</fieldset><button>6</button></form><form class="card" id="card">7</form>
<form id="check"><button>8</button></form><div class="note" id="answer"><p>9</p></div></main>"""
FORMS = """<main><form id="first" method="post" action="/slow"><button>Cancel</button></form>
<form id="second" method="post" action="/slow"><button name="answer" value="LATER">Later</button>
<button name="answer" value="NEVER">Never</button></form></main>"""


def serve(page: Page, body: str) -> list[str]:
    """Show a page with style sheet and script; what is posted leads nowhere, and is returned."""
    posted: list[str] = []

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name in FILES:
            read, kind = FILES[name]
            route.fulfill(body=read(), content_type=f"{kind}; charset=utf-8")
        elif route.request.method == "POST":
            posted.append(route.request.post_data or "")
            route.fulfill(status=204)
        else:
            head = '<!DOCTYPE html><link rel="stylesheet" href="/style.css">'
            text = f'{head}<body data-sending="Sending">{body}<script src="/form.js"></script>'
            route.fulfill(body=text, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    page.goto(ADDRESS)
    return posted


async def test_nothing_touches_what_is_above_it() -> None:
    """At least 12 px between a form and what follows, choices and their button, banner and heading."""
    gaps: dict[str, float] = {}

    def work(page: Page) -> None:
        serve(page, BODY)
        gaps.update({below: page.evaluate(GAP, [above, below]) for above, below in PAIRS})

    await visit(work, viewport={"width": 360, "height": 740})
    assert {each: gap for each, gap in gaps.items() if gap < 12} == {}


async def test_the_pressed_button_says_that_it_was_pressed() -> None:
    """It is grey and says so; a second press on any button of its form sends nothing. Others work."""
    seen: list[Any] = []

    def work(page: Page) -> None:
        posted = serve(page, FORMS)
        later = page.locator("[value=LATER]")
        before = later.evaluate("each => getComputedStyle(each).backgroundColor")
        later.click()
        page.locator("button:disabled", has_text="Sending").wait_for()
        after = later.evaluate("each => getComputedStyle(each).backgroundColor")
        for each in (later, page.locator("[value=NEVER]")):
            each.evaluate("each => each.click()")
        states = page.locator("button").evaluate_all("all => all.map(each => each.disabled)")
        seen.extend([posted, before != after, states, page.locator("#second button").all_inner_texts()])

    await visit(work)
    assert seen == [["answer=LATER"], True, [False, True, True], ["Sending", "Never"]]


CODES = """<main><dl>{}</dl></main>""".format(
    "".join(
        f'<div><dd><code>{each}</code><button type="button" data-copied="Copied" hidden>'
        '<span aria-live="polite">Copy</span></button></dd></div>'
        for each in "abc"
    )
)


async def test_the_button_that_was_pressed_last_says_that_it_copied() -> None:
    """Of several one says so, and a button that is pressed again changes its word, which is heard."""
    seen: list[list[str]] = []

    def work(page: Page) -> None:
        serve(page, CODES)
        for place in (0, 2, 0):
            page.locator("button").nth(place).click()
            seen.append(page.locator("button").all_inner_texts())

    await visit(work)
    assert seen == [["Copied", "Copy", "Copy"], ["Copy", "Copy", "Copied"], ["Copied", "Copy", "Copy"]]
