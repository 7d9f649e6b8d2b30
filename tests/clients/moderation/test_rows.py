"""Rows of the reports: how each text begins, how many are about the same, and what arrives meanwhile."""

import asyncio
import re

import pytest
from playwright.sync_api import Page

from idvault_client.tip_offs import TipOffReport
from idvault_people.moderation import row_facts, shown
from idvault_people.moderation.workplace import Workplace
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office
from tools.support.browser import browsing, pass_until, violations

WATER = "The post says that <b>the tap water</b> is poisoned (synthetic)"


async def filed(place: Office, text: str = WATER, *, content: str = "post/17") -> TipOffReport:
    """File a report now."""
    target = TipOffTarget(TargetKind.CONTENT, content)
    return (await place.world.file(target=target, text=text, seconds=place.age)).tip_off


@pytest.mark.parametrize(
    ("key", "short"),
    [
        ("post/17", "post/17"),
        ("https://im.example/1", "im.example/1"),
        ("https://im.example/post/8812/part/2", "…mple/post/8812/part/2"),
        (f"acct_{'0' * 13}{'1' * 13}", "acct_000000…1111111111"),
    ],
)
def test_a_target_is_told_in_few_letters(key: str, short: str) -> None:
    """Short ones as they are; of an address the end is what differs, of an account both ends."""
    assert shown.short_key(key) == short


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("two\n lines ", "two lines"),
        ("a" * 120, "a" * 120),
        ("a" * 121, "a" * 120 + "…"),
        ("word " * 40, ("word " * 24).strip() + "…"),
        ("", ""),
    ],
)
def test_a_text_is_cut_after_a_word(text: str, begins: str) -> None:
    """In one line, and never longer than a row."""
    assert row_facts.excerpt(text) == begins


