"""The codes of invitations: their form and their hash."""

import re
from hashlib import sha256

from idvault_verify import seal, token
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

_CODE_LENGTH = 26
_CODE = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")


def code(random: bytes) -> str:
    """Encode 16 random bytes as a code: 26 characters of Crockford base32, big-endian."""
    return token.base32(random)


def check_code(text: str) -> str:
    """Return the code unchanged, or raise InvalidError (INVALID_MESSAGE, invitation_code)."""
    if len(text) != _CODE_LENGTH:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("invitation_code", FieldCode.LENGTH))
    if not _CODE.fullmatch(text):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("invitation_code", FieldCode.CHARACTER))
    return text


def code_hash(*, account_token: str, code: str) -> bytes:
    """Return the stored hash of a code; 128 random bits need neither a key nor a slow hash."""
    return sha256(seal.encode("idvault/invitation-code-hash/v1", account_token, code)).digest()
