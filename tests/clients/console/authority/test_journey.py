"""An officer's work in Chromium: in Chinese by clicks at 320 px, in English by keyboard without script."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from idvault_people.console.authority.texts import OFFICER
from idvault_people.console.member_texts import MEMBER
from idvault_people.console.texts import CONSOLE
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.event import EventType
from idvault_verify.sanction import Degree, OrderState
from idvault_verify.tip_off import ReferralState
from tests.clients.console.authority.steps import BASIS, DOCUMENT, DOCUMENT_HASH
from tests.support.officer_room import OfficerRoom
from tests.web.test_rendering import PICTURES, keep
from tools.support import builders
from tools.support.authority_world import HOUR, carrying
from tools.support.browser import browsing, unfold
from tools.support.flow_world import PARTY
from tools.support.orders import OFFICE, OTHER_OFFICE
from tools.support.page_checks import Examiner

TEXTS = {**CONSOLE, **MEMBER, **OFFICER}
FOREIGN = "acct_" + "0" * 25 + "7"
TOLD = {
    "zh": ("案2026-17（虚构）", "平台没有该账号（虚构）"),
    "en": ("2026-17 (synthetic)", "no such account"),
}

ANSWERS = {"accept": "ACCEPTED", "decline": "DECLINED"}

pytestmark = pytest.mark.process


@dataclass
class OfficerUser:
    """An officer at a browser. do: runs a coroutine of the test's own loop."""

    page: Page
    locale: str
    office: OfficerRoom
    do: Callable[[Coroutine[Any, Any, Any]], Any]
    examiner: Examiner = field(default_factory=Examiner)

    def say(self, key: str, **values: object) -> str:
        """Return a text of the pages."""
        text: str = TEXTS[key].in_language(self.locale).format(**values)
        return text

    def press(self, key: str, role: Any = "button") -> None:
        """Press a button or a link: by a click, or without script by keyboard."""
        # Before the style sheet is there, a folded menu is not.
        self.page.wait_for_load_state()
        target = self.page.get_by_role(role, name=self.say(key), exact=True).first
        if target.count() == 0:
            unfold(self.page)
        with self.page.expect_navigation():
            if self.locale == "zh":
                target.click()
            else:
                self._reach(target, key)
                self.page.keyboard.press("Enter")

    def _reach(self, target: Locator, key: str) -> None:
        for _ in range(60):
            if target.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{key} is not reached by keyboard")

    def fill(self, **fields: str) -> None:
        """Type into fields by their id."""
        for name, text in fields.items():
            self.page.locator(f"#{name}").fill(text)

    def look(self, name: str) -> None:
        """Examine a page once; it has no identity; keep a picture if asked for."""
        # The heading is there before the style sheet.
        self.page.wait_for_load_state()
        self.examiner.look(self.page, name, self.locale)
        assert builders.NAME not in self.page.content(), name
        if folder := os.environ.get(PICTURES):
            keep(self.page.screenshot(full_page=True), Path(folder) / f"authority-{name}-{self.locale}.png")


def enter(browser: Browser, office: OfficerRoom, locale: str, file: Path, do: Any) -> OfficerUser:
    """Open the redirect file, as an officer does."""
    context = browser.new_context(
        locale="zh-CN" if locale == "zh" else "en-GB",
        viewport={"width": 320 if locale == "zh" else 1280, "height": 800},
    )
    if locale == "en":
        # Not by switching script off, which axe needs.
        context.route("**/console.js", lambda route: route.abort())
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(file.as_uri())
    page.get_by_role("navigation").wait_for()
    return OfficerUser(page, locale, office, do)


def issue(user: OfficerUser, account: str) -> str:
    """Fill in the form, correct a mistake, check, sign with a code; return the order's id."""
    page, (reference, _) = user.page, TOLD[user.locale]
    user.press("issue", "link")
    user.look("form")
    for choice in ("kind-ACCOUNT", "measure-WARN"):
        page.locator(f"#{choice}").check()
    user.fill(platform_1=PARTY, target_1="acct_x", reference=reference, legal_basis=BASIS)
    user.fill(deadline="2026-03-03 18:00")
    refuse(user)
    page.locator("#document").set_input_files(
        {"name": "命令.pdf", "mimeType": "application/pdf", "buffer": DOCUMENT}
    )
    user.press("to_check")
    page.locator(".errors").wait_for()
    user.look("form-wrong")
    assert page.get_by_text("命令.pdf").count() == 1
    user.fill(target_1=account)
    user.press("to_check")
    page.get_by_text(account).wait_for()
    return_from_memory(user)
    page.get_by_text(account).wait_for()
    assert not page.get_by_text(DOCUMENT_HASH).first.is_visible()
    page.locator("main summary").click()
    page.get_by_text(DOCUMENT_HASH).first.wait_for()
    page.locator("main summary").click()
    user.fill(code=user.office.code())
    user.look("check")
    user.press("sign_and_send")
    page.get_by_text(user.say("order_state.OPEN")).wait_for()
    return page.url.partition("?")[0].rpartition("/")[2]


def refuse(user: OfficerUser) -> None:
    """With script, a document that is too large is told at once: sent, everything typed would be lost."""
    box = user.page.locator("#document")
    if user.locale == "zh":
        content = bytes(20 * 1024 * 1024)
        box.set_input_files({"name": "命令.pdf", "mimeType": "application/pdf", "buffer": content})
        assert box.evaluate("each => each.validationMessage") == user.say("document_large")
        assert box.evaluate("each => each.files.length") == 0


