"""What a moderator's work costs in Chromium: interactions and pages loaded, as the documentation tells."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, Origin
from idvault_verify.tip_off import TargetKind, TipOffOutcome, TipOffState, TipOffTarget
from tests.support.hand import Hand, is_documented
from tests.support.moderation_console import Office
from tools.support.authority_world import HOUR, AuthorityWorld
from tools.support.browser import browsing
from tools.support.flow_world import PARTY
from tools.support.project import ROOT
from tools.support.sanction_world import reasons

PAGE = ROOT / "docs" / "moderation.md"
TEN = 10
Work = Callable[[Page], tuple[str, int, int]]

pytestmark = pytest.mark.process


def ten_reports(page: Page) -> tuple[str, int, int]:
    """From the list of unassigned reports on: dismiss, or answer, ten of them, two of which are alike."""
    hand = Hand(page)
    hand.click("table.list tbody a")
    for number in range(TEN - 1):
        choice = "dismiss.NO_VIOLATION" if number % 2 else "dismiss.NOT_ESTABLISHED"
        if page.locator("[name^='duplicates.']").count():
            hand.click("[name^='duplicates.']")
        hand.click(f"[value='{choice}']")
        hand.click("form[action*='/decision'] button[name=step]")
    page.locator(".note.good").wait_for()
    return hand.told("ten reports decided, two of them about the same")


def a_closing(page: Page) -> tuple[str, int, int]:
    """From the list of what waits on: read report, evidence and reasons of a closing, and confirm it."""
    hand = Hand(page)
    hand.click("table.list tbody a")
    shown = page.locator("main").inner_text()
    for word in ("2015, not yesterday (synthetic)", "terms 4.2", "Preserved evidence"):
        assert word in shown, word
    hand.click("form[action*='/confirmation'] button[name=step]")
    page.get_by_text("in force").first.wait_for()
    return hand.told("a closing confirmed with its report and evidence")


def an_order(page: Page) -> tuple[str, int, int]:
    """From the list of orders on: read one that its authority signed, and carry it out by a sanction."""
    hand = Hand(page)
    hand.click("table.list tbody a")
    hand.click("a[href$='/sanction']")
    hand.click("[name=category][value=RUMOUR]")
    hand.type("#redress", "Write to appeals within 180 days")
    hand.click("form button[value=check]")
    hand.click("form button[value=sign]")
    page.get_by_text("carried out").first.wait_for()
    return hand.told("an order carried out")


def a_call(page: Page) -> tuple[str, int, int]:
    """From the list on: take a report down by telephone, until number and secret are shown."""
    hand = Hand(page)
    hand.click("a[href='/reports/new']")
    hand.click("[value=PHONE]")
    hand.type("#text", "The post names the wrong school (synthetic)")
    hand.click("[name=kind][value=CONTENT]")
    hand.type("#target", "post/99")
    hand.click("[name=category][value=PRIVACY]")
    hand.click("form button[name=step]")
    page.locator(".number").first.wait_for()
    return hand.told("a report by telephone taken down")


WORKS: dict[str, Work] = {
    "/reports?view=unassigned": ten_reports,
    "/sanctions": a_closing,
    "/orders": an_order,
    "/reports": a_call,
}


def visit(browser: Browser, address: str, path: str, work: Work) -> tuple[str, int, int]:
    """Enter a console, go to where the work begins, and do it."""
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(address)
    page.get_by_role("navigation").first.wait_for()
    page.goto(page.url.rstrip("/") + path)
    return work(page)


async def waiting(place: Office, tmp_path: Path) -> tuple[list[TipOffReport], TipOffReport]:
    """File ten reports, propose a closing for another one, and order a warning; return the reports."""
    world, now, other = place.world, place.age, await place.moderator(2)
    filed = []
    for number in range(TEN):
        target = TipOffTarget(TargetKind.CONTENT, f"post/{max(number, 1)}")
        filed.append((await world.file(target=target, seconds=now + number)).tip_off)
    token, told = await world.world.account(), "2015, not yesterday (synthetic)"
    about = TipOffTarget(TargetKind.ACCOUNT, token)
    shown = (await world.file(target=about, text=told, evidence=(bytes(32),), seconds=now)).tip_off
    shown = await world.assign(shown, other.moderator_id, seconds=now)
    given = reasons(origin=Origin.TIP_OFF, tip_off=shown.reference)
    await world.uphold(shown, other, token, degree=Degree.CLOSE, given=given, reply="yes", seconds=now)
    authority = AuthorityWorld(world.database, tmp_path, life=7)
    await authority.register_platforms(PARTY)
    await authority.issue((PARTY, token), seconds=now, deadline=now + 30 * HOUR)
    return filed, shown


async def test_the_work_is_as_short_as_the_documentation_says(
    place: Office, key: ModeratorKey, tmp_path: Path
) -> None:
    """Ten reports: 25 interactions and 10 pages at most; a closing: 5 interactions, an order: 6 at most."""
    filed, shown = await waiting(place, tmp_path)
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(place.opens(key)) for _ in WORKS]
        addresses = [each.address for each in opened]

        def measure() -> list[tuple[str, int, int]]:
            with browsing() as browser:
                asked = zip(addresses, WORKS.items(), strict=True)
                return [visit(browser, address, path, work) for address, (path, work) in asked]

        measured = await asyncio.to_thread(measure)
    ten, confirmed, ordered, _ = measured
    fits = (ten[1] <= 25, ten[2] <= 10, confirmed[1] <= 5, ordered[1] <= 6)
    assert all(fits), measured
    states = [(await place.world.get(each)).tip_off for each in filed]
    assert all(each.state is TipOffState.RESOLVED for each in states)
    assert sum(each.outcome is TipOffOutcome.DUPLICATE for each in states) == 1
    assert (await place.world.get(shown)).tip_off.outcome is TipOffOutcome.UPHELD
    assert [each for each in measured if not is_documented(PAGE, each)] == []
