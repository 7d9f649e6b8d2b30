"""A roster member's identity folder."""

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idvault_people.opens import identity
from idvault_people.opens.identity import IdentityError, PassphraseError, PersonalIdentity
from idvault_verify.attest import certificate, hpke, passphrase
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.people import roster_member
from idvault_verify.attest.reading import RosterError
from tests.attest.test_certificate import GOOD, KEY, pem
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP


def _create(folder: Path, *, suite: str = hpke.X_WING) -> PersonalIdentity:
    return identity.create(
        folder,
        name="custodian-a",
        role="custodian",
        organisation="示例机构 (synthetic)",
        passphrase=b"words",
        random=CountingEntropy().random,
        suite=suite,
        cost=CHEAP,
    )


@pytest.mark.parametrize("suite", sorted(hpke.SUITES))
def test_keys_come_back_with_the_passphrase(tmp_path: Path, suite: str) -> None:
    """The loaded identity equals the created one, and can sign and unseal."""
    made = _create(tmp_path / "person", suite=suite)
    loaded = identity.load(tmp_path / "person", passphrase=b"words")
    assert loaded == made
    public = loaded.member(spki="0" * 64)
    Ed25519PublicKey.from_public_bytes(public.ed25519).verify(loaded.sign(b"text"), b"text")
    sealed = hpke.seal(suite=suite, public_key=public.hpke_public_key, plaintext=b"text", info=b"info")
    assert loaded.unseal(sealed, suite=suite, info=b"info") == b"text"
    with pytest.raises(UnsealError):
        loaded.unseal(sealed, suite="other", info=b"info")


def test_private_keys_are_encrypted_and_for_the_owner_only(tmp_path: Path) -> None:
    """Files and folder are private under any umask; repr and str show no key."""
    folder = tmp_path / "person"
    former = os.umask(0)
    try:
        made = _create(folder)
    finally:
        os.umask(former)
    assert (folder / identity.KEYS).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    secrets = [made.to_json()["hpke"], made.to_json()["ed25519"]]
    for text in ((folder / identity.KEYS).read_text(), (folder / identity.PUBLIC).read_text(), repr(made)):
        assert not any(secret in text for secret in secrets)
    assert "private" not in repr(made)


def test_the_public_part_is_an_entry_of_the_roster(tmp_path: Path) -> None:
    """With the folder's TLS certificate the entry is complete; without it the pin must be filled in."""
    (tmp_path / identity.CERTIFICATE).write_bytes(pem(GOOD))
    made = _create(tmp_path)
    entry = roster_member.parse(
        json.loads((tmp_path / identity.PUBLIC).read_text(encoding="utf-8")), "person"
    )
    assert entry == made.member(spki=entry.spki)
    assert len(entry.actor_id) == 32
    _create(tmp_path / "without")
    public = json.loads((tmp_path / "without" / identity.PUBLIC).read_text(encoding="utf-8"))
    assert public["spki"] == ""
    with pytest.raises(RosterError, match="spki"):
        roster_member.parse(public, "person")


