"""Recognising a request again."""

import hmac

from idvault.domain import seal
from idvault.sealing.request import KeyedFingerprinter

KEY = b"k" * 32


def test_a_fingerprint_is_the_keyed_hash_of_the_design() -> None:
    """Method and fields in the one encoding, under the request key."""
    made = KeyedFingerprinter(key=KEY).fingerprint(method="/m", fields=("name", 1, b""))
    assert made == hmac.digest(KEY, seal.encode("idvault/request/v1", "/m", "name", 1, b""), "sha256")


def test_another_key_method_or_field_makes_another_fingerprint() -> None:
    """Absent fields are empty ones, and are not the same as fields that are left out."""
    ours, theirs = KeyedFingerprinter(key=KEY), KeyedFingerprinter(key=b"o" * 32)
    made = [
        ours.fingerprint(method="/m", fields=("a", "b")),
        ours.fingerprint(method="/n", fields=("a", "b")),
        ours.fingerprint(method="/m", fields=("ab", "")),
        ours.fingerprint(method="/m", fields=("a", "b", "")),
        theirs.fingerprint(method="/m", fields=("a", "b")),
    ]
    assert len(set(made)) == len(made)
    assert made[0] == KeyedFingerprinter(key=KEY).fingerprint(method="/m", fields=("a", "b"))
