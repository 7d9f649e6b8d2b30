"""The page with every component, which `idvault dev` serves: complete, and readable by everybody."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from idvault_client.pages import rendering
from idvault_client.pages.headers import HEADERS
from idvault_dev.example_site import COMPONENTS
from tests.web.test_rendering import PICTURES, keep
from tools.support.browser import browsing
from tools.support.page_checks import RECORDED, examine, named, stops

pytestmark = pytest.mark.process

# Its summary of errors is an example, and so stands in the middle of the page.
SHOWN = [each for each in RECORDED if each is not named]
PAGE = COMPONENTS.read_text("utf-8")
DRAWN = """() => [...document.querySelectorAll('.icon')].filter(each => each.checkVisibility())
    .every(each => each.getBBox().width)"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


def test_every_class_of_the_style_sheet_is_shown() -> None:
    """And told by its name, so that nobody makes a second one."""
    sheet = rendering.STYLE.read_text("utf-8").partition("/* Components */")[2].partition("@media print")[0]
    named = set(re.findall(r"\.([a-z][a-z-]*)[ :{,.>]", sheet))
    shown = {name for names in re.findall(r'class="([^"]*)"', PAGE) for name in names.split()}
    assert named - shown == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_readable(browser: Browser, scheme: Literal["light", "dark"], width: int) -> None:
    """Nothing scrolls sideways; on paper, by keyboard, at 200 % and in either scheme it is for everybody."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.route("**/style.css", lambda route: route.fulfill(path=rendering.STYLE, content_type="text/css"))
    page.route(
        "**/icons.svg", lambda route: route.fulfill(path=rendering.ICONS, content_type="image/svg+xml")
    )
    page.route(
        "**/components",
        lambda route: route.fulfill(body=PAGE, headers={**HEADERS, "Content-Type": "text/html"}),
    )
    page.goto("http://pages.example/components")
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
    assert page.evaluate(WIDER) <= 0
    page.wait_for_function(DRAWN)
    assert [*stops(page), *examine(page, SHOWN)] == []
    if (folder := os.environ.get(PICTURES)) and width == 1280:
        keep(page.screenshot(full_page=True), Path(folder) / f"components-{scheme}.png")
    page.close()


def test_every_icon_is_shown() -> None:
    """By its name; and no page names one that is not there."""
    drawn = re.findall(r'<symbol id="([a-z-]+)"', rendering.ICONS.read_text("utf-8"))
    assert sorted(set(re.findall(r"icons\.svg#([a-z-]+)", PAGE))) == sorted(drawn)


def test_it_has_neither_script_nor_style_of_its_own() -> None:
    """As the pages that people see."""
    assert "<script" not in PAGE
    assert "style=" not in PAGE
    assert "<style" not in PAGE
