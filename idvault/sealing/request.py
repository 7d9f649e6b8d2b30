"""Recognises a repeated request without storing its body or id: HMAC-SHA256 under the request key.

- The key may be rotated: a request is kept under the version that was in use when it arrived.
- A repeat after a rotation is fingerprinted under each other version, too (`former`), and found by that.
- What a platform's call derives from the key (links, codes) agrees with the first time, because the edge
  looks for the version (`under`) before it begins the call.
- Requests are kept for 7 days, so a version is looked under for that long after its successor came into use.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault_verify import seal

_PURPOSE = "idvault/request/v2"
_ID_PURPOSE = "idvault/request-id/v1"
_ID_SIZE = 16

# Of the running call; asyncio hands it to the tasks that the call starts.
_VERSION: ContextVar[str | None] = ContextVar("request_key_version", default=None)


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedFingerprinter:
    """Fingerprints under one key for all processes (sealing.ports.Fingerprinter)."""

    key: bytes

    def fingerprint(self, *, method: str, content: bytes) -> bytes:
        """Return the 32-byte keyed hash of a method and what its repetitions must share."""
        return hmac.digest(self.key, seal.encode(_PURPOSE, method, content), "sha256")

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Return the first 16 bytes of a keyed hash of the id, formatted as a UUID."""
        digest = hmac.digest(self.key, seal.encode(_ID_PURPOSE, relying_party, request_id), "sha256")
        return str(UUID(bytes=digest[:_ID_SIZE]))

    def former(self) -> tuple["KeyedFingerprinter", ...]:
        """Return none: there is one key."""
        return ()


@dataclass(kw_only=True, eq=False, repr=False)
class RequestKeys:
    """The request keys of one edge: the one in use, or the one that the running call was found under."""

    keys: LocalKeyProvider
    purpose: Purpose

    @property
    def current(self) -> bytes:
        """The key for the running call; raises KeyMissingError."""
        held = self.keys.keys(self.purpose)
        return self.keys.version(self.purpose, _VERSION.get() or held.primary)

    def others(self) -> list[tuple[str, KeyedFingerprinter]]:
        """Return the versions other than the one in use under which requests may be kept."""
        held = self.keys.keys(self.purpose)
        if len(held.versions) == 1:  # each request asks, and nearly no key was ever rotated
            return []
        return [(each, KeyedFingerprinter(key=held.versions[each])) for each in held.others]

    @contextmanager
    def under(self, version: str) -> Iterator[None]:
        """Use a version for what runs inside."""
        token = _VERSION.set(version)
        try:
            yield
        finally:
            _VERSION.reset(token)


@dataclass(kw_only=True, eq=False, repr=False)
class CurrentFingerprinter:
    """Fingerprints under the key of the running call (sealing.ports.Fingerprinter)."""

    keys: RequestKeys

    def fingerprint(self, *, method: str, content: bytes) -> bytes:
        """Return the 32-byte keyed hash; raises KeyMissingError if the file lacks the version in use."""
        return KeyedFingerprinter(key=self.keys.current).fingerprint(method=method, content=content)

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Return the id under which a request is kept; raises KeyMissingError."""
        kept = KeyedFingerprinter(key=self.keys.current)
        return kept.kept_id(relying_party=relying_party, request_id=request_id)

    def former(self) -> list[KeyedFingerprinter]:
        """Return those of the other versions under which requests may be kept."""
        return [each for _, each in self.keys.others() if each.key != self.keys.current]
