"""The note that says that a form has done what it was sent for.

The address of the page to which a form leads has DONE in its question. What was done is told by the state of
the case, never by the address.
"""

from dataclasses import replace

from idvault_people.console.visit import Visit
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.shown import Link

DONE = "done"


def at(path: str) -> str:
    """Return the address of a page that says what was done."""
    return f"{path}?{DONE}=yes"


def told(page: CasePage, visit: Visit, text: str, *, following: str, words: str) -> CasePage:
    """Return the page with a note. text: "" if nothing was done; following, words: where one goes on."""
    if not text or not visit.query.get(DONE):
        return page
    return replace(page, happened=Link(following, text), then=visit.say(words))
