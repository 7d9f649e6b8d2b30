"""The pages of disavowals: a person said that an account is not hers, and two moderators decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from idvault_client.sessions import AccountDisavowal, DisavowalPage, DisavowalState
from idvault_people.console.visit import Visit
from idvault_people.moderation.verification_case import CaseTexts, VerificationCasePages


@dataclass(frozen=True, kw_only=True, slots=True)
class DisavowalCasePages(VerificationCasePages[AccountDisavowal, DisavowalState]):
    """The handlers."""

    path: ClassVar[str] = "/disavowals"
    states: ClassVar[type[DisavowalState]] = DisavowalState
    texts: ClassVar[CaseTexts] = CaseTexts(
        one="disavowal",
        many="disavowals",
        to_decide="disavowals_to_decide",
        title="disavowal_title",
        text="disavowal_text",
        decide="decide_disavowal",
        decide_title="decide_disavowal_title",
        follows="disavowal_follows",
        confirm="confirm_disavowal",
        confirm_title="confirm_disavowal_title",
    )

    def ask(self, **wanted: Any) -> tuple[Sequence[AccountDisavowal], str]:
        """Return a page of disavowals and the token of the next one."""
        page: DisavowalPage = self.place.vault.disavowals.list_page(**wanted)
        return page.disavowals, page.next_page_token

    def get(self, case_id: str) -> AccountDisavowal:
        """Return a disavowal."""
        found: AccountDisavowal = self.place.vault.disavowals.get(case_id)
        return found

    def id_of(self, case: AccountDisavowal) -> str:
        """Return the id of a disavowal."""
        return case.disavowal_id

    def written(self, case: AccountDisavowal, visit: Visit) -> tuple[str, datetime | None]:
        """Return what every disavowal says; nobody is told more of who said it, or when."""
        return visit.say("disavowal_said"), None

    def sign_decision(self, case_id: str, verdict: DisavowalState, reason: str, request_id: str) -> None:
        """Reject the disavowal, or propose to uphold it."""
        disavowals = self.place.vault.disavowals
        disavowals.decide(case_id, verdict, reason, key=self.place.key, request_id=request_id)

    def sign_confirmation(self, case: AccountDisavowal, request_id: str) -> None:
        """Confirm the proposal: the verification is withdrawn."""
        self.place.vault.disavowals.confirm(case, key=self.place.key, request_id=request_id)
