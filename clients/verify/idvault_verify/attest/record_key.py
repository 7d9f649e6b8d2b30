"""The key and the commitment of a sealed record, for sealing and for opening (HKDF, RFC 5869)."""

import hmac
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idvault_verify import seal
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.record import SealedRecord

NONCE_SIZE = 12
_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class RecordKey:
    """The AES-256-GCM key of one record version, and the 32 bytes that commit to it (GCM itself does not)."""

    _key: bytes = field(repr=False)
    commitment: bytes

    def encrypt(self, *, nonce: bytes, padded: bytes, info: bytes) -> bytes:
        """Return the 12-byte nonce and the GCM output; a record key must encrypt only once."""
        return nonce + AESGCM(self._key).encrypt(nonce, padded, info)

    def decrypt(self, *, record: SealedRecord, info: bytes) -> bytes:
        """Return the padded payload; raises UnsealError. The commitment is checked first."""
        if not hmac.compare_digest(self.commitment, record.commitment):
            raise UnsealError
        nonce, encrypted = record.ciphertext[:NONCE_SIZE], record.ciphertext[NONCE_SIZE:]
        try:
            return AESGCM(self._key).decrypt(nonce, encrypted, info)
        except (InvalidTag, ValueError) as error:
            raise UnsealError from error


def shred_value(*, shred_key: bytes, record_id: str) -> bytes:
    """Return the 32 bytes derived from a version's shred key, the only ones handed out."""
    return hkdf_sha512(shred_key, salt=None, info=seal.shred_info(record_id=record_id), size=_KEY_SIZE)


def derive(*, data_key: bytes, shred_value: bytes, salt: bytes, info: bytes) -> RecordKey:
    """Return the key of a record; info: the record's verify.seal.record_info."""
    okm = hkdf_sha512(data_key + shred_value, salt=salt, info=info, size=2 * _KEY_SIZE)
    return RecordKey(okm[:_KEY_SIZE], okm[_KEY_SIZE:])


def info_of(record: SealedRecord) -> bytes:
    """Return the info that a stored record's key and ciphertext are bound to."""
    return seal.record_info(
        format_version=record.format_version,
        relying_party=record.relying_party,
        account_token=record.account_token,
        record_id=record.record_id,
        quorum_id=record.sealing_quorum_id,
    )


def hkdf_sha512(secret: bytes, *, salt: bytes | None, info: bytes, size: int) -> bytes:
    """Return size bytes of HKDF-SHA512; a salt of None means 64 zero bytes."""
    return HKDF(algorithm=SHA512(), length=size, salt=salt, info=info).derive(secret)
