"""The pages of appeals: those to decide, one with its text, and the decision, not about one's own act."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from idvault_client.errors import NotFound
from idvault_client.sanctions import AccountAppeal, AccountSanction, AppealPage, AppealState
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, listing, sanction, shown
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.finding import Finder
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace

_SIZE = 25
_REASON = 500
_VERDICTS = (AppealState.UPHELD, AppealState.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class AppealPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show appeals in the order of filing, which is that of their due times."""
        say = visit.say
        views = [
            ("open", say("open_appeals")),
            ("overdue", say("overdue_view")),
            ("all", say("decided_view")),
        ]

        def ask() -> tuple[Sequence[AccountAppeal], str]:
            view, after = listing.view_of(visit, views), listing.after(visit)
            page = self.listed(view, page_size=_SIZE, page_token=after)
            return page.appeals, page.next_page_token

        def shows(found: Sequence[AccountAppeal], following: str) -> ListPage:
            items = [self._item(each, visit) for each in found]
            return ListPage(title=say("appeals"), views=views, items=items, following=following)

        return self._finder().answer(visit, ask=ask, shows=shows)

    def _finder(self) -> Finder[AccountAppeal]:
        calls = self.place.vault.sanctions

        def of_account(account_token: str) -> Iterable[AccountAppeal]:
            return every(calls.list_appeals, "appeals", account_token=account_token)

        def of_sanction(sanction_id: str) -> list[AccountAppeal]:
            found = of_account(calls.get(sanction_id).account_token)
            return [each for each in found if each.sanction_id == sanction_id]

        def of_id(which: str) -> list[AccountAppeal]:
            try:
                return [calls.get_appeal(which)]
            except NotFound:
                return of_sanction(which)

        return Finder(
            place=self.place,
            path=lambda each: f"/appeals/{each.appeal_id}",
            of_account=of_account,
            of_id=of_id,
            of_report=lambda report: of_sanction(report.sanction_id) if report.sanction_id else (),
            takes="search_account_cases_takes",
        )

    def listed(self, view: str, *, page_size: int, page_token: str = "") -> AppealPage:
        """Return a page of a view of the appeals."""
        filters: dict[str, dict[str, Any]] = {
            "open": {"state": AppealState.FILED},
            "overdue": {"overdue": True},
            "all": {},
        }
        page: AppealPage = self.place.vault.sanctions.list_appeals(
            **filters[view], page_size=page_size, page_token=page_token
        )
        return page

    def _item(self, appeal: AccountAppeal, visit: Visit) -> Item:
        say, against = visit.say, self._sanction(appeal)
        waits = appeal.state is AppealState.FILED
        marks = [say("yours")] if self._is_own(against) else []
        rows = self.place.rows(
            visit,
            due=self.place.left(appeal.due_time, visit) if waits else None,
            decided=appeal.decide_time,
            state=shown.word("state", appeal.state, say),
            account=shown.short_key(appeal.account_token),
            filed=appeal.file_time,
        )
        link = Link(f"/appeals/{appeal.appeal_id}", _title(against, visit))
        return Item(link=link, rows=rows, marks=marks, spent=self._spent(appeal))

    def _spent(self, appeal: AccountAppeal) -> int | None:
        waits = appeal.state is AppealState.FILED
        return self.place.spent(appeal.file_time, appeal.due_time) if waits else None

    def case(self, visit: Visit) -> Answer:
        """Show an appeal with its text and its sanction, and the decision beside them."""
        appeal = self._read(visit)
        page = self._screen(appeal, visit)
        may = appeal.state is AppealState.FILED and not self._is_own(self._sanction(appeal))
        return (page if may else replace(page, form=None)).page()

    def _screen(self, appeal: AccountAppeal, visit: Visit) -> CasePage:
        say, against = visit.say, self._sanction(appeal)
        own = self._is_own(against) and appeal.state is AppealState.FILED
        page = CasePage(
            title=_title(against, visit),
            sections=[
                PagePart(title=say("appeal_text"), texts=[(say("appeal_text"), self._text(appeal, visit))]),
                *sanction.screen(against, place=self.place, visit=visit),
            ],
            acts=[Link(f"/sanctions/{against.sanction_id}", say("its_sanction"))],
            notes=[say("not_own_appeal")] if own else [],
            aside=say("decision"),
            facts=self._facts(appeal, visit),
            spent=self._spent(appeal),
            codes=self.place.rows(visit, account=appeal.account_token),
            late=say("overdue") if appeal.overdue else "",
        )
        page = page.deciding(self._form(appeal, visit))
        decided = shown.word("state", appeal.state, say)
        text = "" if appeal.state is AppealState.FILED else f"{say('done')} {say('now_it_is', state=decided)}"
        return done.told(page, visit, text, following="/appeals", words="next_to_decide")

    def _facts(self, appeal: AccountAppeal, visit: Visit) -> list[shown.Row]:
        decided_by = appeal.decide_moderator_id
        return self.place.rows(
            visit,
            state=shown.word("state", appeal.state, visit.say),
            due=self.place.due(appeal.due_time, visit)
            if appeal.state is AppealState.FILED
            else appeal.due_time,
            account=shown.short_key(appeal.account_token),
            filed=appeal.file_time,
            decided=appeal.decide_time,
            assignee=self.place.who(decided_by, visit) if decided_by else None,
            why=appeal.reason,
            outside_body=appeal.outside_body,
            outside_due=appeal.outside_due_time and self.place.deadline(appeal.outside_due_time, visit),
        )

    def _text(self, appeal: AccountAppeal, visit: Visit) -> str:
        gone = appeal.text_delete_time
        if appeal.text or gone is None:
            return appeal.text
        return str(visit.say("texts_deleted", day=shown.day(gone, language=visit.language)))

    def decision(self, visit: Visit) -> Answer:
        """Show the form of the decision."""
        return self._screen(self._read(visit), visit).page()

    def decide(self, visit: Visit) -> Answer:
        """Decide the appeal."""
        appeal = self._read(visit)
        form, given = self._screen(appeal, visit).ask(), visit.given("verdict")
        if given not in [each.value for each in _VERDICTS]:
            return form.refilled(visit).page(errors={"verdict": visit.say("choose")}, status=422)

        def act(request_id: str) -> str:
            self.place.vault.sanctions.decide_appeal(
                appeal,
                AppealState(given),
                visit.line("reason"),
                sanction=self._sanction(appeal),
                key=self.place.key,
                request_id=request_id,
            )
            return done.at(f"/appeals/{appeal.appeal_id}")

        return form.act(visit, act)

    def _form(self, appeal: AccountAppeal, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("decide_appeal_title"),
            button=say("sign"),
            back=f"/appeals/{appeal.appeal_id}",
            action=f"/appeals/{appeal.appeal_id}/decision",
            request_id=self.place.new_id(),
            fields=[
                Field(
                    kind="choices",
                    id="verdict",
                    label=say("verdict"),
                    options=shown.options("verdict", _VERDICTS, say),
                ),
                Field(kind="area", id="reason", label=say("why"), hint=say("why_hint"), limit=_REASON),
            ],
            signs=True,
        )

    def _read(self, visit: Visit) -> AccountAppeal:
        appeal: AccountAppeal = self.place.vault.sanctions.get_appeal(visit.parts["appeal"])
        return appeal

    def _sanction(self, appeal: AccountAppeal) -> AccountSanction:
        found: AccountSanction = self.place.vault.sanctions.get(appeal.sanction_id)
        return found

    def _is_own(self, against: AccountSanction) -> bool:
        return self.place.me in (against.impose_moderator_id, against.confirm_moderator_id)


def _title(against: AccountSanction, visit: Visit) -> str:
    return str(visit.say("appeal_title", degree=shown.word("degree", against.degree, visit.say)))
