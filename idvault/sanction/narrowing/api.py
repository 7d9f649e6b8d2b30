"""The methods of SanctionService for narrowings, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.moderator import rules as moderator_rules
from idvault.sanction import api as sanction_api
from idvault.sanction.narrowing import acts, rules
from idvault.sanction.narrowing.rules import Narrowing
from idvault_verify.clock import ClockReading
from idvault_verify.sanction import NarrowingState
from idvault_verify.v1 import sanction_pb2 as pb

_STATES = numbers(NarrowingState, pb.Narrowing.State.Value, "STATE_")


@dataclass(kw_only=True, eq=False, repr=False)
class NarrowingMethods:
    """The methods about narrowings."""

    vault: Vault

    async def NarrowSanction(
        self, request: pb.NarrowSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Narrowing:
        """Propose to narrow a sanction."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        call = moderator_api.signed(request, sanction_id, caller=caller, signature=request.signature)
        return message(await acts.propose(self.vault, call, now, sanction_id), now=now.business)

    async def ConfirmNarrowing(
        self,
        request: pb.ConfirmNarrowingRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Narrowing:
        """Confirm a proposal."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        fields = (sanction_id, request.paper_digest)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        confirmed = await acts.confirm(self.vault, call, now, sanction_id, paper_digest=request.paper_digest)
        return message(confirmed, now=now.business)

    async def ListNarrowings(
        self, request: pb.ListNarrowingsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListNarrowingsResponse:
        """Return a page of narrowings."""
        after, limit = sanction_api.page(request)
        found, following = await acts.page(
            self.vault, caller.name, only_open=request.open, after=after, limit=limit
        )
        return pb.ListNarrowingsResponse(
            narrowings=[message(each, now=now.business) for each in found], next_page_token=following
        )


def message(value: Narrowing, *, now: datetime) -> pb.Narrowing:
    """Return the message of a narrowing; a proposal that nobody confirmed in time is not shown."""
    state = rules.state(narrowing=value, now=now)
    proposed = state is NarrowingState.PROPOSED
    shown = state is not NarrowingState.OPEN
    return pb.Narrowing(
        sanction_id=value.sanction_id,
        account_token=value.account_token,
        state=_STATES[state],
        begin_time=sanction_api.time(value.began_at),
        due_time=sanction_api.time(value.due_at),
        overdue=rules.is_overdue(narrowing=value, now=now),
        propose_moderator_id=(value.proposed_by or "") if shown else "",
        lapse_time=sanction_api.time(moderator_rules.lapses_at(case=value) if proposed else None),
        paper_digest=(value.proposal_digest or b"") if shown else b"",
        confirm_moderator_id=value.confirmed_by or "",
        narrow_time=sanction_api.time(value.narrowed_at),
    )
