"""The note on the page to which a form of a member has led: what was done, in a word.

The address has DONE with the name of the act in its question. Whether that is true is told by what the page
shows, never by the address: somebody may open it again when the state is another one.
"""

from idvault_people.console.visit import Visit

DONE = "done"


def at(path: str, act: str) -> str:
    """Return the address of a page that says what was done."""
    return f"{path}?{DONE}={act}"


def told(visit: Visit, **acts: bool) -> str:
    """Return the text done_ACT of the act that led here, "" for none. acts: whether the page agrees."""
    act = visit.query.get(DONE, "")
    return visit.say(f"done_{act}") if acts.get(act) else ""
