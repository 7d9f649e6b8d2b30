"""A report is decided in WebKit: by keys to the report, by its choices to the next one."""

import asyncio

import pytest
from selenium.webdriver.common.keys import Keys

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TipOffOutcome, TipOffState
from tests.support.moderation_console import Office
from tools.support.webkit import Visitor, visiting

pytestmark = pytest.mark.process


async def test_a_report_is_decided_in_webkit(place: Office, key: ModeratorKey) -> None:
    """The first row is opened by keys and dismissed; the second, which comes next, is taken by a key."""
    made = [(await place.world.file(seconds=place.age + number)).tip_off for number in range(2)]

    def work(visitor: Visitor) -> None:
        first, second = (each.reference for each in made)
        visitor.go(console.address)
        visitor.element("//nav")
        visitor.go(f"{visitor.driver.current_url.rstrip('/')}/reports?view=unassigned&sort=oldest")
        visitor.see(first)
        assert visitor.fits()
        visitor.type("j")
        visitor.type(Keys.ENTER)
        visitor.see(f"Report {first}")
        assert visitor.fits()
        visitor.element("//input[@value='dismiss.NO_VIOLATION']").click()
        visitor.press_like("Sign and next")
        visitor.see(f"Report {second}")
        visitor.type("a")
        visitor.see("Hand it back")

    def run() -> None:
        with visiting() as visitor:
            work(visitor)

    async with place.opens(key) as console:
        await asyncio.to_thread(run)
    decided, taken = [(await place.world.get(each)).tip_off for each in made]
    assert decided.outcome is TipOffOutcome.DISMISSED
    assert (taken.state, taken.moderator_id) == (TipOffState.ASSIGNED, key.moderator_id)
