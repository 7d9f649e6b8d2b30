"""Accounts that predate the verification rule: what an import may contain, and the account it creates.

- A reference is the platform's opaque name for an account, 1 to 128 printable characters. Only a keyed hash
  of it is stored.
- An import has a label, and each account has a creation date that is not in the future.
- An imported account is UNVERIFIED and GOOD with revision 1; only its owner's verification changes that.
- An invalid row fails alone; a repeated reference is one account.
"""

from dataclasses import dataclass, field
from datetime import date

from idvault.core.day import read_day
from idvault_verify.account import NO_ASSURANCE, Account, AccountState, Standing, SubjectKind
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

CHUNK_LIMIT = 2_000
_LABEL_LENGTH = 64
_REFERENCE_LENGTH = 128
IN_FUTURE = Violation("create_date", FieldCode.FUTURE_DATE)


@dataclass(frozen=True, slots=True)
class LegacyRow:
    """A valid row of an import."""

    reference: str = field(repr=False)
    create_date: date


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A row to import. account_token: for a new account; reference: its keyed hash, 32 bytes."""

    account_token: str
    reference: bytes = field(repr=False)
    create_date: date


@dataclass(frozen=True, slots=True)
class Imported:
    """The account of a row, and whether this import created it."""

    account_token: str
    created: bool


def check_chunk(*, label: str, count: int) -> str:
    """Return the label unchanged; raises InvalidError (INVALID_MESSAGE, TOO_MANY_ITEMS)."""
    if count > CHUNK_LIMIT:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("accounts", FieldCode.LENGTH))
    if not count:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("accounts", FieldCode.REQUIRED))
    code = _text_code(label, _LABEL_LENGTH)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("label", code))
    return label


def read_row(*, reference: str, create_date: str, today: date) -> LegacyRow | Violation:
    """Return the row, or its violation: an invalid row must not fail the other rows."""
    code = _text_code(reference, _REFERENCE_LENGTH)
    if code is not None:
        return Violation("reference", code)
    if not create_date:
        return Violation("create_date", FieldCode.REQUIRED)
    day = read_day(create_date)
    if day is None:
        return Violation("create_date", FieldCode.CHARACTER)
    if day > today:
        return IN_FUTURE
    return LegacyRow(reference, day)


def imported(*, account_token: str, relying_party: str) -> Account:
    """Return the new account of an imported row."""
    return Account(
        account_token,
        relying_party,
        SubjectKind.INDIVIDUAL,
        AccountState.UNVERIFIED,
        Standing.GOOD,
        NO_ASSURANCE,
        revision=1,
    )


def _text_code(text: str, limit: int) -> FieldCode | None:
    if not text:
        return FieldCode.REQUIRED
    if len(text) > limit:
        return FieldCode.LENGTH
    return None if text.isprintable() else FieldCode.CHARACTER
