"""What a service accepts of those who propose and sign rosters, before any signature is looked at.

- A proposal is named by its hash: SHA-256 of what is signed, in hex.
- At most eight proposals wait at a time, each for 30 days: nobody fills the database with them.
- What is valid is decided by the signatures alone (attest.roster_signature), never here.
"""

import re
from datetime import timedelta

from idvault.domain.error import ExhaustedError, FieldCode, InvalidError, Reason, Violation

MOST_PROPOSALS = 8
PROPOSAL_LIFETIME = timedelta(days=30)
SIGNATURE_SIZE = 64
_RETRY = timedelta(hours=1)
_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_LENGTH = 64


def check_hash(value: str, *, field: str) -> str:
    """Return a SHA-256 in hex as it is, or raise InvalidError (INVALID_MESSAGE) that names the field."""
    if len(value) != _HASH_LENGTH:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))
    if not _HASH.fullmatch(value):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
    return value


def check_signature(signature: bytes) -> bytes:
    """Return 64 bytes as they are, or raise InvalidError (INVALID_MESSAGE)."""
    if len(signature) != SIGNATURE_SIZE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signature", FieldCode.LENGTH))
    return signature


def check_room(*, waiting: int) -> None:
    """Raise ExhaustedError (TOO_MANY_ATTEMPTS) where no further proposal may wait beside so many."""
    if waiting >= MOST_PROPOSALS:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)