def test_keys_are_never_replaced(tmp_path: Path) -> None:
    """Creating keys again would lose every share sealed to the first ones."""
    _create(tmp_path)
    before = (tmp_path / identity.KEYS).read_bytes()
    with pytest.raises(IdentityError, match="holds keys already"):
        _create(tmp_path)
    assert (tmp_path / identity.KEYS).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the place of the folder, or a folder in the place of a file, is an error."""
    (tmp_path / "file").write_text("")
    with pytest.raises(IdentityError, match=r"certificate\.pem cannot be used"):
        _create(tmp_path / "file" / "person")
    (tmp_path / "person" / identity.PUBLIC).mkdir(parents=True)
    with pytest.raises(IdentityError, match="person cannot be written to"):
        _create(tmp_path / "person")


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    """An invalid certificate is refused: a wrong pin would lock the member out."""
    (tmp_path / identity.CERTIFICATE).write_text("text")
    with pytest.raises(IdentityError, match="not a certificate in PEM form"):
        _create(tmp_path)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """The text names the missing file."""
    with pytest.raises(IdentityError, match=r"keys\.json cannot be read"):
        identity.load(tmp_path / "nobody", passphrase=b"words")


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """Any permission for group or others is refused."""
    _create(tmp_path)
    (tmp_path / identity.KEYS).chmod(0o640)
    with pytest.raises(IdentityError, match="chmod 600"):
        identity.load(tmp_path, passphrase=b"words")


@pytest.mark.parametrize("content", [None, b"{}", b"[]", b"text", b'{"name": 1}'])
def test_a_wrong_passphrase_and_another_content_are_the_same(tmp_path: Path, content: bytes | None) -> None:
    """Both give the same error."""
    _create(tmp_path)
    if content is not None:
        document = passphrase.lock(
            content, passphrase=b"wrong", purpose="idvault/identity/v1", random=bytes(28), cost=CHEAP
        )
        (tmp_path / identity.KEYS).write_bytes(document)
    with pytest.raises(PassphraseError, match="cannot be opened with this passphrase"):
        identity.load(tmp_path, passphrase=b"wrong")


@pytest.mark.parametrize("name", ["hpke", "ed25519"])
@pytest.mark.parametrize("key", ["", "AAAA"])
def test_an_empty_or_short_private_key_is_refused(tmp_path: Path, name: str, key: str) -> None:
    """A damaged folder does not load, so nothing is ever signed or opened with such a key."""
    fields = _create(tmp_path).to_json() | {name: key}
    document = passphrase.lock(
        json.dumps(fields).encode(),
        passphrase=b"words",
        purpose="idvault/identity/v1",
        random=bytes(28),
        cost=CHEAP,
    )
    (tmp_path / identity.KEYS).write_bytes(document)
    with pytest.raises(PassphraseError):
        identity.load(tmp_path, passphrase=b"words")


def _change(folder: Path, *, passphrase: bytes, new: bytes) -> PersonalIdentity:
    return identity.change_passphrase(
        folder, passphrase=passphrase, new=new, random=CountingEntropy().random, cost=CHEAP
    )


def test_a_passphrase_can_be_changed(tmp_path: Path) -> None:
    """The keys stay the same, only the new passphrase opens them, and a wrong one changes nothing."""
    folder = tmp_path / "person"
    made = _create(folder)
    public = (folder / identity.PUBLIC).read_bytes()
    with pytest.raises(PassphraseError):
        _change(folder, passphrase=b"wrong", new=b"other words")
    assert _change(folder, passphrase=b"words", new=b"other words") == made
    assert identity.load(folder, passphrase=b"other words") == made
    with pytest.raises(PassphraseError):
        identity.load(folder, passphrase=b"words")
    assert (folder / identity.KEYS).stat().st_mode & 0o777 == 0o600
    assert (folder / identity.PUBLIC).read_bytes() == public


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_leaves_one_of_both_passphrases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A change that fails before the rename leaves the former file, complete."""
    folder = tmp_path / "person"
    made = _create(folder)

    def fails(*_: object, **__: object) -> None:
        raise OSError(5, "no power")

    with monkeypatch.context() as patch:
        patch.setattr(os if step == "fsync" else Path, step, fails)
        with pytest.raises(IdentityError, match="cannot be written to"):
            _change(folder, passphrase=b"words", new=b"other words")
    assert identity.load(folder, passphrase=b"words") == made
    assert _change(folder, passphrase=b"words", new=b"other words") == made


def test_the_public_entry_needs_no_passphrase(tmp_path: Path) -> None:
    """Its pin is that of the certificate, else of the TLS key, else empty; damage is named."""
    folder = tmp_path / "person"
    folder.mkdir()
    with pytest.raises(IdentityError, match=r"public\.json cannot be used"):
        identity.public_entry(folder)
    made = _create(folder)
    assert identity.public_entry(folder) == made.member(spki="")
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / identity.TLS_KEY).write_bytes(key)
    pin = certificate.key_pin(key)
    assert identity.public_entry(folder) == made.member(spki=pin)
    (folder / identity.CERTIFICATE).write_bytes(pem(GOOD))
    assert identity.public_entry(folder) == made.member(spki=pin)
    (folder / identity.PUBLIC).write_text("{}")
    with pytest.raises(IdentityError, match=r"public\.json cannot be used"):
        identity.public_entry(folder)
