"""Templates, saved views, rows of reports and operations by clicks in Chromium: sizes and both schemes."""

import asyncio
from typing import Any

import pytest
from playwright.sync_api import Browser

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.clients.moderation.test_journey import TOLD, User
from tests.support.moderation_console import Office
from tests.support.tip_off_world import report
from tools.support.browser import browsing, unfold

pytestmark = pytest.mark.process

SHOWN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("zh", {"viewport": {"width": 360, "height": 700}, "color_scheme": "light"}),
    ("en", {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}),
    ("en", {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "java_script_enabled": False}),
)


def keep(user: User, name: str, *, axe: bool) -> None:
    """Make a template, change it, and begin a sanction with it."""
    say, page = user.say, user.page
    user.click("templates")
    user.see(f"{name}-templates-empty", say("templates"), axe=axe)
    user.click("new_template")
    page.locator("#title").fill("4.2, 1")
    page.locator("#rule_reference").fill("4.2")
    for value in ("AGAINST_TERMS", "RUMOUR", "WARN"):
        page.locator(f"[value={value}]").check()
    page.locator("#days").fill("30")
    page.locator("#redress").fill(say("redress"))
    user.see(f"{name}-template-new", say("new_template"), axe=axe)
    user.click("keep_template")
    user.see(f"{name}-templates", say("templates"), axe=axe)
    page.get_by_role("link", name="4.2, 1").click()
    user.see(f"{name}-template", say("template_title", name="4.2, 1"), axe=axe)
    user.click("delete_template")
    user.see(f"{name}-template-delete", say("delete_template_title", name="4.2, 1"), axe=axe)
    user.click("back")
    user.click("use_template")
    user.see(f"{name}-sanction", say("new_sanction"), axe=axe)
    page.locator("#redress").fill("2015")
    page.locator("#days").fill("")
    user.click("fill_in")
    user.see(f"{name}-sanction-filled", say("new_sanction"), axe=axe)
    assert (page.locator("#redress").input_value(), page.locator("#days").input_value()) == ("2015", "30")
    user.click("templates")
    page.get_by_role("link", name="4.2, 1").click()
    user.click("delete_template")
    user.click("delete_template")
    page.get_by_text(say("no_templates")).wait_for()


def look(user: User, name: str, *, axe: bool) -> None:
    """Filter the reports, keep the view, open it from the side bar, and delete it."""
    say, page = user.say, user.page
    user.click("reports")
    page.locator("#category").select_option("RUMOUR")
    user.click("search_now")
    page.get_by_text(say("save_view"), exact=True).click()
    user.see(f"{name}-reports", say("reports"), axe=axe)
    page.locator("#name").fill(name)
    user.click("save")
    page.locator(f"nav a:text-is('{name}')").wait_for(state="attached")
    user.click("figures")
    page.wait_for_url("**/figures*")
    unfold(page)
    page.get_by_role("link", name=name, exact=True).click()
    assert "category=RUMOUR" in page.url
    user.see(f"{name}-reports-saved", say("reports"), axe=axe)
    user.click("saved_views")
    user.see(f"{name}-views", say("saved_views"), axe=axe)
    user.click("delete_named", name=name)
    page.get_by_text(say("no_views")).wait_for()


def operate(user: User, name: str, *, axe: bool) -> None:
    """Open an operation and close it; choose reports of the list to merge them, and look at the question."""
    say, page = user.say, user.page
    user.click("operations")
    user.see(f"{name}-operations", say("operations"), axe=axe)
    user.click("open_operation")
    page.locator("#title").fill(name)
    user.see(f"{name}-operation-new", say("open_operation"), axe=axe)
    user.click("sign")
    user.see(f"{name}-operation", name, axe=axe)
    page.get_by_text(say("close_operation"), exact=True).first.click()
    user.see(f"{name}-operation-close", name, axe=axe)
    page.locator("form[action$='/closing'] button").click()
    page.locator("form[action$='/closing']").wait_for(state="detached")
    user.click("reports")
    boxes = page.locator("input[name^='report.']")
    for number in range(2):
        boxes.nth(number).check()
    user.click("merge_chosen")
    user.see(f"{name}-merging", say("merge_chosen_title", count=2), axe=axe)


async def test_what_moderators_keep(place: Office, key: ModeratorKey) -> None:
    """In both languages, on a telephone's width and a wide screen, in both schemes, and without script."""
    token = await place.world.world.account()
    for language in ("zh", "en"):
        about = TipOffTarget(TargetKind.ACCOUNT, token)
        await place.world.file(report(target=about, text=TOLD[language]), seconds=place.age)
    target = TipOffTarget(TargetKind.CONTENT, "post/17")
    await place.world.file(report(target=target, text=f"{TOLD['en']} {TOLD['en']}"), seconds=place.age)

    def visit(browser: Browser, address: str, number: int) -> None:
        language, how = SHOWN[number]
        locale = {"zh": "zh-CN", "en": "en-GB"}[language]
        context = browser.new_context(locale=locale, **how)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(address)
        page.get_by_role("navigation").first.wait_for()
        user = User(page, address, language)
        name = f"{how['viewport']['width']}-{how['color_scheme']}"
        # axe is a script itself.
        axe = how.get("java_script_enabled", True)
        keep(user, name, axe=axe)
        look(user, name, axe=axe)
        operate(user, name, axe=axe)
        context.close()

    for number in range(len(SHOWN)):
        async with place.opens(key) as opened:
            address = opened.address

            def work(number: int = number, address: str = address) -> None:
                with browsing() as browser:
                    visit(browser, address, number)

            await asyncio.to_thread(work)
