"""The methods of SessionService for disavowals, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.moderator import rules as moderator_rules
from idvault.moderator.api import invalid
from idvault.sanction import api as sanction_api
from idvault.sanction.objection import api as objection_api
from idvault.session.disavowal import acts, rules
from idvault.session.disavowal.rules import Disavowal, DisavowalTerms
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode
from idvault_verify.session import DisavowalState
from idvault_verify.v1 import disavowal_pb2 as pb

_STATES = numbers(DisavowalState, pb.Disavowal.State.Value, "STATE_")
_STORED = {word: number for word, number in _STATES.items() if word is not DisavowalState.PROPOSED}
_VERDICTS = {_STATES[word]: word for word in (DisavowalState.UPHELD, DisavowalState.REJECTED)}


@dataclass(kw_only=True, eq=False, repr=False)
class DisavowalMethods:
    """The methods about disavowals."""

    vault: Vault
    disavowals: DisavowalTerms

    async def DecideDisavowal(
        self,
        request: pb.DecideDisavowalRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Disavowal:
        """Decide a disavowal."""
        disavowal_id = moderator_api.an_id(request.disavowal_id, "disavowal_id")
        verdict = _VERDICTS.get(request.verdict)
        if verdict is None:
            raise invalid("verdict", FieldCode.CHARACTER if request.verdict else FieldCode.REQUIRED)
        fields = (disavowal_id, request.verdict, request.reason)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        decided = await acts.decide(
            self.vault, call, now, disavowal_id, verdict=verdict, reason=request.reason
        )
        return message(decided, now=now.business)

    async def ConfirmDisavowal(
        self,
        request: pb.ConfirmDisavowalRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Disavowal:
        """Confirm that a disavowal is upheld."""
        disavowal_id = moderator_api.an_id(request.disavowal_id, "disavowal_id")
        fields = (disavowal_id, request.paper_digest)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        upheld = await acts.confirm(
            self.vault,
            call,
            now,
            disavowal_id,
            paper_digest=request.paper_digest,
            terms=self.disavowals,
        )
        return message(upheld, now=now.business)

    async def GetDisavowal(
        self, request: pb.GetDisavowalRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Disavowal:
        """Return one disavowal."""
        disavowal_id = moderator_api.an_id(request.disavowal_id, "disavowal_id")
        return message(await acts.find(self.vault, caller.name, disavowal_id), now=now.business)

    async def ListDisavowals(
        self, request: pb.ListDisavowalsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListDisavowalsResponse:
        """Return a page of disavowals, oldest first."""
        after, limit = sanction_api.page(request)
        wanted = objection_api.wanted(_STORED, request)
        found, following = await acts.page(self.vault, caller.name, wanted, after=after, limit=limit, now=now)
        return pb.ListDisavowalsResponse(
            disavowals=[message(each, now=now.business) for each in found], next_page_token=following
        )


def message(value: Disavowal, *, now: datetime) -> pb.Disavowal:
    """Return the message of a disavowal; a proposal that nobody confirmed in time is not shown."""
    state = rules.state(disavowal=value, now=now)
    proposed, open_ = state is DisavowalState.PROPOSED, state is DisavowalState.FILED
    return pb.Disavowal(
        disavowal_id=value.disavowal_id,
        account_token=value.account_token,
        state=_STATES[state],
        file_time=sanction_api.time(value.filed_at),
        due_time=sanction_api.time(value.due_at),
        overdue=rules.is_overdue(disavowal=value, now=now),
        decide_time=sanction_api.time(value.decided_at),
        reason="" if open_ else value.reason,
        propose_moderator_id="" if open_ else value.proposed_by or "",
        lapse_time=sanction_api.time(moderator_rules.lapses_at(case=value) if proposed else None),
        paper_digest=b"" if open_ else value.proposal_digest or b"",
        decide_moderator_id=value.decided_by or "",
    )
