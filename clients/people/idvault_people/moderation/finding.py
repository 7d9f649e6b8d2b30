"""What somebody looks for in a list: a case by its number or id, those of an account, or by other words.

The vault is asked for what is meant, in every view; no list is read to its end, but that of the orders that
wait, of which the vault finds none. The search in the reports takes a text likewise.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from idvault_client.errors import NotFound
from idvault_client.tip_offs import TargetKind, TipOffReport, TipOffTarget
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import digits, listing, shown
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.way_back import Opened
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


def words(asked: str) -> str:
    """Return a text that can be a name of something, "" if it is none.

    An empty text means all to the vault, and nothing has a name with control characters.
    """
    found = asked.strip()
    return found if found.isprintable() else ""


def account_of(target: TipOffTarget, *, place: Workplace) -> str:
    """Return the token of the account that a report is about, "" of a piece of content; raises NotFound."""
    if target.kind is TargetKind.PUBLIC_ACCOUNT:
        return str(place.vault.public_accounts.get(target.key).account_token)
    return target.key if target.kind is TargetKind.ACCOUNT else ""


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
        """Show the list, or what is looked for in it; if that is one case, open it, but not on the way back.

        ask: returns a page of the list and the token of the next one. shows: makes the page of them.
        """
        asked = listing.search(visit)
        found, following = (self.find(asked), "") if asked else ask()
        if asked and len(found) == 1 and listing.is_typed(visit):
            return Opened(self.path(found[0]))
        page = replace(shows(found, following), search=visit.say(self.asks))
        if asked:
            # What the list says of itself, such as its order, is not so of what was found.
            page = replace(page, hint="" if found else visit.say(self.takes))
        return page.page(visit)

    def find(self, asked: str) -> Sequence[Case]:
        """Return the cases that a text means."""
        kind, wanted = meant(asked)
        asks = {Meant.NUMBER: self._of_number, Meant.ACCOUNT: self.of_account, Meant.ID: self.of_id}
        with suppress(NotFound):
            if kind in asks and (found := list(asks[kind](wanted))):
                return found
        name = words(asked)
        return list(self.of_words(name)) if name else ()

    def _of_number(self, number: str) -> Iterable[Case]:
        reports = self.place.vault.tip_offs.list_page(reference=number, page_size=1).tip_offs
        if not reports:
            return ()
        (report,) = reports
        if self.of_report is not None:
            return self.of_report(report)
        account = account_of(report.target, place=self.place)
        return self.of_account(account) if account else ()
