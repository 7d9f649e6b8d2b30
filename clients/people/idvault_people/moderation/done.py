"""The note that says that a form has done what it was sent for.

The address of the page to which a form leads has DONE in its question: what was done is told by the state of
the case. Where no state tells it, such as of a note, the address has SAVED with the key of one of the texts.
"""

from dataclasses import replace

from idvault_people.console.done import DONE, SAVED
from idvault_people.console.visit import Visit
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.shown import Link
from idvault_people.moderation.texts import TEXTS


def at(path: str) -> str:
    """Return the address of a page that says what was done."""
    return f"{path}?{DONE}=yes"


def saved(path: str, what: str) -> str:
    """Return the address of a page that says what was saved, by the key of its text."""
    return f"{path}{'&' if '?' in path else '?'}{SAVED}={what}"


def said(visit: Visit) -> str:
    """Return what was saved just now, as the address says, "" for nothing."""
    key = f"{SAVED}.{visit.query.get(SAVED, '')}"
    return visit.say(key) if key in TEXTS else ""


def told(page: CasePage, visit: Visit, text: str, *, following: str, words: str) -> CasePage:
    """Return the page with a note. text: "" if nothing was done; following, words: where one goes on."""
    if not text or not visit.query.get(DONE):
        return page
    return replace(page, happened=Link(following, text), then=visit.say(words))
