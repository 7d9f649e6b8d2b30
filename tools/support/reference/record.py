"""Sealed records (formats.md, section 3)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tools.support.reference import hpke, sharing
from tools.support.reference.encoding import RefusedError, check, encode


@dataclass(frozen=True)
class Custodian:
    """A place in a quorum."""

    name: str
    suite: str
    public: bytes


@dataclass(frozen=True)
class Record:
    """A sealed record; shares: the HPKE messages in order of place."""

    relying_party: str
    account_token: str
    record_id: str
    quorum_id: str
    suite: str
    salt: bytes
    commitment: bytes
    ciphertext: bytes
    share_hashes: tuple[bytes, ...]
    shares: tuple[bytes, ...] = ()
    format_version: int = 1

    def digest(self) -> bytes:
        """Return the record digest."""
        return sha256(
            encode(
                "idvault/sealed-record/v1",
                self.format_version,
                self.relying_party,
                self.account_token,
                self.record_id,
                self.quorum_id,
                self.salt,
                self.commitment,
                self.ciphertext,
                *self.share_hashes,
            )
        ).digest()

    @property
    def info(self) -> bytes:
        """What the record's key and ciphertext are bound to."""
        return record_info(self.relying_party, self.account_token, self.record_id, self.quorum_id)


@dataclass(frozen=True)
class Randomness:
    """The random values of one sealing; an example fixes them."""

    record_id: str
    salt: bytes
    data_key: bytes
    nonce: bytes
    coefficients: bytes
    ephemerals: tuple[bytes | None, ...]


def fresh(threshold: int, count: int) -> Randomness:
    """Draw the random values of a sealing."""
    return Randomness(
        secrets.token_hex(16),
        secrets.token_bytes(32),
        secrets.token_bytes(32),
        secrets.token_bytes(12),
        secrets.token_bytes(32 * (threshold - 1)),
        (None,) * count,
    )


def quorum_id(threshold: int, custodians: Sequence[Custodian]) -> str:
    parts = [part for each in custodians for part in (each.name, each.public)]
    return sha256(encode("idvault/quorum/v1", threshold, *parts)).hexdigest()


def record_info(relying_party: str, account_token: str, record_id: str, quorum: str) -> bytes:
    return encode("idvault/record/v1", 1, relying_party, account_token, record_id, quorum)


def share_info(account_token: str, record_id: str, quorum: str, custodian: str) -> bytes:
    return encode("idvault/share/v1", account_token, record_id, quorum, custodian)


def shred_value(shred_key: bytes, record_id: str) -> bytes:
    return _hkdf(shred_key, bytes(64), encode("idvault/shred/v1", record_id), 32)


def keys(data_key: bytes, value: bytes, salt: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return the AES-256-GCM key and the commitment to it."""
    check(len(salt) == 32, "a salt has 32 bytes")
    long = _hkdf(data_key + value, salt, info, 64)
    return long[:32], long[32:]


def seal(
    padded: bytes,
    *,
    relying_party: str,
    account_token: str,
    shred_key: bytes,
    threshold: int,
    custodians: Sequence[Custodian],
    drawn: Randomness,
) -> Record:
    """Seal a padded payload."""
    quorum = quorum_id(threshold, custodians)
    info = record_info(relying_party, account_token, drawn.record_id, quorum)
    value = shred_value(shred_key, drawn.record_id)
    key, commitment = keys(drawn.data_key, value, drawn.salt, info)
    shares = sharing.split(drawn.data_key, drawn.coefficients, threshold, len(custodians))
    return Record(
        relying_party,
        account_token,
        drawn.record_id,
        quorum,
        custodians[0].suite,
        drawn.salt,
        commitment,
        drawn.nonce + AESGCM(key).encrypt(drawn.nonce, padded, info),
        tuple(sharing.share_hash(share) for share in shares),
        tuple(
            hpke.seal(
                each.suite,
                each.public,
                share,
                share_info(account_token, drawn.record_id, quorum, each.name),
                ephemeral=ephemeral,
            )
            for each, share, ephemeral in zip(custodians, shares, drawn.ephemerals, strict=True)
        ),
    )


def open_share(record: Record, *, place: int, name: str, private: bytes, quorum: str = "") -> bytes:
    """Open the share of a place. quorum: the one it was sealed for if it was handed over."""
    info = share_info(record.account_token, record.record_id, quorum or record.quorum_id, name)
    share = hpke.unseal(record.suite, private, record.shares[place - 1], info)
    check(len(share) == 33 and share[0] == place, "this is not the share of this place")
    check(sharing.share_hash(share) == record.share_hashes[place - 1], "the share has another hash")
    return share


def open_record(record: Record, *, shares: Sequence[bytes], shred_value: bytes) -> bytes:
    """Return the padded payload."""
    return decrypt(record, data_key=sharing.combine(shares), shred_value=shred_value)


def decrypt(record: Record, *, data_key: bytes, shred_value: bytes) -> bytes:
    """Return the padded payload of a record whose data key is known."""
    check(record.format_version == 1, "the format is not known")
    key, commitment = keys(data_key, shred_value, record.salt, record.info)
    check(commitment == record.commitment, "the commitment differs: too few or wrong shares")
    check(len(record.ciphertext) >= 28, "the ciphertext is cut")
    try:
        return AESGCM(key).decrypt(record.ciphertext[:12], record.ciphertext[12:], record.info)
    except InvalidTag:
        raise RefusedError("the record was changed") from None


def _hkdf(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    return HKDF(algorithm=SHA512(), length=size, salt=salt, info=info).derive(secret)
