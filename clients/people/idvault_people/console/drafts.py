"""What a user is about to sign: kept in memory, shown as it will be signed, and signed once.

- A draft is kept until it is sent or the console ends, the newest 20 of a form; afterwards its pages lead to
  what was sent, in other tabs too. An auditor's is also on the disk, sealed (disclosure.request_draft).
- What is sent is what was shown: a paper that is too old, or has another digest, is made and shown again.
- What the vault may have, because an answer was lost, is looked for before another one is signed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

from idvault_client.errors import NotFound
from idvault_people.console.visit import GoTo, Visit

_MOST_DRAFTS = 20
_FRESH = timedelta(minutes=5)
Draft = TypeVar("Draft")
Tried = TypeVar("Tried")


class Signable(Protocol):
    """Something to sign. created_at: when it was made."""

    @property
    def created_at(self) -> datetime: ...

    def canonical(self) -> bytes: ...


@dataclass(eq=False)
class Drafts(Generic[Draft]):
    """The drafts of one form. root: the address of its pages."""

    root: str
    _kept: dict[str, Draft] = field(default_factory=dict, repr=False)
    _sent: dict[str, str] = field(default_factory=dict)

    def here(self, visit: Visit) -> str:
        """Return the address of the draft of a page."""
        return f"{self.root}/{visit.parts['draft']}"

    def find(self, visit: Visit) -> Draft | None:
        """Return the draft of a page, None if it is not kept."""
        return self._kept.get(visit.parts["draft"])

    def has(self, number: str) -> bool:
        """Return whether the draft of a number is kept."""
        return number in self._kept

    def keep(self, number: str, draft: Draft) -> None:
        """Keep a draft under its number."""
        self._kept[number] = draft
        if len(self._kept) > _MOST_DRAFTS:
            del self._kept[next(iter(self._kept))]

    def finish(self, visit: Visit, place: str) -> GoTo:
        """Forget the draft of a page; its pages lead to a place from now on."""
        number = visit.parts["draft"]
        self._kept.pop(number, None)
        self._sent[number] = place
        return GoTo(place)

    def sent(self, visit: Visit) -> GoTo | None:
        """Return where the draft of a page went, None if it was not sent."""
        found = self._sent.get(visit.parts["draft"])
        return GoTo(found) if found else None


def arrived(tried: Iterable[Tried], look: Callable[[Tried], object]) -> Tried | None:
    """Return what the vault has of what was sent. look: reads one back, raises NotFound."""
    for each in tried:
        try:
            look(each)
        except NotFound:
            continue
        return each
    return None


def is_old(papers: Sequence[Signable], *, now: datetime) -> bool:
    """Return whether papers must be made anew before they are signed."""
    # Either way: a clock that ran fast and was set right has made papers of the future.
    return any(abs(now - each.created_at) > _FRESH for each in papers)


def digest(papers: Sequence[Signable]) -> str:
    """Return SHA-256 of what will be signed, in hex."""
    return sha256(b"".join(each.canonical() for each in papers)).hexdigest()
