"""What is accepted in proposals and signatures before a signature is verified."""

import pytest

from idvault.core.edge import convert
from idvault.people import rules as people_rules
from idvault_verify.error import ExhaustedError, FieldCode, InvalidError, Reason


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", FieldCode.LENGTH),
        ("a" * 63, FieldCode.LENGTH),
        ("A" * 64, FieldCode.CHARACTER),
        ("a" * 63 + "１", FieldCode.CHARACTER),
        ("a" * 63 + "\n", FieldCode.CHARACTER),
    ],
)
def test_what_is_no_hash_is_refused(value: str, code: FieldCode) -> None:
    """A hash must be 64 lower-case hex digits."""
    with pytest.raises(InvalidError) as refused:
        convert.sha256(value, field="hash")
    assert refused.value.reason is Reason.INVALID_MESSAGE
    assert [(each.field, each.code) for each in refused.value.violations] == [("hash", code)]
    assert convert.sha256("0123456789abcdef" * 4, field="hash") == "0123456789abcdef" * 4


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_has_64_bytes(size: int) -> None:
    """Other sizes are refused before the signature is verified."""
    with pytest.raises(InvalidError):
        people_rules.check_signature(bytes(size))
    assert people_rules.check_signature(bytes(64)) == bytes(64)


def test_room_is_for_eight() -> None:
    """The ninth proposal is refused with a retry time."""
    people_rules.check_room(waiting=people_rules.MOST_PROPOSALS - 1)
    with pytest.raises(ExhaustedError) as refused:
        people_rules.check_room(waiting=people_rules.MOST_PROPOSALS)
    assert refused.value.retry_after.total_seconds() > 0
