"""The key of a moderator, who alone has it: makes it, keeps it in a file, and signs with it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from idvault_verify.attest.sanction import SigningOccasion

DEVELOPMENT_MODERATORS = ("moderator-a", "moderator-b")


@dataclass(frozen=True, slots=True)
class ModeratorKey:
    """The key of a member of a platform's staff, with which every decision is signed.

    relying_party: the platform's name, as in its certificate. moderator_id: empty until it is registered.
    """

    relying_party: str
    private_key: Ed25519PrivateKey = field(repr=False)
    moderator_id: str = ""

    @classmethod
    def generate(cls, relying_party: str) -> Self:
        """Return a new key."""
        return cls(relying_party, Ed25519PrivateKey.generate())

    @classmethod
    def development(cls, name: str, *, relying_party: str) -> Self:
        """Return a key that everybody knows, for a development deployment, which names it by itself."""
        seed = sha256(f"idvault/development/{name}".encode()).digest()
        return cls(relying_party, Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, pem: bytes, *, password: bytes, relying_party: str, moderator_id: str = "") -> Self:
        """Return a stored key; raises ValueError if the password, the file or the kind of key is wrong."""
        try:
            key = load_pem_private_key(pem, password)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            # A wrong password looks like damage now and then, so one text is for both.
            raise ValueError("a moderator's key cannot be read: the password or the file is wrong") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("a moderator's key must be an Ed25519 key")
        return cls(relying_party, key, moderator_id)

    def to_pem(self, *, password: bytes) -> bytes:
        """Return the key for a file, encrypted with a password."""
        return self.private_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )

    def of(self, moderator_id: str) -> Self:
        """Return the key with the id that it was registered under."""
        return replace(self, moderator_id=moderator_id)

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private_key.public_key().public_bytes_raw()

    def occasion(self, request_id: str, *, now: datetime) -> SigningOccasion:
        """Return what a paper that is signed now begins with."""
        return SigningOccasion(self.relying_party, request_id, self.moderator_id, now.replace(microsecond=0))

    def sign(self, paper: bytes) -> bytes:
        """Return the signature of a paper, 64 bytes."""
        return self.private_key.sign(paper)
