"""The service's Ed25519 keys (RFC 8032): for the log, for status tokens and for status lists."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose


class Ed25519Signer:
    """Signs with the primary key of one key set."""

    def __init__(self, *, keys: KeySet) -> None:
        """Load the primary key; raises KeyError if the set has none."""
        self._key = Ed25519PrivateKey.from_private_bytes(keys.versions[keys.primary])

    @property
    def public_key(self) -> bytes:
        """The 32-byte public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self._key.sign(message)


def sign_with(private_key: bytes, message: bytes) -> bytes:
    """Return the 64-byte signature under a private key of 32 bytes that is in no key set."""
    return Ed25519PrivateKey.from_private_bytes(private_key).sign(message)


def public_keys(keys: LocalKeyProvider, *purposes: Purpose) -> tuple[bytes, ...]:
    """Return the public key of every version of some purposes; raises KeyMissingError."""
    sets = [keys.keys(purpose) for purpose in purposes]
    return tuple(
        Ed25519Signer(keys=each.with_version(version, b"", primary=True)).public_key
        for each in sets
        for version in each.versions
    )
