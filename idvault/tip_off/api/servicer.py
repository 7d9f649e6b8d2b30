"""TipOffService: reports of rumours, for platforms."""

from dataclasses import dataclass, field
from typing import Any

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import PAGE_FIELD, page_size
from idvault.moderator.api import an_id
from idvault.tip_off.acts import filing, reporter, supplement
from idvault.tip_off.acts import tip_off as acts
from idvault.tip_off.acts.case import TipOffContext
from idvault.tip_off.api import convert
from idvault.tip_off.api import form as tip_off_form
from idvault.tip_off.api.form import EvenRefusals
from idvault_verify.clock import ClockReading
from idvault_verify.seal import Part
from idvault_verify.v1 import tip_off_pb2 as pb


@dataclass(kw_only=True, eq=False, repr=False)
class TipOffMethods:
    """The methods of TipOffService. web_url: of the hosted pages, empty if there are none."""

    vault: Vault
    context: TipOffContext
    web_url: str = ""
    refusals: EvenRefusals = field(default_factory=EvenRefusals)

    async def FileTipOff(
        self, request: pb.FileTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.FiledTipOff:
        """File a report."""
        wanted = tip_off_form.filing(request)
        call = tip_off_form.read_call(request, caller)
        found = await filing.file(self.vault, call, now, wanted, self.context)
        return await self._filed(found, caller)

    async def TakeTipOff(
        self, request: pb.TakeTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.FiledTipOff:
        """File a report that a moderator took down."""
        wanted, call = tip_off_form.taking(request), tip_off_form.taken(request, caller)
        found = await filing.take(self.vault, call, now, wanted, self.context)
        return await self._filed(found, caller)

    async def _filed(self, found: filing.FiledReport, caller: Caller) -> pb.FiledTipOff:
        has_page = bool(self.web_url) and await filing.has_form(self.vault, caller.name)
        page = f"{self.web_url}/r/{caller.name}/reply" if has_page else ""
        return pb.FiledTipOff(tip_off=convert.tip_off(found.tip_off), secret=found.secret, reply_url=page)

    async def FollowTipOff(
        self, request: pb.FollowTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.FollowedTipOff:
        """Return what a reporter may read."""
        look_up = filing.follow(
            self.vault,
            caller.name,
            reference=request.reference,
            secret=request.secret,
            context=self.context,
            now=now,
        )
        return convert.followed(await self.refusals.of(look_up, caller=caller.holder))

    async def SupplementTipOff(
        self,
        request: pb.SupplementTipOffRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.FollowedTipOff:
        """Add what a reporter answers to the reply."""
        work = supplement.supplement(
            self.vault,
            tip_off_form.read_call(request, caller),
            now,
            reference=request.reference,
            secret=request.secret,
            text=request.text,
            context=self.context,
        )
        return convert.followed(await self.refusals.of(work, caller=caller.holder))

    async def AssignTipOff(
        self, request: pb.AssignTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.TipOff:
        """Assign a report by compare-and-set."""
        ids = _ids(request)
        former = tip_off_form.optional_id(request.former_moderator_id, "former_moderator_id")
        call = tip_off_form.decided(request, *ids, former or "", caller=caller)
        return convert.tip_off(await acts.assign(self.vault, call, now, *ids, former))

    async def ReturnTipOff(
        self, request: pb.ReturnTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.TipOff:
        """Hand a report back to the queue."""
        ids = _ids(request)
        call = tip_off_form.decided(request, *ids, caller=caller)
        return convert.tip_off(await acts.hand_back(self.vault, call, now, *ids))

    async def AddTipOffNote(
        self, request: pb.AddTipOffNoteRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.TipOff:
        """Add a note."""
        ids = _ids(request)
        call = tip_off_form.decided(request, *ids, caller=caller, text=request.note)
        noted = await acts.note(self.vault, call, now, *ids, text=request.note, sealer=self.context.sealer)
        return convert.tip_off(noted)

    async def AnswerTipOff(
        self, request: pb.AnswerTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.TipOff:
        """Reply to the reporter."""
        ids = _ids(request)
        call = tip_off_form.decided(request, *ids, caller=caller, text=request.reply)
        answered = await acts.answer(
            self.vault, call, now, *ids, reply=request.reply, sealer=self.context.sealer
        )
        return convert.tip_off(answered)

    async def ResolveTipOff(
        self, request: pb.ResolveTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.TipOff:
        """Decide about a report."""
        ids = _ids(request)
        decision = tip_off_form.read_decision(request, caller=caller, now=now)
        signed: tuple[Part, ...] = (
            *ids,
            request.outcome,
            request.dismissal,
            request.sanction.signature.signature,
        )
        if request.HasField("content_measure"):
            signed += (request.content_measure.signature.signature,)
        if request.authority:
            signed += (request.authority,)
        call = tip_off_form.decided(request, *signed, caller=caller, text=request.reply)
        return convert.tip_off(
            await acts.resolve(self.vault, call, now, *ids, decision=decision, context=self.context)
        )

    async def MergeTipOffs(
        self, request: pb.MergeTipOffsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.TipOff:
        """Merge reports of the same matter into one."""
        ids, merged = _ids(request), tip_off_form.duplicates(request)
        call = tip_off_form.decided(request, *ids, *merged, caller=caller)
        return convert.tip_off(await acts.merge(self.vault, call, now, *ids, merged))

    async def GetTipOff(
        self, request: pb.GetTipOffRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.TipOffCase:
        """Return one report with its texts."""
        tip_off_id = an_id(request.tip_off_id, "tip_off_id")
        found = await acts.get(self.vault, caller.name, tip_off_id, sealer=self.context.sealer, now=now)
        return convert.case(found)

    async def ListTipOffs(
        self, request: pb.ListTipOffsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListTipOffsResponse:
        """Return a page of reports in the order of the queue."""
        found = await acts.page(
            self.vault,
            caller.name,
            tip_off_form.wanted(request),
            after=tip_off_form.place(request.page_token),
            limit=page_size(request.page_size),
            now=now,
        )
        return pb.ListTipOffsResponse(
            tip_offs=[convert.tip_off(each) for each in found.tip_offs],
            next_page_token=tip_off_form.place_token(found.following),
        )

    async def SetReporterStanding(
        self,
        request: pb.SetReporterStandingRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Reporter:
        """Set how a reporter's reports are treated."""
        reporter_id, end = an_id(request.reporter_id, "reporter_id"), request.limit_end_time
        limits = request.HasField("limit_end_time")
        standing = tip_off_form.chosen(convert.STANDINGS, request.standing, "standing")
        fields = (reporter_id, request.standing, end.seconds if limits else "")
        found = await reporter.set_standing(
            self.vault,
            tip_off_form.decided(request, *fields, caller=caller),
            now,
            reporter_id,
            standing=standing,
            limited_until=convert.time_of(end, "limit_end_time") if limits else None,
        )
        return convert.reporter(found)

    async def ListReporters(
        self, request: pb.ListReportersRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListReportersResponse:
        """Return a page of reporters, by id."""
        found, following = await reporter.page(
            self.vault,
            caller.name,
            standing=tip_off_form.perhaps(convert.STANDINGS, request.standing, "standing"),
            reporter_id=tip_off_form.optional_id(request.reporter_id, "reporter_id"),
            after=tip_off_form.optional_id(request.page_token, PAGE_FIELD) or "",
            limit=page_size(request.page_size),
            now=now,
        )
        return pb.ListReportersResponse(
            reporters=[convert.reporter(each) for each in found], next_page_token=following
        )


def _ids(request: Any) -> tuple[str, str]:
    """Return the report and the moderator of a mutation; raises InvalidError."""
    return an_id(request.tip_off_id, "tip_off_id"), an_id(request.moderator_id, "moderator_id")
