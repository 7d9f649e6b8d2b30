"""A check value tells two keys apart and reveals neither.

check = the first 16 bytes of HMAC(key, encode("idvault/key-check/v1", purpose, version)).
"""

import hmac

from idvault.sealing.key_set import Purpose
from idvault_verify import seal

SIZE = 16
_SHOWN = 8


def value(purpose: Purpose, version: str, key: bytes) -> bytes:
    """Return a key's check value."""
    message = seal.encode("idvault/key-check/v1", purpose.value, version)
    return hmac.digest(key, message, "sha256")[:SIZE]


def shown(purpose: Purpose, version: str, key: bytes) -> str:
    """Return the beginning of the check value in hex, for people to compare."""
    return value(purpose, version, key)[:_SHOWN].hex()
