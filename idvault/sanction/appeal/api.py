"""The methods of SanctionService for appeals, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.sanction import api as sanction_api
from idvault.sanction.appeal import rules
from idvault.sanction.appeal.acts import AppealFlow
from idvault.sanction.appeal.ports import AppealFilter
from idvault.sanction.appeal.rules import Appeal
from idvault.v1 import sanction_pb2 as pb
from idvault.verify import token
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.sanction import AppealState

_STATES = numbers(AppealState, pb.Appeal.State.Value, "STATE_")


@dataclass(kw_only=True, eq=False, repr=False)
class AppealMethods:
    """Converts, calls one flow, converts back."""

    appeals: AppealFlow

    async def FileAppeal(
        self, request: pb.FileAppealRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Appeal:
        """File an appeal against a sanction."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        # With the request id, the stored fingerprint tells nothing about a text, even to who has the key.
        fields = (request.request_id, sanction_id, request.text)
        call = moderator_api.call(request.request_id, "FileAppeal", *fields, caller=caller)
        filed = await self.appeals.file(call, sanction_id=sanction_id, text=request.text, now=now)
        return message(filed, now=now.business)

    async def DecideAppeal(
        self, request: pb.DecideAppealRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Appeal:
        """Decide an appeal."""
        appeal_id, verdict = moderator_api.an_id(request.appeal_id, "appeal_id"), _verdict(request.verdict)
        call = moderator_api.call(
            request.request_id,
            "DecideAppeal",
            *(appeal_id, request.verdict, request.reason),
            caller=caller,
            signature=request.signature,
        )
        decided = await self.appeals.decide(
            call, appeal_id=appeal_id, verdict=verdict, reason=request.reason, now=now
        )
        return message(decided, now=now.business)

    async def GetAppeal(
        self, request: pb.GetAppealRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.GetAppealResponse:
        """Return one appeal with its text."""
        appeal_id = moderator_api.an_id(request.appeal_id, "appeal_id")
        found, text = await self.appeals.get(relying_party=caller.name, appeal_id=appeal_id, now=now)
        return pb.GetAppealResponse(appeal=message(found, now=now.business), text=text)

    async def ListAppeals(
        self, request: pb.ListAppealsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListAppealsResponse:
        """Return a page of appeals, oldest first."""
        account_token = token.check(request.account_token) if request.account_token else None
        after, limit = sanction_api.page(request)
        wanted = AppealFilter(caller.name, account_token, _state(request), request.overdue)
        found, following = await self.appeals.list(wanted, after=after, limit=limit, now=now)
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
        overdue=rules.is_overdue(value, now=now),
        decide_time=sanction_api.time(value.decided_at),
        decide_moderator_id=value.decided_by or "",
        reason=value.reason,
        outside_body=value.outside_body,
        outside_due_time=sanction_api.time(value.outside_until),
        text_delete_time=sanction_api.time(value.text_deleted_at or value.delete_at),
    )


def _verdict(number: int) -> AppealState:
    for word in (AppealState.UPHELD, AppealState.REJECTED):
        if _STATES[word] == number:
            return word
    raise _invalid("verdict", FieldCode.CHARACTER if number else FieldCode.REQUIRED)


def _state(message: pb.ListAppealsRequest) -> AppealState | None:
    """Return the state to list, None for all."""
    if not message.state:
        return None
    for word, value in _STATES.items():
        if value == message.state and (word is AppealState.FILED or not message.overdue):
            return word
    raise _invalid("state", FieldCode.CHARACTER)


def _invalid(field: str, code: FieldCode) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
