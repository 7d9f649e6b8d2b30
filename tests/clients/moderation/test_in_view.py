"""What a moderator does a hundred times a day is on the screen, in Chromium."""

import asyncio

import pytest
from playwright.sync_api import Dialog, Page

from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.moderation_console import Office
from tools.support.browser import browsing

pytestmark = pytest.mark.process
HEIGHTS = (720, 900, 1080)
# Nothing covers its corners: what somebody types or chooses is seen.
IS_ON_TOP = """one => {
  const box = one.getBoundingClientRect();
  return [[box.left + 2, box.top + 2], [box.right - 9, box.bottom - 9]].every(
    ([x, y]) => document.elementFromPoint(x, y) === one);
}"""
WORDS = "We are looking at it (synthetic)"


def shows_the_button(page: Page, made: TipOffReport) -> None:
    """Whatever the window's height, also with an error above, no scrolling is needed; it covers no field."""
    button = page.get_by_role("button", name="Sign and next")
    for height in HEIGHTS:
        page.set_viewport_size({"width": 1280, "height": height})
        page.goto(page.url.partition("/reports")[0].rstrip("/") + f"/reports/{made.tip_off_id}")
        in_view(button.bounding_box(), height)
        for field in ("#reply", "[name^='duplicates.'] >> nth=-1", "input[value=abusive]"):
            page.locator(field).focus()
            assert page.locator(field).evaluate(IS_ON_TOP), (field, height)
    page.locator('input[value="dismiss.OTHER"]').check()
    button.click()
    page.locator(".errors").wait_for()
    # The errors are there before the style sheet.
    page.wait_for_load_state()
    in_view(button.bounding_box(), HEIGHTS[-1])


def chooses_all(page: Page, made: TipOffReport) -> None:
    """Those about the same, by one button, which only a script shows."""
    page.goto(page.url.partition("/reports")[0].rstrip("/") + f"/reports/{made.tip_off_id}")
    page.get_by_role("button", name="Choose all 3").click()
    assert page.locator("[name^='duplicates.']:checked").count() == 3


def in_view(box: object, height: int) -> None:
    assert isinstance(box, dict)
    assert 0 < box["y"] < box["y"] + box["height"] <= height, (box, height)


def asks_before_words_are_left(page: Page, made: TipOffReport) -> None:
    """A link and the other language ask; a form that sends the words does not."""
    page.goto(page.url.partition("/reports")[0].rstrip("/") + f"/reports/{made.tip_off_id}")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    reply = page.locator("#reply")
    reply.click()
    reply.press_sequentially(WORDS)
    for name in ("Back to the list", "中文"):
        with page.expect_event("dialog"):
            page.get_by_role("link", name=name).click(no_wait_after=True)
        assert reply.input_value() == WORDS
    assert asked == ["beforeunload"] * 2
    page.locator("input[value=reply]").check()
    page.get_by_role("button", name="Sign and next").click()
    page.get_by_text("has a reply. It is not decided.").wait_for()
    assert len(asked) == 2


async def test_a_report_is_decided_without_scrolling_or_losing_words(
    place: Office, key: ModeratorKey
) -> None:
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
                chooses_all(page, made)
                page.close()
                page = browser.contexts[0].new_page()
                page.goto(console.address.partition("/enter")[0])
                asks_before_words_are_left(page, made)

        await asyncio.to_thread(work)
