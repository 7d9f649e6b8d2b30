"""The pages of appeals against withdrawals: two moderators who did not withdraw it decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from idvault_client.sessions import (
    AccountContest,
    AccountDisavowal,
    AccountReinstatement,
    ContestState,
    DisavowalState,
    ReinstatementPage,
    ReinstatementState,
)
from idvault_people.console.visit import Visit
from idvault_people.moderation import shown
from idvault_people.moderation.shown import Item, Link, PagePart
from idvault_people.moderation.verification_case import CaseTexts, VerificationCasePages
from idvault_people.moderation.whole_list import every


@dataclass(frozen=True, kw_only=True, slots=True)
class ReinstatementCasePages(VerificationCasePages[AccountReinstatement, ReinstatementState]):
    """The handlers."""

    path: ClassVar[str] = "/reinstatements"
    states: ClassVar[type[ReinstatementState]] = ReinstatementState
    texts: ClassVar[CaseTexts] = CaseTexts(
        one="reinstatement",
        many="reinstatements",
        to_decide="reinstatements_to_decide",
        title="reinstatement_title",
        text="reinstatement_text",
        decide="decide_reinstatement",
        decide_title="decide_reinstatement_title",
        follows="reinstatement_follows",
        confirm="confirm_reinstatement",
        confirm_title="confirm_reinstatement_title",
    )

    def ask(self, **wanted: Any) -> tuple[Sequence[AccountReinstatement], str]:
        """Return a page of appeals and the token of the next one."""
        page: ReinstatementPage = self.place.vault.sessions.list_reinstatements(**wanted)
        return page.reinstatements, page.next_page_token

    def get(self, case_id: str) -> AccountReinstatement:
        """Return an appeal with its text."""
        found: AccountReinstatement = self.place.vault.sessions.get_reinstatement(case_id)
        return found

    def written(self, case: AccountReinstatement, visit: Visit) -> tuple[str, datetime | None]:
        """Return what the owner wrote."""
        return case.text, case.text_delete_time

    def id_of(self, case: AccountReinstatement) -> str:
        """Return the id of an appeal."""
        return case.reinstatement_id

    def before(self, case: AccountReinstatement, visit: Visit) -> list[PagePart]:
        """Return why the verification was withdrawn: the contests and disavowals that were upheld."""
        vault, account = self.place.vault, case.account_token
        contests = every(
            vault.sessions.list_contests, "contests", account_token=account, state=ContestState.UPHELD
        )
        disowned = every(vault.disavowals.list_page, "disavowals", account_token=account)
        ended = (DisavowalState.UPHELD, DisavowalState.SILENT)
        items = [
            self._withdrawal("contest", f"/contests/{each.contest_id}", each, visit) for each in contests
        ]
        items += [
            self._withdrawal("disavowal", f"/disavowals/{each.disavowal_id}", each, visit)
            for each in disowned
            if each.state in ended
        ]
        return [PagePart(title=visit.say("why_withdrawn"), items=items, empty=visit.say("no_withdrawal"))]

    def _withdrawal(
        self, kind: str, path: str, case: AccountContest | AccountDisavowal, visit: Visit
    ) -> Item:
        state = shown.word(kind, case.state, visit.say)
        rows = self.place.rows(visit, state=state, decided=case.decide_time, why=case.reason)
        return Item(link=Link(path, visit.say(kind)), rows=rows)

    def effect(self, case: AccountReinstatement, visit: Visit) -> dict[str, Any]:
        """Return whether the account has its verification back."""
        if case.state is not ReinstatementState.UPHELD:
            return {"reinstated": ""}
        return {"reinstated": visit.say("reinstated_yes" if case.reinstated else "reinstated_no")}

    def sign_decision(self, case_id: str, verdict: ReinstatementState, reason: str, request_id: str) -> None:
        """Reject the appeal, or propose to uphold it."""
        sessions = self.place.vault.sessions
        sessions.decide_reinstatement(case_id, verdict, reason, key=self.place.key, request_id=request_id)

    def sign_confirmation(self, case: AccountReinstatement, request_id: str) -> None:
        """Confirm the proposal: the withdrawal is taken back."""
        self.place.vault.sessions.confirm_reinstatement(case, key=self.place.key, request_id=request_id)
