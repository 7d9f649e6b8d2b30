"""The method of a registry's notices, and their messages."""

from dataclasses import dataclass
from datetime import date

from idvault.core.act import MemberActor, Vault
from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.notice import acts
from idvault.notice.acts import NoticeContext, SignedNotice
from idvault_verify import document
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.notice import NoticeKind, RegistryNotice
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import notice_pb2 as pb

MOST = 100
_KINDS = {
    number: word
    for word, number in convert.numbers(NoticeKind, pb.RegistryNotice.Kind.Value, "KIND_").items()
}
_TYPES = {
    number: word
    for word, number in convert.numbers(DocumentType, common_pb2.DocumentType.Value, "DOCUMENT_TYPE_").items()
}


@dataclass(kw_only=True, eq=False, repr=False)
class NoticeMethods:
    """Converts, calls one act, converts back."""

    vault: Vault
    context: NoticeContext

    async def SubmitNotices(
        self,
        request: pb.SubmitNoticesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.SubmitNoticesResponse:
        """Apply notices."""
        if len(request.notices) > MOST:
            raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("notices", FieldCode.LENGTH))
        today = now.today(self.context.zone)
        found = await acts.submit(
            self.vault,
            MemberActor(caller.actor_id),
            now,
            caller.name,
            [SignedNotice(_notice(each, today), each.signature) for each in request.notices],
            caught_up=request.caught_up,
            context=self.context,
        )
        return pb.SubmitNoticesResponse(last_notice_id=found.last_notice_id, fresh=found.fresh)


def _notice(message: pb.RegistryNotice, today: date) -> RegistryNotice:
    if message.kind not in _KINDS:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("kind", FieldCode.CHARACTER))
    new = message.new_document if message.HasField("new_document") else None
    return RegistryNotice(
        message.notice_id,
        _KINDS[message.kind],
        _day(message.day),
        _document(message.document, today) if message.HasField("document") else None,
        None if new is None else _document(new, today),
        message.reversed_notice_id,
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # The library also reads other forms of ISO 8601, and what is signed has one.
    if day is None or day.isoformat() != text:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("day", FieldCode.CHARACTER))
    return day


def _document(message: common_pb2.IdentityDocument, today: date) -> Document:
    if message.type not in _TYPES:
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", FieldCode.CHARACTER))
    parsed = document.parse(type=_TYPES[message.type], number=message.number, today=today)
    if parsed.number != message.number:
        raise InvalidError(Reason.INVALID_DOCUMENT_NUMBER, Violation("document.number", FieldCode.CHARACTER))
    return parsed
