"""Account tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify import token
from idvault_verify.error import FieldCode, InvalidError, Reason


@pytest.mark.parametrize(
    ("random", "expected"),
    [
        (bytes(16), "acct_" + "0" * 26),
        (b"\xff" * 16, "acct_7" + "z" * 25),
        (bytes(15) + b"\x20", "acct_" + "0" * 24 + "10"),
    ],
)
def test_a_token_is_its_bits_as_a_big_endian_number(random: bytes, expected: str) -> None:
    """128 bits fill 26 characters except the first two bits."""
    assert token.make(random) == expected


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_every_token_is_valid_and_no_two_are_alike(one: bytes, other: bytes) -> None:
    """Different bits give different tokens, and every token is valid."""
    assert token.check(token.make(one)) == token.make(one)
    assert token.are_tokens([token.make(one), token.make(other)])
    assert (token.make(one) == token.make(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", FieldCode.REQUIRED),
        ("acct_0", FieldCode.LENGTH),
        ("acct_" + "0" * 27, FieldCode.LENGTH),
        ("acct_8" + "0" * 25, FieldCode.CHARACTER),
        ("acct_" + "0" * 25 + "u", FieldCode.CHARACTER),
        ("acct_" + "0" * 25 + "A", FieldCode.CHARACTER),
        ("acct-" + "0" * 26, FieldCode.CHARACTER),
    ],
)
def test_anything_else_is_refused(text: str, code: FieldCode) -> None:
    """The error names the given field."""
    with pytest.raises(InvalidError) as caught:
        token.check(text, field="account_tokens[3]")
    assert caught.value.reason is Reason.INVALID_ACCOUNT_TOKEN
    assert not token.are_tokens([token.make(bytes(16)), text])
    assert [(v.field, v.code) for v in caught.value.violations] == [("account_tokens[3]", code)]


def test_a_value_of_several_tokens_is_none() -> None:
    """Values are looked at together, but two tokens in one value are not two values."""
    one, other = token.make(bytes(16)), token.make(bytes(15) + b"x")
    assert token.are_tokens([one, other])
    for values in ([], [f"{one},{other}"], [f"{one},{other}", ""], [one + ",", other[1:]]):
        assert not token.are_tokens(values)
