"""The pages of appeals against withdrawals: two moderators who did not withdraw it decide."""

from dataclasses import dataclass, replace
from typing import Any

from idvault_client.sessions import AccountReinstatement, ReinstatementPage, ReinstatementState
from idvault_people.console.visit import Answer, ConsolePage, Visit
from idvault_people.moderation import history, listing, shown
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.workplace import Workplace

_SIZE = 50
_REASON = 500
_VERDICTS = (ReinstatementState.UPHELD, ReinstatementState.REJECTED)
_OPEN = (ReinstatementState.FILED, ReinstatementState.PROPOSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReinstatementCasePages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show appeals in the order of filing, which is that of their due times."""
        say = visit.say
        views = [
            ("open", say("reinstatements_to_decide")),
            ("overdue", say("overdue_view")),
            ("all", say("all_view")),
        ]
        found = self.listed(listing.view_of(visit, views), page_size=_SIZE, page_token=listing.after(visit))
        return ListPage(
            title=say("reinstatements"),
            views=views,
            items=[self._item(each, visit) for each in found.reinstatements],
            following=found.next_page_token,
        ).page(visit)

    def listed(self, view: str, *, page_size: int, page_token: str = "") -> ReinstatementPage:
        """Return a page of a view of the appeals."""
        filters: dict[str, dict[str, Any]] = {
            "open": {"state": ReinstatementState.FILED},
            "overdue": {"overdue": True},
            "all": {},
        }
        page: ReinstatementPage = self.place.vault.sessions.list_reinstatements(
            **filters[view], page_size=page_size, page_token=page_token
        )
        return page

    def _item(self, reinstatement: AccountReinstatement, visit: Visit) -> Item:
        say, waits = visit.say, reinstatement.state in _OPEN
        rows = self.place.rows(
            visit,
            due=self.place.left(reinstatement.due_time, visit) if waits else None,
            decided=reinstatement.decide_time,
            state=shown.word("reinstatement", reinstatement.state, say),
            filed=reinstatement.file_time,
        )
        link = Link(f"/reinstatements/{reinstatement.reinstatement_id}", reinstatement.account_token)
        return Item(link=link, rows=rows, marks=[say("overdue")] if reinstatement.overdue else [])

    def case(self, visit: Visit) -> Answer:
        """Show an appeal with its text, and what is known about the account."""
        reinstatement, say = self._read(visit), visit.say
        values = {
            "sections": [
                PagePart(title=say("reinstatement_text"), texts=[("", self._text(reinstatement, visit))]),
                PagePart(title=say("reinstatement"), rows=self._facts(reinstatement, visit)),
                history.of_account(reinstatement.account_token, place=self.place, visit=visit),
            ],
            "acts": self._acts(reinstatement, visit),
            "notes": [say("another_must")] if self._is_mine(reinstatement) else [],
        }
        title = say("reinstatement_title", account=reinstatement.account_token)
        return ConsolePage(template="moderation_case.html", title=title, values=values)

    def _acts(self, reinstatement: AccountReinstatement, visit: Visit) -> list[Link]:
        here = f"/reinstatements/{reinstatement.reinstatement_id}"
        decide = Link(f"{here}/decision", visit.say("decide_reinstatement"))
        if reinstatement.state is not ReinstatementState.PROPOSED:
            return [decide] if reinstatement.state is ReinstatementState.FILED else []
        confirm = Link(f"{here}/confirmation", visit.say("confirm_reinstatement"))
        return [decide] if self._is_mine(reinstatement) else [confirm, decide]

    def _is_mine(self, reinstatement: AccountReinstatement) -> bool:
        """Return whether the own proposal waits for another moderator."""
        return (
            reinstatement.state is ReinstatementState.PROPOSED
            and reinstatement.propose_moderator_id == self.place.me
        )

    def _facts(self, reinstatement: AccountReinstatement, visit: Visit) -> list[shown.Row]:
        return self.place.rows(
            visit,
            state=shown.word("reinstatement", reinstatement.state, visit.say),
            due=reinstatement.due_time,
            filed=reinstatement.file_time,
            proposed_by=self._who(reinstatement.propose_moderator_id, visit),
            proposal_lapses=reinstatement.lapse_time,
            decided=reinstatement.decide_time,
            confirmed_by=self._who(reinstatement.decide_moderator_id, visit),
            why=reinstatement.reason,
            reinstated=self._reinstated(reinstatement, visit),
        )

    def _reinstated(self, reinstatement: AccountReinstatement, visit: Visit) -> str:
        if reinstatement.state is not ReinstatementState.UPHELD:
            return ""
        return str(visit.say("reinstated_yes" if reinstatement.reinstated else "reinstated_no"))

    def _who(self, moderator_id: str, visit: Visit) -> str:
        return self.place.who(moderator_id, visit) if moderator_id else ""

    def _text(self, reinstatement: AccountReinstatement, visit: Visit) -> str:
        gone = reinstatement.text_delete_time
        if reinstatement.text or gone is None:
            return reinstatement.text
        return str(visit.say("texts_deleted", day=shown.day(gone, language=visit.language)))

    def decision(self, visit: Visit) -> Answer:
        """Show the form of the decision."""
        return self._form(visit).page()

    def decide(self, visit: Visit) -> Answer:
        """Reject the appeal, or propose to uphold it."""
        form, given = self._form(visit), visit.given("verdict")
        if given not in [each.value for each in _VERDICTS]:
            return form.refilled(visit).page(errors={"verdict": visit.say("choose")}, status=422)

        def act(request_id: str) -> str:
            which = visit.parts["reinstatement"]
            self.place.vault.sessions.decide_reinstatement(
                which,
                ReinstatementState(given),
                visit.line("reason"),
                key=self.place.key,
                request_id=request_id,
            )
            return f"/reinstatements/{which}"

        return form.act(visit, act)

    def confirmation(self, visit: Visit) -> Answer:
        """Show the appeal once more before the withdrawal is taken back."""
        reinstatement = self._read(visit)
        return self._confirmation(reinstatement, reinstatement.paper_digest, visit).page()

    def confirm(self, visit: Visit) -> Answer:
        """Confirm the proposal that was shown."""
        reinstatement, seen = self._read(visit), shown.digest(visit.given("paper"))

        def act(request_id: str) -> str:
            self.place.vault.sessions.confirm_reinstatement(
                replace(reinstatement, paper_digest=seen), key=self.place.key, request_id=request_id
            )
            return f"/reinstatements/{reinstatement.reinstatement_id}"

        return self._confirmation(reinstatement, seen, visit).act(visit, act)

    def _confirmation(self, reinstatement: AccountReinstatement, paper: bytes, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("confirm_reinstatement_title"),
            sections=[
                PagePart(title=say("reinstatement_text"), texts=[("", self._text(reinstatement, visit))]),
                PagePart(title=say("reinstatement"), rows=self._facts(reinstatement, visit)),
            ],
            button=say("sign"),
            back=f"/reinstatements/{reinstatement.reinstatement_id}",
            request_id=self.place.new_id(),
            fields=[Field(kind="hidden", id="paper", value=paper.hex())],
            signs=True,
        )

    def _form(self, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("decide_reinstatement_title"),
            texts=[say("reinstatement_follows")],
            button=say("send"),
            back=f"/reinstatements/{visit.parts['reinstatement']}",
            request_id=self.place.new_id(),
            fields=[
                Field(
                    kind="choices",
                    id="verdict",
                    label=say("verdict"),
                    options=shown.options("reinstatement", _VERDICTS, say),
                ),
                Field(kind="area", id="reason", label=say("why"), hint=say("why_hint"), limit=_REASON),
            ],
        )

    def _read(self, visit: Visit) -> AccountReinstatement:
        reinstatement: AccountReinstatement = self.place.vault.sessions.get_reinstatement(
            visit.parts["reinstatement"]
        )
        return reinstatement
