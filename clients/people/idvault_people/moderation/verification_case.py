"""The pages of cases about a verification: one moderator rejects what somebody wrote, two uphold it."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from idvault_client.sessions import (
    AccountContest,
    AccountDisavowal,
    AccountReinstatement,
    ContestState,
    DisavowalState,
    ReinstatementState,
)
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, history, listing, shown
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.finding import Finder
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.whole_list import all_pages
from idvault_people.moderation.workplace import Workplace

_SIZE = 50
_MOST = 500
_REASON = 500
VerificationCase = TypeVar("VerificationCase", AccountContest, AccountReinstatement, AccountDisavowal)
CaseState = TypeVar("CaseState", ContestState, ReinstatementState, DisavowalState)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseTexts:
    """The keys of the texts of a kind of case. one: of its facts, and the list of its states' words."""

    one: str
    many: str
    to_decide: str
    title: str
    text: str
    decide: str
    decide_title: str
    follows: str
    confirm: str
    confirm_title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VerificationCasePages(Generic[VerificationCase, CaseState]):
    """The handlers of a kind of case, at an address of its own."""

    path: ClassVar[str]
    texts: ClassVar[CaseTexts]
    states: ClassVar[Any]
    place: Workplace

    @abstractmethod
    def ask(self, **wanted: Any) -> tuple[Sequence[VerificationCase], str]:
        """Return a page of cases and the token of the next one."""

    @abstractmethod
    def get(self, case_id: str) -> VerificationCase:
        """Return a case with its text."""

    @abstractmethod
    def sign_decision(self, case_id: str, verdict: CaseState, reason: str, request_id: str) -> None:
        """Reject a case, or propose to uphold it."""

    @abstractmethod
    def sign_confirmation(self, case: VerificationCase, request_id: str) -> None:
        """Confirm the proposal of a case as it was shown."""

    @abstractmethod
    def id_of(self, case: VerificationCase) -> str:
        """Return the id of a case."""

    @abstractmethod
    def written(self, case: VerificationCase, visit: Visit) -> tuple[str, datetime | None]:
        """Return what somebody wrote, and when it is or was deleted; None: never."""

    def about(self, case: VerificationCase) -> dict[str, Any]:
        """Return what only this kind of case is about, by the keys of its texts."""
        return {}

    def before(self, case: VerificationCase, visit: Visit) -> list[PagePart]:
        """Return what was decided before this kind of case."""
        return []

    def effect(self, case: VerificationCase, visit: Visit) -> dict[str, Any]:
        """Return what only a decision about this kind of case does, by the keys of its texts."""
        return {}

    def queue(self, visit: Visit) -> Answer:
        """Show cases in the order of filing, which is that of their due times."""
        say = visit.say
        views = [
            ("open", say(self.texts.to_decide)),
            ("overdue", say("overdue_view")),
            ("all", say("all_view")),
        ]

        def ask() -> tuple[Sequence[VerificationCase], str]:
            view, after = listing.view_of(visit, views), listing.after(visit)
            return self.listed(view, page_size=_SIZE, page_token=after)

        def shows(found: Sequence[VerificationCase], following: str) -> ListPage:
            items = [self._item(each, visit) for each in found]
            return ListPage(title=say(self.texts.many), views=views, items=items, following=following)

        return self._finder().answer(visit, ask=ask, shows=shows)

    def _finder(self) -> Finder[VerificationCase]:
        def of_account(account_token: str) -> Iterable[VerificationCase]:
            return all_pages(
                lambda after: self.ask(account_token=account_token, page_size=_SIZE, page_token=after),
                most=_MOST,
            )

        return Finder(
            place=self.place,
            path=self._here,
            of_account=of_account,
            of_id=lambda which: [self.get(which)],
            takes="search_account_cases_takes",
        )

    def listed(
        self, view: str, *, page_size: int, page_token: str = ""
    ) -> tuple[Sequence[VerificationCase], str]:
        """Return a page of a view, and the token of the next one."""
        filters: dict[str, dict[str, Any]] = {
            "open": {"state": self.states.FILED},
            "overdue": {"overdue": True},
            "all": {},
        }
        return self.ask(**filters[view], page_size=page_size, page_token=page_token)

    def _here(self, case: VerificationCase) -> str:
        return f"{self.path}/{self.id_of(case)}"

    def _item(self, case: VerificationCase, visit: Visit) -> Item:
        say, waits = visit.say, self._waits(case)
        rows = self.place.rows(
            visit,
            due=self.place.left(case.due_time, visit) if waits else None,
            decided=case.decide_time,
            state=shown.word(self.texts.one, case.state, say),
            filed=case.file_time,
        )
        link = Link(self._here(case), shown.short_key(case.account_token))
        marks = [say("overdue")] if case.overdue else []
        return Item(link=link, rows=rows, marks=marks, spent=self._spent(case))

    def _waits(self, case: VerificationCase) -> bool:
        return case.state in (self.states.FILED, self.states.PROPOSED)

    def _spent(self, case: VerificationCase) -> int | None:
        return self.place.spent(case.file_time, case.due_time) if self._waits(case) else None

    def case(self, visit: Visit) -> Answer:
        """Show a case with its text and what is known about the account; beside them, the decision."""
        found = self.get(visit.parts["case"])
        page = self._screen(found, visit)
        if found.state is self.states.FILED:
            page = self._deciding(page, visit)
        elif found.state is self.states.PROPOSED and not self._is_mine(found):
            page = page.deciding(self._confirmation(found, found.paper_digest, visit))
        return page.page()

    def _screen(self, case: VerificationCase, visit: Visit) -> CasePage:
        say = visit.say
        page = CasePage(
            title=say(self.texts.title, account=shown.short_key(case.account_token)),
            sections=[
                PagePart(
                    title=say(self.texts.text),
                    texts=[("", self._text(case, visit))],
                    codes=self.place.rows(visit, **self.about(case)),
                ),
                *self.before(case, visit),
                history.of_account(case.account_token, place=self.place, visit=visit),
            ],
            acts=self._acts(case, visit),
            notes=[say("another_must")] if self._is_mine(case) else [],
            aside=say(self.texts.one),
            facts=self._facts(case, visit),
            spent=self._spent(case),
        )
        now = say("now_it_is", state=shown.word(self.texts.one, case.state, say))
        text = "" if case.state is self.states.FILED else f"{say('done')} {now}"
        return done.told(page, visit, text, following=self.path, words="next_to_decide")

    def _deciding(self, page: CasePage, visit: Visit) -> CasePage:
        return page.deciding(self._form(visit))

    def _acts(self, case: VerificationCase, visit: Visit) -> list[Link]:
        decide = Link(f"{self._here(case)}/decision", visit.say(self.texts.decide))
        return [decide] if case.state is self.states.PROPOSED else []

    def _is_mine(self, case: VerificationCase) -> bool:
        """Return whether the own proposal waits for another moderator."""
        return case.state is self.states.PROPOSED and case.propose_moderator_id == self.place.me

    def _facts(self, case: VerificationCase, visit: Visit) -> list[shown.Row]:
        return self.place.rows(
            visit,
            state=shown.word(self.texts.one, case.state, visit.say),
            due=self.place.due(case.due_time, visit) if self._waits(case) else case.due_time,
            filed=case.file_time,
            proposed_by=self._who(case.propose_moderator_id, visit),
            proposal_lapses=case.lapse_time,
            decided=case.decide_time,
            confirmed_by=self._who(case.decide_moderator_id, visit),
            why=case.reason,
            **self.effect(case, visit),
        )

    def _who(self, moderator_id: str, visit: Visit) -> str:
        return self.place.who(moderator_id, visit) if moderator_id else ""

    def _text(self, case: VerificationCase, visit: Visit) -> str:
        text, gone = self.written(case, visit)
        if text or gone is None:
            return text
        return str(visit.say("texts_deleted", day=shown.day(gone, language=visit.language)))

    def decision(self, visit: Visit) -> Answer:
        """Show the form of the decision."""
        return self._deciding(self._screen(self.get(visit.parts["case"]), visit), visit).page()

    def decide(self, visit: Visit) -> Answer:
        """Reject the case, or propose to uphold it."""
        page = self._deciding(self._screen(self.get(visit.parts["case"]), visit), visit)
        form, given = page.ask(), visit.given("verdict")
        if given not in [each.value for each in self._verdicts()]:
            return form.refilled(visit).page(errors={"verdict": visit.say("choose")}, status=422)

        def act(request_id: str) -> str:
            which = visit.parts["case"]
            self.sign_decision(which, self.states(given), visit.line("reason"), request_id)
            return done.at(f"{self.path}/{which}")

        return form.act(visit, act)

    def confirmation(self, visit: Visit) -> Answer:
        """Show the case once more before what was proposed is done."""
        case = self.get(visit.parts["case"])
        return self._screen(case, visit).deciding(self._confirmation(case, case.paper_digest, visit)).page()

    def confirm(self, visit: Visit) -> Answer:
        """Confirm the proposal that was shown."""
        case, seen = self.get(visit.parts["case"]), shown.digest(visit.given("paper"))

        def act(request_id: str) -> str:
            self.sign_confirmation(replace(case, paper_digest=seen), request_id)
            return done.at(self._here(case))

        return self._screen(case, visit).deciding(self._confirmation(case, seen, visit)).ask().act(visit, act)

    def _confirmation(self, case: VerificationCase, paper: bytes, visit: Visit) -> Form:
        return Form(
            title=visit.say(self.texts.confirm_title),
            texts=[visit.say(self.texts.confirm_title)],
            action=f"{self._here(case)}/confirmation",
            button=visit.say(self.texts.confirm),
            back=self._here(case),
            request_id=self.place.new_id(),
            fields=[Field(kind="hidden", id="paper", value=paper.hex())],
            signs=True,
            states=self.texts.one,
        )

    def _form(self, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say(self.texts.decide_title),
            texts=[say(self.texts.follows)],
            button=say("send"),
            back=f"{self.path}/{visit.parts['case']}",
            action=f"{self.path}/{visit.parts['case']}/decision",
            request_id=self.place.new_id(),
            states=self.texts.one,
            fields=[
                Field(
                    kind="choices",
                    id="verdict",
                    label=say("verdict"),
                    options=shown.options(self.texts.one, self._verdicts(), say),
                ),
                Field(kind="area", id="reason", label=say("why"), hint=say("why_hint"), limit=_REASON),
            ],
        )

    def _verdicts(self) -> Sequence[CaseState]:
        return (self.states.UPHELD, self.states.REJECTED)
