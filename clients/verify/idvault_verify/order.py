"""What an authority may order, and open for several platforms: the values, and what each part may be."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from idvault_verify import token
from idvault_verify.attest.certificate import NAME
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import Degree, SanctionCategory
from idvault_verify.statement import text_code
from idvault_verify.tip_off import ReferralState, TargetKind

REFERENCE_LENGTH, LEGAL_BASIS_LENGTH, TARGET_LENGTH, TITLE_LENGTH, REASON_LENGTH = 200, 500, 200, 200, 500
LONGEST_TERM = timedelta(days=366)
SHORTEST_NOTICE = timedelta(hours=24)
"""How long before its deadline an order arrives: who is told too late would be overdue through no fault."""
LARGEST_DOCUMENT = 2**37
"""Bytes: a power of two below the largest number of a paper."""
MOST_PLATFORMS = 100
LONGEST_OPERATION = timedelta(days=366)
FARTHEST_DAY = timedelta(days=366)
"""From the signing: the first and last days of the calendar are beyond it in some time zone."""
_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST_SIZE = 32


class OrderMeasure(StrEnum):
    """What a platform is to do: a sanction of at least this degree, or a measure on a content."""

    WARN = "WARN"
    LIMIT = "LIMIT"
    SUSPEND = "SUSPEND"
    CLOSE = "CLOSE"
    LABEL = "LABEL"
    RESTRICT = "RESTRICT"
    REMOVE = "REMOVE"


class OrderSource(StrEnum):
    """How an order came to a platform: on paper, or signed by the authority's own key."""

    PAPER = "PAPER"
    SIGNED = "SIGNED"


DEGREES = {OrderMeasure(degree.value): degree for degree in Degree}
"""The least degree of a sanction that carries out a measure; those on contents have none."""


def check_id(value: str, *, field: str) -> str:
    """Return an id of 32 lower-case hex digits unchanged; raises InvalidError (INVALID_MESSAGE)."""
    if not _ID.fullmatch(value):
        raise _wrong(field, FieldCode.CHARACTER)
    return value


def check_name(value: str, *, field: str) -> str:
    """Return the name of a platform or member unchanged; raises InvalidError (INVALID_MESSAGE)."""
    if not NAME.fullmatch(value):
        raise _wrong(field, FieldCode.CHARACTER)
    return value


def check_target(kind: TargetKind, target: str) -> None:
    """Raise InvalidError (INVALID_MESSAGE, INVALID_ACCOUNT_TOKEN) unless a target has the form of its kind.

    Whether there is such a target is nobody's business here: the platform objects if there is none.
    """
    if kind is TargetKind.ACCOUNT:
        token.check(target, field="target")
    elif kind is TargetKind.PUBLIC_ACCOUNT:
        check_id(target, field="target")
    else:
        check_text(target, field="target", limit=TARGET_LENGTH)


def check_measure(kind: TargetKind, measure: OrderMeasure) -> None:
    """Raise InvalidError (INVALID_MESSAGE, measure) for a measure on a content against an account."""
    if kind is not TargetKind.CONTENT and measure not in DEGREES:
        raise _wrong("measure", FieldCode.CHARACTER)


def check_text(value: str, *, field: str, limit: int) -> str:
    """Return a required text unchanged; raises InvalidError (INVALID_MESSAGE)."""
    code = text_code(value, limit=limit)
    if code is not None:
        raise _wrong(field, code)
    return value


def check_document(*, digest: bytes, size: int) -> None:
    """Raise InvalidError (INVALID_MESSAGE) unless digest and size are those of some document."""
    if len(digest) != _DIGEST_SIZE:
        raise _wrong("document_digest", FieldCode.LENGTH)
    if not 1 <= size <= LARGEST_DOCUMENT:
        raise _wrong("document_size", FieldCode.LENGTH)


def check_term(term: timedelta) -> None:
    """Raise InvalidError (INVALID_MESSAGE, deadline) unless an order leaves time, and at most a year."""
    if not timedelta() < term <= LONGEST_TERM:
        raise _wrong("deadline", FieldCode.LENGTH)


def check_notice(*, deadline: datetime, received_at: datetime) -> None:
    """Raise InvalidError (INVALID_MESSAGE, deadline) unless an order arrives a day before its deadline."""
    if deadline - received_at < SHORTEST_NOTICE:
        raise _wrong("deadline", FieldCode.LENGTH)


def check_days(first: date, last: date, *, signed_on: date) -> None:
    """Raise InvalidError (INVALID_MESSAGE) unless an operation is near its signing, and ends after it begins.

    signed_on: the day of the signing in UTC.
    """
    for name, day in (("first_day", first), ("last_day", last)):
        if abs(day - signed_on) > FARTHEST_DAY:
            raise _wrong(name, FieldCode.LENGTH)
    if not timedelta() <= last - first <= LONGEST_OPERATION:
        raise _wrong("last_day", FieldCode.LENGTH)


def check_platforms(names: Sequence[str]) -> None:
    """Raise InvalidError (INVALID_MESSAGE, platforms) unless they are sorted, different, and not too many."""
    if not 1 <= len(names) <= MOST_PLATFORMS:
        raise _wrong("platforms", FieldCode.LENGTH)
    for name in names:
        check_name(name, field="platforms")
    if list(names) != sorted(set(names)):
        raise _wrong("platforms", FieldCode.CHARACTER)


def check_answer(answer: ReferralState) -> None:
    """Raise InvalidError (INVALID_MESSAGE, answer) for a word that no authority says."""
    if answer not in (ReferralState.ACCEPTED, ReferralState.DECLINED):
        raise _wrong("answer", FieldCode.CHARACTER)


def check_mark(mark: bytes) -> None:
    """Raise InvalidError (INVALID_MESSAGE, target_mark) unless this can be the mark of a target."""
    if len(mark) != _DIGEST_SIZE:
        raise _wrong("target_mark", FieldCode.LENGTH)


def check_categories(found: Sequence[SanctionCategory]) -> None:
    """Raise InvalidError (INVALID_MESSAGE, categories) unless there are some, each once, in their order."""
    if not found:
        raise _wrong("categories", FieldCode.REQUIRED)
    if list(found) != [each for each in SanctionCategory if each in found]:
        raise _wrong("categories", FieldCode.CHARACTER)


def _wrong(field: str, code: FieldCode) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
