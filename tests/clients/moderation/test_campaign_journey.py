"""A campaign by clicks in Chromium, in both languages, on two screens, light and dark."""

import asyncio
from typing import Any

import pytest

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.campaign import InvitationEvent, ReverificationMethod
from idvault_verify.sanction import Degree
from tests.clients.moderation.test_journey import User
from tests.support.moderation_console import Office
from tools.support.browser import browsing
from tools.support.campaign_world import DAY

pytestmark = pytest.mark.process
TITLE = {"zh": "请为账号办理认证", "en": "Verify your account"}
SCREENS = {"360": {"width": 360, "height": 740}, "1280": {"width": 1280, "height": 800}}
# The English run looks at the colours of the light scheme, too.
RUNS = (("zh", "360", "light"), ("en", "1280", "dark"))


def plan(user: User, name: str) -> None:
    """Create, start and pause a campaign."""
    say, page, title = user.say, user.page, TITLE[user.language]
    user.click("campaigns")
    user.see(f"campaigns-{name}", say("campaigns"))
    user.click("new_campaign")
    page.locator("#title").fill(title)
    user.click("check")
    user.see(f"campaign-wrong-{name}", say("new_campaign"))
    page.get_by_label(say("method.AT_LOGIN"), exact=True).check()
    page.get_by_label(say("import_label"), exact=True).fill("2014")
    user.click("check")
    user.see(f"campaign-check-{name}", say("campaign_check_title"))
    user.click("sign")
    user.see(f"campaign-draft-{name}", title)
    user.click("do.start")
    user.see(f"campaign-start-{name}", say("do.start"))
    user.click("sign")
    user.see(f"campaign-running-{name}", title, axe=False)


async def test_campaigns_by_clicks(place: Office, key: ModeratorKey) -> None:
    """From the form to the start; the figures of one that has run for ten days;
    then the history and the counts beside the menu."""
    campaigns, begin = place.sessions.campaigns, place.age - 10 * DAY
    tokens = await campaigns.members(12, seconds=begin)
    old = await campaigns.started(methods=(ReverificationMethod.WHEN_DUE,), seconds=begin)
    await campaigns.take(old, seconds=begin)
    for number, token in enumerate(tokens[:9]):
        await campaigns.record(old, token, InvitationEvent.SHOWN, seconds=begin + number * DAY)
        event = (InvitationEvent.OPENED, InvitationEvent.LATER, InvitationEvent.DISMISSED)[number % 3]
        await campaigns.record(old, token, event, seconds=begin + number * DAY)

    def visit(page: Any, address: str, run: tuple[str, str, str]) -> None:
        language, width, colours = run
        page.goto(address)
        page.get_by_role("navigation").first.wait_for()
        user = User(page, address, language)
        plan(user, f"{width}-{colours}")
        page.goto(f"{page.url.partition('/campaigns')[0]}/campaigns/{old.campaign_id}")
        user.see(f"campaign-figures-{width}-{colours}", old.plan.title)
        page.locator("main details").first.click()
        user.see(f"campaign-days-{width}-{colours}", old.plan.title)
        user.click("own_history")
        user.see(f"history-{width}-{colours}", user.say("own_history"))
        user.click("overview")
        user.see(f"counts-{width}-{colours}", user.say("overview"))

    token = await place.world.world.account(40)
    await place.world.world.impose(token, Degree.CLOSE, key=key, seconds=place.age)
    await place.world.world.impose(token, Degree.CLOSE, key=await place.moderator(2), seconds=place.age)
    for seconds in (0.0, place.age):
        await place.world.file(seconds=seconds)
    for run in RUNS:
        async with place.opens(key) as running:
            address = running.address

            def work(run: tuple[str, str, str] = run, address: str = address) -> None:
                with browsing() as browser:
                    how: dict[str, Any] = {"viewport": SCREENS[run[1]], "color_scheme": run[2]}
                    language = {"zh": "zh-CN", "en": "en-GB"}[run[0]]
                    context = browser.new_context(locale=language, **how)
                    context.set_default_timeout(60_000)
                    visit(context.new_page(), address, run)

            await asyncio.to_thread(work)
    assert len(place.wire.calls("CreateCampaign")) == len(place.wire.calls("StartCampaign")) == len(RUNS)
