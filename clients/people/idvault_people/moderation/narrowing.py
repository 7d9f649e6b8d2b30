"""The pages of sanctions that two moderators must narrow: their account's verification was withdrawn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from idvault_client.sanctions import (
    AccountSanction,
    NarrowingPage,
    NarrowingState,
    SanctionNarrowing,
)
from idvault_people.console.visit import Answer, NoPageError, Visit
from idvault_people.moderation import done, history, listing, sanction, shown
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.whole_list import all_pages
from idvault_people.moderation.workplace import Workplace

_SIZE = 50
_MOST = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class NarrowingPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show what must be narrowed, as it began, or all."""
        say = visit.say
        views = [("open", say("to_narrow")), ("all", say("all_view"))]
        found = self.listed(listing.view_of(visit, views), page_size=_SIZE, page_token=listing.after(visit))
        return ListPage(
            title=say("narrowings"),
            hint=say("narrowing_hint"),
            views=views,
            items=[self._item(each, visit) for each in found.narrowings],
            following=found.next_page_token,
        ).page(visit)

    def listed(self, view: str, *, page_size: int, page_token: str = "") -> NarrowingPage:
        """Return a page of a view."""
        page: NarrowingPage = self.place.vault.narrowings.list_page(
            open_only=view == "open", page_size=page_size, page_token=page_token
        )
        return page

    def _item(self, narrowing: SanctionNarrowing, visit: Visit) -> Item:
        say, is_done = visit.say, narrowing.state is NarrowingState.NARROWED
        against = self._sanction(narrowing.sanction_id)
        rows = self.place.rows(
            visit,
            due=None if is_done else self.place.left(narrowing.due_time, visit),
            **self._facts(narrowing, visit),
        )
        marks = [say("overdue")] if narrowing.overdue else []
        if self._is_own(against):
            marks.append(say("yours"))
        link = Link(f"/sanctions/{narrowing.sanction_id}/narrowing", history.title(against, visit))
        return Item(link=link, rows=rows, marks=marks, spent=self._spent(narrowing))

    def _spent(self, narrowing: SanctionNarrowing) -> int | None:
        if narrowing.state is NarrowingState.NARROWED:
            return None
        return self.place.spent(narrowing.begin_time, narrowing.due_time)

    def _facts(self, narrowing: SanctionNarrowing, visit: Visit) -> dict[str, Any]:
        def who(moderator_id: str) -> str:
            return self.place.who(moderator_id, visit) if moderator_id else ""

        return {
            "state": shown.word("narrowing", narrowing.state, visit.say),
            "proposed_by": who(narrowing.propose_moderator_id),
            "proposal_lapses": narrowing.lapse_time,
            "confirmed_by": who(narrowing.confirm_moderator_id),
        }

    def narrowing(self, visit: Visit) -> Answer:
        """Show the sanction once more, and what is signed: a proposal, or its confirmation."""
        which = visit.parts["sanction"]
        found = self._find(which)
        return self._form(which, found.paper_digest if found else b"", visit, found).page()

    def narrow(self, visit: Visit) -> Answer:
        """Propose it, or confirm the proposal that was shown; raises NoPageError if that is found no more."""
        which, confirms = visit.parts["sanction"], bool(visit.given("paper"))
        found, seen = self._find(which), shown.digest(visit.given("paper"))
        if confirms and found is None:
            raise NoPageError

        def act(request_id: str) -> str:
            narrowings = self.place.vault.narrowings
            if confirms and found is not None:
                asked = replace(found, paper_digest=seen)
                narrowings.confirm(asked, key=self.place.key, request_id=request_id)
            else:
                narrowings.propose(which, key=self.place.key, request_id=request_id)
            return done.saved(f"/sanctions/{which}", "narrowing")

        return self._form(which, seen, visit, found).act(visit, act)

    def _form(self, sanction_id: str, paper: bytes, visit: Visit, found: SanctionNarrowing | None) -> Form:
        say, against = visit.say, self._sanction(sanction_id)
        is_done = found is not None and found.state is NarrowingState.NARROWED
        rows = sanction.facts(against, place=self.place, visit=visit)
        codes = sanction.codes(against, place=self.place, visit=visit)
        parts = [PagePart(title=history.title(against, visit), rows=rows, codes=codes)]
        if found is not None:
            due = None if is_done else self.place.due(found.due_time, visit)
            rows = self.place.rows(visit, due=due, **self._facts(found, visit))
            parts.append(PagePart(title=say("narrowings"), rows=rows, spent=self._spent(found)))
        own = self._is_own(against) and not is_done
        mine = (
            bool(paper) and found is not None and found.propose_moderator_id == self.place.me and not is_done
        )
        notes = [say("not_own_sanction")] * own + [say("another_must")] * mine
        return Form(
            title=history.title(against, visit) if is_done else say("narrowing_title"),
            sections=parts,
            texts=[] if is_done else [say("narrowing_hint"), *notes],
            button="" if own or mine or is_done else say("sign"),
            back="/narrowings",
            request_id=self.place.new_id(),
            fields=[Field(kind="hidden", id="paper", value=paper.hex())],
            signs=True,
            states="narrowing",
        )

    def _find(self, sanction_id: str) -> SanctionNarrowing | None:
        """Return the narrowing of a sanction, None if it has none: the vault reads no single one.

        Most that are looked at are open, and all may be more than are read. For a finished one the open ones
        are read twice: no list has the finished ones alone.
        """
        every = chain.from_iterable(all_pages(self._asks(view), most=_MOST) for view in ("open", "all"))
        return next((each for each in every if each.sanction_id == sanction_id), None)

    def _asks(self, view: str) -> Callable[[str], tuple[Any, str]]:
        def ask(after: str) -> tuple[Any, str]:
            page = self.listed(view, page_size=_MOST // 10, page_token=after)
            return page.narrowings, page.next_page_token

        return ask

    def _sanction(self, sanction_id: str) -> AccountSanction:
        found: AccountSanction = self.place.vault.sanctions.get(sanction_id)
        return found

    def _is_own(self, against: AccountSanction) -> bool:
        return self.place.me in (against.impose_moderator_id, against.confirm_moderator_id)
