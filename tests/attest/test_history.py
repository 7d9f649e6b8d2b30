"""What is signed of a disclosure history: each part, and nothing that could pass as another history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.attest import history
from idvault_verify.attest.history import HistorySignatureError, ListedEntry

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
PUBLIC_KEY = KEY.public_key().public_bytes_raw()
ENTRY = ListedEntry(("case", 1), b"leaf", b"o" * 32, 3, 8, (b"a" * 32, b"b" * 32))
WHOLE: dict[str, Any] = {
    "account_token": "acct_1",
    "horizon": NOW,
    "made_at": NOW + timedelta(days=1),
    "note": b"note",
    "disclosures": [ENTRY],
    "openings": [replace(ENTRY, index=4)],
}
CHANGES: list[dict[str, Any]] = [
    {"account_token": "acct_2"},
    {"horizon": NOW + timedelta(seconds=1)},
    {"made_at": NOW + timedelta(days=1, seconds=1)},
    {"note": b"another"},
    {"disclosures": []},
    {"openings": []},
    {"disclosures": [*WHOLE["disclosures"], *WHOLE["openings"]], "openings": []},
    {"disclosures": WHOLE["openings"], "openings": WHOLE["disclosures"]},
    {"disclosures": [ENTRY, ENTRY]},
    {"disclosures": [replace(ENTRY, fields=("case", 2))]},
    {"disclosures": [replace(ENTRY, leaf=b"other")]},
    {"disclosures": [replace(ENTRY, opening_key=b"p" * 32)]},
    {"disclosures": [replace(ENTRY, index=5)]},
    {"disclosures": [replace(ENTRY, size=9)]},
    {"disclosures": [replace(ENTRY, hashes=(b"a" * 32,))]},
    {"disclosures": [replace(ENTRY, hashes=(b"b" * 32, b"a" * 32))]},
]


def test_a_history_verifies_as_it_was_signed() -> None:
    """The same parts give the same bytes; fractions of a second do not count."""
    message = history.signed_bytes(**WHOLE)
    later = history.signed_bytes(**WHOLE | {"made_at": WHOLE["made_at"] + timedelta(milliseconds=900)})
    assert message == later
    history.verify(message, KEY.sign(message), public_key=PUBLIC_KEY)


@pytest.mark.parametrize("change", CHANGES)
def test_every_part_is_signed(change: dict[str, Any]) -> None:
    """Whatever is changed, left out, added or moved: the signature is not of it."""
    signature = KEY.sign(history.signed_bytes(**WHOLE))
    with pytest.raises(HistorySignatureError, match="does not verify"):
        history.verify(history.signed_bytes(**WHOLE | change), signature, public_key=PUBLIC_KEY)


def test_another_key_signs_no_history() -> None:
    """A signature counts under the key that made it only."""
    message = history.signed_bytes(**WHOLE)
    other = Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32)
    with pytest.raises(HistorySignatureError):
        history.verify(message, other.sign(message), public_key=PUBLIC_KEY)


def test_hashes_do_not_move_between_entries() -> None:
    """Two entries with three hashes are told apart by how many each has."""
    one = [replace(ENTRY, hashes=(b"a" * 32, b"b" * 32)), replace(ENTRY, hashes=(b"c" * 32,))]
    other = [replace(ENTRY, hashes=(b"a" * 32,)), replace(ENTRY, hashes=(b"b" * 32, b"c" * 32))]
    first, second = (history.signed_bytes(**WHOLE | {"disclosures": each}) for each in (one, other))
    assert first != second
