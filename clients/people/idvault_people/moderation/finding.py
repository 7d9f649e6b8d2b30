"""What somebody looks for in a list: a case by its number or id, those of an account, or by other words.

The vault is asked for what is meant, in every view; no list is read to its end. The search in the reports
takes a text likewise.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from idvault_client.errors import NotFound
from idvault_client.tip_offs import TargetKind, TipOffReport
from idvault_people.console.visit import Answer, GoTo, Visit
from idvault_people.moderation import digits, listing, shown
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.workplace import Workplace

_ACCOUNT = re.compile(r"acct_[0-9a-z]{26}")
Case = TypeVar("Case")


class Meant(Enum):
    """What a text that somebody searches for is."""

    NUMBER = auto()
    ACCOUNT = auto()
    ID = auto()
    WORDS = auto()


def meant(asked: str) -> tuple[Meant, str]:
    """Return what a text is, and how the vault writes it."""
    number, small = digits.number(asked), asked.strip().lower()
    if number:
        return Meant.NUMBER, number
    if _ACCOUNT.fullmatch(small):
        return Meant.ACCOUNT, small
    return (Meant.ID, small) if shown.is_id(small) else (Meant.WORDS, asked.strip())


def _nothing(_: str) -> Iterable[Any]:
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Finder(Generic[Case]):
    """How the cases of one list are found. path: the address of one.

    of_id: those of an id; may raise NotFound. of_report: those that a report led to; None: those of the
    account that it is about. of_words: those of any other text, and of one that finds nothing else.
    asks, takes: the keys of the field's label, and of what it takes.
    """

    place: Workplace
    path: Callable[[Case], str]
    of_id: Callable[[str], Iterable[Case]]
    of_account: Callable[[str], Iterable[Case]] = _nothing
    of_report: Callable[[TipOffReport], Iterable[Case]] | None = None
    of_words: Callable[[str], Iterable[Case]] = _nothing
    asks: str = "search_cases"
    takes: str = "search_cases_takes"

    def answer(
        self,
        visit: Visit,
        *,
        ask: Callable[[], tuple[Sequence[Case], str]],
        shows: Callable[[Sequence[Case], str], ListPage],
    ) -> Answer:
        """Show the list, or what is looked for in it; if that is one case, open it.

        ask: returns a page of the list and the token of the next one. shows: makes the page of them.
        """
        asked = visit.query.get(listing.SEARCH, "")
        found, following = (self.find(asked), "") if asked else ask()
        if asked and len(found) == 1:
            return GoTo(self.path(found[0]))
        page, say = shows(found, following), visit.say
        hint = say(self.takes) if asked and not found else page.hint
        return replace(page, search=say(self.asks), hint=hint).page(visit)

    def find(self, asked: str) -> Sequence[Case]:
        """Return the cases that a text means."""
        kind, wanted = meant(asked)
        asks = {Meant.NUMBER: self._of_number, Meant.ACCOUNT: self.of_account, Meant.ID: self.of_id}
        with suppress(NotFound):
            if kind in asks and (found := list(asks[kind](wanted))):
                return found
        words = asked.strip()
        # An empty text means all to the vault, and nothing has a name with control characters.
        return list(self.of_words(words)) if words and words.isprintable() else ()

    def _of_number(self, number: str) -> Iterable[Case]:
        vault = self.place.vault
        reports = vault.tip_offs.list_page(reference=number, page_size=1).tip_offs
        if not reports:
            return ()
        (report,) = reports
        if self.of_report is not None:
            return self.of_report(report)
        kind, key = report.target.kind, report.target.key
        if kind is TargetKind.CONTENT:
            return ()
        is_public = kind is TargetKind.PUBLIC_ACCOUNT
        return self.of_account(vault.public_accounts.get(key).account_token if is_public else key)
