"""The queue of reports as a moderator looks at it: its views, and which report comes next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idvault_client.sanctions import SanctionCategory
from idvault_client.tip_offs import (
    ReferralState,
    TargetKind,
    TipOffPage,
    TipOffReport,
    TipOffState,
    TipOffTarget,
)
from idvault_people.console.visit import Visit
from idvault_people.moderation import finding, listing, own_notes, shown
from idvault_people.moderation.finding import Meant
from idvault_people.moderation.shown import Row
from idvault_people.moderation.workplace import Workplace

_WINDOW = 200
WORKED_ON = (TipOffState.ASSIGNED, TipOffState.ANSWERED)
TAKEABLE = (TipOffState.RECEIVED, *WORKED_ON)
_SIZE = 50
_MOST_SORTED = 1_000
_KINDS = {Meant.ACCOUNT: TargetKind.ACCOUNT, Meant.ID: TargetKind.PUBLIC_ACCOUNT}
SORTS: Mapping[str, Callable[[TipOffReport], Any]] = {
    "newest": lambda each: -each.file_time.timestamp(),
    "oldest": lambda each: each.file_time,
    "due": lambda each: each.due_time,
    "target": lambda each: (each.target.kind, each.target.key),
}
"""Orders of a list beside that of the queue, by their names in an address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportQueue:
    """The lists of reports."""

    place: Workplace

    def views(self, visit: Visit) -> list[Row]:
        """Return the views, the first one is shown unasked."""
        say = visit.say
        return [
            ("open", say("open_reports")),
            ("unassigned", say("unassigned_reports")),
            ("mine", say("my_reports")),
            ("overdue", say("overdue_reports")),
            ("closed", say("closed_reports")),
        ]

    def listed(self, view: str, **options: Any) -> TipOffPage:
        """Return a page of a view of the queue."""
        filters: dict[str, dict[str, Any]] = {
            "open": {"open_only": True},
            "unassigned": {"state": TipOffState.RECEIVED},
            "mine": {"open_only": True, "moderator_id": self.place.me},
            "overdue": {"open_only": True, "due_before": self.place.clock()},
            "closed": {"state": TipOffState.RESOLVED},
        }
        page: TipOffPage = self.place.vault.tip_offs.list_page(**filters[view], **options)
        return page

    def sorted_page(self, visit: Visit, view: str) -> tuple[Sequence[TipOffReport], str]:
        """Return a page of a view and the token of the next one; at most a thousand reports are sorted."""
        by, after, wanted = sort(visit), listing.after(visit), category(visit)
        of = operation(visit)
        if not by:
            page = self.listed(view, category=wanted, operation_id=of, page_size=_SIZE, page_token=after)
            return page.tip_offs, page.next_page_token
        found = sorted(
            self.listed(view, category=wanted, operation_id=of, page_size=_MOST_SORTED).tip_offs,
            key=SORTS[by],
        )
        begin = int(after) if after.isascii() and after.isdigit() else 0
        end = begin + _SIZE
        return found[begin:end], str(end) if end < len(found) else ""

    def search(self, asked: str, *, after: str = "") -> tuple[Sequence[TipOffReport], str]:
        """Return the report of a number, or those about an account, a public account or some content.

        What looks like a number, a token or an id may be a content's name, too. If nothing is about a content
        of this name: those with a note of one's own that has this text.
        """
        calls, (what, wanted), name = self.place.vault.tip_offs, finding.meant(asked), finding.words(asked)
        if what is Meant.NUMBER and (found := calls.list_page(reference=wanted, page_size=1).tip_offs):
            return found, ""
        targets = [TipOffTarget(_KINDS[what], wanted)] if what in _KINDS else []
        targets += [TipOffTarget(TargetKind.CONTENT, name)] if name else []
        for target in targets:
            page = calls.list_page(target=target, page_size=_SIZE)
            if page.tip_offs:
                if after:
                    page = calls.list_page(target=target, page_size=_SIZE, page_token=after)
                return page.tip_offs, page.next_page_token
        return own_notes.search(asked, place=self.place), ""

    def window(self, visit: Visit) -> Sequence[TipOffReport]:
        """Return the reports of the list from which a case was opened, from its page on."""
        asked, after = listing.search(visit), listing.after(visit)
        if asked:
            return self.search(asked, after=after)[0]
        view, wanted, of = listing.view_of(visit, self.views(visit)), category(visit), operation(visit)
        by = sort(visit)
        if not by:
            return self.listed(
                view, category=wanted, operation_id=of, page_size=_WINDOW, page_token=after
            ).tip_offs
        found = self.listed(view, category=wanted, operation_id=of, page_size=_MOST_SORTED)
        return sorted(found.tip_offs, key=SORTS[by])

    def around(
        self, report_id: str, window: Sequence[TipOffReport]
    ) -> tuple[TipOffReport | None, TipOffReport | None]:
        """Return the reports before and after one: of an open one those that are open."""
        at_hand = next((each for each in window if each.tip_off_id == report_id), None)
        if at_hand is None or at_hand.state is not TipOffState.RESOLVED:
            window = [each for each in window if each.state is not TipOffState.RESOLVED]
        ids = [each.tip_off_id for each in window]
        if report_id not in ids:
            return None, next(iter(window), None)
        at = ids.index(report_id)
        return (window[at - 1] if at else None), (window[at + 1] if at + 1 < len(ids) else None)

    def to_decide(
        self, decided: str, window: Sequence[TipOffReport], *, together: Sequence[str] = ()
    ) -> TipOffReport | None:
        """Return the next report that this moderator can decide, after one that was decided just now.

        together: those that were merged into it; the window may show them as they were before.
        """
        ids, done = [each.tip_off_id for each in window], {decided, *together}
        at = ids.index(decided) + 1 if decided in ids else 0
        turned = [*window[at:], *window[:at]]
        return next((each for each in turned if each.tip_off_id not in done and self.can_decide(each)), None)

    def can_decide(self, report: TipOffReport) -> bool:
        """Return whether this moderator can decide a report at once: it is unassigned, or one's own."""
        mine = report.moderator_id in ("", self.place.me)
        return mine and report.state in TAKEABLE and not waits(report)


def waits(report: TipOffReport) -> bool:
    """Return whether a second moderator or an authority has the next word."""
    return bool(report.proposal_id) or report.referral_state is ReferralState.OPEN


def category(visit: Visit) -> SanctionCategory | None:
    """Return the category that an address asks for."""
    asked = visit.query.get("category", "")
    return SanctionCategory(asked) if asked in SanctionCategory.__members__ else None


def operation(visit: Visit) -> str:
    """Return the operation that an address asks for, "" for none."""
    asked = visit.query.get("operation", "")
    return asked if shown.is_id(asked) else ""


def sort(visit: Visit) -> str:
    """Return the order that an address asks for, "" for that of the queue."""
    asked = visit.query.get("sort", "")
    return asked if asked in SORTS else ""
