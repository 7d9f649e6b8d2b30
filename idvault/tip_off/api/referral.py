"""The methods of AuthorityService about referrals, and their messages."""

from dataclasses import dataclass
from datetime import tzinfo

from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.moderator import api as moderator_api
from idvault.sanction.api import page, time
from idvault.tip_off.acts import referral as acts
from idvault.tip_off.acts.referral import ReferralContext
from idvault.tip_off.api import convert
from idvault.tip_off.api.form import perhaps
from idvault.tip_off.referral.rules import Referral
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import authority_pb2 as pb


def message(value: Referral, *, now: ClockReading, zone: tzinfo) -> pb.Referral:
    """Return the message of a referral as its authority reads it, as of now."""
    shown = value.is_shown(now=now.business)
    return pb.Referral(
        referral_id=value.referral_id,
        platform=value.relying_party,
        category=convert.CATEGORIES[value.category],
        target=convert.target_message(value.target) if shown else None,
        target_salt=(value.salt or b"") if shown else b"",
        refer_date=value.referred_at.astimezone(zone).date().isoformat(),
        last_date=value.last_day(zone).isoformat(),
        state=convert.REFERRAL_STATES[value.state(now=now.business)],
        answer_time=time(value.answered_at),
        signed_answer=value.answer,
    )


@dataclass(kw_only=True, eq=False, repr=False)
class ReferralMethods:
    """The methods about referrals. zone: in whose days they are told."""

    referrals: ReferralContext
    zone: tzinfo

    async def AnswerReferral(
        self, request: pb.AnswerReferralRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Referral:
        """Accept or decline a referral."""
        call = repetition.asked_by_member(request, caller)
        answered = await acts.answer(
            self.referrals, call, now, signed=request.signed_answer, code=request.code
        )
        return message(answered, now=now, zone=self.zone)

    async def GetReferral(
        self, request: pb.GetReferralRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Referral:
        """Return a referral."""
        referral_id = moderator_api.an_id(request.referral_id, "referral_id")
        found = await acts.get(self.referrals.vault, caller.actor_id, referral_id)
        return message(found, now=now, zone=self.zone)

    async def ListReferrals(
        self, request: pb.ListReferralsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListReferralsResponse:
        """Return a page of referrals."""
        after, limit = page(request)
        found, following = await acts.page(
            self.referrals.vault,
            caller.actor_id,
            state=perhaps(convert.REFERRAL_STATES, request.state, "state"),
            after=after,
            limit=limit,
            now=now,
        )
        return pb.ListReferralsResponse(
            referrals=[message(each, now=now, zone=self.zone) for each in found], next_page_token=following
        )
