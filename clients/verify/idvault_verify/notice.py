"""The notices of a registry: what it says happened to the holder of a document, without any name."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from idvault_verify import ed25519, strict_base64
from idvault_verify.account import SubjectKind
from idvault_verify.claim import kind_of
from idvault_verify.document import Document
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

_ID = re.compile(r"[0-9a-f]{32}")


class NoticeKeyError(ValueError):
    """A registry's public key is not an Ed25519 key in base64, or one of small order."""


def public_key(text: str) -> bytes:
    """Return the key of base64 with padding; raises NoticeKeyError."""
    try:
        return ed25519.check(strict_base64.standard(text))
    except ValueError as error:
        raise NoticeKeyError("a registry's key must be an Ed25519 public key in base64") from error


class NoticeKind(StrEnum):
    """What happened."""

    PERSON_ENDED = "PERSON_ENDED"  # the person died, or left the register
    NUMBER_REPLACED = "NUMBER_REPLACED"  # the person has a new document in place of the old one
    NAME_CHANGED = "NAME_CHANGED"
    ORGANIZATION_ENDED = "ORGANIZATION_ENDED"  # it was deregistered, or its licence was revoked
    REPRESENTATIVE_CHANGED = "REPRESENTATIVE_CHANGED"
    REVERSED = "REVERSED"  # an earlier notice was wrong


@dataclass(frozen=True, slots=True)
class RegistryNotice:
    """One notice. notice_id: 32 hex digits, chosen by the registry, never used twice.

    day: on which it was registered, in the registry's time zone. document: whose holder it concerns; None for
    REVERSED. new_document: only of NUMBER_REPLACED. reversed_id: only of REVERSED, the id of the earlier one.
    """

    notice_id: str
    kind: NoticeKind
    day: date
    document: Document | None = None
    new_document: Document | None = None
    reversed_id: str = ""

    def check(self, *, today: date) -> None:
        """Raise InvalidError (INVALID_MESSAGE) that names the field that the kind has not, or lacks.

        A day after today is refused. today: in the deployment's time zone.
        """
        _require(_ID.fullmatch(self.notice_id) is not None, "notice_id")
        _require(self.day <= today, "day", FieldCode.FUTURE_DATE)
        _require(bool(self.reversed_id) == (self.kind is NoticeKind.REVERSED), "reversed_notice_id")
        _require(not self.reversed_id or _ID.fullmatch(self.reversed_id) is not None, "reversed_notice_id")
        _require(_has(self.document, SUBJECTS.get(self.kind)), "document")
        replaced = self.kind is NoticeKind.NUMBER_REPLACED
        _require(_has(self.new_document, SubjectKind.INDIVIDUAL if replaced else None), "new_document")
        _require(self.new_document is None or self.new_document != self.document, "new_document")


SUBJECTS = {
    NoticeKind.PERSON_ENDED: SubjectKind.INDIVIDUAL,
    NoticeKind.NUMBER_REPLACED: SubjectKind.INDIVIDUAL,
    NoticeKind.NAME_CHANGED: SubjectKind.INDIVIDUAL,
    NoticeKind.ORGANIZATION_ENDED: SubjectKind.ORGANIZATION,
    NoticeKind.REPRESENTATIVE_CHANGED: SubjectKind.ORGANIZATION,
}
"""Whose document a notice names; REVERSED names none."""


def _has(document: Document | None, kind: SubjectKind | None) -> bool:
    return kind == (None if document is None else kind_of(document.type))


def _require(condition: bool, field: str, code: FieldCode = FieldCode.CHARACTER) -> None:
    if not condition:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
