"""TipOffFormService: reports from the public, for the hosted pages."""

import re
from dataclasses import dataclass, field

from idvault.core import request as request_rules
from idvault.core.edge.call import Caller
from idvault.core.edge.page_token import FIELD
from idvault.platform.ports import PresentedPlatform
from idvault.tip_off.acts.call import TipOffCall
from idvault.tip_off.acts.filing import NewTipOff
from idvault.tip_off.acts.form import FormFlow
from idvault.tip_off.api import asked, convert
from idvault.tip_off.api.even import EvenRefusals
from idvault.v1 import tip_off_pb2 as pb
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode
from idvault.verify.seal import Part
from idvault.verify.tip_off import TargetKind, TipOffChannel, TipOffTarget

_NAME = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(kw_only=True, eq=False, repr=False)
class TipOffFormServicer:
    """Converts, calls one flow, converts back."""

    forms: FormFlow
    refusals: EvenRefusals = field(default_factory=EvenRefusals)

    async def ListTipOffForms(
        self,
        request: pb.ListTipOffFormsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListTipOffFormsResponse:
        """Return a page of platforms with a form."""
        after = _name(request.page_token, FIELD) if request.page_token else ""
        found, following = await self.forms.list(after=after, limit=asked.page_size(request.page_size))
        return pb.ListTipOffFormsResponse(forms=[_form(each) for each in found], next_page_token=following)

    async def FileTipOffForm(
        self, request: pb.FileTipOffFormRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.FiledTipOffForm:
        """File a report."""
        name = _name(request.platform, "platform")
        wanted, fields = _filing(request)
        request_id = request_rules.check_id(request.request_id)
        call = TipOffCall(name, caller.actor_id, request_id, "FileTipOffForm", fields)
        filed = await self.forms.file(call, wanted=wanted, now=now)
        told = convert.tip_off(filed.tip_off)
        return pb.FiledTipOffForm(reference=told.reference, secret=filed.secret, due_time=told.due_time)

    async def FollowTipOffForm(
        self,
        request: pb.FollowTipOffFormRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.FollowedTipOff:
        """Return what a reporter may read."""
        look_up = self.forms.follow(
            name=_name(request.platform, "platform"),
            reference=request.reference,
            secret=request.secret,
            now=now,
        )
        return convert.followed(await self.refusals.of(look_up, caller=caller.holder))


def _name(text: str, field: str) -> str:
    if not text:
        raise asked.invalid(field, FieldCode.REQUIRED)
    if not _NAME.fullmatch(text):
        raise asked.invalid(field, FieldCode.CHARACTER)
    return text


def _form(platform: PresentedPlatform) -> pb.TipOffForm:
    return pb.TipOffForm(platform=platform.name, platform_title=platform.title)


def _filing(message: pb.FileTipOffFormRequest) -> tuple[NewTipOff, tuple[Part, ...]]:
    """Return the report to file, and the parts that a repeated request must share."""
    wanted = NewTipOff(
        channel=TipOffChannel.WEB,
        target=TipOffTarget(TargetKind.CONTENT, message.content),
        category=asked.chosen(convert.CATEGORIES, message.category, "category"),
        text=message.text,
        contact=message.contact,
        content=message.content_copy,
    )
    fields = (
        message.platform,
        message.content,
        message.category,
        message.text,
        message.contact,
        message.content_copy,
    )
    return wanted, fields
