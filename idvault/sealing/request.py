"""Recognises a repeated request without storing its body or id: HMAC-SHA256 under the request key."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from idvault.domain import seal
from idvault.domain.seal import Part

_PURPOSE = "idvault/request/v1"
_ID_PURPOSE = "idvault/request-id/v1"
_ID_SIZE = 16


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedFingerprinter:
    """Fingerprints under one key for all processes (ports.sealing.Fingerprinter)."""

    key: bytes

    def fingerprint(self, *, method: str, fields: tuple[Part, ...]) -> bytes:
        """Return the 32-byte keyed hash of a method and the fields that its repetitions must share."""
        return hmac.digest(self.key, seal.encode(_PURPOSE, method, *fields), "sha256")

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Return the first 16 bytes of a keyed hash of the id, formatted as a UUID."""
        digest = hmac.digest(self.key, seal.encode(_ID_PURPOSE, relying_party, request_id), "sha256")
        return str(UUID(bytes=digest[:_ID_SIZE]))
