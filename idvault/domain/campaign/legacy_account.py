"""Accounts from before the rule: what an import may hold, and what an imported account is.

- A reference is the platform's own, opaque, 1 to 128 printable characters; it is kept as a keyed hash only.
- An import has a label, and each account a day of opening, which does not lie in the future.
- An imported account is UNVERIFIED and GOOD with revision 1; only its owner's verification changes that.
- A wrong row fails by itself; a reference that stands twice is one account.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from idvault.domain.account import (
    Account,
    AccountState,
    Assurance,
    Standing,
    SubjectKind,
)
from idvault.domain.error import FieldCode, InvalidError, Reason, Violation

CHUNK_LIMIT = 2_000
_LABEL_LENGTH = 64
_REFERENCE_LENGTH = 128
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class ImportResult(StrEnum):
    """What became of a row of an import."""

    CREATED = "CREATED"
    REPEATED = "REPEATED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class LegacyRow:
    """A row that may be imported."""

    reference: str = field(repr=False)
    create_date: date


def check_chunk(*, label: str, count: int) -> str:
    """Return the label; raises InvalidError (INVALID_MESSAGE, TOO_MANY_ITEMS)."""
    if count > CHUNK_LIMIT:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("accounts", FieldCode.LENGTH))
    if not count:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("accounts", FieldCode.REQUIRED))
    code = _text_code(label, _LABEL_LENGTH)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("label", code))
    return label


def read_row(*, reference: str, create_date: str, today: date) -> LegacyRow | Violation:
    """Return the row, or what is wrong with it: one wrong row must not fail its neighbours."""
    code = _text_code(reference, _REFERENCE_LENGTH)
    if code is not None:
        return Violation("reference", code)
    if not create_date:
        return Violation("create_date", FieldCode.REQUIRED)
    day = read_day(create_date)
    if day is None:
        return Violation("create_date", FieldCode.CHARACTER)
    if day > today:
        return Violation("create_date", FieldCode.FUTURE_DATE)
    return LegacyRow(reference, day)


# A million accounts were opened on a few thousand days.
@lru_cache(maxsize=20_000)
def read_day(text: str) -> date | None:
    """Return the day that a text YYYY-MM-DD names, None if it names none."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def imported(*, account_token: str, relying_party: str) -> Account:
    """Return the account of a row as it is born."""
    return Account(
        account_token,
        relying_party,
        SubjectKind.INDIVIDUAL,
        AccountState.UNVERIFIED,
        Standing.GOOD,
        Assurance.NONE,
        revision=1,
    )


def unlimited(*, account: Account, former: Standing) -> Account:
    """Return an account that was just verified without the limit that an enforcement date had set.

    A standing that somebody changed since is not the campaign's to lift.
    """
    limited = account.standing is Standing.PUBLISHING_LIMITED
    return replace(account, standing=former) if limited else account


def _text_code(text: str, limit: int) -> FieldCode | None:
    if not text:
        return FieldCode.REQUIRED
    if len(text) > limit:
        return FieldCode.LENGTH
    return None if text.isprintable() else FieldCode.CHARACTER
