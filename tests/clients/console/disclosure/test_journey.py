"""Both consoles in Chromium: in Chinese by clicks at 320 px, in English by keyboard without script."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from idvault_verify.attest.people import roster_member
from idvault_verify.event import EventType
from tests.clients.console.disclosure.steps import BASIS, CASE, ORDER, ORDER_HASH, PURPOSE
from tests.support.console_room import ConsoleRoom
from tests.support.handover_world import D, adopt
from tests.web.test_rendering import PICTURES, keep
from tools.support import builders
from tools.support.browser import browsing, unfold
from tools.support.chamber import CUSTODIANS
from tools.support.chamber import roster_member as member
from tools.support.page_checks import Examiner

A, B, C = CUSTODIANS
NUMBER = builders.identity().document.number
WORDS = {
    "zh": {
        "next": "继续", "sign": "签名并提交", "open": "打开记录", "open_now": "打开", "show": "显示30秒",
        "masked": "姓名和号码已遮盖", "export": "导出", "approve": "批准", "give": "批准并给出份额",
        "given": "份额已给出", "drill": "进行演练", "due": "须在", "end": "结束会话", "ended": "会话已结束",
        "waits": "等待保管人", "new": "新申请", "own": "我的密钥", "evidence": "证据", "drills": "演练",
        "hand_over": "移交", "deny": "拒绝", "last": "这是最后一次打开",
        "give_all": "开始移交", "all_given": "移交已完成", "compare": "核对", "same": "一致：",
        "other": "不一致：", "decisions": "我的决定", "factor": "设置或更换双重验证",
    },
    "en": {
        "next": "Continue", "sign": "Sign and send", "open": "Open the record", "open_now": "Open",
        "show": "Show for 30 seconds", "masked": "Name and number are masked", "export": "Export",
        "approve": "Approve", "give": "Approve and give the share", "given": "your share was given",
        "drill": "Do the drill", "due": "due by", "end": "End the session", "ended": "The session has ended",
        "waits": "Waiting for custodians", "new": "New request", "own": "My keys", "evidence": "Evidence",
        "drills": "Drill", "hand_over": "Hand-over", "deny": "Deny", "last": "This is the last opening",
        "give_all": "Hand the shares over", "all_given": "The hand-over is done", "compare": "Compare",
        "same": "The same:", "other": "Not the same:", "decisions": "My decisions",
        "factor": "Set up or change the second factor",
    },
}  # fmt: skip

_DROP = """content => {
  const files = new DataTransfer();
  files.items.add(new File([content], "命令.pdf"));
  document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true}));
}"""

pytestmark = pytest.mark.process


@dataclass
class User:
    """Somebody at a browser. do: runs a coroutine of the test's own loop; seen: pages without an identity."""

    page: Page
    locale: str
    house: ConsoleRoom
    do: Callable[[Coroutine[Any, Any, Any]], Any]
    examiner: Examiner = field(default_factory=Examiner)
    seen: list[str] = field(default_factory=list)

    def say(self, key: str) -> str:
        return WORDS[self.locale][key]

    def press(self, key: str, role: Any = "button", *, exact: bool = True) -> None:
        """Press a button or a link: by a click, or without script by keyboard."""
        # Before the style sheet is there, a folded menu is not.
        self.page.wait_for_load_state()
        target = self.page.get_by_role(role, name=self.say(key), exact=exact).first
        if target.count() == 0:
            unfold(self.page)
        if self.locale == "en":
            self._reach(target, key)
        with self.page.expect_navigation():
            if self.locale == "zh":
                target.click()
            else:
                self.page.keyboard.press("Enter")

    def _reach(self, target: Locator, key: str) -> None:
        for _ in range(60):
            if target.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{key} is not reached by keyboard")

    def look(self, name: str, *, secret: bool = False) -> None:
        """Examine a page once; it has no identity; keep a picture if asked for."""
        # The heading is there before the style sheet.
        self.page.wait_for_load_state()
        self.examiner.look(self.page, name, self.locale)
        assert (builders.NAME in self.page.content()) == secret, name
        folder = os.environ.get(PICTURES)
        if folder:
            place = Path(folder) / f"console-{name}-{self.locale}.png"
            keep(self.page.screenshot(full_page=True), place)


def enter(browser: Browser, house: ConsoleRoom, locale: str, file: Path, do: Any) -> User:
    """Open the redirect file, as a user does."""
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
    return User(page, locale, house, do)


def file_request(user: User, account: str) -> str:
    """Answer the questions, check the preview, sign; return the id."""
    page = user.page
    user.look("no-cases")
    user.press("new", "link")
    page.locator("#account").fill("acct_x")
    user.press("next")
    page.locator(".errors").wait_for()
    user.look("question-wrong")
    for name, value in (("account", account), ("case", CASE), ("legal_basis", BASIS)):
        page.locator(f"#{name}").fill(value)
        user.look(f"question-{name}")
        user.press("next")
    page.locator("#order").set_input_files(
        {"name": "命令.pdf", "mimeType": "application/pdf", "buffer": ORDER}
    )
    user.look("question-order")
    user.press("next")
    page.locator("#purpose").fill(PURPOSE)
    user.press("next")
    page.locator("#hours").fill("48")
    user.look("question-limits")
    user.press("next")
    page.get_by_text(ORDER_HASH).first.wait_for(state="attached")
    user.look("preview")
    user.press("sign")
    page.locator(".state").get_by_text(user.say("waits")).wait_for()
    user.look("case")
    return page.url.partition("?")[0].rpartition("/")[2]


