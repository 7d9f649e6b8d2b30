"""Converts between messages and values for the methods of several capabilities, and validates requests.

A page token is an opaque text that says where a list continues (AIP-158):

- It belongs to one list and is refused for any other.
- It has one spelling and a checksum, so that a mistyped or invented token is refused.
- It contains a place and nothing secret, so it needs no key.
"""

import binascii
import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from time import monotonic
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core import invitation_code
from idvault.core import request as request_rules
from idvault.core.log_entry import Proved
from idvault_verify import claim, seal, token
from idvault_verify.account import (
    Account,
    AccountState,
    Assurance,
    MinimumAssurance,
    Standing,
    Status,
    SubjectKind,
    summary,
)
from idvault_verify.claim import Consent
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.organization import OrganizationCategory
from idvault_verify.record import SealedRecord
from idvault_verify.v1 import common_pb2, disclosure_pb2

BATCH_LIMIT = 1_000
_ANSWER_TIME = 0.2  # seconds of a deadline reserved for the answer to reach the caller
_LARGEST_NANOS = 999_999_999
_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_LENGTH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Word = TypeVar("_Word", bound=Enum)
_Number = TypeVar("_Number")


def numbers(words: type[_Word], values: Callable[[str], _Number], prefix: str) -> dict[_Word, _Number]:
    """Return the proto enum value of each member; fails at import if the proto lacks one."""
    return {word: values(prefix + word.name) for word in words}


def request_id(value: str) -> str:
    """Return a checked request id; raises InvalidError (INVALID_REQUEST_ID)."""
    return request_rules.check_id(value)


def sha256(value: str, *, field: str) -> str:
    """Return a SHA-256 hash in hex unchanged, or raise InvalidError (INVALID_MESSAGE) naming the field."""
    if len(value) != _HASH_LENGTH:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))
    if not _HASH.fullmatch(value):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
    return value


def account_tokens(values: Sequence[str]) -> list[str]:
    """Return 1 to 1,000 checked tokens; raises InvalidError (TOO_MANY_ITEMS, INVALID_ACCOUNT_TOKEN)."""
    if not values:
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation("account_tokens", FieldCode.REQUIRED))
    if len(values) > BATCH_LIMIT:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("account_tokens", FieldCode.LENGTH))
    if token.are_tokens(values):
        return list(values)
    return [token.check(value, field=f"account_tokens[{index}]") for index, value in enumerate(values)]


def patience(remaining: float | None, *, longest: float) -> float:
    """Return how many seconds to wait for a registry: `longest`, or less if the deadline is earlier."""
    return longest if remaining is None else max(0.0, min(longest, remaining - _ANSWER_TIME))


def countdown(remaining: float | None, *, longest: float) -> Callable[[], float]:
    """Return what tells how much of `patience` is left, for calls of a registry that follow one another."""
    end = monotonic() + patience(remaining, longest=longest)
    return lambda: max(0.0, end - monotonic())


def consent(message: common_pb2.Consent, *, now: ClockReading) -> Consent:
    """Return an owner's consent; raises InvalidError (CONSENT_MISSING)."""
    agree_time = _time(message.agree_time) if message.HasField("agree_time") else None
    return claim.check_consent(policy_version=message.policy_version, agree_time=agree_time, now=now.business)


def _time(timestamp: Timestamp) -> datetime:
    try:
        time = _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)
    except OverflowError:
        time = None
    if time is None or not 0 <= timestamp.nanos <= _LARGEST_NANOS:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("consent.agree_time", FieldCode.CHARACTER))
    return time


def invitation_code_hash(code: str, *, account_token: str) -> bytes | None:
    """Return what is kept of an invitation's code, None if there is none; raises InvalidError."""
    if not code:
        return None
    if not account_token:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("account_token", FieldCode.REQUIRED))
    checked = invitation_code.check_code(code)
    return invitation_code.code_hash(account_token=account_token, code=checked)


PAGE_FIELD = "page_token"

_PURPOSE = "idvault/page-token/v1"
_PLACE_BYTES = 8
_CHECK_BYTES = 7  # 15 bytes together are 20 characters without padding
_HIGHEST = 2**63 - 1  # the largest integer of the databases


def page_size(value: int, *, usual: int = 100, most: int = 1_000, field: str = "page_size") -> int:
    """Return how many a page has, the usual number for 0 (AIP-158); raises InvalidError (INVALID_MESSAGE)."""
    if not 0 <= value <= most:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))
    return value or usual


