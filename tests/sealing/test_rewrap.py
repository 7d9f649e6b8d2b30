"""Stored values under the version in use of their keys."""

from pathlib import Path

import pytest

from idvault.sealing.identity import CurrentIndexer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import CaseField, SealedModerationText, SealedText, SealedValue, UsedVersions
from idvault.sealing.rewrap import (
    CaseTextRewrapper,
    IndexRewrapper,
    ModerationTextRewrapper,
    SecondFactorRewrapper,
)
from idvault.sealing.second_factor import TotpSealer, version_of
from idvault.sealing.text import KeyedCaseTextSealer, KeyedModerationTextSealer
from idvault_verify.error import DamagedError
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

ENTROPY = CountingEntropy()
BOTH = KeySet("0", {"0": b"a" * 32, "1": b"b" * 32})
PURPOSES = (Purpose.INDEX, Purpose.CASE_TEXT, Purpose.MODERATION_TEXT, Purpose.SECOND_FACTOR)


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeyProvider:
    """A file with two versions of each key, of which the first is in use."""
    sets = dict.fromkeys(PURPOSES, BOTH)
    return LocalKeyProvider.create(tmp_path / "keys", keys=sets, passphrase=b"p", entropy=ENTROPY, cost=CHEAP)


def _rotate(keys: LocalKeyProvider) -> None:
    keys.use({purpose.value: UsedVersions(1, frozenset()) for purpose in PURPOSES})


def test_an_index(keys: LocalKeyProvider) -> None:
    """It becomes what a sign-up of the same person computes."""
    indexer = CurrentIndexer(keys=keys)

    def index() -> bytes:
        return indexer.person(
            relying_party="platform-a",
            identity=builders.identity(),
            person_id=builders.PERSON,
            today=builders.TODAY,
        ).index

    stored = SealedValue("persons", ("platform-a", "p"), (), "0", index())
    _rotate(keys)
    found = IndexRewrapper(indexer=indexer).rewrapped(stored)
    assert (found.version, found.data, found.row) == ("1", index(), stored.row)


@pytest.mark.parametrize("custodian", ["", "c"])
def test_a_text_of_a_disclosure(keys: LocalKeyProvider, custodian: str) -> None:
    """A request or a denial; each stays bound to its place."""
    sealer = KeyedCaseTextSealer(keys=keys, entropy=ENTROPY)
    sealed = sealer.seal(disclosure_id="d", text=b"text", custodian=custodian)
    bound = ("d", custodian) if custodian else ("d",)
    _rotate(keys)
    rewrapper = CaseTextRewrapper(sealer=sealer)
    found = rewrapper.rewrapped(SealedValue("t", (), bound, sealed.key_version, sealed.data))
    later = SealedText(found.version, found.data)
    assert (found.version, sealed.key_version) == ("1", "0")
    assert sealer.open(disclosure_id="d", sealed=later, custodian=custodian) == b"text"
    with pytest.raises(DamagedError):
        rewrapper.rewrapped(SealedValue("t", (), ("other",), sealed.key_version, sealed.data))


@pytest.mark.parametrize("name", ["text", "note"])
def test_a_text_of_a_case(keys: LocalKeyProvider, name: str) -> None:
    """Of a table whose texts have names, or of one with a single text."""
    sealer, place = KeyedModerationTextSealer(keys=keys, entropy=ENTROPY), CaseField("p", "c", name)
    sealed = sealer.seal(place, "text")
    bound = ("p", "c") if name == "text" else ("p", "c", name)
    _rotate(keys)
    rewrapper = ModerationTextRewrapper(sealer=sealer, field="text")
    found = rewrapper.rewrapped(SealedValue("t", (), bound, sealed.key_version, sealed.data))
    assert found.version == "1"
    assert sealer.open(place, SealedModerationText(found.version, found.data)) == "text"


def test_a_second_factor(keys: LocalKeyProvider) -> None:
    """The stored bytes name their version; damaged ones may name none."""
    sealer = TotpSealer(keys=keys, entropy=ENTROPY)
    at_rest = sealer._sealed("a", b"s" * 20)
    _rotate(keys)
    rewrapper = SecondFactorRewrapper(sealer=sealer)
    found = rewrapper.rewrapped(SealedValue("t", (), ("a",), "", at_rest))
    assert (version_of(at_rest), version_of(found.data)) == ("0", "1")
    assert sealer._opened("a", found.data) == b"s" * 20
    assert version_of(b"") == version_of(b"\x02\x01" + b"0") == ""
    with pytest.raises(DamagedError):
        rewrapper.rewrapped(SealedValue("t", (), ("b",), "", at_rest))


async def test_versions_leave_the_file(keys: LocalKeyProvider, tmp_path: Path) -> None:
    """Only those that it has, also if the file calls them primary."""
    assert await keys.destroyed("index", [0, 7], successor=1) == [0]
    found = LocalKeyProvider.load(tmp_path / "keys", passphrase=b"p", entropy=ENTROPY)
    assert found.keys(Purpose.INDEX) == KeySet("1", {"1": b"b" * 32})