def open_record(user: User, disclosure_id: str) -> None:
    """Open with evidence; reveal; see that it hides by itself; look at the export."""
    page, house = user.page, user.house
    page.goto(page.url.partition("/cases")[0])
    user.look("cases")
    page.goto(f"{page.url}cases/{disclosure_id}")
    user.look("case-approved")
    user.press("open", "link")
    page.get_by_text(user.say("last")).wait_for()
    tree = page.locator("main").aria_snapshot()
    assert tree.index("textbox") < tree.index("group") < tree.index("button")
    page.locator("#code").fill("000000")
    user.press("open_now")
    page.locator(".errors").wait_for()
    user.look("open-wrong")
    page.locator("#code").fill(house.room.codes.code())
    user.press("open_now")
    page.get_by_text(user.say("masked")).wait_for()
    user.look("record")
    user.press("show")
    page.get_by_text(NUMBER).wait_for()
    user.look("record-shown", secret=True)
    house.room.pass_time(seconds=29)
    page.reload()
    house.room.pass_time(seconds=2)
    page.get_by_text(user.say("masked")).wait_for()
    assert builders.NAME not in page.content()
    user.press("export", "link")
    user.look("export")
    with page.expect_download() as loading:
        page.locator("#zone").fill("Asia/Shanghai")
        page.get_by_role("button", name="HTML").click()
    court = loading.value.path().read_text("utf-8")
    assert (builders.NAME in court, "Asia/Shanghai" in court) == (True, True)
    for key, name in (("evidence", "evidence"), ("own", "own")):
        user.press(key, "link")
        user.look(name)


def compare(user: User, content: bytes, answer: str) -> None:
    """Compare a file with the request: dropped on the page, or chosen and sent by keyboard without script."""
    page = user.page
    if user.locale == "zh":
        with page.expect_navigation():
            page.evaluate(_DROP, content.decode())
    else:
        page.locator("#order").set_input_files(
            {"name": "order.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        user.press("compare")
    page.get_by_role("status").get_by_text(user.say(answer)).wait_for()
    user.look(f"compare-{answer}")


def decide(user: User) -> None:
    """Approve, and look at everything else that a custodian does."""
    page = user.page
    user.look("waiting")
    user.press("deny", "link", exact=False)
    user.look("deny")
    page.go_back()
    user.press("approve", "link", exact=False)
    compare(user, ORDER + b"\n", "other")
    compare(user, ORDER, "same")
    user.press("approve", "link", exact=False)
    page.locator("#code").fill(user.house.room.codes.code())
    user.look("approve")
    user.press("give")
    page.get_by_text(user.say("given")).wait_for()
    user.look("decided")
    user.press("drills", "link")
    page.get_by_text(user.say("due")).wait_for()
    page.locator("#code").fill(user.house.room.codes.code())
    user.look("drill")
    user.press("drill")
    page.get_by_text(user.say("due")).wait_for()
    for key, name in (("decisions", "decisions"), ("hand_over", "hand-over"), ("own", "own-custodian")):
        user.press(key, "link")
        user.look(name)
    user.press("factor", "link")
    user.look("second-factor")


def hand_over(user: User) -> None:
    """Compare the successor's fingerprint, hand the shares over, and see the progress, in both languages."""
    page, address = user.page, user.page.url.partition("/own")[0] + "/hand-over"
    for locale in ("en", "zh"):
        user.locale = locale
        page.goto(f"{address}?lang={locale}")
        page.get_by_text(roster_member.fingerprint(member(D).hpke_public_key)).wait_for()
        user.look("hand-over-due")
    with page.expect_navigation():
        page.get_by_role("button", name=user.say("give_all"), exact=True).click()
    page.get_by_text(user.say("all_given")).wait_for()
    for locale in ("en", "zh"):
        user.locale = locale
        page.goto(f"{address}?lang={locale}")
        page.get_by_text(user.say("all_given")).wait_for()
        user.look("hand-over-done")


def end(user: User) -> None:
    """End the session by its button; the address is dead afterwards."""
    user.press("end")
    user.page.get_by_role("heading", name=user.say("ended")).wait_for()
    user.look("ended")


async def test_an_auditor_and_a_custodian_work_with_their_consoles(house: ConsoleRoom) -> None:
    """From the redirect file to the export, with axe on every page; the identity is on one page only."""
    room, loop = house.room, asyncio.get_running_loop()
    await room.keep_drill()

    def do(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    def journey(browser: Browser, locale: str, auditor: str, custodian: str) -> None:
        user = enter(browser, house, locale, do(house.running(auditor)).file, do)
        disclosure_id = file_request(user, do(room.account()))
        do(house.pending(custodian, disclosure_id))
        keeper = enter(browser, house, locale, do(house.running(custodian)).file, do)
        decide(keeper)
        do(house.approve(disclosure_id, C))
        open_record(user, disclosure_id)
        end(keeper)
        end(user)

    def run() -> None:
        with browsing() as browser:
            journey(browser, "zh", "auditor-a", A)
            journey(browser, "en", "auditor-b", B)
            adopt(room, D, B, C)
            leaver = enter(browser, house, "zh", do(house.running(A)).file, do)
            leaver.press("own", "link")
            hand_over(leaver)

    await asyncio.to_thread(run)
    assert len(await room.logged(EventType.DISCLOSURE_OPEN)) == 2
    for secret in (builders.NAME.encode(), NUMBER.encode(), ORDER):
        assert secret not in house.sent
