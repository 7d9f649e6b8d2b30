"""The pages of contests: an owner says of a verification "that was not me", and two moderators decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from idvault_client.sessions import AccountContest, ContestPage, ContestState
from idvault_people.console.visit import Visit
from idvault_people.moderation.verification_case import CaseTexts, VerificationCasePages


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestCasePages(VerificationCasePages[AccountContest, ContestState]):
    """The handlers."""

    path: ClassVar[str] = "/contests"
    states: ClassVar[type[ContestState]] = ContestState
    texts: ClassVar[CaseTexts] = CaseTexts(
        one="contest",
        many="contests",
        to_decide="contests_to_decide",
        title="contest_title",
        text="contest_text",
        decide="decide_contest",
        decide_title="decide_contest_title",
        follows="contest_follows",
        confirm="confirm_contest",
        confirm_title="confirm_contest_title",
    )

    def ask(self, **wanted: Any) -> tuple[Sequence[AccountContest], str]:
        """Return a page of contests and the token of the next one."""
        page: ContestPage = self.place.vault.sessions.list_contests(**wanted)
        return page.contests, page.next_page_token

    def get(self, case_id: str) -> AccountContest:
        """Return a contest with its text."""
        contest: AccountContest = self.place.vault.sessions.get_contest(case_id)
        return contest

    def written(self, case: AccountContest, visit: Visit) -> tuple[str, datetime | None]:
        """Return what the owner wrote."""
        return case.text, case.text_delete_time

    def id_of(self, case: AccountContest) -> str:
        """Return the id of a contest."""
        return case.contest_id

    def about(self, case: AccountContest) -> dict[str, Any]:
        """Return which verification it was."""
        return {"verification": case.verification_id}

    def sign_decision(self, case_id: str, verdict: ContestState, reason: str, request_id: str) -> None:
        """Reject the contest, or propose to uphold it."""
        sessions = self.place.vault.sessions
        sessions.decide_contest(case_id, verdict, reason, key=self.place.key, request_id=request_id)

    def sign_confirmation(self, case: AccountContest, request_id: str) -> None:
        """Confirm the proposal: the verification is withdrawn."""
        self.place.vault.sessions.confirm_contest(case, key=self.place.key, request_id=request_id)
