"""The page of what this moderator did at this desk, and of what can still be withdrawn."""

from dataclasses import dataclass

from idvault_client.sanctions import AccountSanction, SanctionState
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import history, shown
from idvault_people.moderation.case_names import CaseNames
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.own_history import OwnAct
from idvault_people.moderation.shown import Item, Link, PagePart, Row
from idvault_people.moderation.texts import TEXTS
from idvault_people.moderation.whole_list import all_pages
from idvault_people.moderation.workplace import Workplace

_SIZE, _MOST_PROPOSED = 50, 200
_DIGITS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnHistoryPages:
    """The handler."""

    place: Workplace

    def show(self, visit: Visit) -> Answer:
        """Show what can be withdrawn, and a page of what was done."""
        say, first = visit.say, _first(visit)
        acts = list(self.place.history.newest())
        shown_acts = acts[first : first + _SIZE]
        names = CaseNames(place=self.place).names([each.where for each in shown_acts])
        more = [Link(f"/history?first={first + _SIZE}", say("next_page"))] if acts[first + _SIZE :] else []
        proposed = [self._proposed(each, visit) for each in self._waiting()]
        return CasePage(
            title=say("own_history"),
            sections=[
                PagePart(title=say("withdrawable"), items=proposed, empty=say("nothing_to_withdraw")),
                PagePart(
                    title=say("done_here"),
                    items=[self._item(each, names.get(each.where, ""), visit) for each in shown_acts],
                    empty=say("nothing_done"),
                    links=more,
                ),
            ],
        ).page()

    def _waiting(self) -> list[AccountSanction]:
        """Return this moderator's proposals that nobody has confirmed yet."""

        def ask(after: str) -> tuple[tuple[AccountSanction, ...], str]:
            page = self.place.vault.sanctions.list_page(
                state=SanctionState.PROPOSED, page_size=_MOST_PROPOSED, page_token=after
            )
            return page.sanctions, page.next_page_token

        found = all_pages(ask, most=_MOST_PROPOSED)
        return [each for each in found if each.impose_moderator_id == self.place.me]

    def _proposed(self, each: AccountSanction, visit: Visit) -> Item:
        say = visit.say
        rows = self.place.rows(
            visit,
            account=shown.short_key(each.account_token),
            due=self.place.left(each.lapse_time, visit) if each.lapse_time else None,
            imposed_at=each.impose_time,
        )
        word = shown.word("degree", each.degree, say)
        link = Link(f"/sanctions/{each.sanction_id}/end", say("withdraw_named", name=word))
        return Item(link=link, rows=rows, spent=history.spent(each, place=self.place))

    def _item(self, each: OwnAct, called: str, visit: Visit) -> Item:
        say, done = visit.say, text_of(each)
        rows: list[Row] = [
            (say("what_was_done"), say(done) if done else each.act),
            (say("chosen_word"), say(each.word) if each.word in TEXTS else "–"),
            (say("done_at"), self.place.time(each.at, visit)),
        ]
        name = each.kind.replace("-", "_")
        text = say(name) if name in TEXTS else each.kind
        return Item(
            link=Link(each.where, f"{text} · {called or each.where.rpartition('/')[2][:8]}"), rows=rows
        )


def text_of(act: OwnAct) -> str:
    """Return the key of what an act is called, "" if it has no text: of another version of the desk."""
    keys = (f"did.{act.kind}.{act.act}", f"did.{act.act}")
    return next((key for key in keys if key in TEXTS), "")


def _first(visit: Visit) -> int:
    asked = visit.query.get("first", "0")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < _DIGITS else 0
