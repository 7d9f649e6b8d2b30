"""The note on the page to which a form of a member has led: what was done, in a word.

The address has DONE with the name of the act in its question. Whether that is true is told by what the page
shows, never by the address: somebody may open it again when the state is another one. Where no page shows
it, such as that something was destroyed, the session remembers the act until it was told once.
"""

from dataclasses import dataclass, field

from idvault_people.console.visit import Visit

DONE, SAVED = "done", "saved"
"""What an address says once: an act, or the key of a text that tells what was saved, as the desk does."""


def at(path: str, act: str) -> str:
    """Return the address of a page that says what was done."""
    return f"{path}?{DONE}={act}"


def told(visit: Visit, **acts: bool) -> str:
    """Return the text done_ACT of the act that led here, "" for none. acts: whether the page agrees."""
    act = visit.query.get(DONE, "")
    return visit.say(f"done_{act}") if acts.get(act) else ""


@dataclass(eq=False)
class UntoldActs:
    """The acts of a session that no page shows, until each was told, by the page that tells it."""

    _acts: set[tuple[str, str]] = field(default_factory=set, repr=False)

    def at(self, path: str, act: str) -> str:
        """Remember an act that was done; return the address of the page that tells it."""
        self._acts.add((path, act))
        return at(path, act)

    def told(self, visit: Visit, *acts: str) -> str:
        """Return the text done_ACT of the act that led here, "" for none and for one that was told."""
        act = visit.query.get(DONE, "")
        if act not in acts or (visit.path, act) not in self._acts:
            return ""
        self._acts.discard((visit.path, act))
        return visit.say(f"done_{act}")
