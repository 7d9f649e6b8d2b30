"""Account tokens: acct_ and 26 lower-case Crockford base32 characters of 128 random bits, big-endian."""

import re

from idvault.domain.error import FieldCode, InvalidError, Reason, Violation

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TOKEN = re.compile(r"acct_[0-7][0-9a-hjkmnp-tv-z]{25}")


def make(random: bytes) -> str:
    """Return the token of 16 random bytes."""
    number = int.from_bytes(random, "big")
    digits = [_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return "acct_" + "".join(digits)


def check(token: str, *, field: str = "account_token") -> str:
    """Return the token as it is, or raise InvalidError (INVALID_ACCOUNT_TOKEN) that names the field."""
    if not token:
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation(field, FieldCode.REQUIRED))
    if len(token) != len("acct_") + 26:
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation(field, FieldCode.LENGTH))
    if not _TOKEN.fullmatch(token):
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation(field, FieldCode.CHARACTER))
    return token