def return_from_memory(user: OfficerUser) -> None:
    """With script, a page that the way back shows as it was is asked for again: its form was sent already."""
    page = user.page
    once = page.locator("[name=once]").first
    if user.locale == "zh":
        before = once.get_attribute("value")
        with page.expect_request(page.url) as asked:
            page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
        page.wait_for_function(
            "before => document.querySelector('[name=once]')?.value !== before", arg=before
        )
        assert asked.value.method == "GET"


def follow(user: OfficerUser, order_id: str, key: ModeratorKey, account: str) -> None:
    """Read that it is acknowledged and carried out."""
    world, office, do = user.office.world, user.office, user.do
    [given] = [each for each in do(office.given(authority_of(user))) if each.order_id == order_id]
    do(office.acknowledge(given, key=key))
    user.page.reload()
    user.page.get_by_text(user.say("was_acknowledged")).wait_for()
    order = do(office.checked(given))
    do(world.impose(account, Degree.WARN, key=key, given=carrying(order), seconds=office.seconds))
    user.page.reload()
    user.page.get_by_text(user.say("order_state.CARRIED_OUT")).wait_for()
    user.look("order")


def withdraw(user: OfficerUser, key: ModeratorKey) -> None:
    """Read an objection, and withdraw the order for good."""
    page, office, do, name = user.page, user.office, user.do, authority_of(user)
    [late] = do(office.world.issue(("platform-b", FOREIGN), name=name, seconds=office.seconds))
    [given] = do(
        office.world.issue(
            (PARTY, FOREIGN), name=name, seconds=office.seconds, deadline=office.seconds + 90 * HOUR
        )
    )
    do(office.object_to(given, TOLD[user.locale][1], key=key))
    office.seconds += 26 * HOUR
    user.press("orders", "link")
    assert page.content().index(late.order_id) < page.content().index(given.order_id)
    user.look("orders")
    page.locator("#state").select_option("OBJECTED")
    user.press("show_state")
    page.locator(f'a[href="/orders/{given.order_id}"]').click()
    page.get_by_text(TOLD[user.locale][1]).wait_for()
    user.look("objected")
    user.press("withdraw_link", "link")
    page.locator("#reason").fill(TOLD[user.locale][1])
    page.locator("#code").fill(office.code())
    user.look("withdraw")
    user.press("withdraw_button")
    page.get_by_text(user.say("was_withdrawn")).wait_for()


def cooperate(user: OfficerUser) -> None:
    """Open a joint operation, and read its counts."""
    page = user.page
    user.press("operations", "link")
    user.look("no-operations")
    user.press("open_operation", "link")
    page.locator("#category-FRAUD").check()
    user.fill(operation_title=TOLD[user.locale][0], platforms=f"{PARTY}\nplatform-b")
    user.fill(first_day="2026-03-01", last_day="2026-03-31")
    user.look("operation-form")
    user.press("to_check")
    page.locator("#code").fill(user.office.code())
    user.look("operation-check")
    user.press("sign_and_send")
    page.get_by_text(user.say("counts")).wait_for()
    user.look("operation")


def take_over(user: OfficerUser, key: ModeratorKey) -> None:
    """Read two reports that a platform refers; accept one and decline the other."""
    page, office, name = user.page, user.office, authority_of(user)
    user.press("referrals", "link")
    user.look("no-referrals")
    for answer in ("accept", "decline"):
        referral = user.do(office.refer(key, authority=name))
        user.press("referrals", "link")
        user.look(f"referrals-{answer}")
        page.locator(f'a[href="/referrals/{referral}"]').click()
        page.get_by_text(user.say("referral_state.OPEN")).wait_for()
        user.look(f"referral-{answer}")
        user.press(f"{answer}_link", "link")
        page.get_by_text(user.say(f"effect.{ANSWERS[answer]}")).wait_for()
        user.fill(code=office.code())
        user.look(f"{answer}-check")
        user.press("sign_and_send")
        page.get_by_text(user.say(f"referral_advice.{ANSWERS[answer]}")).wait_for()
        user.look(f"{answer}-done")


def end(user: OfficerUser) -> None:
    """Look at the own keys, and end the session by its button."""
    user.press("own", "link")
    user.look("own")
    user.press("end")
    user.page.get_by_role("heading", name=user.say("ended_title")).wait_for()


def authority_of(user: OfficerUser) -> str:
    """Return whose officer a user is."""
    return OFFICE if user.locale == "zh" else OTHER_OFFICE


async def test_an_officer_works_with_the_console(office: OfficerRoom, key: ModeratorKey) -> None:
    """From the redirect file to orders, an operation and referrals that are over; axe finds nothing."""
    account, loop = await office.world.account(), asyncio.get_running_loop()

    def do(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    def run() -> None:
        with browsing() as browser:
            for locale, name in (("zh", OFFICE), ("en", OTHER_OFFICE)):
                office.seconds = 0
                user = enter(browser, office, locale, do(office.running(name)).file, do)
                user.look("no-orders")
                follow(user, issue(user, account), key, account)
                withdraw(user, key)
                cooperate(user)
                take_over(user, key)
                end(user)

    await asyncio.to_thread(run)
    for name in (OFFICE, OTHER_OFFICE):
        states = {each.state for each in await office.given(name)}
        assert states == {OrderState.CARRIED_OUT, OrderState.WITHDRAWN, OrderState.OVERDUE}
        answered = [each.state for each in await office.reports.referrals(name=name)]
        assert answered == [ReferralState.ACCEPTED, ReferralState.DECLINED]
    assert len(await office.world.events(EventType.ORDER_WITHDRAW)) == 2
    assert DOCUMENT not in office.sent
