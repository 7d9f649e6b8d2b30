"""Check values of keys."""

import hmac

from idvault.sealing import key_set
from idvault.sealing.key_set import Purpose
from idvault_verify import seal

KEY = b"k" * 32


def test_a_check_value_is_pinned() -> None:
    """It is the documented hash: files of years ago are compared with today's."""
    message = seal.encode("idvault/key-check/v1", "index", "3")
    found = key_set.check_value(Purpose.INDEX, "3", KEY)
    assert found == hmac.digest(KEY, message, "sha256")[:16]
    assert key_set.shown_check(Purpose.INDEX, "3", KEY) == found[:8].hex()


def test_check_values_differ() -> None:
    """Another key, purpose or version has another value."""
    cases = [
        (Purpose.INDEX, "0", KEY),
        (Purpose.INDEX, "0", b"l" * 32),
        (Purpose.INDEX, "1", KEY),
        (Purpose.REQUEST, "0", KEY),
    ]
    assert len({key_set.check_value(*case) for case in cases}) == 4
