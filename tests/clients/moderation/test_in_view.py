"""What a moderator does a hundred times a day is on the screen, in Chromium."""

import asyncio

import pytest
from playwright.sync_api import Page

from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.moderation_console import Office
from tools.support.browser import browsing

pytestmark = pytest.mark.process
HEIGHTS = (720, 900, 1080)
WORDS = "We are looking at it (synthetic)"


def shows_the_button(page: Page, made: TipOffReport) -> None:
    """Whatever the window's height, also with an error above; no scrolling is needed."""
    button = page.get_by_role("button", name="Sign and next")
    for height in HEIGHTS:
        page.set_viewport_size({"width": 1280, "height": height})
        page.goto(page.url.partition("/reports")[0].rstrip("/") + f"/reports/{made.tip_off_id}")
        in_view(button.bounding_box(), height)
    page.locator('input[value="dismiss.OTHER"]').check()
    button.click()
    page.locator(".errors").wait_for()
    in_view(button.bounding_box(), HEIGHTS[-1])


def in_view(box: object, height: int) -> None:
    assert isinstance(box, dict)
    assert 0 < box["y"] < box["y"] + box["height"] <= height, (box, height)


async def test_the_deciding_button_is_in_view(place: Office, key: ModeratorKey) -> None:
    """Beside a report with a long text and others about the same, at common heights of a window."""
    made = (await place.world.file(seconds=place.age, text="A long text. " * 300)).tip_off
    for number in range(3):
        await place.world.file(seconds=place.age + number + 1)

    async with place.opens(key) as console:

        def work() -> None:
            with browsing() as browser:
                page = browser.new_context(locale="en-GB").new_page()
                page.goto(console.address)
                page.get_by_role("navigation").first.wait_for()
                shows_the_button(page, made)

        await asyncio.to_thread(work)
