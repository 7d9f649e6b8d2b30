"""A moderator's day by clicks in Chromium: both languages, small and large, axe on each page."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from idvault_client.tip_offs import TipOffReport
from idvault_people.console.texts import CONSOLE
from idvault_people.moderation.shown import short_key
from idvault_people.moderation.texts import TEXTS
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffOutcome, TipOffTarget
from tests.support.moderation_console import Office
from tests.support.tip_off_world import report
from tests.web.test_rendering import PICTURES, keep
from tools.support import builders
from tools.support.browser import browsing, unfold
from tools.support.flow_world import command
from tools.support.page_checks import Examiner

# How far the widest table passes the page's column.
PASSES = """() => {
  const main = document.querySelector("main"), style = getComputedStyle(main);
  const end = main.getBoundingClientRect().right - parseFloat(style.paddingRight);
  const tables = [...main.querySelectorAll("table")].filter((each) => each.checkVisibility());
  return Math.max(0, ...tables.map((each) => each.getBoundingClientRect().right - end));
}"""
TOLD = {
    "zh": "这条消息说自来水有毒，附近的人都在转发，但是环保部门昨天已经否认。(虚构)",
    "en": "This post says that the tap water is poisoned. The authority denied it yesterday. (synthetic)",
}
APPEAL = {
    "zh": "这是一篇讽刺文章，请看全文。(虚构)",
    "en": "It was satire: please read all of it. (synthetic)",
}

pytestmark = pytest.mark.process


@dataclass
class Waiting:
    """What waits for the moderator in one language: ids of addresses."""

    token: str
    reported: TipOffReport
    same: TipOffReport
    proposed: str
    appealed: str
    applied: str
    contested: str


async def waiting(place: Office, other: ModeratorKey, language: str, number: int) -> Waiting:
    """File, propose and apply, all of it now."""
    world, now = place.world.world, place.age
    token, owner = await world.account(number), await place.public_accounts.person(number + 1)
    asked = report(target=TipOffTarget(TargetKind.ACCOUNT, token), text=TOLD[language], evidence=(bytes(32),))
    reported = (await place.world.file(asked, seconds=now)).tip_off
    same = (await place.world.file(asked, category=SanctionCategory.FRAUD, seconds=now)).tip_off
    proposed = await world.impose(owner, Degree.CLOSE, key=other, seconds=now)
    warned = await world.impose(owner, Degree.WARN, key=other, seconds=now)
    appealed = await place.sessions.moderation.file(warned, APPEAL[language], seconds=now)
    applied = await place.public_accounts.apply(owner, seconds=now)
    who = builders.identity(number=f"110000190101{number + 2:02}000X")
    claim = await world.claims.verify(command(number + 2, identity=who))
    contested = await place.contest(claim.account.account_token, claim.claim_id, APPEAL[language])
    return Waiting(
        token,
        reported,
        same,
        proposed.sanction_id,
        appealed.appeal_id,
        applied.public_account_id,
        contested.contest_id,
    )


@dataclass
class User:
    """A moderator at a browser. words: the texts of the language."""

    page: Page
    address: str
    language: str
    examiner: Examiner = field(default_factory=Examiner)

    def say(self, key: str, **values: object) -> str:
        """Return a text of the pages."""
        text: str = ({**CONSOLE, **TEXTS})[key].in_language(self.language).format(**values)
        return text

    def click(self, key: str, **values: object) -> None:
        """Follow a link, or press a button, by its text."""
        name = self.say(key, **values)
        # Before the style sheet is there, a folded menu is not.
        self.page.wait_for_load_state()
        target = self.page.get_by_role("link", name=name, exact=True)
        if target.count() == 0:
            target = self.page.get_by_role("button", name=name, exact=True)
        if target.count() == 0:
            unfold(self.page)
            listed = self.page.get_by_role("link", name=name, exact=True)
            target = listed if listed.count() else target
        target.first.click()

    def see(self, name: str, title: str, *, axe: bool = True) -> None:
        """Wait for a page, examine it once and its tables' width, and keep a picture if asked for.

        axe: False for a page that was checked before, or has no script; then only its width is looked at.
        """
        try:
            self.page.get_by_role("heading", name=title, level=1).wait_for()
        except TimeoutError:
            raise AssertionError(
                f"{name} is not shown, but: {self.page.locator('main').inner_text()}"
            ) from None
        # The heading is there before the style sheet.
        self.page.wait_for_load_state()
        if axe:
            self.examiner.look(self.page, name, self.language)
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        assert self.page.evaluate(PASSES) < 1, name
        folder = os.environ.get(PICTURES)
        if folder:
            path = Path(folder) / f"moderation-{name}-{self.language}.png"
            keep(self.page.screenshot(full_page=True), path)


def day(user: User, found: Waiting) -> None:
    """Everything that a moderator does, by clicks."""
    say, page = user.say, user.page
    user.see("overview", say("overview"))
    user.click("unassigned_reports")
    user.see("queue", say("reports"))
    page.get_by_role("link", name=found.reported.reference).click()
    title = say("report_title", reference=found.reported.reference)
    user.see("case-new", title, axe=False)
    user.click("take")
    user.see("case", title)
    page.get_by_text(say("write_note"), exact=True).click()
    page.get_by_label(say("note"), exact=True).fill("2015")
    page.locator("form[action*='/note'] button").click()
    user.see("noted", title, axe=False)
    user.click("merge")
    page.get_by_role("checkbox").first.check()
    user.see("merge", say("merge_title", reference=found.reported.reference))
    user.click("merge")
    user.see("merged", title, axe=False)
    decide(user, found)
    second(user, found)
    user.click("reporters")
    user.see("reporters", say("reporters"))
    for name in ("orders", "measures"):
        user.click(name)
        user.see(name, say(name))
    user.click("reports")
    user.click("intake")
    slip(user)
    user.click("figures")
    page.locator("h1").wait_for()
    user.see("figures", page.locator("h1").inner_text())


def slip(user: User) -> None:
    """Take a report down, until number and secret are shown."""
    say, page = user.say, user.page
    user.see("intake", say("intake"))
    for value in ("COUNTER", "CONTENT", "OTHER"):
        page.locator(f"[value={value}]").check()
    page.locator("#text").fill(TOLD[user.language])
    page.locator("#target").fill(f"post/{user.language}")
    user.click("sign")
    user.see("slip", say("slip_title"))


def decide(user: User, found: Waiting) -> None:
    """Uphold the report with a sanction, with a mistake on the way."""
    say, page = user.say, user.page
    page.get_by_role("radio", name=say("uphold")).first.check()
    page.locator("form[action*='/decision'] button").click()
    user.see("sanction", say("uphold"))
    page.get_by_label(say("degree.LIMIT"), exact=True).check()
    page.get_by_label(say("ground.AGAINST_TERMS"), exact=True).check()
    page.locator("#rule_reference").fill("4.2")
    page.locator("#redress").fill(say("redress"))
    page.locator("#days").fill("7")
    page.locator("#reply").fill(say("reply"))
    user.click("check")
    user.see("sanction-wrong", say("uphold"))
    page.locator(".errors a").first.click()
    page.locator("#measure").fill("no-video")
    user.click("check")
    user.see("sanction-check", say("sanction_check_title"))
    # Two clicks at once are one decision.
    page.get_by_role("button", name=say("sign"), exact=True).dblclick()
    page.get_by_text(say("outcome.UPHELD")).first.wait_for()
    user.see("decided", page.locator("h1").inner_text(), axe=False)


def second(user: User, found: Waiting) -> None:
    """Confirm what another moderator proposed, decide an appeal, open a public account."""
    say, page = user.say, user.page
    user.click("sanctions")
    user.see("sanctions", say("sanctions"))
    page.locator(f'a[href="/sanctions/{found.proposed}"]').click()
    user.see("proposal", say("proposed.CLOSE"))
    user.click("confirm_sign")
    page.get_by_text(say("state.IN_FORCE")).first.wait_for()
    user.click("appeals")
    user.see("appeals", say("appeals"))
    page.locator(f'a[href="/appeals/{found.appealed}"]').click()
    user.see("appeal", say("appeal_title", degree=say("degree.WARN")))
    page.get_by_label(say("verdict.UPHELD")).check()
    page.locator("#reason").fill("2015")
    user.click("sign")
    page.get_by_text(say("state.UPHELD")).first.wait_for()
    user.click("public_accounts")
    user.see("public-accounts", say("public_accounts"))
    page.locator(f'a[href="/public-accounts/{found.applied}"]').click()
    user.see("public-account", say("public_account_title", id=short_key(found.applied)))
    page.get_by_label(say("reject"), exact=True).check()
    page.get_by_label(say("reject.INCOMPLETE"), exact=True).check()
    user.see("public-account-decision", say("public_account_title", id=short_key(found.applied)))
    user.click("send")
    page.locator("form[action$='/decision']").wait_for(state="detached")
    page.get_by_text(say("reject.INCOMPLETE")).first.wait_for()
    user.click("contests")
    user.see("contests", say("contests"))
    page.locator(f'a[href="/contests/{found.contested}"]').click()
    user.see("contest", say("contest_title", account=""))
    page.get_by_label(say("contest.REJECTED"), exact=True).check()
    page.locator("#reason").fill("2015")
    user.click("send")
    page.get_by_text(say("contest.REJECTED")).first.wait_for()


def by_keyboard(user: User, found: Waiting) -> None:
    """Take a report and dismiss it by Tab and Enter, without script; the tree has the labels in order."""
    page, say = user.page, user.say

    def press(role: Any, name: str) -> None:
        target = page.get_by_role(role, name=name, exact=True).first
        target.wait_for()
        for _ in range(40):
            page.keyboard.press("Tab")
            if target.evaluate("each => each === document.activeElement"):
                break
        else:
            raise AssertionError(f"{name} is not reached by keyboard")
        page.keyboard.press("Space" if role == "radio" else "Enter")

    page.goto(f"{page.url.rstrip('/')}/reports")
    press("link", found.reported.reference)
    page.locator("[value='dismiss.NO_VIOLATION']").wait_for()
    tree = page.locator("main").aria_snapshot()
    told = say("dismiss_as", reason=say("dismissal.GONE"))
    assert tree.index(say("told")) < tree.index(told) < tree.index(say("only_reply"))
    page.locator("[value='dismiss.NO_VIOLATION']").focus()
    page.keyboard.press("Space")
    page.locator("#reply").fill("no")
    press("button", say("send_next"))
    page.get_by_text(say("outcome.DISMISSED")).first.wait_for()


async def test_a_moderator_s_day(place: Office, key: ModeratorKey) -> None:
    """In Chinese on a telephone's width, in English on a wide screen, and by keyboard without script."""
    other = await place.moderator(2)
    found = [await waiting(place, other, language, number) for language, number in (("zh", 1), ("en", 4))]
    typed = await waiting(place, other, "en", 7)

    def visit(
        browser: Browser, address: str, language: str, work: Callable[[User], None], **how: Any
    ) -> None:
        context = browser.new_context(locale={"zh": "zh-CN", "en": "en-GB"}[language], **how)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(address)
        page.get_by_role("navigation").first.wait_for()
        work(User(page, address, language))
        context.close()

    runs: tuple[tuple[str, Callable[[User], None], dict[str, Any]], ...] = (
        ("zh", lambda user: day(user, found[0]), {"viewport": {"width": 360, "height": 700}}),
        ("en", lambda user: day(user, found[1]), {"viewport": {"width": 1280, "height": 800}}),
        ("en", lambda user: by_keyboard(user, typed), {"java_script_enabled": False}),
    )
    addresses: list[str] = []
    async with (
        place.opens(key) as first,
        place.opens(key) as second_one,
        place.opens(key) as third,
    ):
        addresses += [each.address for each in (first, second_one, third)]

        def all_of_it() -> None:
            with browsing() as browser:
                for (language, work, how), address in zip(runs, addresses, strict=True):
                    visit(browser, address, language, work, **how)

        await asyncio.to_thread(all_of_it)
    for each in found:
        decided = (await place.world.get(each.reported)).tip_off
        assert decided.outcome is TipOffOutcome.UPHELD
        assert (await place.world.get(each.same)).tip_off.outcome is TipOffOutcome.DUPLICATE
    assert len(place.wire.calls("ResolveTipOff")) == 3