def page_token(place: int | None, *, of: str) -> str:
    """Return the token of a place (0 to 2^63 - 1) in the list `of`; empty for None, the end."""
    if place is None:
        return ""
    raw = place.to_bytes(_PLACE_BYTES, "big")
    return urlsafe_b64encode(raw + _check(raw, of)).decode()


def read_page_token(token: str, *, of: str) -> int:
    """Return the place of a token; raises InvalidError (INVALID_MESSAGE, page_token)."""
    try:
        data = urlsafe_b64decode(token)
    except (binascii.Error, ValueError):
        data = b""
    place = int.from_bytes(data[:_PLACE_BYTES], "big")
    if len(data) != _PLACE_BYTES + _CHECK_BYTES or place > _HIGHEST or page_token(place, of=of) != token:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(PAGE_FIELD, FieldCode.CHARACTER))
    return place


def _check(raw: bytes, of: str) -> bytes:
    return hashlib.sha256(seal.encode(_PURPOSE, of, raw)).digest()[:_CHECK_BYTES]


_SUBJECT_KINDS = numbers(SubjectKind, common_pb2.SubjectKind.Value, "SUBJECT_KIND_")
_STATES = numbers(AccountState, common_pb2.AccountStatus.State.Value, "STATE_")
STANDINGS = numbers(Standing, common_pb2.AccountStatus.Standing.Value, "STANDING_")
_ASSURANCES = numbers(Assurance, common_pb2.AccountStatus.Assurance.Value, "ASSURANCE_")
MINIMUM_ASSURANCES = numbers(MinimumAssurance, common_pb2.MinimumAssurance.Value, "MINIMUM_ASSURANCE_")
_DEMANDED = {number: word for word, number in MINIMUM_ASSURANCES.items()} | {0: MinimumAssurance.ANY}
_CATEGORIES = numbers(OrganizationCategory, common_pb2.OrganizationCategory.Value, "ORGANIZATION_CATEGORY_")


def status(value: Status | Account) -> common_pb2.AccountStatus:
    """Return the message of a published status; an account must be as of today."""
    message = common_pb2.AccountStatus(
        account_token=value.account_token,
        subject_kind=_SUBJECT_KINDS[value.subject_kind],
        state=_STATES[value.state],
        standing=STANDINGS[value.standing],
        assurance=_ASSURANCES[summary(value.assurances)],
        assurances=[_ASSURANCES[fact] for fact in sorted(value.assurances)],
        verify_date=value.verify_date.isoformat() if value.verify_date else "",
        expire_date=value.expire_date.isoformat() if value.expire_date else "",
        revision=value.revision,
    )
    if value.standing_until is not None:
        message.standing_until.FromDatetime(value.standing_until)
    if value.erase_at is not None:
        message.erase_time.FromDatetime(value.erase_at)
    if value.organization_category is not None:
        message.organization_category = _CATEGORIES[value.organization_category]
    return message


def minimum_assurance(value: int, *, field: str = "minimum_assurance") -> MinimumAssurance:
    """Return what a request demands of an account, ANY if nothing; raises InvalidError."""
    if value not in _DEMANDED:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
    return _DEMANDED[value]


def sealed_record(record: SealedRecord) -> disclosure_pb2.SealedRecord:
    """Return the message of a sealed record, without its shares."""
    return disclosure_pb2.SealedRecord(
        account_token=record.account_token,
        relying_party=record.relying_party,
        record_id=record.record_id,
        format_version=record.format_version,
        sealing_quorum_id=record.sealing_quorum_id,
        present_quorum_id=record.present_quorum_id,
        suite=record.suite,
        salt=record.salt,
        commitment=record.commitment,
        ciphertext=record.ciphertext,
        share_hashes=record.share_hashes,
    )


def logged(entry: Proved) -> disclosure_pb2.LoggedEntry:
    """Return the message of a log entry, with its proof if there is one."""
    message = disclosure_pb2.LoggedEntry(leaf=entry.leaf, opening_key=entry.opening_key)
    if entry.hashes is not None and entry.index is not None:
        message.proof.index = entry.index
        message.proof.tree_size = entry.size
        message.proof.hashes.extend(entry.hashes)
    return message


def time_of(value: datetime) -> Timestamp:
    """Return the message of a time."""
    timestamp = Timestamp()
    timestamp.FromDatetime(value)
    return timestamp
