"""A sealed record: the stored form of an identity, and the digest that the log commits to.

- Only an identity that the registry confirmed in full is sealed, and only such a record is opened.
"""

from dataclasses import dataclass
from hashlib import sha256

from idvault_verify import seal
from idvault_verify.error import DamagedError, Reason
from idvault_verify.registry import RegistryAnswer

FORMAT_VERSION = 1
SALT_SIZE = 32


class UnconfirmedError(DamagedError):
    """A record holds, or would hold, an identity that the registry did not confirm."""

    def __init__(self) -> None:
        """Set the same reason as for other damage."""
        super().__init__(Reason.RECORD_DAMAGED)


def check_confirmed(answer: RegistryAnswer | None) -> None:
    """Raise UnconfirmedError (RECORD_DAMAGED) unless the registry's answer is a full match."""
    if answer is not RegistryAnswer.MATCH:
        raise UnconfirmedError


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """One version of an account's sealed identity; opaque to the service that stores it.

    record_id: 16 random bytes in hex. salt: 32 bytes. commitment: 32 bytes. ciphertext: 12-byte nonce and
    AES-256-GCM output. share_hashes: SHA-256 of each 33-byte share, in index order. shares: the HPKE
    messages in the same order. suite: the id of the HPKE suite of the shares.

    present_quorum_id: the quorum of the custodians who hold the shares now. share_quorum_ids: the quorum that
    each share is sealed for, in index order; empty while all are sealed for the present one. A share that was
    handed over is sealed for a later quorum than the shares of the other custodians.
    """

    account_token: str
    relying_party: str
    record_id: str
    format_version: int
    sealing_quorum_id: str
    present_quorum_id: str
    suite: str
    salt: bytes
    commitment: bytes
    ciphertext: bytes
    share_hashes: tuple[bytes, ...]
    shares: tuple[bytes, ...]
    share_quorum_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a salt of another length; raises DamagedError (RECORD_DAMAGED)."""
        if len(self.salt) != SALT_SIZE:
            raise DamagedError(Reason.RECORD_DAMAGED)

    def share_quorum_id(self, place: int) -> str:
        """Return the quorum that the share of a place (from 1) is sealed for."""
        return self.share_quorum_ids[place - 1] if self.share_quorum_ids else self.present_quorum_id

    def digest(self) -> bytes:
        """Return the 32-byte record digest; a hand-over keeps it, because the HPKE shares are not covered."""
        return sha256(
            seal.encode(
                "idvault/sealed-record/v1",
                self.format_version,
                self.relying_party,
                self.account_token,
                self.record_id,
                self.sealing_quorum_id,
                self.salt,
                self.commitment,
                self.ciphertext,
                *self.share_hashes,
            )
        ).digest()
