"""Objections: what an owner writes against something, to be decided by a day (appeals, contests).

- One that is not decided by its day is overdue, and stays in the public count when it is decided.
- A text has at most 2,000 characters, and no control characters but those of lines.
- The text is deleted TEXT_DAYS after the decision: at delete_at.
"""

from dataclasses import Field, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar
from unicodedata import category

from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

FILED = "FILED"
"""The state of each kind until it is decided."""
TEXT_LENGTH = 2_000
TEXT_DAYS = 90
"""Long enough to answer questions about the decision, and the most that the pages promise to owners."""
_LAYOUT = "\r\n\t"


class DatedCase(Protocol):
    """What is to be decided by a day, and has a text until some days after. All are dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def state(self) -> StrEnum:
        """FILED until it is decided."""
        ...

    @property
    def due_at(self) -> datetime:
        """When it must be decided."""
        ...

    @property
    def overdue_at(self) -> datetime | None:
        """When it was logged as overdue."""
        ...

    @property
    def delete_at(self) -> datetime | None:
        """When the text must be deleted; None before the decision, and once it is deleted."""
        ...

    @property
    def text_deleted_at(self) -> datetime | None:
        """When the text was deleted."""
        ...


class Objection(DatedCase, Protocol):
    """What appeals and contests of an account have in common."""

    @property
    def relying_party(self) -> str:
        """Whose account it is."""
        ...

    @property
    def account_token(self) -> str:
        """The account whose owner objects."""
        ...

    @property
    def filed_at(self) -> datetime:
        """When it was filed."""
        ...


T = TypeVar("T", bound=DatedCase)


@dataclass(frozen=True, slots=True)
class ObjectionFilter:
    """Which to list: of an account, in a state, overdue; None and False: all."""

    account_token: str | None = None
    state: StrEnum | None = None
    overdue: bool = False


def check_text(text: str) -> str:
    """Return a text unchanged; raises InvalidError (INVALID_MESSAGE, text)."""
    code = None
    if not text.strip():
        code = FieldCode.REQUIRED
    elif len(text) > TEXT_LENGTH:
        code = FieldCode.LENGTH
    elif any(category(each) == "Cc" for each in text if each not in _LAYOUT):
        code = FieldCode.CHARACTER
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("text", code))
    return text


def is_overdue(objection: DatedCase, *, now: datetime) -> bool:
    """Return whether one waits for a decision that was due."""
    return objection.state.value == FILED and objection.due_at <= now


def note_overdue(objection: T, *, now: datetime) -> T:
    """Return it marked as overdue, if it is overdue and not yet marked."""
    if objection.overdue_at is not None or not is_overdue(objection, now=now):
        return objection
    return replace(objection, overdue_at=now)


def delete_text(objection: T, *, now: datetime) -> T:
    """Return it without its text if that is due, else unchanged."""
    if objection.delete_at is None or objection.delete_at > now:
        return objection
    return replace(objection, delete_at=None, text_deleted_at=now)