async def test_a_row_tells_its_text_and_its_like(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """The text stands there as text; open reports about the same are counted, decided ones are not."""
    first, _, other = [await filed(place), await filed(place), await filed(place, "Spam", content="post/9")]
    page = await browser.get("/reports")
    assert "The post says that &lt;b&gt;the tap water&lt;/b&gt; is poisoned" in page.text
    counts = re.findall(r'<td data-name="Same target">(\d+)', page.text)
    assert sorted(counts) == ["2", "2"], "alone, a report has none"
    await place.world.assign(other, key.moderator_id, seconds=place.age)
    await place.world.dismiss(other, key.moderator_id, reply="gone", seconds=place.age)
    closed = await browser.get("/reports?view=closed")
    assert 'data-name="Same target"' not in closed.text
    read = len(place.wire.calls("GetTipOff"))
    await browser.get("/reports?view=closed")
    assert len(place.wire.calls("GetTipOff")) == read, "a decided report is not read for its row"
    assert f'href="/reports/{first.tip_off_id}' in page.text


async def test_a_text_is_read_once(place: Office, browser: Visitor) -> None:
    """It never changes while its report is open; a text that cannot be read leaves its row empty."""
    await filed(place)
    for _ in range(2):
        await browser.get("/reports")
    assert len(place.wire.calls("GetTipOff")) == 1
    await filed(place, "Another one (synthetic)", content="post/18")
    place.wire.loses = "GetTipOff"
    page = await browser.get("/reports")
    assert (page.status, "Another one" in page.text) == (200, False)
    assert "Another one" in (await browser.get("/reports")).text


async def test_a_page_is_whole_when_no_more_texts_are_kept(
    place: Office, browser: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new text pushes out the oldest, which the same page shows."""
    monkeypatch.setattr(row_facts, "_MOST_KEPT", 1)
    await filed(place, "The first one (synthetic)")
    await browser.get("/reports")
    await filed(place, "Another one (synthetic)", content="post/18")
    page = await browser.get("/reports")
    assert page.status == 200
    assert all(each in page.text for each in ("The first one", "Another one"))


async def test_only_what_changed_is_sent_again(place: Office, browser: Visitor) -> None:
    """The page names what it knows; while that is the state, the answer has no row and asks for no text."""
    await filed(place)
    page = await browser.get("/reports?category=RUMOUR")
    (live,) = re.findall(r'data-live="([^"]*)" data-known="([^"]*)"', page.text)
    address = live[0].replace("&amp;", "&")
    assert address == "/reports/rows?category=RUMOUR&known="
    asked = len(place.wire.sent)
    same = await browser.get(address + live[1])
    assert ("<tr" in same.text, len(place.wire.sent) - asked) == (False, 1)
    await filed(place, "Another one (synthetic)", content="post/18")
    fresh = await browser.get(address + live[1])
    assert fresh.text.count("<tr data-row=") == 2
    assert "Another one" in fresh.text
    assert "<html" not in fresh.text


async def test_the_time_that_is_left_is_sent_again(
    place: Office, browser: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is open all day says when a report is overdue."""
    await filed(place)
    (live,) = re.findall(r'data-live="([^"]*)" data-known="([^"]*)"', (await browser.get("/reports")).text)
    assert "<tr" not in (await browser.get("".join(live))).text
    monkeypatch.setattr(Workplace, "left", lambda *_: "two hours late (synthetic)")
    assert "two hours late (synthetic)" in (await browser.get("".join(live))).text


async def test_a_search_and_a_later_page_do_not_ask_again(place: Office, browser: Visitor) -> None:
    """What arrives belongs on the first page; "Check again" needs no script."""
    await filed(place)
    assert "data-live" not in (await browser.get("/reports?q=post/18")).text
    page = await browser.get("/reports?view=unassigned")
    assert '<a href="/reports?view=unassigned">Check again</a>' in page.text


def arriving(page: Page, asked: asyncio.AbstractEventLoop, place: Office) -> None:
    """Work in a list while others arrive: nothing that somebody has chosen or typed changes."""

    def run(work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, asked).result(60)  # type: ignore[arg-type]

    page.clock.install()
    page.goto(page.url.rstrip("/") + "/reports")
    page.locator("tr[data-row] input").check()
    chosen = page.locator("tr[data-row] input").get_attribute("name")
    page.locator("#q").fill("typed")
    page.locator("h1").hover()
    before = page.evaluate("performance.timeOrigin")
    run(filed(place, "Another one (synthetic)", content="post/18"))
    page.clock.run_for(21_000)
    page.get_by_text("Another one (synthetic)").wait_for()
    assert page.locator("[data-news]").inner_text() == "New reports: 1."
    assert page.locator("tr[data-row] input:checked").get_attribute("name") == chosen
    assert page.locator("#q").input_value() == "typed"
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.evaluate("performance.timeOrigin") == before, "the page was loaded again"
    assert violations(page) == ""
    page.locator("tr[data-row]").first.hover()
    for content in ("post/19", "post/20"):
        run(filed(place, "A third one (synthetic)", content=content))
    page.clock.run_for(21_000)
    page.get_by_text("New reports: 2.").wait_for()
    assert page.get_by_text("A third one (synthetic)").count() == 0, "a row moved under the pointer"
    page.locator("h1").hover()
    page.get_by_text("A third one (synthetic)").first.wait_for()


def leaving(
    page: Page, asked: asyncio.AbstractEventLoop, place: Office, of: tuple[TipOffReport, str]
) -> None:
    """The only row leaves and comes back; when nothing can be asked, that is said."""

    def run(work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, asked).result(60)  # type: ignore[arg-type]

    report, moderator_id = of
    page.clock.install()
    page.goto(page.url.rstrip("/") + "/reports?view=unassigned")
    page.locator("h1").hover()
    run(place.world.assign(report, moderator_id, seconds=place.age))
    page.clock.run_for(21_000)
    page.locator("tr.left[data-row] input:disabled").wait_for()
    run(place.world.hand_back(report, moderator_id, seconds=place.age))
    page.clock.run_for(21_000)
    page.locator("tr[data-row]:not(.left) input:enabled").wait_for()
    assert page.locator("[data-news]").inner_text() == "New reports: 1."
    page.route("**/reports/rows*", lambda each: each.abort())
    # After a failure the next pause is longer.
    for length in (21_000, 600_000):
        with page.expect_event("requestfailed"):
            page.clock.run_for(length)
    page.get_by_text("New reports do not arrive at the moment.").wait_for()
    page.unroute("**/reports/rows*")
    pass_until(page, "New reports do not arrive at the moment.", "detached", step=20)


@pytest.mark.process
async def test_rows_leave_and_come_back(place: Office, key: ModeratorKey) -> None:
    """In Chromium: what is struck through is what is not in the list now."""
    report, loop = await filed(place), asyncio.get_running_loop()
    async with place.opens(key) as opened:

        def look() -> None:
            with browsing() as browser:
                page = browser.new_context(locale="en-GB").new_page()
                page.goto(opened.address)
                page.get_by_role("navigation").first.wait_for()
                leaving(page, loop, place, (report, key.moderator_id))

        await asyncio.to_thread(look)


@pytest.mark.process
async def test_new_rows_arrive_while_somebody_works(place: Office, key: ModeratorKey) -> None:
    """In Chromium: they are told and shown without loading the page again."""
    await filed(place)
    loop = asyncio.get_running_loop()
    async with place.opens(key) as opened:

        def look() -> None:
            with browsing() as browser:
                page = browser.new_context(locale="en-GB").new_page()
                page.goto(opened.address)
                page.get_by_role("navigation").first.wait_for()
                arriving(page, loop, place)

        await asyncio.to_thread(look)
