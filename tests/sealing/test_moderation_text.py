"""Texts of appeals and reports, encrypted at rest."""

from dataclasses import replace
from pathlib import Path

import pytest

from idvault.sealing import key_set
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.ports import CaseField, SealedModerationText
from idvault.sealing.text import KeyedModerationTextSealer
from idvault_verify.attest.hpke import UnsealError
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

PLACE, TEXT = CaseField("platform-a", "a" * 32, "text"), "申诉: it was satire (synthetic)"


def _keys(tmp_path: Path, holder: Holder = Holder.SERVICE) -> LocalKeyProvider:
    entropy = CountingEntropy()
    return LocalKeyProvider.create(
        tmp_path / f"{holder.value}.keys",
        keys=key_set.fresh(holder, entropy=entropy),
        passphrase=b"words",
        entropy=entropy,
        cost=CHEAP,
    )


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeyProvider:
    """The platform edge's keys."""
    return _keys(tmp_path)


@pytest.fixture
def sealer(keys: LocalKeyProvider) -> KeyedModerationTextSealer:
    """The sealer of the platform edge."""
    return KeyedModerationTextSealer(keys=keys, entropy=CountingEntropy())


@pytest.mark.parametrize("text", [TEXT, "", "\0", "長" * 2_000])
def test_a_text_comes_back(sealer: KeyedModerationTextSealer, text: str) -> None:
    """The sealed form is unreadable, and two sealings share nothing but format and version."""
    sealed, again = sealer.seal(PLACE, text), sealer.seal(PLACE, text)
    assert sealer.open(PLACE, sealed) == sealer.open(PLACE, again) == text
    assert text.encode() not in sealed.data or len(text) < 2
    assert sealed.data[1:13] != again.data[1:13]
    assert sealed.data[13:61] != again.data[13:61]
    assert sealed.data[61:] != again.data[61:]


def test_nothing_shows_a_text(sealer: KeyedModerationTextSealer) -> None:
    """Neither value nor sealer has the text or a key in its repr, and the size tells it to 512 bytes."""
    sealed = sealer.seal(PLACE, TEXT)
    assert repr(sealed) == "SealedModerationText(key_version='0')"
    assert TEXT not in repr(sealer)
    assert {len(sealer.seal(PLACE, "x" * size).data) for size in range(509)} == {len(sealed.data)}
    assert len(sealer.seal(PLACE, "x" * 509).data) == len(sealed.data) + 512


def test_a_new_key_leaves_the_old_texts_readable(
    keys: LocalKeyProvider, sealer: KeyedModerationTextSealer, tmp_path: Path
) -> None:
    """Each text names its key version, and another process finds a new version without a restart."""
    old = sealer.seal(PLACE, TEXT)
    other = KeyedModerationTextSealer(
        keys=LocalKeyProvider.load(tmp_path / "service.keys", passphrase=b"words", entropy=CountingEntropy()),
        entropy=CountingEntropy(),
    )
    keys.put(Purpose.MODERATION_TEXT, "1", b"n" * 32, primary=True)
    new = sealer.seal(PLACE, TEXT)
    assert (old.key_version, new.key_version) == ("0", "1")
    assert sealer.open(PLACE, old) == other.open(PLACE, new) == TEXT


def test_what_was_changed_does_not_open(sealer: KeyedModerationTextSealer) -> None:
    """Any changed byte, another version or a cut is refused with one flat error that names nothing."""
    sealed = sealer.seal(PLACE, TEXT)
    data = sealed.data
    wrong = [
        replace(sealed, data=data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        for place in range(len(data))
    ]
    wrong += [replace(sealed, data=data[:size]) for size in (0, 1, 13, 61, 73, len(data) - 1)]
    wrong += [replace(sealed, key_version="7")]
    for each in wrong:
        with pytest.raises(UnsealError) as refused:
            sealer.open(PLACE, each)
        assert TEXT not in repr(refused.value)


def test_a_text_opens_only_in_its_place(keys: LocalKeyProvider, sealer: KeyedModerationTextSealer) -> None:
    """Not for another platform, case, field or key version, nor with the data key of another text."""
    sealed = sealer.seal(PLACE, TEXT)
    for place in (
        replace(PLACE, relying_party="platform-b"),
        replace(PLACE, case_id="b" * 32),
        replace(PLACE, name="reply"),
    ):
        with pytest.raises(UnsealError):
            sealer.open(place, sealed)
    keys.put(Purpose.MODERATION_TEXT, "1", keys.primary(Purpose.MODERATION_TEXT))
    with pytest.raises(UnsealError):
        sealer.open(PLACE, replace(sealed, key_version="1"))
    other = sealer.seal(PLACE, TEXT)
    for mixed in (sealed.data[:61] + other.data[61:], other.data[:61] + sealed.data[61:]):
        with pytest.raises(UnsealError):
            sealer.open(PLACE, SealedModerationText("0", mixed))


def test_a_key_file_without_the_key_is_told_at_the_start(tmp_path: Path) -> None:
    """The error names the file, the purpose and the command that adds the key."""
    with pytest.raises(
        KeyMissingError, match=r"custody\.keys has no keys for moderation-text: `idvault keys complete`"
    ):
        KeyedModerationTextSealer(keys=_keys(tmp_path, Holder.CUSTODY), entropy=CountingEntropy())
