"""The names that a platform can have: they stand in the public log for ever."""

from datetime import UTC, datetime

import pytest

from idvault.core.platform import Platform
from idvault.platform import rules
from idvault_verify.attest import certificate
from idvault_verify.error import AlreadyExistsError, FieldCode, InvalidError, Reason
from idvault_verify.event import PLATFORM_NAME


@pytest.mark.parametrize("name", ["a", "a" * 63, "im-app", "9", "a--b"])
def test_a_plain_name_is_taken(name: str) -> None:
    """The form is that of a certificate's name."""
    rules.check_platform(name)
    assert PLATFORM_NAME.pattern == certificate.NAME.pattern


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", FieldCode.LENGTH),
        ("a" * 64, FieldCode.LENGTH),
        ("A", FieldCode.CHARACTER),
        ("a.b", FieldCode.CHARACTER),
        ("-a", FieldCode.CHARACTER),
        ("a-", FieldCode.CHARACTER),
        ("a\n", FieldCode.CHARACTER),
        ("平台", FieldCode.CHARACTER),
        ("а", FieldCode.CHARACTER),
        ("drill", FieldCode.CHARACTER),
    ],
)
def test_other_names_are_refused(name: str, code: FieldCode) -> None:
    """Another length, another letter, also one that only looks right, and the name of drills."""
    with pytest.raises(InvalidError) as caught:
        rules.check_platform(name)
    assert [each.code for each in caught.value.violations] == [code]


DAY = datetime(2026, 3, 1, tzinfo=UTC)


def _key(name: str, *, revoked_at: datetime | None = None) -> Platform:
    return Platform(name, "platform", "a" * 32, "b" * 64, DAY, revoked_at)


@pytest.mark.parametrize(
    ("role_of_name", "stored"),
    [(None, None), ("platform", None), ("platform", _key("im"))],
)
def test_a_new_key_or_the_same_again(role_of_name: str | None, stored: Platform | None) -> None:
    """Of a new name, a further one of a known name, and one that the name has."""
    rules.check_key(name="im", role="platform", role_of_name=role_of_name, stored=stored)


@pytest.mark.parametrize(
    ("role_of_name", "stored"),
    [("monitor", None), ("platform", _key("other")), ("platform", _key("im", revoked_at=DAY))],
)
def test_a_key_that_cannot_be_registered(role_of_name: str, stored: Platform | None) -> None:
    """The name has another role; another name has the key; the key is revoked."""
    with pytest.raises(AlreadyExistsError) as caught:
        rules.check_key(name="im", role="platform", role_of_name=role_of_name, stored=stored)
    assert caught.value.reason is Reason.ILLEGAL_TRANSITION
