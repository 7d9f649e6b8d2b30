"""Views that a moderator keeps: a name in the side bar for a list with its filters."""

import json
from pathlib import Path

from idvault_client.pages.rendering import saying
from idvault_people.console.visit import ConsolePage, GoTo, Visit
from idvault_people.moderation.saved_view import MOST, SavedView, SavedViewPages, SavedViews, is_list
from idvault_people.moderation.texts import TEXTS
from tests.support.console import Seen, Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tests.support.tip_off_world import opened

FRAUD = "/reports?view=unassigned&category=FRAUD&sort=due"


async def save(browser: Visitor, page: Seen, name: str) -> Seen:
    """Keep the view of a page under a name."""
    return await post(browser, "/views", {**form_of(page, "/views"), "name": name})


async def test_a_view_is_kept_and_deleted(browser: Visitor) -> None:
    """It stands in the side bar of every page, and leads to the list with its filters."""
    page = await save(browser, await browser.get(FRAUD), "Fraud, soonest")
    assert "The view is saved." in page.words
    link = f'<a href="{FRAUD.replace("&", "&amp;")}"'
    assert f'{link} aria-current="page">Fraud, soonest</a>' in page.text
    assert f"{link}>Fraud, soonest</a>" in (await browser.get("/figures")).text
    assert "Fraud, soonest" in (await browser.get("/views")).words
    page = await post(browser, "/views/deletion", form_of(await browser.get("/views"), "/views/deletion"))
    assert "Choose filters in a list" in page.words
    assert "Fraud, soonest" not in (await browser.get("/")).text


async def test_what_is_wrong_with_a_view_is_named(browser: Visitor) -> None:
    """A name that is missing, too long or another view's; what was typed stays."""
    page = await browser.get(FRAUD)
    for name in ("", "n" * 41):
        refused = await save(browser, page, name)
        assert (refused.status, 'href="#name"' in refused.text) == (422, True)
    assert f'value="{"n" * 41}"' in refused.text
    for _ in range(2):
        await save(browser, await browser.get(FRAUD), "Mine")
    other = await save(browser, await browser.get("/reports?view=mine"), "Mine")
    assert (other.status, "Another view has this name" in other.words) == (422, True)
    for number in range(MOST - 1):
        await save(browser, await browser.get(FRAUD), f"View {number}")
    full = await save(browser, await browser.get(FRAUD), "One more")
    assert (full.status, "Delete one first" in full.words) == (422, True)


async def test_a_search_is_not_kept(browser: Visitor) -> None:
    """An account or a text that somebody looked for is never in the file."""
    assert 'action="/views"' not in (await browser.get("/reports?q=post/17")).text
    page = await submit(browser, "/views", await browser.get(FRAUD), name="X", address="/reports?q=acct_1")
    assert (page.status, "cannot be saved" in page.words) == (422, True)
    for address in ("//elsewhere.example", "https://elsewhere.example", "/reports?q=acct_1", "/a/b", ""):
        assert not is_list(address)


async def test_a_view_of_an_operation_is_kept(place: Office, browser: Visitor) -> None:
    """Its id is random, and nobody's; one that is not there any more is an empty list."""
    operation = (await opened(place.world)).operation_id
    asked = f"/reports?view=open&operation={operation}"
    assert "The view is saved." in (await save(browser, await browser.get(asked), "Of it")).words
    gone = await browser.get(f"/reports?view=open&operation={'f' * 32}")
    assert (gone.status, gone.title) == (200, "Reports")
    for name, value in (("operation", operation[:-1]), ("operation", f"{operation}0"), ("q", operation)):
        assert not is_list(f"/reports?{name}={value}")


async def test_views_outlive_the_session(place: Office, tmp_path: Path) -> None:
    """They are in the moderator's folder; a file that is damaged or leads elsewhere has none."""
    assert place.age > 0
    file = tmp_path / "views.json"
    kept = [SavedView("b", "/reports?view=mine"), SavedView("a", FRAUD)]
    SavedViews(file=file).keep(kept)
    assert SavedViews(file=file).all() == [kept[1], kept[0]]
    assert file.stat().st_mode & 0o077 == 0
    for content in ("{", "[1]", '[{"name": "x"}]', json.dumps([{"name": "x", "address": "//elsewhere"}])):
        file.write_text(content, encoding="utf-8")
        assert SavedViews(file=file).all() == []


def test_a_damaged_file_is_not_written_over(tmp_path: Path) -> None:
    """Whoever saves or deletes a view is told; what can be mended of the file is still there."""
    file = tmp_path / "views.json"
    pages, say = SavedViewPages(views=SavedViews(file=file)), saying(TEXTS, "en")
    fields = {"name": "Mine", "address": "/reports?view=mine"}
    file.write_text('[{"name": "a", "address": "/reports?view=m', encoding="utf-8")
    before = file.read_bytes()
    refused = pages.keep(Visit(language="en", say=say, path="/views", fields=fields))
    assert isinstance(refused, ConsolePage)
    assert (refused.status, "is damaged" in refused.errors[""]) == (422, True)
    pages.delete(Visit(language="en", say=say, path="/views/deletion", fields=fields))
    shown = pages.show(Visit(language="en", say=say, path="/views"))
    assert isinstance(shown, ConsolePage)
    assert "is damaged" in str(shown.values)
    assert file.read_bytes() == before
    file.unlink()
    assert pages.keep(Visit(language="en", say=say, path="/views", fields=fields)) == GoTo(
        f"{fields['address']}&saved=view"
    )
