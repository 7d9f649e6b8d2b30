"""Recognises a request again without keeping its body: HMAC-SHA256 under the request key."""

import hmac

from idvault.domain import seal
from idvault.domain.seal import Part

_PURPOSE = "idvault/request/v1"


class KeyedFingerprinter:
    """Fingerprints under one key for all processes (ports.sealing.Fingerprinter)."""

    def __init__(self, *, key: bytes) -> None:
        """Take the request key, 32 bytes."""
        self._key = key

    def fingerprint(self, *, method: str, fields: tuple[Part, ...]) -> bytes:
        """Return the 32-byte keyed hash of a method and every field but request_id, in field-number order."""
        return hmac.digest(self._key, seal.encode(_PURPOSE, method, *fields), "sha256")
