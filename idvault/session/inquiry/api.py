"""The methods of InquiryService, and their messages."""

from dataclasses import dataclass

from idvault.core.act import MemberActor, Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers, time_of
from idvault.sanction import api as sanction_api
from idvault.session.api import convert
from idvault.session.inquiry import acts
from idvault.session.inquiry.acts import InquiryContext, ShownInquiry, ToldRecords
from idvault_verify import secret
from idvault_verify.account import AccountState
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import inquiry_pb2 as pb

_STATES = numbers(AccountState, common_pb2.AccountStatus.State.Value, "STATE_")


@dataclass(kw_only=True, eq=False, repr=False)
class InquiryMethods:
    """The methods of the operator's page."""

    vault: Vault
    context: InquiryContext

    async def GetInquiryForm(
        self, request: pb.GetInquiryFormRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.InquiryForm:
        """Return what the first page needs."""
        found = acts.offer(self.context)
        return pb.InquiryForm(provider=found.provider, document_types=convert.documents(found.document_types))

    async def BeginInquiry(
        self, request: pb.BeginInquiryRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.BegunInquiry:
        """Begin an inquiry."""
        started = await acts.begin(
            self.vault,
            self.context,
            MemberActor(caller.actor_id),
            now,
            browser_key=_key(request.browser_key),
            identity=convert.holder(request, claims=self.context.sessions.rules, now=now),
        )
        return pb.BegunInquiry(proof_url=started.proof_url, provider=started.provider)

    async def FinishInquiry(
        self, request: pb.FinishInquiryRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Inquiry:
        """Take the end of a proof."""
        by, key = MemberActor(caller.actor_id), _key(request.browser_key)
        return _message(await acts.finish(self.vault, self.context, by, now, key))

    async def GetInquiry(
        self, request: pb.GetInquiryRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Inquiry:
        """Return what whoever is proven sees now."""
        return _message(await acts.get(self.vault, self.context, now, _key(request.browser_key)))

    async def DisownAccount(
        self, request: pb.DisownAccountRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Inquiry:
        """Disown an account."""
        by, key = MemberActor(caller.actor_id), _key(request.browser_key)
        handle = secret.check(request.handle, field="handle")
        return _message(await acts.disown(self.vault, self.context, by, now, key, handle=handle))

    async def CancelInquiry(
        self, request: pb.CancelInquiryRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Inquiry:
        """Cancel the list and what waits."""
        by, key = MemberActor(caller.actor_id), _key(request.browser_key)
        return _message(await acts.cancel(self.vault, self.context, by, now, key))


def _key(text: str) -> str:
    return secret.check(text, field="browser_key")


def _message(value: ShownInquiry) -> pb.Inquiry:
    made = pb.Inquiry(
        ready_time=sanction_api.time(value.ready_at),
        waiting=value.waiting,
        shown=value.accounts is not None,
        proof_url=value.proof_url,
        provider=value.provider,
        finishable=value.finishable,
        accounts=[
            pb.ListedAccount(
                handle=each.handle,
                platform_title=each.title,
                verify_month=each.month,
                state=_STATES[each.state],
                waiting=each.waits,
                undecided=each.has_open,
            )
            for each in value.accounts or ()
        ],
    )
    if value.told is not None:
        made.MergeFrom(_told(value.told))
    return made


def _told(value: ToldRecords) -> pb.Inquiry:
    """Return the part of the answer about withdrawn verifications."""
    places = {each.disclosure_id: place for place, each in enumerate(value.disclosures)}
    return pb.Inquiry(
        horizon_time=time_of(value.horizon),
        disclosures=[
            pb.ToldDisclosure(
                platform_title=value.titles[each.relying_party],
                disclose_time=time_of(each.disclosed_at),
                auditor_actor_id=each.auditor_actor_id,
                legal_basis=each.legal_basis,
                log_index=each.log_index or 0,
            )
            for each in value.disclosures
        ],
        openings=[
            pb.ToldOpening(
                platform_title=value.titles[each.relying_party],
                open_time=time_of(each.opened_at),
                auditor_actor_id=each.auditor_actor_id,
                log_index=each.log_index or 0,
                disclosure_index=places[each.disclosure_id],
            )
            for each in value.accesses
            # A withdrawal between both reads: the next visit lists it whole.
            if each.disclosure_id in places
        ],
    )
