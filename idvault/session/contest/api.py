"""The methods of SessionService for contests, and their messages."""

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
from idvault.session.contest import acts, rules
from idvault.session.contest.acts import CONTESTS
from idvault.session.contest.rules import Contest, ContestTerms
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.session import ContestState
from idvault_verify.v1 import contest_pb2 as pb

_STATES = numbers(ContestState, pb.Contest.State.Value, "STATE_")
_STORED = {word: number for word, number in _STATES.items() if word is not ContestState.PROPOSED}


@dataclass(kw_only=True, eq=False, repr=False)
class ContestMethods:
    """The methods about contests."""

    vault: Vault
    contests: ObjectionContext[ContestTerms]

    async def ContestVerification(
        self,
        request: pb.ContestVerificationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Contest:
        """File a contest of a verification."""
        account_token = token.check(request.account_token)
        claim_id = moderator_api.an_id(request.verification_id, "verification_id")
        filed = await acts.file(
            self.vault,
            repetition.asked(request, caller),
            now,
            account_token=account_token,
            claim_id=claim_id,
            text=request.text,
            context=self.contests,
            again=True,
        )
        return message(filed, now=now.business)

    async def DecideContest(
        self, request: pb.DecideContestRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Contest:
        """Decide a contest."""
        contest_id = moderator_api.an_id(request.contest_id, "contest_id")
        verdict = objection_api.verdict(_STORED, request.verdict)
        fields = (contest_id, request.verdict, request.reason)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        decided = await acts.decide(
            self.vault,
            call,
            now,
            contest_id,
            verdict=verdict,
            reason=request.reason,
            terms=self.contests.terms,
        )
        return message(decided, now=now.business)

    async def ConfirmContest(
        self, request: pb.ConfirmContestRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Contest:
        """Confirm that a contest is upheld."""
        contest_id = moderator_api.an_id(request.contest_id, "contest_id")
        fields = (contest_id, request.paper_digest)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        upheld = await acts.confirm(
            self.vault,
            call,
            now,
            contest_id,
            paper_digest=request.paper_digest,
            terms=self.contests.terms,
        )
        return message(upheld, now=now.business)

    async def GetContest(
        self, request: pb.GetContestRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.GetContestResponse:
        """Return one contest with its text."""
        contest_id = moderator_api.an_id(request.contest_id, "contest_id")
        found, text = await CONTESTS.get(
            self.vault, caller.name, contest_id, now=now, sealer=self.contests.sealer
        )
        return pb.GetContestResponse(contest=message(found, now=now.business), text=text)

    async def ListContests(
        self, request: pb.ListContestsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListContestsResponse:
        """Return a page of contests, oldest first."""
        after, limit = sanction_api.page(request)
        wanted = objection_api.wanted(_STORED, request)
        found, following = await CONTESTS.page(
            self.vault, caller.name, wanted, after=after, limit=limit, now=now
        )
        return pb.ListContestsResponse(
            contests=[message(each, now=now.business) for each in found], next_page_token=following
        )


def message(value: Contest, *, now: datetime) -> pb.Contest:
    """Return the message of a contest; a proposal that nobody confirmed in time is not shown."""
    state = rules.state(contest=value, now=now)
    proposed, open_ = state is ContestState.PROPOSED, state is ContestState.FILED
    return pb.Contest(
        contest_id=value.contest_id,
        account_token=value.account_token,
        verification_id=value.claim_id,
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
    )
