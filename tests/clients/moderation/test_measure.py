"""Measures on content at the desk: listed, reversed, and an appeal decided by another moderator."""

import asyncio

from idvault_client.backend.blocking.vault import connect
from idvault_client.sanctions import PlatformContentMeasure
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.sanction import AppealState
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support.sanction_world import reasons, signing

WRITTEN = "It was <b>satire</b> (synthetic)"


async def imposed(place: Office, key: ModeratorKey, *, content: str = "post/17") -> PlatformContentMeasure:
    """Impose a measure now."""
    now = place.age
    calls = place.world.world.platform(now).content_measures
    return await calls.impose(content, ContentMeasureKind.LABELLED, reasons(), key=signing(key, now))


async def appealed(place: Office, measure: PlatformContentMeasure) -> None:
    """File an appeal against a measure now."""

    def file() -> None:
        with connect(place.target, tls=place.tls, server_name="localhost") as vault:
            vault.content_measures.file_appeal(measure.measure_id, WRITTEN)

    await asyncio.to_thread(file)


async def now(place: Office, measure: PlatformContentMeasure) -> PlatformContentMeasure:
    """Return a measure as it is now."""
    return await place.world.world.platform(place.age).content_measures.get(measure.measure_id)


async def test_an_appeal_about_content_is_decided(place: Office, browser: Visitor) -> None:
    """Text and reasons stand beside the form; verdict and reason are needed."""
    made = await imposed(place, await place.moderator(2))
    await appealed(place, made)
    here = f"/measures/{made.measure_id}"
    assert "Appeals about content to decide How many 1" in (await browser.get("/")).words
    assert f'href="{here}"' in (await browser.get("/measures")).text
    page = await browser.get(here)
    assert "&lt;b&gt;satire&lt;/b&gt;" in page.text
    assert "terms 4.2" in page.words
    assert f'action="{here}/end"' not in page.text, "the appeal is decided first"
    page = await submit(browser, f"{here}/decision", page, reason="Read again")
    assert (page.status, 'href="#verdict"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/decision", page, verdict="UPHELD", reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/decision", page, reason="Read again")
    assert "overturned on appeal" in page.words
    found = await now(place, made)
    assert (found.state, found.appeal and found.appeal.state) == (
        ContentMeasureState.OVERTURNED,
        AppealState.UPHELD,
    )
    assert f'href="{here}"' not in (await browser.get("/measures")).text


async def test_overdue_appeals_about_content(place: Office, browser: Visitor) -> None:
    """Counted first on the overview, and listed apart; a list without any does not say that none waits."""
    assert "No measure on content here." in (await browser.get("/measures?view=all")).words
    made = await imposed(place, await place.moderator(2))
    await appealed(place, made)
    assert "No appeal about content waits" not in (await browser.get("/measures?view=overdue")).words
    assert "Nothing is overdue." in (await browser.get("/measures?view=overdue")).words
    calls = place.world.world.platform().content_measures
    key = await place.moderator(3)
    late = await calls.impose("post/3", ContentMeasureKind.LABELLED, reasons(), key=signing(key, 0))
    await calls.file_appeal(late.measure_id, WRITTEN)
    overview = (await browser.get("/")).text
    assert '<li class="red"><a href="/measures?view=overdue">Overdue appeals about content' in overview
    page = await browser.get("/measures?view=overdue")
    assert f'href="/measures/{late.measure_id}?view=overdue"' in page.text
    assert f'href="/measures/{made.measure_id}' not in page.text
    assert 'class="due late"' in page.text
    listed = (await browser.get("/measures")).text
    assert all(f'href="/measures/{each.measure_id}"' in listed for each in (made, late))


async def test_an_own_measure_is_not_judged(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """The page offers no decision; without an appeal whoever imposed it may reverse it, with a reason."""
    judged, ended = await imposed(place, key), await imposed(place, key, content="post/18")
    await appealed(place, judged)
    page = await browser.get(f"/measures/{judged.measure_id}")
    assert "another moderator must decide" in page.words
    assert "<form" not in page.text.partition("<main")[2].partition("</main")[0]
    here = f"/measures/{ended.measure_id}"
    page = await submit(browser, f"{here}/end", await browser.get(here), reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/end", page, reason="The label was wrong")
    assert "The label was wrong" in page.words
    assert (await now(place, ended)).state is ContentMeasureState.REVERSED
    seen = await browser.get(f"/measures/{ended.measure_id}")
    assert "reversed" in seen.words
    about = TipOffTarget(TargetKind.CONTENT, ended.content)
    report = (await place.world.file(target=about)).tip_off
    page = await browser.get(f"/reports/{report.tip_off_id}")
    assert f'href="{here}"' in page.text, "beside a report about the content stands what was done before"
    listed = (await browser.get("/measures?view=all")).text
    assert all(f'href="/measures/{each.measure_id}?view=all"' in listed for each in (judged, ended))
