"""Case texts, encrypted at rest."""

from dataclasses import replace
from pathlib import Path

import pytest

from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.ports import SealedText
from idvault.sealing.text import KeyedCaseTextSealer
from idvault_verify.attest.hpke import UnsealError
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

ID, TEXT = "d" * 32, "案由 (synthetic)".encode()


def _keys(tmp_path: Path) -> LocalKeyProvider:
    entropy = CountingEntropy()
    return LocalKeyProvider.create(
        tmp_path / "custody.keys",
        keys=key_set.fresh(Holder.CUSTODY, entropy=entropy),
        passphrase=b"words",
        entropy=entropy,
        cost=CHEAP,
    )


def test_a_text_comes_back(tmp_path: Path) -> None:
    """The sealed form is unreadable, and two sealings differ."""
    sealer = KeyedCaseTextSealer(keys=_keys(tmp_path), entropy=CountingEntropy())
    sealed, again = (sealer.seal(disclosure_id=ID, text=TEXT) for _ in range(2))
    assert TEXT not in sealed.data
    assert sealed.data != again.data
    assert sealer.open(disclosure_id=ID, sealed=sealed) == TEXT
    assert str(TEXT) not in repr(sealed)


def test_a_new_key_leaves_the_old_texts_readable(tmp_path: Path) -> None:
    """Each text names its key version, so keys can be rotated."""
    keys = _keys(tmp_path)
    sealer = KeyedCaseTextSealer(keys=keys, entropy=CountingEntropy())
    old = sealer.seal(disclosure_id=ID, text=TEXT)
    keys.put(Purpose.CASE_TEXT, "1", b"n" * 32, primary=True)
    new = sealer.seal(disclosure_id=ID, text=TEXT)
    assert (old.key_version, new.key_version) == ("0", "1")
    assert sealer.open(disclosure_id=ID, sealed=old) == sealer.open(disclosure_id=ID, sealed=new) == TEXT


def test_what_was_changed_does_not_open(tmp_path: Path) -> None:
    """Any changed byte, and another disclosure, format or key, is refused."""
    sealer = KeyedCaseTextSealer(keys=_keys(tmp_path), entropy=CountingEntropy())
    sealed = sealer.seal(disclosure_id=ID, text=TEXT)
    wrong = [
        replace(sealed, data=sealed.data[:place] + bytes([sealed.data[place] ^ 1]) + sealed.data[place + 1 :])
        for place in range(len(sealed.data))
    ]
    wrong += [replace(sealed, key_version="7"), SealedText("0", b""), SealedText("0", b"\x01")]
    for each in wrong:
        with pytest.raises(UnsealError):
            sealer.open(disclosure_id=ID, sealed=each)
    with pytest.raises(UnsealError):
        sealer.open(disclosure_id="e" * 32, sealed=sealed)


def test_a_denial_is_bound_to_its_custodian(tmp_path: Path) -> None:
    """It opens neither as the request's text nor as another custodian's denial."""
    sealer = KeyedCaseTextSealer(keys=_keys(tmp_path), entropy=CountingEntropy())
    sealed = sealer.seal(disclosure_id=ID, text=TEXT, custodian="custodian-a")
    assert sealer.open(disclosure_id=ID, sealed=sealed, custodian="custodian-a") == TEXT
    for custodian in ("", "custodian-b"):
        with pytest.raises(UnsealError):
            sealer.open(disclosure_id=ID, sealed=sealed, custodian=custodian)
