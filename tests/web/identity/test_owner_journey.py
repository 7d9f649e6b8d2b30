"""What an owner changes by clicks in Chromium: an erasure in two steps, and public accounts."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.hand import Hand, is_documented
from tests.web.identity.test_journey import arrive
from tests.web.identity.test_pages import TODAY
from tests.web.test_journey import look, place_of, visit
from tools.support import builders
from tools.support.databases import Databases
from tools.support.flow_world import command
from tools.support.project import ROOT

ERASING = {
    "zh": ("注销账号", "注销账号…", "确认申请注销", "撤回注销申请", "账号将于"),
    "en": (
        "Erase this account",
        "Erase this account…",
        "Request the erasure",
        "Keep the account",
        "will be erased on",
    ),
}
PUBLIC = {
    "zh": (
        "我的公众账号",
        "申请公众账号",
        "提交申请",
        "管理公众账号…",
        "永久关闭",
        "关闭此公众账号",
        "已关闭",
    ),
    "en": (
        *("My public accounts", "Apply for a public account", "Send the application"),
        *("Manage Public account …", "Close for good", "Close this public account", "closed"),
    ),
}
COPIED = {"zh": "已复制", "en": "Copied"}
PAGE = ROOT / "docs" / "pages.md"
MEASURED = "an erasure cancelled, from My identity on"
SIZES = [("zh", 360), ("en", 1280)]

pytestmark = pytest.mark.process


@pytest.mark.parametrize(("locale", "width"), SIZES)
async def test_an_erasure_is_requested_and_cancelled_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """One page says what ends and when, the next one confirms; the banner on the overview takes it back."""
    title, begin, confirm, keep, banner = ERASING[locale]
    async with place_of(sqlite_databases, tmp_path, locale=locale) as place:
        token = await place.world.moderation.account()

        def person(page: Page) -> None:
            arrive(place, page, token)
            page.get_by_role("link", name=title).click()
            page.get_by_role("link", name=begin).click()
            look(place, page, "own-erase-confirm")
            page.get_by_role("button", name=confirm).click()
            page.locator("main p a").last.click()
            page.get_by_role("heading", name=banner).wait_for()
            look(place, page, "own-erasing")
            hand = Hand(page)
            hand.press(page.get_by_role("button", name=keep))
            page.locator(".note.good").wait_for()
            page.wait_for_load_state()
            assert is_documented(PAGE, hand.told(MEASURED)), (hand.interactions, hand.loads)
            page.locator("main p a").last.click()
            page.locator(".timeline").wait_for()
            expect(page.get_by_role("heading", name=banner)).to_have_count(0)

        await visit(person, viewport={"width": width, "height": 700})
        events = await place.world.moderation.events("erasure:")
        assert events == ["erasure:request:cancel", "erasure:request:file"]


@pytest.mark.parametrize(("locale", "width"), SIZES)
async def test_a_public_account_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """Applied for, approved by the platform, looked at, and closed for good after a fresh verification."""
    title, apply, send, manage, close, closing, closed = PUBLIC[locale]
    async with place_of(sqlite_databases, tmp_path, locale=locale) as place:
        publishing = place.world.publishing
        token = await publishing.person()

        def applies(page: Page) -> None:
            arrive(place, page, token)
            page.get_by_role("link", name=title).click()
            page.get_by_role("link", name=apply).click()
            look(place, page, "own-public-apply")
            page.get_by_role("button", name=send).click()
            page.get_by_role("link", name=manage).click()
            look(place, page, "own-public-one")
            page.locator("summary").first.click()
            copy = page.locator("[data-copied]").first
            named = copy.locator(".unseen").text_content()
            copy.click()
            # Whoever hears the page is still told of what.
            expect(copy).to_have_accessible_name(f"{COPIED[locale]} {named}")

        def closes(page: Page) -> None:
            arrive(place, page, token)
            page.get_by_role("link", name=title).click()
            page.get_by_role("link", name=manage).click()
            page.get_by_role("link", name=close).click()
            look(place, page, "own-public-close")
            page.get_by_role("button", name=closing).click()
            page.locator(".badge", has_text=closed).wait_for()

        await visit(applies, viewport={"width": width, "height": 700})
        (found,) = (await publishing.asks(TODAY).list_page(account_token=token)).public_accounts
        await publishing.asks(TODAY).approve(found.public_account_id)
        identity = builders.identity(number="11000019010101000X")
        await place.world.claims.verify(command(77, identity, account_token=token), seconds=TODAY - 60)
        await visit(closes, viewport={"width": width, "height": 700})
