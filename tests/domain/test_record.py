"""The record digest."""

from hashlib import sha256

import pytest

from idvault_verify import seal
from idvault_verify.error import DamagedError
from tools.support import builders


def test_the_digest_covers_what_is_sealed_in_the_written_order() -> None:
    """The test computes the digest again, field by field."""
    record = builders.record()
    encoded = seal.encode(
        "idvault/sealed-record/v1", 1, "platform-a", builders.TOKEN, "d" * 32, "e" * 64,
        b"s" * 32, b"c" * 32, b"x" * 540, b"1" * 32, b"2" * 32, b"3" * 32,
    )  # fmt: skip
    assert record.digest() == sha256(encoded).digest()


@pytest.mark.parametrize("changes", [{"shares": (b"new",)}, {"present_quorum_id": "f" * 64}, {"suite": "x"}])
def test_a_hand_over_changes_no_digest(changes: dict[str, object]) -> None:
    """Re-sealed HPKE shares do not change the digest that the log commits to."""
    assert builders.record(**changes).digest() == builders.record().digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"account_token": "acct_" + "1" * 26},
        {"relying_party": "platform-b"},
        {"record_id": "0" * 32},
        {"format_version": 2},
        {"sealing_quorum_id": "0" * 64},
        {"salt": b"t" * 32},
        {"commitment": b"d" * 32},
        {"ciphertext": b"y" * 540},
        {"share_hashes": (b"2" * 32, b"1" * 32, b"3" * 32)},
    ],
)
def test_everything_else_changes_it(changes: dict[str, object]) -> None:
    """Every other field changes the digest."""
    assert builders.record(**changes).digest() != builders.record().digest()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_of_another_length_is_refused(size: int) -> None:
    """The library derives a key from any salt, so the length is checked where a record is read."""
    with pytest.raises(DamagedError):
        builders.record(salt=b"s" * size)
