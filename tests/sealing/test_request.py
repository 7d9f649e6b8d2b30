"""Recognising a request."""

import hmac

from idvault.domain import request, seal
from idvault.sealing.request import KeyedFingerprinter

KEY = b"k" * 32


def test_a_fingerprint_is_the_keyed_hash_of_the_design() -> None:
    """It hashes method and fields in the common encoding, under the request key."""
    made = KeyedFingerprinter(key=KEY).fingerprint(method="/m", fields=("name", 1, b""))
    assert made == hmac.digest(KEY, seal.encode("idvault/request/v1", "/m", "name", 1, b""), "sha256")


def test_another_key_method_or_field_makes_another_fingerprint() -> None:
    """Absent fields are encoded as empty ones, which differ from omitted fields."""
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


def test_a_kept_id_is_a_uuid_that_does_not_show_the_request_id() -> None:
    """It is stable, differs by relying party, id and key, and never equals the id."""
    asked = "0b6f8b1c-8f6a-4f2e-9d1f-1d1a4c7f3a10"
    ours, theirs = KeyedFingerprinter(key=KEY), KeyedFingerprinter(key=b"o" * 32)
    made = [
        asked,
        ours.kept_id(relying_party="platform-a", request_id=asked),
        ours.kept_id(relying_party="platform-b", request_id=asked),
        ours.kept_id(relying_party="platform-a", request_id=asked.replace("0b6f", "0b60")),
        theirs.kept_id(relying_party="platform-a", request_id=asked),
    ]
    assert len(set(made)) == len(made)
    assert made[1] == KeyedFingerprinter(key=KEY).kept_id(relying_party="platform-a", request_id=asked)
    assert all(request.check_id(one) == one for one in made)
