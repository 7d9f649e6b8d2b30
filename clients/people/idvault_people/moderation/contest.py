"""The pages of contests: an owner says of a verification "that was not me", and two moderators decide."""

from dataclasses import dataclass, replace
from typing import Any

from idvault_client.sessions import AccountContest, ContestPage, ContestState
from idvault_people.console.visit import Answer, ConsolePage, Visit
from idvault_people.moderation import history, listing, shown
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.workplace import Workplace

_SIZE = 50
_REASON = 500
_VERDICTS = (ContestState.UPHELD, ContestState.REJECTED)
_OPEN = (ContestState.FILED, ContestState.PROPOSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestCasePages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show contests in the order of filing, which is that of their due times."""
        say = visit.say
        views = [
            ("open", say("contests_to_decide")),
            ("overdue", say("overdue_view")),
            ("all", say("all_view")),
        ]
        found = self.listed(listing.view_of(visit, views), page_size=_SIZE, page_token=listing.after(visit))
        return ListPage(
            title=say("contests"),
            views=views,
            items=[self._item(each, visit) for each in found.contests],
            following=found.next_page_token,
        ).page(visit)

    def listed(self, view: str, *, page_size: int, page_token: str = "") -> ContestPage:
        """Return a page of a view of the contests."""
        filters: dict[str, dict[str, Any]] = {
            "open": {"state": ContestState.FILED},
            "overdue": {"overdue": True},
            "all": {},
        }
        page: ContestPage = self.place.vault.sessions.list_contests(
            **filters[view], page_size=page_size, page_token=page_token
        )
        return page

    def _item(self, contest: AccountContest, visit: Visit) -> Item:
        say, waits = visit.say, contest.state in _OPEN
        rows = self.place.rows(
            visit,
            due=self.place.left(contest.due_time, visit) if waits else None,
            decided=contest.decide_time,
            state=shown.word("contest", contest.state, say),
            filed=contest.file_time,
        )
        link = Link(f"/contests/{contest.contest_id}", contest.account_token)
        return Item(link=link, rows=rows, marks=[say("overdue")] if contest.overdue else [])

    def case(self, visit: Visit) -> Answer:
        """Show a contest with its text, and what is known about the account."""
        contest, say = self._read(visit), visit.say
        values = {
            "sections": [
                PagePart(title=say("contest_text"), texts=[("", self._text(contest, visit))]),
                PagePart(title=say("contest"), rows=self._facts(contest, visit)),
                history.of_account(contest.account_token, place=self.place, visit=visit),
            ],
            "acts": self._acts(contest, visit),
            "notes": [say("another_must")] if self._is_mine(contest) else [],
        }
        title = say("contest_title", account=contest.account_token)
        return ConsolePage(template="moderation_case.html", title=title, values=values)

    def _acts(self, contest: AccountContest, visit: Visit) -> list[Link]:
        here = f"/contests/{contest.contest_id}"
        decide = Link(f"{here}/decision", visit.say("decide_contest"))
        if contest.state is not ContestState.PROPOSED:
            return [decide] if contest.state is ContestState.FILED else []
        confirm = Link(f"{here}/confirmation", visit.say("confirm_contest"))
        return [decide] if self._is_mine(contest) else [confirm, decide]

    def _is_mine(self, contest: AccountContest) -> bool:
        """Return whether the own proposal waits for another moderator."""
        return contest.state is ContestState.PROPOSED and contest.propose_moderator_id == self.place.me

    def _facts(self, contest: AccountContest, visit: Visit) -> list[shown.Row]:
        return self.place.rows(
            visit,
            state=shown.word("contest", contest.state, visit.say),
            due=contest.due_time,
            verification=contest.verification_id,
            filed=contest.file_time,
            proposed_by=self._who(contest.propose_moderator_id, visit),
            proposal_lapses=contest.lapse_time,
            decided=contest.decide_time,
            confirmed_by=self._who(contest.decide_moderator_id, visit),
            why=contest.reason,
        )

    def _who(self, moderator_id: str, visit: Visit) -> str:
        return self.place.who(moderator_id, visit) if moderator_id else ""

    def _text(self, contest: AccountContest, visit: Visit) -> str:
        gone = contest.text_delete_time
        if contest.text or gone is None:
            return contest.text
        return str(visit.say("texts_deleted", day=shown.day(gone, language=visit.language)))

    def decision(self, visit: Visit) -> Answer:
        """Show the form of the decision."""
        return self._form(visit).page()

    def decide(self, visit: Visit) -> Answer:
        """Reject the contest, or propose to uphold it."""
        form, given = self._form(visit), visit.given("verdict")
        if given not in [each.value for each in _VERDICTS]:
            return form.refilled(visit).page(errors={"verdict": visit.say("choose")}, status=422)

        def act(request_id: str) -> str:
            which = visit.parts["contest"]
            self.place.vault.sessions.decide_contest(
                which,
                ContestState(given),
                visit.line("reason"),
                key=self.place.key,
                request_id=request_id,
            )
            return f"/contests/{which}"

        return form.act(visit, act)

    def confirmation(self, visit: Visit) -> Answer:
        """Show the contest once more before its verification is withdrawn."""
        contest = self._read(visit)
        return self._confirmation(contest, contest.paper_digest, visit).page()

    def confirm(self, visit: Visit) -> Answer:
        """Confirm the proposal that was shown."""
        contest, seen = self._read(visit), shown.digest(visit.given("paper"))

        def act(request_id: str) -> str:
            self.place.vault.sessions.confirm_contest(
                replace(contest, paper_digest=seen), key=self.place.key, request_id=request_id
            )
            return f"/contests/{contest.contest_id}"

        return self._confirmation(contest, seen, visit).act(visit, act)

    def _confirmation(self, contest: AccountContest, paper: bytes, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("confirm_contest_title"),
            sections=[
                PagePart(title=say("contest_text"), texts=[("", self._text(contest, visit))]),
                PagePart(title=say("contest"), rows=self._facts(contest, visit)),
            ],
            button=say("sign"),
            back=f"/contests/{contest.contest_id}",
            request_id=self.place.new_id(),
            fields=[Field(kind="hidden", id="paper", value=paper.hex())],
            signs=True,
        )

    def _form(self, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("decide_contest_title"),
            texts=[say("contest_follows")],
            button=say("send"),
            back=f"/contests/{visit.parts['contest']}",
            request_id=self.place.new_id(),
            fields=[
                Field(
                    kind="choices",
                    id="verdict",
                    label=say("verdict"),
                    options=shown.options("contest", _VERDICTS, say),
                ),
                Field(kind="area", id="reason", label=say("why"), hint=say("why_hint"), limit=_REASON),
            ],
        )

    def _read(self, visit: Visit) -> AccountContest:
        contest: AccountContest = self.place.vault.sessions.get_contest(visit.parts["contest"])
        return contest
