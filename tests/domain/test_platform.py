"""The names that a platform can have: they stand in the public log for ever."""

import pytest

from idvault.platform import rules
from idvault_verify.attest import certificate
from idvault_verify.error import FieldCode, InvalidError
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
