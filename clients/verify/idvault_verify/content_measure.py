"""Measures on a piece of content, which a platform names by its own reference.

The reference is opaque: the vault looks nothing up by it. It must be no person's data.
"""

from enum import StrEnum

from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import StatementOfReasons
from idvault_verify.statement import text_code

CONTENT_LENGTH = 200


class ContentMeasureKind(StrEnum):
    """What is done to the content."""

    REMOVED = "REMOVED"
    LABELLED = "LABELLED"
    RESTRICTED = "RESTRICTED"


class ContentMeasureState(StrEnum):
    """The state of a measure on content."""

    IN_FORCE = "IN_FORCE"
    REVERSED = "REVERSED"
    OVERTURNED = "OVERTURNED"


def check(content: str, statement: StatementOfReasons) -> None:
    """Raise InvalidError (INVALID_MESSAGE) for a reference or an end that a measure may not have.

    A measure has no end of its own: it counts until it is reversed.
    """
    wrong = []
    code = text_code(content, limit=CONTENT_LENGTH)
    if code is not None:
        wrong.append(Violation("content", code))
    if statement.end_at is not None:
        wrong.append(Violation("statement.end_time", FieldCode.CHARACTER))
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
