"""The methods of SanctionService about measures on content, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.moderator.api import an_id, invalid
from idvault.sanction import api as sanction_api
from idvault.sanction.api import page, time
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.content_measure import acts
from idvault.sanction.content_measure.rules import (
    ContentAppeal,
    ContentMeasure,
    ContentMeasureFilter,
    NewContentMeasure,
)
from idvault.sanction.objection import api as objection_api
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import ObjectionContext
from idvault_verify.attest import sanction as papers
from idvault_verify.clock import ClockReading
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.error import FieldCode
from idvault_verify.sanction import AppealState
from idvault_verify.v1 import sanction_pb2 as pb

KINDS = numbers(ContentMeasureKind, pb.ContentMeasure.Kind.Value, "KIND_")
_STATES = numbers(ContentMeasureState, pb.ContentMeasure.State.Value, "STATE_")
_APPEALS = numbers(AppealState, pb.Appeal.State.Value, "STATE_")


def read(message: pb.ImposeContentMeasureRequest, *, now: ClockReading) -> NewContentMeasure:
    """Return the measure; raises InvalidError."""
    kind = next((word for word, number in KINDS.items() if number == message.kind), None)
    if kind is None:
        raise invalid("kind", FieldCode.CHARACTER if message.kind else FieldCode.REQUIRED)
    statement = sanction_api.from_message(message.statement, now=now.business)
    return NewContentMeasure(message.content, kind, statement)


def _appeal(value: ContentAppeal, *, now: datetime) -> pb.ContentMeasure.Appeal:
    return pb.ContentMeasure.Appeal(
        state=_APPEALS[value.state],
        file_time=time(value.filed_at),
        due_time=time(value.due_at),
        overdue=objection_rules.is_overdue(value, now=now),
        decide_time=time(value.decided_at),
        decide_moderator_id=value.decided_by or "",
        reason=value.reason,
        outside_body=value.outside_body,
        outside_due_time=time(value.outside_until),
        text_delete_time=time(value.delete_at or value.text_deleted_at),
    )


def message(value: ContentMeasure, *, now: datetime) -> pb.ContentMeasure:
    """Return the message of a measure as of now."""
    return pb.ContentMeasure(
        measure_id=value.measure_id,
        content=value.content,
        kind=KINDS[value.kind],
        statement=sanction_api.to_message(value.statement),
        state=_STATES[value.state],
        impose_moderator_id=value.imposed_by,
        impose_time=time(value.imposed_at),
        paper_digest=papers.digest(value.paper),
        finish_time=time(value.ended_at),
        finish_moderator_id=value.ended_by or "",
        finish_reason=value.end_reason,
        appeal=None if value.appeal is None else _appeal(value.appeal, now=now),
    )


def wanted(request: pb.ListContentMeasuresRequest) -> ContentMeasureFilter:
    """Return which measures to list; raises InvalidError."""
    state = next((word for word, number in _APPEALS.items() if number == request.appeal), None)
    if request.appeal and (state is None or request.content):
        raise invalid("appeal", FieldCode.CHARACTER)
    return ContentMeasureFilter(request.content or None, state)


@dataclass(kw_only=True, eq=False, repr=False)
class ContentMeasureMethods:
    """The methods about measures on content. appeals: the terms of appeals, and what seals their texts."""

    vault: Vault
    appeals: ObjectionContext[AppealTerms]

    async def ImposeContentMeasure(
        self,
        request: pb.ImposeContentMeasureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ContentMeasure:
        """Impose a measure."""
        given = read(request, now=now)
        call = moderator_api.signed(request, caller=caller, signature=request.signature)
        return message(await acts.impose(self.vault, call, now, given), now=now.business)

    async def ReverseContentMeasure(
        self,
        request: pb.ReverseContentMeasureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ContentMeasure:
        """Reverse a measure."""
        measure_id = an_id(request.measure_id, "measure_id")
        call = moderator_api.signed(request, caller=caller, signature=request.signature)
        reversed_ = await acts.reverse(self.vault, call, now, measure_id, reason=request.reason)
        return message(reversed_, now=now.business)

    async def FileContentAppeal(
        self,
        request: pb.FileContentAppealRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ContentMeasure:
        """File an appeal against a measure."""
        measure_id, call = an_id(request.measure_id, "measure_id"), moderator_api.call(request, caller)
        filed = await acts.file_appeal(
            self.vault, call, now, measure_id, text=request.text, context=self.appeals
        )
        return message(filed, now=now.business)

    async def DecideContentAppeal(
        self,
        request: pb.DecideContentAppealRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ContentMeasure:
        """Decide an appeal against a measure."""
        measure_id = an_id(request.measure_id, "measure_id")
        verdict = objection_api.verdict(_APPEALS, request.verdict)
        call = moderator_api.signed(request, caller=caller, signature=request.signature)
        decided = await acts.decide_appeal(
            self.vault,
            call,
            now,
            measure_id,
            verdict=verdict,
            reason=request.reason,
            terms=self.appeals.terms,
        )
        return message(decided, now=now.business)

    async def GetContentMeasure(
        self,
        request: pb.GetContentMeasureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.GetContentMeasureResponse:
        """Return one measure with what was written against it."""
        measure_id = an_id(request.measure_id, "measure_id")
        found = await acts.get(self.vault, caller.name, measure_id, sealer=self.appeals.sealer, now=now)
        shown = message(found.measure, now=now.business)
        return pb.GetContentMeasureResponse(measure=shown, text=found.text)

    async def ListContentMeasures(
        self,
        request: pb.ListContentMeasuresRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListContentMeasuresResponse:
        """Return a page of measures."""
        after, limit = page(request)
        found, following = await acts.page(self.vault, caller.name, wanted(request), after=after, limit=limit)
        return pb.ListContentMeasuresResponse(
            measures=[message(each, now=now.business) for each in found], next_page_token=following
        )
