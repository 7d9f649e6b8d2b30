"""The page of a month's figures."""

from datetime import UTC, datetime

from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.sanction import Degree, Scope
from tests.support.console import Visitor
from tests.support.moderation_console import Office
from tools.support.builders import ZONE
from tools.support.sanction_world import reasons, signing


async def test_the_figures_of_a_month(place: Office, browser: Visitor) -> None:
    """Counts by what happened to everything, with links to the months beside it; none that has not begun."""
    key = await place.moderator(2)
    world = place.world.world
    await place.world.file()
    token = await world.account()
    await world.impose(token, Degree.WARN, key=key)
    await world.impose(token, Degree.LIMIT, key=key, scope=Scope.PERSON)
    measures = world.platform().content_measures
    for kind in (ContentMeasureKind.REMOVED, ContentMeasureKind.LABELLED):
        made = await measures.impose("post/17", kind, reasons(), key=signing(key, 0))
    await measures.reverse(made, "a mistake", key=signing(key, 0))
    judged = await measures.impose("post/18", ContentMeasureKind.REMOVED, reasons(), key=signing(key, 0))
    await measures.file_appeal(judged.measure_id, "It was satire (synthetic)")
    page = await browser.get("/figures?month=2026-03")
    assert page.title == "Figures of March 2026"
    for words in (
        "In all 1 Not decided 1 Upheld 0",
        "Late replies 1 Late decisions 1",
        "Warning 1 (in force 1, lifted 0, ended 0, overturned 0)",
        "Wait for a second moderator 0 Ended as proposals 1",
        "Measures on content In all 3 removed 2 (in force 2, reversed 0, overturned 0) "
        "labelled 1 (in force 0, reversed 1, overturned 0)",
        "Appeals about content In all 1 Not decided 1 Upheld 0 Rejected 0 Late decisions 1",
    ):
        assert words in page.words
    assert "March 2026 1 1 1 0 0" in page.words, "reports, late ones, sanctions, appeals, contests"
    for address in ("/reports?view=overdue", "/sanctions?view=all", "/measures"):
        assert f'href="{address}"' in page.text.partition("<main")[2], address
    assert 'href="/figures?month=2026-02"' in page.text
    assert 'href="/figures?month=2026-04"' in page.text
    present = await browser.get("/figures")
    assert present.title == f"Figures of {datetime.now(UTC).astimezone(ZONE):%B %Y}"
    assert present.text.count('href="/figures?month=') == 1 + 1
    for wrong in ("2999-01", "soon"):
        assert (await browser.get(f"/figures?month={wrong}")).status == 422
