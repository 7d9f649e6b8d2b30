"""The methods of SanctionService for appeals, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.sanction import api as sanction_api
from idvault.sanction.appeal import acts
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.appeal.rules import Appeal, AppealTerms
from idvault.sanction.objection import api as objection_api
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import ObjectionContext
from idvault_verify.clock import ClockReading
from idvault_verify.sanction import AppealState
from idvault_verify.v1 import sanction_pb2 as pb

_STATES = numbers(AppealState, pb.Appeal.State.Value, "STATE_")


@dataclass(kw_only=True, eq=False, repr=False)
class AppealMethods:
    """The methods about appeals."""

    vault: Vault
    appeals: ObjectionContext[AppealTerms]

    async def FileAppeal(
        self, request: pb.FileAppealRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Appeal:
        """File an appeal against a sanction."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        call = moderator_api.call(request, caller)
        filed = await acts.file(self.vault, call, now, sanction_id, text=request.text, context=self.appeals)
        return message(filed, now=now.business)

    async def DecideAppeal(
        self, request: pb.DecideAppealRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Appeal:
        """Decide an appeal."""
        appeal_id = moderator_api.an_id(request.appeal_id, "appeal_id")
        verdict = objection_api.verdict(_STATES, request.verdict)
        call = moderator_api.signed(request, caller=caller, signature=request.signature)
        decided = await acts.decide(
            self.vault, call, now, appeal_id, verdict=verdict, reason=request.reason, terms=self.appeals.terms
        )
        return message(decided, now=now.business)

    async def GetAppeal(
        self, request: pb.GetAppealRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.GetAppealResponse:
        """Return one appeal with its text."""
        appeal_id = moderator_api.an_id(request.appeal_id, "appeal_id")
        found, text = await APPEALS.get(
            self.vault, caller.name, appeal_id, now=now, sealer=self.appeals.sealer
        )
        return pb.GetAppealResponse(appeal=message(found, now=now.business), text=text)

    async def ListAppeals(
        self, request: pb.ListAppealsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListAppealsResponse:
        """Return a page of appeals, oldest first."""
        after, limit = sanction_api.page(request)
        wanted = objection_api.wanted(_STATES, request)
        found, following = await APPEALS.page(
            self.vault, caller.name, wanted, after=after, limit=limit, now=now
        )
        return pb.ListAppealsResponse(
            appeals=[message(each, now=now.business) for each in found], next_page_token=following
        )


def message(value: Appeal, *, now: datetime) -> pb.Appeal:
    """Return the message of an appeal."""
    return pb.Appeal(
        appeal_id=value.appeal_id,
        sanction_id=value.sanction_id,
        account_token=value.account_token,
        state=_STATES[value.state],
        file_time=sanction_api.time(value.filed_at),
        due_time=sanction_api.time(value.due_at),
        overdue=objection_rules.is_overdue(value, now=now),
        decide_time=sanction_api.time(value.decided_at),
        decide_moderator_id=value.decided_by or "",
        reason=value.reason,
        outside_body=value.outside_body,
        outside_due_time=sanction_api.time(value.outside_until),
        text_delete_time=sanction_api.time(value.text_deleted_at or value.delete_at),
    )
