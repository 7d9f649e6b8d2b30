"""The desk's keys in Chromium: rows and reports, decision, search, the sheet, and how to switch them off."""

import asyncio

import pytest
from playwright.sync_api import Page

from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TipOffState
from tests.support.moderation_console import Office
from tools.support.browser import browsing

pytestmark = pytest.mark.process


def focused(page: Page) -> str:
    """Return the text, or the name, of what has the focus."""
    found: str = page.evaluate("document.activeElement.innerText || document.activeElement.name || ''")
    return found


def comes(page: Page, name: str) -> None:
    """Wait for a page: its heading is there before the script that knows the keys."""
    page.get_by_role("heading", name=name).wait_for()
    page.wait_for_load_state()


def press(page: Page, *keys: str) -> None:
    # A page is shown before its script runs.
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def merged_by_a_key(page: Page, address: str) -> None:
    """In the list m asks about the chosen rows as the button does, and says so if too few are chosen."""
    page.goto(address + "/reports?view=unassigned&sort=oldest")
    press(page, "?")
    assert page.locator(".keys kbd").all_inner_texts()[1:] == ["j k", "Enter", "a", "m", "/", "?"]
    press(page, "?", "m")
    page.get_by_text("Choose at least two open reports").wait_for()
    page.wait_for_load_state()
    page.locator("[data-all-rows]").check()
    press(page, "m")
    comes(page, "Merge these 2 reports?")


def by_keys(page: Page, made: list[TipOffReport]) -> None:
    """Walk through the list and two reports, and take one; no key works while somebody types."""
    address = page.url.rstrip("/")
    merged_by_a_key(page, address)
    page.goto(address + "/reports?view=unassigned&sort=oldest")
    rows = [each.reference for each in made]
    press(page, "j")
    assert focused(page) == rows[0]
    press(page, "j", "j", "j")
    assert focused(page) == rows[1], "the last row is the end"
    page.locator("[data-all-rows]").check()
    assert page.locator(".pick input[name]:checked").count() == len(made)
    page.locator("[data-all-rows]").uncheck()
    assert page.locator(".pick input[name]:checked").count() == 0
    page.locator("h1").click()
    press(page, "j", "j")
    assert focused(page) == rows[1]
    press(page, "k")
    assert focused(page) == rows[0]
    press(page, "/", "j", "?")
    assert (focused(page), page.locator("#q").input_value()) == ("q", "j?")
    page.locator("#q").fill("")
    page.locator("h1").click()
    press(page, "?")
    page.get_by_text("next row or report").wait_for()
    press(page, "j", "Enter")
    comes(page, f"Report {rows[0]}")
    press(page, "j")
    comes(page, f"Report {rows[1]}")
    press(page, "k")
    comes(page, f"Report {rows[0]}")
    press(page, "d")
    assert focused(page) == "decision"
    press(page, "a")
    page.get_by_text("Hand it back").wait_for()
    page.wait_for_load_state()
    press(page, "m")
    comes(page, "Which reports are about the same")


def of_a_page(page: Page, made: list[TipOffReport]) -> None:
    """The sheet tells the keys of the page: an own report is not taken, and only it merges others."""
    address = page.url.partition("/reports")[0]
    for report, keys in zip(made, (["j k", "d", "m", "?"], ["j k", "a", "d", "?"]), strict=True):
        page.goto(f"{address}/reports/{report.tip_off_id}")
        assert page.locator("details.keys dt kbd").all_text_contents() == keys


def with_a_text(page: Page, made: list[TipOffReport]) -> None:
    """No key leaves a report on which somebody has typed, before a refusal or after it."""
    page.goto(page.url.partition("/reports")[0] + f"/reports/{made[0].tip_off_id}?sort=oldest")
    words, reply = "We are looking at it (synthetic)", page.locator("#reply")

    def stays() -> None:
        page.locator("h1").click()
        press(page, "d", "j", "k", "m", "a")
        assert focused(page) == "decision"
        comes(page, f"Report {made[0].reference}")
        assert reply.input_value() == words

    reply.fill(words)
    stays()
    page.locator("input[value=refer]").check()
    page.get_by_role("button", name="Sign and next").click()
    page.locator(".errors").wait_for()
    page.wait_for_load_state()  # until then no key works
    stays()


def of_decided_reports(page: Page, decided: TipOffReport) -> None:
    """The rows can be walked through, where none can be chosen; the sheet names no key that does nothing."""
    page.goto(page.url.partition("/reports")[0] + "/reports?view=closed")
    press(page, "j")
    assert focused(page) == decided.reference
    press(page, "?")
    assert page.locator(".keys kbd").all_inner_texts()[1:] == ["j k", "Enter", "/", "?"]
    page.goto(page.url.partition("/reports")[0] + f"/reports/{decided.tip_off_id}")
    press(page, "?")
    assert page.locator(".keys kbd").all_inner_texts()[1:] == ["j k", "?"]


def without_keys(page: Page, made: list[TipOffReport]) -> None:
    """Once they are switched off no key does anything, on later pages either."""
    page.goto(page.url.partition("/reports")[0] + "/reports?sort=oldest")
    press(page, "?")
    page.locator("#keys-off").check()
    press(page, "j")
    assert focused(page) not in [each.reference for each in made]
    page.reload()
    press(page, "j", "?")
    assert focused(page) not in [each.reference for each in made]
    assert not page.locator("#keys-off").is_visible()


async def test_the_keys_of_the_desk(place: Office, key: ModeratorKey) -> None:
    """Each does what the sheet says; the report that is taken by one is the moderator's."""
    other = (await place.moderator(2)).moderator_id
    decided = await place.world.assign((await place.world.file()).tip_off, other)
    await place.world.dismiss(decided, other, reply="no")
    made = [(await place.world.file(seconds=place.age + number)).tip_off for number in range(2)]

    async with place.opens(key) as console:

        def work() -> None:
            with browsing() as browser:
                page = browser.new_context(locale="en-GB").new_page()
                wrong: list[str] = []
                page.on("pageerror", lambda error: wrong.append(str(error)))
                page.goto(console.address)
                page.get_by_role("navigation").first.wait_for()
                by_keys(page, made)
                of_a_page(page, made)
                with_a_text(page, made)
                assert not wrong, "no script fails"
                of_decided_reports(page, decided)
                without_keys(page, made)

        await asyncio.to_thread(work)
    taken = (await place.world.get(made[0])).tip_off
    assert (taken.state, taken.moderator_id) == (TipOffState.ASSIGNED, key.moderator_id)
