"""Moderators' keys, moderators and sanctions as a backend sees them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from idvault.attest.sanction import SigningOccasion
from idvault.domain.sanction.sanction import Degree, SanctionState
from idvault.domain.sanction.statement import StatementOfReasons
from idvault.v1 import sanction_pb2 as pb


@dataclass(frozen=True, slots=True)
class RegisteredModerator:
    """A moderator; revoke_time is None unless the key was revoked."""

    moderator_id: str
    register_time: datetime
    revoke_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModeratorKey:
    """The key of a member of your staff, with which every decision is signed; it stays with that person.

    relying_party: the name of your platform, as in its certificate. moderator_id: empty until the key is
    registered.
    """

    relying_party: str
    private_key: Ed25519PrivateKey = field(repr=False)
    moderator_id: str = ""

    @classmethod
    def generate(cls, relying_party: str) -> Self:
        """Return a new key."""
        return cls(relying_party, Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes, *, password: bytes, relying_party: str, moderator_id: str) -> Self:
        """Return a stored key; raises ValueError if the password or the kind of key is wrong."""
        key = load_pem_private_key(pem, password)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("a moderator's key must be an Ed25519 key")
        return cls(relying_party, key, moderator_id)

    def to_pem(self, *, password: bytes) -> bytes:
        """Return the key for a file, encrypted with a password."""
        return self.private_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )

    def registered(self, moderator: RegisteredModerator) -> Self:
        """Return the key with the id that it was registered under."""
        return replace(self, moderator_id=moderator.moderator_id)

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private_key.public_key().public_bytes_raw()

    def occasion(self, request_id: str) -> SigningOccasion:
        """Return what a paper signed now begins with."""
        return SigningOccasion(
            self.relying_party, request_id, self.moderator_id, datetime.now(UTC).replace(microsecond=0)
        )

    def sign(self, occasion: SigningOccasion, paper: bytes) -> pb.ModeratorSignature:
        """Return the signature of a paper."""
        message = pb.ModeratorSignature(
            moderator_id=self.moderator_id, signature=self.private_key.sign(paper)
        )
        message.sign_time.FromDatetime(occasion.signed_at)
        return message


@dataclass(frozen=True, slots=True)
class AccountSanction:
    """A sanction of one of your accounts; degree and state are None for a value that this client does not know.

    measure: your own code for how publishing is limited. lapse_time: when it ends if nobody acts, None if it
    does not. start_time: since when it applies, None if it never did. paper_digest: SHA-256 of what was signed.
    """

    sanction_id: str
    account_token: str
    degree: Degree | None
    state: SanctionState | None
    measure: str
    statement: StatementOfReasons | None
    impose_moderator_id: str
    impose_time: datetime
    paper_digest: bytes
    start_time: datetime | None
    confirm_moderator_id: str
    lapse_time: datetime | None
    finish_time: datetime | None
    lift_moderator_id: str
    lift_reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SanctionPage:
    """A page of sanctions, oldest first; next_page_token is empty at the end."""

    sanctions: tuple[AccountSanction, ...]
    next_page_token: str
