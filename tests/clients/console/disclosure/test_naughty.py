"""1,204 texts that break programs, in the fields of the consoles' forms: shown as typed, never as markup."""

from html import escape
from pathlib import Path
from typing import Any

import pytest

from idvault_client.pages import rendering
from idvault_people import console
from idvault_people.console.disclosure.auditor import TEMPLATES
from idvault_people.console.disclosure.auditor_texts import AUDITOR
from idvault_people.console.disclosure.custodian_texts import CUSTODIAN
from idvault_people.console.disclosure.texts import PEOPLE
from idvault_people.console.texts import CONSOLE
from tests.clients.console.disclosure.steps import here
from tests.support.console_room import ConsoleRoom
from tools.torture.fuzz import naughty

TEXTS = [each for each in naughty.TEXTS if not any("\ud800" <= c <= "\udfff" for c in each)]
PAGES: dict[str, dict[str, Any]] = {
    "question.html": {"step": "legal_basis", "number": 3, "count": 6, "limit": 425, "begun": (), "done": ""},
    "deny.html": {
        "one": {"id": "x", "case": "x", "refused": "", "rows": [], "codes": [], "begun": False},
        "limit": 500,
        "done": "",
    },
}


@pytest.mark.parametrize("template", PAGES)
def test_what_was_typed_is_shown_as_text(template: str) -> None:
    """In a form that is shown again, and as the value of a signed request."""
    templates = rendering.templates(TEMPLATES, Path(console.__file__).parent / "templates")
    say = rendering.saying({**CONSOLE, **PEOPLE, **AUDITOR, **CUSTODIAN}, "en")
    shared = {"t": say, "form_fields": "", "here": "/", "title": "x", "menu": [], "errors": {}}
    for text in TEXTS:
        page = rendering.render(templates, template, language="en", **shared, **PAGES[template], typed=text)
        begin = page.index(">", page.index("<textarea")) + 1
        shown = page[begin : page.index("</textarea>", begin)]
        assert shown == escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"), ascii(text)


async def test_texts_are_sent_and_read_back(house: ConsoleRoom) -> None:
    """Over HTTP, those with markup: refused with a reason, or shown on the preview as typed."""
    owner = await house.enter("auditor-a")
    page = await owner.post("/new", await owner.get("/new"), account=await house.room.account())
    path = here(page)
    marked = [each for each in TEXTS if "<" in each]
    assert len(marked) > 20
    for text in marked:
        answer = await owner.post(path, page, case=text)
        assert answer.status in (200, 422), ascii(text)
        assert "<script>" not in answer.text.lower().replace("<script src=", "")
