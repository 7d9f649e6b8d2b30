"""The first page: what waits, and how much of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from idvault_people.console.visit import Answer, ConsolePage, Visit
from idvault_people.moderation.appeal import AppealPages
from idvault_people.moderation.contest import ContestCasePages
from idvault_people.moderation.counts import QueueCounts
from idvault_people.moderation.disavowal import DisavowalCasePages
from idvault_people.moderation.measure import MeasurePages
from idvault_people.moderation.narrowing import NarrowingPages
from idvault_people.moderation.order import OrderInboxPages
from idvault_people.moderation.public_account import PublicAccountPages
from idvault_people.moderation.reinstatement import ReinstatementCasePages
from idvault_people.moderation.sanction import SanctionPages
from idvault_people.moderation.shown import Item, Link
from idvault_people.moderation.tip_off import ReportCasePages
from idvault_people.moderation.whole_list import all_pages
from idvault_people.moderation.workplace import Workplace

_MOST = 100
_LATE = "view=overdue"


@dataclass(frozen=True, kw_only=True, slots=True)
class OverviewPages:
    """The handler. counts: what stands beside the menu. size: up to how many are counted."""

    place: Workplace
    orders: OrderInboxPages
    measures: MeasurePages
    tip_offs: ReportCasePages
    sanctions: SanctionPages
    appeals: AppealPages
    public_accounts: PublicAccountPages
    contests: ContestCasePages
    disavowals: DisavowalCasePages
    reinstatements: ReinstatementCasePages
    narrowings: NarrowingPages
    counts: QueueCounts
    size: int = _MOST

    def show(self, visit: Visit) -> Answer:
        """Show how much waits in each list, counted up to a hundred: what is overdue first, zeros folded."""
        say = visit.say
        lists = self._lists()
        counted = {name: self._count(ask) for name, _, ask in lists}
        self.counts.learn(counted)
        items = {
            name: Item(link=Link(path, say(name)), rows=[(say("count"), _told(counted[name], visit))])
            for name, path, _ in lists
        }
        late = [name for name, path, _ in lists if path.endswith(_LATE) and counted[name]]
        waits = [name for name in items if counted[name] and name not in late]
        values = {
            "late": [items[name] for name in late],
            "waits": [items[name] for name in waits],
            "nothing": [items[name] for name in items if not counted[name]],
            "who": say("you_are", moderator=self.place.me[:8]),
            "whole": self.place.rows(visit, your_id=self.place.me),
        }
        return ConsolePage(template="moderation_overview.html", title=say("overview"), values=values)

    def count(self, name: str, most: int) -> int:
        """Return how many are in one of the lists, up to a number."""
        pages = replace(self, size=most)
        return next(pages._count(ask) for each, _, ask in pages._lists() if each == name)

    def _lists(self) -> list[tuple[str, str, Callable[[str], tuple[Any, str]]]]:
        return [
            ("overdue_reports", "/reports?view=overdue", self._reports("overdue")),
            ("my_reports", "/reports?view=mine", self._reports("mine")),
            ("unassigned_reports", "/reports?view=unassigned", self._reports("unassigned")),
            ("open_reports", "/reports", self._reports("open")),
            ("to_confirm", "/sanctions", self._to_confirm),
            ("overdue_appeals", "/appeals?view=overdue", self._appeals("overdue")),
            ("appeals_to_decide", "/appeals", self._appeals("open")),
            ("overdue_content_appeals", "/measures?view=overdue", self._measures("overdue")),
            ("content_appeals", "/measures", self._measures("appealed")),
            ("overdue_orders", "/orders?view=overdue", self._orders("overdue")),
            ("orders_open", "/orders", self._orders("open")),
            ("overdue_contests", "/contests?view=overdue", self._cases(self.contests, "overdue")),
            ("contests_to_decide", "/contests", self._cases(self.contests, "open")),
            ("overdue_disavowals", "/disavowals?view=overdue", self._cases(self.disavowals, "overdue")),
            ("disavowals_to_decide", "/disavowals", self._cases(self.disavowals, "open")),
            (
                "overdue_reinstatements",
                "/reinstatements?view=overdue",
                self._cases(self.reinstatements, "overdue"),
            ),
            ("reinstatements_to_decide", "/reinstatements", self._cases(self.reinstatements, "open")),
            ("to_narrow", "/narrowings", self._narrowings),
            ("applications", "/public-accounts", self._public_accounts("applied")),
            ("expiring", "/public-accounts?view=expiring", self._public_accounts("expiring")),
        ]

    def _count(self, ask: Callable[[str], tuple[Any, str]]) -> int:
        return sum(1 for _ in all_pages(ask, most=self.size))

    def _reports(self, view: str) -> Callable[[str], tuple[Any, str]]:
        def ask(after: str) -> tuple[Any, str]:
            page = self.tip_offs.screen.queue.listed(view, page_size=self.size, page_token=after)
            return page.tip_offs, page.next_page_token

        return ask

    def _orders(self, view: str) -> Callable[[str], tuple[Any, str]]:
        return lambda after: (self.orders.waiting(view), "")

    def _measures(self, view: str) -> Callable[[str], tuple[Any, str]]:
        def ask(after: str) -> tuple[Any, str]:
            page = self.measures.listed(view, page_size=self.size, page_token=after)
            return page.measures, page.next_page_token

        return ask

    def _to_confirm(self, after: str) -> tuple[Any, str]:
        page = self.sanctions.listed("proposed", page_size=self.size, page_token=after)
        others = [each for each in page.sanctions if each.impose_moderator_id != self.place.me]
        return others, page.next_page_token

    def _appeals(self, view: str) -> Callable[[str], tuple[Any, str]]:
        def ask(after: str) -> tuple[Any, str]:
            page = self.appeals.listed(view, page_size=self.size, page_token=after)
            return page.appeals, page.next_page_token

        return ask

    def _cases(
        self, pages: ContestCasePages | DisavowalCasePages | ReinstatementCasePages, view: str
    ) -> Callable[[str], tuple[Any, str]]:
        return lambda after: pages.listed(view, page_size=self.size, page_token=after)

    def _narrowings(self, after: str) -> tuple[Any, str]:
        page = self.narrowings.listed("open", page_size=self.size, page_token=after)
        return page.narrowings, page.next_page_token

    def _public_accounts(self, view: str) -> Callable[[str], tuple[Any, str]]:
        def ask(after: str) -> tuple[Any, str]:
            page = self.public_accounts.listed(view, page_size=self.size, page_token=after)
            return page.public_accounts, page.next_page_token

        return ask


def _told(count: int, visit: Visit) -> str:
    return str(visit.say("more_than", count=count) if count == _MOST else count)
