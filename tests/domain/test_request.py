"""Request ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.core import request
from idvault_verify.error import AlreadyExistsError, FieldCode, InvalidError, Reason

GOOD = "0b6f3d52-93a1-4d6b-9c55-2f8f1a3c7d10"


def test_a_lower_case_uuid_is_taken_as_it_is() -> None:
    """Every UUID version is accepted."""
    assert request.check_id(GOOD) == GOOD


@given(st.uuids())
def test_every_uuid_is_taken(value: object) -> None:
    """UUIDs as the standard library writes them are accepted."""
    assert request.check_id(str(value)) == str(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", FieldCode.REQUIRED),
        (GOOD[:-1], FieldCode.LENGTH),
        (GOOD + "\n", FieldCode.LENGTH),
        (GOOD.upper(), FieldCode.CHARACTER),
        (GOOD.replace("-", "_"), FieldCode.CHARACTER),
        ("０" + GOOD[1:], FieldCode.CHARACTER),
    ],
)
def test_anything_else_is_refused(text: str, code: FieldCode) -> None:
    """The error names the field and does not contain the value."""
    with pytest.raises(InvalidError) as caught:
        request.check_id(text)
    assert caught.value.reason is Reason.INVALID_REQUEST_ID
    assert [(v.field, v.code) for v in caught.value.violations] == [("request_id", code)]


def test_one_id_is_one_request() -> None:
    """The same fingerprint passes, another is REQUEST_ID_REUSED."""
    request.check_same(stored=b"a" * 32, asked=[b"a" * 32])
    with pytest.raises(AlreadyExistsError) as caught:
        request.check_same(stored=b"a" * 32, asked=[b"b" * 32])
    assert caught.value.reason is Reason.REQUEST_ID_REUSED


def test_a_request_is_kept_under_one_of_its_ids() -> None:
    """It is known as before, with that id first; an id that it does not have is another request's."""
    asked = request.Request("a", "new", b"n", former=(("old", b"o"), ("older", b"p")))
    kept = asked.kept_as("old")
    assert (kept.request_id, kept.fingerprint) == ("old", b"o")
    assert kept.known_as() == {"old": [b"o"], "new": [b"n"], "older": [b"p"]}
    assert asked.kept_as("new") == asked
    with pytest.raises(AlreadyExistsError) as caught:
        asked.kept_as("other")
    assert caught.value.reason is Reason.REQUEST_ID_REUSED
