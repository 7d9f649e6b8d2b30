"""The secrets of a session, each of 128 random bits, and the hashes that are kept of them.

- The link's code is in the address that the platform gives to a person.
- The browser's key is in its cookie; the browser proves with it that the session is its own.
- The bind code is derived from the browser's key, so that a repeat gives the same. It passes through the
  platform's address and proves only that the platform saw this browser.
- The nonce of a proof is derived from it, too, and so is the reference by which the provider knows the
  session: it must not be the session's id, which the platform knows.
- The request id of an attempt is derived from the browser's key. It is kept nowhere (claim.acts.verification
  says why), and a repeated attempt has the same.
"""

import re
from hashlib import sha256
from uuid import UUID

from idvault_verify import seal, token
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

SIZE = 16
"""How many random bytes a secret has."""
_LENGTH = 26
_SECRET = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")


def make(random: bytes) -> str:
    """Return the secret for 16 random bytes: 26 characters of Crockford base32, big-endian."""
    return token.base32(random)


def check(secret: str, *, field: str) -> str:
    """Return a secret unchanged; raises InvalidError (INVALID_MESSAGE) naming the field."""
    if len(secret) != _LENGTH:
        code = FieldCode.LENGTH if secret else FieldCode.REQUIRED
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
    if not _SECRET.fullmatch(secret):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
    return secret


def is_secret(text: str) -> bool:
    """Return whether a text has the form of a secret."""
    return _SECRET.fullmatch(text) is not None


def link_hash(link_code: str) -> bytes:
    """Return what is kept of a link's code; 128 random bits need neither a key nor a slow hash."""
    return _hash("idvault/session-link/v1", link_code)


def browser_hash(browser_key: str, *, session_id: str) -> bytes:
    """Return what is kept of a browser's key: two sessions of one browser cannot be told to be its own."""
    return _hash("idvault/session-browser/v1", session_id, browser_key)


def bind_code(browser_key: str, *, session_id: str) -> str:
    """Return the code with which the browser passes through the platform."""
    return token.base32(_hash("idvault/session-bind-code/v1", session_id, browser_key)[:SIZE])


def bind_hash(code: str, *, session_id: str) -> bytes:
    """Return what is kept of a bind code."""
    return _hash("idvault/session-bind/v1", session_id, code)


def proof_nonce(browser_key: str, *, session_id: str, number: int) -> str:
    """Return the nonce of a session's proof, by which its provider knows it."""
    return token.base32(_hash("idvault/session-proof/v1", session_id, str(number), browser_key)[:SIZE])


def proof_session(nonce: str, *, session_id: str) -> str:
    """Return the reference of a session for the provider of one of its proofs."""
    return token.base32(_hash("idvault/session-proof-reference/v1", session_id, nonce)[:SIZE])


def inquiry_id(browser_key: str) -> str:
    """Return the id of a browser's inquiry about the accounts in somebody's name; 32 hex digits."""
    return _hash("idvault/inquiry/v1", browser_key)[:SIZE].hex()


def account_handle(browser_key: str, *, account_token: str) -> str:
    """Return what an account is called in a browser's inquiry: it leads to the token from nowhere else."""
    return token.base32(_hash("idvault/inquiry-account/v1", browser_key, account_token)[:SIZE])


def form_token(browser_key: str) -> str:
    """Return the value that each form of a browser carries, which another site cannot know."""
    return token.base32(_hash("idvault/session-form/v1", browser_key)[:SIZE])


def request_id(browser_key: str, *, session_id: str, step: str) -> str:
    """Return the request id of a step of a session, the same for every repeat in this browser."""
    return str(
        UUID(bytes=_hash("idvault/session-request/v1", session_id, step, browser_key)[:SIZE], version=4)
    )


def _hash(purpose: str, *parts: str) -> bytes:
    return sha256(seal.encode(purpose, *parts)).digest()
