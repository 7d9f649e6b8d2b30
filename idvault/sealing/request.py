"""What is derived under the request key: fingerprints and ids of requests, and the codes that calls hand out.

- A request is recognised without storing its body or id (HMAC-SHA256); codes come from sub-keys of the key.
- The key may be rotated: a request is kept under the version that was in use when it arrived.
- A repeat after a rotation runs under that version, too. The edge finds it (`under`) before it begins the
  call, and everything that the call derives from the request key then agrees with the first time.
- Requests are kept for 7 days, so a version is looked under for that long after its successor came into use.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from idvault.core import invitation_code
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault_verify import seal, secret

_PURPOSE = "idvault/request/v2"
_ID_PURPOSE = "idvault/request-id/v1"
_ID_SIZE = 16

# Of the running call; asyncio hands it to the tasks that the call starts.
_VERSION: ContextVar[str | None] = ContextVar("request_key_version", default=None)


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedFingerprinter:
    """Fingerprints under one key for all processes (core.request.Fingerprinter)."""

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
    """Fingerprints under the key of the running call (core.request.Fingerprinter)."""

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


_CODE_BYTES = 16


class KeyedInvitationCoder:
    """Derives codes, so that a repeated request gets the same codes (InvitationCoder in ports).

    A code is valid for a day at most; a repeat of its request is under the same version of the request key
    (sealing.request).
    """

    def __init__(self, *, key: bytes) -> None:
        """Derive the sub-key from the 32-byte request key."""
        self._key = hmac.digest(key, seal.encode("idvault/invitation-code-key/v1"), "sha256")

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return a 128-bit code that only a holder of the key can compute."""
        message = seal.encode("idvault/invitation-code/v1", account_token, campaign_id, batch_id)
        return invitation_code.code(hmac.digest(self._key, message, "sha256")[:_CODE_BYTES])


@dataclass(kw_only=True, eq=False, repr=False)
class CurrentInvitationCoder:
    """Derives codes under the request key of the running call (InvitationCoder in ports)."""

    current: Callable[[], bytes]

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return the code; raises KeyMissingError if the file lacks the version in use."""
        coder = KeyedInvitationCoder(key=self.current())
        return coder.code(account_token=account_token, campaign_id=campaign_id, batch_id=batch_id)


class KeyedLinkCoder:
    """Derives codes, so that a repeated request gets the same link (LinkCoder in ports).

    A code is derived from the caller's random request id, which is not stored: a thief with the key and the
    database cannot compute it. It is valid for 15 minutes; a repeat of its request is under the same version
    of the request key (sealing.request).
    """

    def __init__(self, *, key: bytes) -> None:
        """Derive the sub-key from the 32-byte request key."""
        self._key = hmac.digest(key, seal.encode("idvault/session-link-key/v1"), "sha256")

    def code(self, *, relying_party: str, request_id: str) -> str:
        """Return a 128-bit code that only a holder of the key can compute."""
        message = seal.encode("idvault/session-link-code/v1", relying_party, request_id)
        return secret.make(hmac.digest(self._key, message, "sha256")[: secret.SIZE])


@dataclass(kw_only=True, eq=False, repr=False)
class CurrentLinkCoder:
    """Derives codes under the request key of the running call (LinkCoder in ports)."""

    current: Callable[[], bytes]

    def code(self, *, relying_party: str, request_id: str) -> str:
        """Return the code; raises KeyMissingError if the file lacks the version in use."""
        return KeyedLinkCoder(key=self.current()).code(relying_party=relying_party, request_id=request_id)
