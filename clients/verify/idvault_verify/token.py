"""Account tokens: acct_ and 128 random bits as 26 lower-case Crockford base32 characters, big-endian."""

import re
from base64 import b32encode
from collections.abc import Sequence

from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

_LENGTH = 26
_SPACED = len("acct_") + _LENGTH + 1
_PADDING = bytes(4)
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
_FORM = r"acct_[0-7][0-9a-hjkmnp-tv-z]{25}"
_TOKEN = re.compile(_FORM)
_TOKENS = re.compile(f"{_FORM}(?:,{_FORM})*")


def make(random: bytes) -> str:
    """Return the token for 16 random bytes."""
    return "acct_" + base32(random)


def base32(random: bytes) -> str:
    """Return 16 bytes as 26 characters of Crockford base32, read as one big-endian number."""
    # RFC 4648 encodes from the first bit. Four leading zero bytes align the end of the 128 bits with a
    # character.
    return b32encode(_PADDING + random).translate(_TO_CROCKFORD)[-_LENGTH:].decode("ascii")


def are_tokens(values: Sequence[str]) -> bool:
    """Return whether all values, at least one, are tokens; `check` says what is wrong with one."""
    # One pass for all costs a third of one for each. The length shows that no value holds several tokens.
    text = ",".join(values)
    return len(text) == len(values) * _SPACED - 1 and _TOKENS.fullmatch(text) is not None


def check(token: str, *, field: str = "account_token") -> str:
    """Return the token unchanged, or raise InvalidError (INVALID_ACCOUNT_TOKEN) naming the field."""
    if not token:
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation(field, FieldCode.REQUIRED))
    if len(token) != len("acct_") + _LENGTH:
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation(field, FieldCode.LENGTH))
    if not _TOKEN.fullmatch(token):
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation(field, FieldCode.CHARACTER))
    return token
