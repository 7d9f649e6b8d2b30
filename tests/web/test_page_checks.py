"""What the checks of a page in a browser find, each of them, and what they leave as it was."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tools.support import page_checks
from tools.support.browser import SHARED
from tools.support.page_checks import Check

pytestmark = pytest.mark.process

FIELD = (
    '<div class="field"><label for="a">Name</label><p class="hint" id="a-hint">As on the document</p>'
    '<input id="a" aria-describedby="a-hint"></div>'
)
SUMMARY = (
    '<div class="errors" role="alert"><ul><li><a href="#w">{}</a></li></ul></div>'
    '<div class="field wrong"><label for="w">Why?</label><p class="hint" id="w-hint">In words</p>'
    '<p class="error" id="w-error">This is required</p>'
    '<input id="w" aria-describedby="w-hint w-error" aria-invalid="true"></div>'
)
LABEL, BOX = '<label for="c">Name</label>', '<input id="c">'
UNSEEN = "<style>button { outline: none !important }</style><button>x</button>"
DARK = "<style>@media (prefers-color-scheme: dark) { p { color: #222; background: #111 } }</style><p>text</p>"
LINES = "<p>One<br>two<br>three</p>"
BROKEN: list[tuple[Check, str, str]] = [
    (page_checks.sizes, '<div style="width:400px">wide</div>', "wider than 320 pixels"),
    (page_checks.sizes, '<div style="width:25rem">wide</div>', "letters of twice the size"),
    (page_checks.headings, "<h1>Two</h1>", "not one heading"),
    (page_checks.prints, "<style>@media print { h1 { display: none } }</style>", "not printed: ['One']"),
    (page_checks.prints, "<nav>a menu</nav>", "printed: ['<nav>"),
    (page_checks.prints, f'<div style="height:1em; overflow:auto">{LINES}</div>', "cut off: <div"),
    (page_checks.named, f'<div class="field">{LABEL}{BOX}</div>', "order of a field: label input"),
    (page_checks.named, f'<div class="field">{BOX}{LABEL}</div>', "order of a field: input label"),
    (page_checks.named, '<p class="error">lost</p>', "belongs to no field"),
    (page_checks.named, FIELD.replace("<input", '<input aria-label="Age"'), "the name of Name is not Name"),
    (page_checks.named, FIELD.replace(' aria-describedby="a-hint"', ""), "Name is not As on the document"),
    (page_checks.named, SUMMARY.format("This is required"), "does not name the field: This is required"),
    (page_checks.stops, '<a href="/b" tabindex="2">b</a><a href="/a" tabindex="1">a</a>', "Tab leads to"),
    (page_checks.stops, UNSEEN, "nobody sees"),
    (page_checks.axe, '<img src="data:,">', "image-alt"),
    (page_checks.other_scheme, DARK, "in the other scheme: "),
]
WELL = f"""{FIELD}{LINES}<div class="field"><fieldset aria-describedby="b-hint"><legend>Kind</legend>
<p class="hint" id="b-hint">Choose one</p>
<div class="choice"><input type="radio" name="b" id="b1"><label for="b1">One</label></div>
<div class="choice"><input type="radio" name="b" id="b2" checked><label for="b2">Two</label></div>
</fieldset></div>
<div class="field"><label for="d">Day</label><p class="hint" id="d-hint">Of the end</p>
<input type="date" id="d" aria-describedby="d-hint"></div>
<div class="field"><label for="t">Begin</label><p class="hint" id="t-hint">Of the night</p>
<input type="time" id="t" aria-describedby="t-hint"></div>
<details><summary>More</summary><button class="screen">never seen</button></details><a href="/">back</a>"""
ALL = (*page_checks.RECORDED, page_checks.stops)


def show(page: Page, body: str) -> None:
    """Load a page of a text."""
    page.set_content(
        f'<!DOCTYPE html><html lang="en"><title>One - x</title><main><h1>One</h1>{body}</main></html>'
    )


def found(body: str, *checks: Check) -> list[str]:
    """Return what checks find on a page of a text."""
    wrong: list[str] = []

    def run(browser: Browser) -> None:
        with browser.new_context() as context:
            page = context.new_page()
            show(page, body)
            wrong.extend(page_checks.examine(page, checks))

    SHARED.work(run)
    return wrong


@pytest.mark.parametrize(("check", "body", "told"), BROKEN, ids=[told for _, _, told in BROKEN])
def test_a_fault_is_found(check: Check, body: str, told: str) -> None:
    """By the check whose it is."""
    assert told in "\n".join(found(body, check))


def test_nothing_is_found_where_all_is_well() -> None:
    """Two kinds of fields, one stop of two radio buttons, what is folded, and a long text."""
    assert found(WELL, *ALL) == []


def test_a_question_is_named_without_its_mark() -> None:
    """In the summary of errors a colon stands in its place."""
    told = "\n".join(found(SUMMARY.format("Why: This is required"), page_checks.named))
    assert "does not name" not in told


def test_a_page_stays_as_it_was() -> None:
    """Its size, scheme and medium are those of before, and Tab begins at the top."""
    before, after = [], []
    state = """[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, matchMedia('print').matches,
        document.documentElement.style.fontSize, document.activeElement.tagName]"""

    def run(browser: Browser) -> None:
        with browser.new_context(color_scheme="dark", viewport={"width": 700, "height": 500}) as context:
            page = context.new_page()
            show(page, WELL)
            before.append(page.evaluate(state))
            page_checks.examine(page, ALL)
            after.append(page.evaluate(state))

    SHARED.work(run)
    assert after == before


def test_a_page_that_loads_itself_anew_stays_while_it_is_examined() -> None:
    """However long a check lasts; afterwards it may go."""
    loads: list[str] = []
    told: list[tuple[str, int]] = []

    def reload(page: Page) -> Iterator[str]:
        with page.expect_event("requestfailed"):
            page.evaluate("setTimeout(() => { location.reload(); })")
        yield page.locator("h1").inner_text()

    def answer(route: Route) -> None:
        loads.append(route.request.url)
        route.fulfill(content_type="text/html", body="<h1>One</h1>")

    def run(browser: Browser) -> None:
        with browser.new_context() as context:
            page = context.new_page()
            page.route("**/*", answer)
            page.goto("http://127.0.0.1/one")
            told.extend((each, len(loads)) for each in page_checks.examine(page, (reload,)))
            page.reload()

    SHARED.work(run)
    assert (told, len(loads)) == ([("One", 1)], 2)
