"""`Vault.content_measures`: measures on a piece of content, which you name by your own reference.

request_id: as for `Vault.sanctions`. The reference must be no person's data: it is kept in clear.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

from idvault_client import codec
from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.backend.signing import signed, statement_message
from idvault_client.codec import Id, ReadBy, given, text
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.sanction import AppealState, StatementOfReasons
from idvault_verify.v1 import sanction_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]


@dataclass(frozen=True, slots=True)
class ContentMeasureAppeal:
    """An appeal against a measure; state is None if this client does not know it.

    due_time: until when it must be decided. outside_body, outside_due_time: where one can go after a
    rejection, and until when.
    """

    state: AppealState | None
    file_time: datetime
    due_time: datetime
    overdue: bool
    decide_time: datetime | None
    decide_moderator_id: str
    reason: str = field(repr=False)
    outside_body: str
    outside_due_time: datetime | None
    text_delete_time: datetime | None


def _appeal_of(measure: pb.ContentMeasure) -> ContentMeasureAppeal | None:
    return codec.read(ContentMeasureAppeal, measure.appeal) if measure.HasField("appeal") else None


@dataclass(frozen=True, slots=True)
class PlatformContentMeasure:
    """A measure on content; a word is None if this client does not know it.

    paper_digest: SHA-256 of what the moderator signed, which later decisions name. text: what was written
    against it, only from `get`, empty once it is deleted.
    """

    measure_id: Id
    content: str = field(repr=False)
    kind: ContentMeasureKind | None
    statement: StatementOfReasons | None
    state: ContentMeasureState | None
    impose_moderator_id: str
    impose_time: datetime
    paper_digest: bytes
    finish_time: datetime | None
    finish_moderator_id: str
    finish_reason: str = field(repr=False)
    appeal: Annotated[ContentMeasureAppeal | None, ReadBy(_appeal_of)]
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ContentMeasurePage:
    """A page of measures, oldest first; next_page_token is empty at the end."""

    measures: tuple[PlatformContentMeasure, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class UpheldContentMeasure:
    """A measure to impose: of an upheld report. statement: its tip_off is the report's reference."""

    content: str = field(repr=False)
    kind: ContentMeasureKind
    statement: StatementOfReasons


def imposition(wanted: UpheldContentMeasure, *, key: ModeratorKey, signed_id: str) -> dict[str, Any]:
    """Return the fields of a signed measure without a request id. signed_id: that of the whole message."""
    values: dict[str, Any] = {
        "content": text(wanted.content, field="content"),
        "kind": wanted.kind,
        "statement": statement_message(wanted.statement),
    }
    # A text that cannot be sent is refused before it is signed.
    codec.message_of(pb.ImposeContentMeasureRequest.DESCRIPTOR, values)
    paper = {"content": wanted.content, "kind": wanted.kind, "statement": wanted.statement}
    return values | {"signature": signed(key, signed_id, papers.content_measure, **paper)}


def _with_text(answer: pb.GetContentMeasureResponse) -> PlatformContentMeasure:
    return replace(codec.read(PlatformContentMeasure, answer.measure), text=answer.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioContentMeasureClient:
    """Measures on content. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def impose(
        self,
        content: str,
        kind: ContentMeasureKind,
        statement: StatementOfReasons,
        *,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> PlatformContentMeasure:
        """Impose a measure, which is in force at once.

        statement: without an end. Raises InvalidFields, which names every missing part of it, and
        PreconditionFailed.
        """
        chosen = chosen_id(request_id)
        wanted = UpheldContentMeasure(content, kind, statement)
        fields = imposition(wanted, key=key, signed_id=chosen)
        return await self.run(
            call(_SERVICE, "ImposeContentMeasure", PlatformContentMeasure, request_id=chosen, **fields)
        )

    async def reverse(
        self,
        measure: PlatformContentMeasure,
        reason: str,
        *,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> PlatformContentMeasure:
        """Reverse a measure that is in force; raises NotFound and PreconditionFailed with both states."""
        chosen = chosen_id(request_id)
        signature = signed(
            key,
            chosen,
            papers.content_reversal,
            measure_id=measure.measure_id,
            paper_digest=measure.paper_digest,
            reason=text(reason, field="reason"),
        )
        return await self.run(
            call(
                _SERVICE,
                "ReverseContentMeasure",
                PlatformContentMeasure,
                request_id=chosen,
                measure_id=measure.measure_id,
                reason=reason,
                signature=signature,
            )
        )

    async def file_appeal(
        self, measure_id: str, words: str, *, request_id: RequestId = None
    ) -> PlatformContentMeasure:
        """File an appeal by whoever is concerned, once; words: what they write.

        Raises InvalidFields, NotFound, and PreconditionFailed (APPEAL_EXISTS, APPEAL_TOO_LATE).
        """
        return await self.run(
            call(
                _SERVICE,
                "FileContentAppeal",
                PlatformContentMeasure,
                request_id=chosen_id(request_id),
                measure_id=measure_id,
                text=words,
            )
        )

    async def decide_appeal(
        self,
        measure: PlatformContentMeasure,
        verdict: AppealState,
        reason: str,
        *,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> PlatformContentMeasure:
        """Decide an appeal, UPHELD or REJECTED, by another moderator than the one who imposed the measure.

        Raises NotFound, PreconditionFailed with both states, and AccessDenied (SELF_APPROVAL).
        """
        chosen = chosen_id(request_id)
        signature = signed(
            key,
            chosen,
            papers.content_appeal_decision,
            measure_id=measure.measure_id,
            paper_digest=measure.paper_digest,
            verdict=verdict.value,
            reason=text(reason, field="reason"),
        )
        return await self.run(
            call(
                _SERVICE,
                "DecideContentAppeal",
                PlatformContentMeasure,
                request_id=chosen,
                measure_id=measure.measure_id,
                verdict=verdict,
                reason=reason,
                signature=signature,
            )
        )

    async def get(self, measure_id: str) -> PlatformContentMeasure:
        """Return a measure with what was written against it; raises NotFound."""
        return await self.run(call(_SERVICE, "GetContentMeasure", _with_text, measure_id=measure_id))

    async def list_page(
        self,
        *,
        content: str = "",
        appeal: AppealState | None = None,
        page_size: int = 100,
        page_token: str = "",
    ) -> ContentMeasurePage:
        """Return a page of measures: all, those on one content, or those with an appeal in one state."""
        return await self.run(
            call(
                _SERVICE,
                "ListContentMeasures",
                ContentMeasurePage,
                content=content,
                **given(appeal=appeal),
                page_size=page_size,
                page_token=page_token,
            )
        )
