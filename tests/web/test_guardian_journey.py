"""A child and a parent by clicks in Chromium: the page asks for the adult, and shows nothing typed."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.web.test_journey import BUTTONS, DONE, NAME, NUMBER, look, place_of, visit
from tests.web.visitor import CHILD
from tools.support.databases import Databases

PARENT = "丁大成"
SECTION = {"zh": "家长或监护人", "en": "A parent or responsible adult"}

pytestmark = pytest.mark.process


@pytest.mark.parametrize(("locale", "width"), [("zh", 320), ("en", 1280)])
async def test_a_child_verifies_with_a_parent_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """The first form has no place for an adult; the second has; the platform learns of neither."""
    begin, leave, agree, kind, submit = BUTTONS[locale]
    async with place_of(sqlite_databases, tmp_path, locale=locale) as place:

        def person(page: Page) -> None:
            page.goto(f"{place.platform.origin}/login/somebody")
            page.get_by_role("button", name=begin).click()
            page.get_by_role("link", name=leave).click()
            page.get_by_role("button", name=agree).click()
            page.get_by_label(kind, exact=True).check()
            page.get_by_role("button", name=begin).click()
            look(place, page, "identity")
            assert page.get_by_text(SECTION[locale], exact=True).count() == 0
            page.locator("#name").fill(NAME)
            page.locator("#number").fill(CHILD)
            page.get_by_role("button", name=submit).click()
            page.get_by_text(SECTION[locale], exact=True).wait_for()
            look(place, page, "guardian")
            page.locator("#name").fill(NAME)
            page.locator("#number").fill(CHILD)
            page.locator("#guardian_name").fill(PARENT)
            page.locator("#guardian_number").fill(NUMBER)
            page.get_by_role("button", name=submit).click()
            page.get_by_role("heading", name=DONE[locale]).wait_for()
            look(place, page, "done")
            page.locator("a.button").click()
            page.get_by_text("SUCCEEDED").wait_for()

        await visit(person, viewport={"width": width, "height": 700})
        told = ["\n".join(place.platform.received), *place.seen]
        for secret in (NAME, CHILD, PARENT, NUMBER):
            assert not any(secret in text for text in told)
