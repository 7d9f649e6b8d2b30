"""The fingerprint of a moderator's key, which people compare in person or by telephone."""

from hashlib import sha256


def of_moderator(public_key: bytes) -> str:
    """Return the SHA-256 of the public key in groups of four digits."""
    digits = sha256(public_key).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
