"""The pages of reporters: how often each was right, and the standing that they are given."""

import re
from datetime import UTC, datetime, timedelta

from idvault_people.moderation import shown
from idvault_verify.tip_off import ReporterStanding
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit


async def test_a_reporter_s_standing(place: Office, browser: Visitor) -> None:
    """Trusted with the accuracy shown, limited until the end of a day, and ordinary again."""
    token = await place.world.world.account()
    filed = (await place.world.file(reporter_token=token)).tip_off
    reporter_id = filed.reporter_id or ""
    where = f"/reporters/{reporter_id}/standing"
    assert f'href="{where}?view=ordinary"' in (await browser.get("/reporters?view=ordinary")).text
    page = await browser.get(f"/reports/{filed.tip_off_id}")
    await submit(browser, f"/reports/{filed.tip_off_id}/assignment")
    await submit(browser, f"/reports/{filed.tip_off_id}/decision", decision="abusive", reply="Stop.")
    assert f'href="{where}"' in page.text
    page = await browser.get("/reporters?view=warned")
    assert "Standing In all Upheld Dismissed Abusive Share upheld" in page.words
    assert f"{reporter_id[:8]} Warned 1 0 0 1 0%" in page.words
    told = "Earlier reports Standing Warned In all 1 Upheld 0 Dismissed 0 Abusive 1 Share upheld 0%"
    assert told in (await browser.get(where)).words
    page = await submit(browser, where, standing="")
    assert (page.status, 'href="#standing"' in page.text) == (422, True)
    # Whoever mends the form still reads on what the decision rests.
    copied = f'<code class="copy">{reporter_id}</code>'
    assert (told in page.words, copied in page.text) == (True, True)
    page = await submit(browser, where, page, standing="LIMITED")
    assert (page.status, 'href="#limited_until"' in page.text) == (422, True)
    page = await submit(browser, where, page, limited_until="2026-01-01")
    assert (page.status, 'href="#limited_until"' in page.text) == (422, True), "it is over"
    assert (told in page.words, copied in page.text) == (True, True), "refused by the vault"
    last = (datetime.now(UTC) + timedelta(days=3)).date()
    page = await submit(browser, where, page, limited_until=str(last))
    assert page.title == "Reporters"
    found = await place.world.reporter(reporter_id, seconds=place.age)
    assert found.standing is ReporterStanding.LIMITED
    assert found.limit_end_time == datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    limited = f"Last day of the limit {shown.day(last, language='en')} In all"
    assert limited in (await browser.get(where)).words
    # Set in another zone, it ends within a day of this one.
    within = datetime(last.year, last.month, last.day, 16, tzinfo=UTC)
    await place.world.set_standing(
        reporter_id, ReporterStanding.LIMITED, limited_until=within, seconds=place.age
    )
    assert re.search(r"Last day of the limit [\w ,]+16:00 UTC In all", (await browser.get(where)).words)
    for standing in ("TRUSTED", "ORDINARY"):
        page = await submit(browser, where, standing=standing)
        assert f'href="{where}?view={standing.lower()}"' in page.text
        assert "Standing saved." in page.words
        assert (await place.world.reporter(reporter_id, seconds=place.age)).standing == standing


async def test_a_reporter_who_is_not_found(browser: Visitor) -> None:
    """The page says so instead of showing nothing."""
    page = await browser.get(f"/reporters/{'f' * 32}/standing")
    assert "Earlier reports This reporter was not found." in page.words
