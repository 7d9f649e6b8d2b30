"""The methods of SessionService for appeals against withdrawals, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.act import Vault
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.moderator import rules as moderator_rules
from idvault.sanction import api as sanction_api
from idvault.sanction.objection import api as objection_api
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import ObjectionContext
from idvault.session.reinstatement import acts, rules
from idvault.session.reinstatement.acts import REINSTATEMENTS
from idvault.session.reinstatement.rules import Reinstatement, ReinstatementTerms
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.session import ReinstatementState
from idvault_verify.v1 import reinstatement_pb2 as pb

_STATES = numbers(ReinstatementState, pb.Reinstatement.State.Value, "STATE_")
_STORED = {word: number for word, number in _STATES.items() if word is not ReinstatementState.PROPOSED}


@dataclass(kw_only=True, eq=False, repr=False)
class ReinstatementMethods:
    """The methods about appeals against withdrawals."""

    vault: Vault
    reinstatements: ObjectionContext[ReinstatementTerms]

    async def AppealWithdrawal(
        self,
        request: pb.AppealWithdrawalRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Reinstatement:
        """File an appeal against a withdrawal."""
        filed = await acts.file(
            self.vault,
            repetition.asked(request, caller),
            now,
            account_token=token.check(request.account_token),
            text=request.text,
            context=self.reinstatements,
        )
        return message(filed, now=now.business)

    async def DecideReinstatement(
        self,
        request: pb.DecideReinstatementRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Reinstatement:
        """Decide an appeal."""
        reinstatement_id = moderator_api.an_id(request.reinstatement_id, "reinstatement_id")
        verdict = objection_api.verdict(_STORED, request.verdict)
        fields = (reinstatement_id, request.verdict, request.reason)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        decided = await acts.decide(
            self.vault,
            call,
            now,
            reinstatement_id,
            verdict=verdict,
            reason=request.reason,
            terms=self.reinstatements.terms,
        )
        return message(decided, now=now.business)

    async def ConfirmReinstatement(
        self,
        request: pb.ConfirmReinstatementRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Reinstatement:
        """Confirm that an appeal is upheld."""
        reinstatement_id = moderator_api.an_id(request.reinstatement_id, "reinstatement_id")
        fields = (reinstatement_id, request.paper_digest)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        upheld = await acts.confirm(
            self.vault,
            call,
            now,
            reinstatement_id,
            paper_digest=request.paper_digest,
            terms=self.reinstatements.terms,
        )
        return message(upheld, now=now.business)

    async def GetReinstatement(
        self,
        request: pb.GetReinstatementRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.GetReinstatementResponse:
        """Return one appeal with its text."""
        reinstatement_id = moderator_api.an_id(request.reinstatement_id, "reinstatement_id")
        found, text = await REINSTATEMENTS.get(
            self.vault, caller.name, reinstatement_id, now=now, sealer=self.reinstatements.sealer
        )
        return pb.GetReinstatementResponse(reinstatement=message(found, now=now.business), text=text)

    async def ListReinstatements(
        self,
        request: pb.ListReinstatementsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListReinstatementsResponse:
        """Return a page of appeals, oldest first."""
        after, limit = sanction_api.page(request)
        wanted = objection_api.wanted(_STORED, request)
        found, following = await REINSTATEMENTS.page(
            self.vault, caller.name, wanted, after=after, limit=limit, now=now
        )
        return pb.ListReinstatementsResponse(
            reinstatements=[message(each, now=now.business) for each in found], next_page_token=following
        )


def message(value: Reinstatement, *, now: datetime) -> pb.Reinstatement:
    """Return the message of an appeal; a proposal that nobody confirmed in time is not shown."""
    state = rules.state(reinstatement=value, now=now)
    proposed, open_ = state is ReinstatementState.PROPOSED, state is ReinstatementState.FILED
    return pb.Reinstatement(
        reinstatement_id=value.reinstatement_id,
        account_token=value.account_token,
        state=_STATES[state],
        file_time=sanction_api.time(value.filed_at),
        due_time=sanction_api.time(value.due_at),
        overdue=objection_rules.is_overdue(value, now=now),
        decide_time=sanction_api.time(value.decided_at),
        reason="" if open_ else value.reason,
        text_delete_time=sanction_api.time(value.text_deleted_at or value.delete_at),
        propose_moderator_id="" if open_ else value.proposed_by or "",
        lapse_time=sanction_api.time(moderator_rules.lapses_at(case=value) if proposed else None),
        paper_digest=b"" if open_ else value.proposal_digest or b"",
        decide_moderator_id=value.decided_by or "",
        reinstated=bool(value.reinstated),
    )
