"""Key sets: versions, and which process holds which."""

import json

import pytest

from idvault.sealing import key_set
from idvault.sealing.key_set import Holder, KeySet, Purpose
from tools.support.fakes.sealing import CountingEntropy


def test_each_process_has_its_own_purposes() -> None:
    """Every purpose is held by exactly one process."""
    held = [purpose for purposes in key_set.HOLDINGS.values() for purpose in purposes]
    assert sorted(held) == sorted(Purpose)
    assert set(key_set.HOLDINGS) == set(Holder)


@pytest.mark.parametrize("holder", Holder)
def test_fresh_keys_differ_and_are_primary(holder: Holder) -> None:
    """Each set starts with version 0; the intake set is empty, because its keys are created daily."""
    sets = key_set.fresh(holder, entropy=CountingEntropy())
    assert tuple(sets) == key_set.HOLDINGS[holder]
    keys = [key for found in sets.values() for key in found.versions.values()]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} <= {32}
    for purpose, found in sets.items():
        assert found.primary == ("" if purpose is Purpose.INTAKE else "0")
        assert set(found.versions) == (set() if purpose is Purpose.INTAKE else {"0"})


@pytest.mark.parametrize("holder", Holder)
def test_a_key_file_shows_its_process(holder: Holder) -> None:
    """One purpose is enough, because no two processes share one; no purpose, or those of two, are refused."""
    assert key_set.holder_of(key_set.HOLDINGS[holder]) is holder
    assert {key_set.holder_of([purpose]) for purpose in key_set.HOLDINGS[holder]} == {holder}
    for wrong in ([], list(Purpose)):
        with pytest.raises(ValueError, match="one process"):
            key_set.holder_of(wrong)


def test_versions_are_added_and_never_replaced() -> None:
    """A second key for a version is ignored; a version can become primary later."""
    one = KeySet("0", {"0": b"a" * 32})
    two = one.with_version("1", b"b" * 32, primary=False)
    assert (two.primary, two.versions) == ("0", {"0": b"a" * 32, "1": b"b" * 32})
    three = two.with_version("1", b"c" * 32, primary=True)
    assert (three.primary, three.versions) == ("1", two.versions)


def test_versions_are_removed_unless_they_are_in_use() -> None:
    """The primary version stays; removing a missing version is not an error."""
    keys = KeySet("1", {"0": b"a" * 32, "1": b"b" * 32})
    assert keys.without("0").versions == {"1": b"b" * 32}
    assert keys.without("7") == keys
    with pytest.raises(ValueError, match="in use"):
        keys.without("1")


def test_a_key_set_does_not_show_its_keys() -> None:
    """Its repr names only the primary version."""
    assert repr(KeySet("0", {"0": b"a" * 32})) == "KeySet(primary='0')"


def test_key_sets_come_back() -> None:
    """An encoded key set decodes to the same."""
    sets = key_set.fresh(Holder.SERVICE, entropy=CountingEntropy())
    assert key_set.decode(key_set.encode(sets)) == sets


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"other": {}}', b'{"index": {}}', b'{"index": {"primary": "0", "versions": []}}']
)
def test_another_content_is_refused(data: bytes) -> None:
    """Foreign content is a ValueError."""
    with pytest.raises(ValueError, match=r"key file|Purpose"):
        key_set.decode(data)


@pytest.mark.parametrize(
    ("primary", "versions"),
    [
        ("0", {"0": ""}),
        ("0", {"0": "AAAA"}),
        ("0", {}),
        ("1", {"0": "A" * 43}),
        ("", {}),
        (0, {"0": "A" * 43}),
    ],
)
def test_an_empty_or_missing_key_is_refused(primary: object, versions: dict[str, str]) -> None:
    """A key file never yields a key of another length, or a set whose primary key is not there."""
    data = json.dumps({"index": {"primary": primary, "versions": versions}}).encode()
    with pytest.raises(ValueError, match="key"):
        key_set.decode(data)


def test_the_intake_set_may_be_empty() -> None:
    """The worker makes its keys when it runs."""
    assert key_set.decode(b'{"intake": {"primary": "", "versions": {}}}') == {Purpose.INTAKE: KeySet()}
