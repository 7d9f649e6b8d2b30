"""Key files that only a hardware module opens, with SoftHSM 2."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pkcs11
import pytest

from idvault.sealing import pkcs11_lock
from idvault.sealing.key_provider import KeyFileError, KeyFileLockedError, LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.pkcs11_lock import HardwareModule, ModuleError
from idvault_verify.attest.hpke import UnsealError
from tests.support import hardware
from tests.support.hardware import PIN
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

SECRET = b"the content of a key file " * 200
NONCE = b"n" * pkcs11_lock.NONCE_SIZE
SETS = {Purpose.REQUEST: KeySet("0", {"0": b"k" * 32})}


@pytest.fixture(scope="module")
def module() -> HardwareModule:
    """A token with a key."""
    made = hardware.module()
    assert made.make_key(pin=PIN)
    return made


def _locked(module: HardwareModule) -> bytes:
    return module.lock(SECRET, pin=PIN, purpose="p", nonce=NONCE)


def test_a_secret_comes_back(module: HardwareModule) -> None:
    """The document names token and key, and holds nothing of the secret; the key is created once."""
    assert not module.make_key(pin=PIN)
    document = _locked(module)
    assert module.unlock(document, pin=PIN, purpose="p") == SECRET
    assert pkcs11_lock.is_locked(document)
    fields = json.loads(document)
    assert (fields["token"], fields["label"]) == (module.token, module.label)
    assert b"content" not in document


def test_the_key_never_leaves_the_module(module: HardwareModule) -> None:
    """Not even with the PIN."""
    with module._session(PIN) as session:
        key = module._key(session)
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"token": "another"}, "no token of the name in IDVAULT_PKCS11_URI"),
        ({"label": "another"}, "one key of the name in IDVAULT_PKCS11_URI"),
        ({"library": Path("/no/library.so")}, "IDVAULT_PKCS11_URI cannot be used"),
    ],
)
def test_wrong_settings_are_named(module: HardwareModule, change: Any, why: str) -> None:
    """Library, token or key."""
    with pytest.raises(ModuleError, match=why):
        replace(module, **change).unlock(_locked(module), pin=PIN, purpose="p")


def test_a_wrong_pin_is_named(module: HardwareModule) -> None:
    """The PIN is in the setting of the passphrase."""
    with pytest.raises(ModuleError, match="refuses the PIN in IDVAULT_KEY_PASSPHRASE_FILE"):
        module.unlock(_locked(module), pin=b"0000", purpose="p")


def test_without_the_extra_it_is_said(module: HardwareModule, monkeypatch: pytest.MonkeyPatch) -> None:
    """The binding is not among the service's own requirements."""
    document = _locked(module)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(ModuleError, match=r"idvault\[pkcs11\]"):
        module.unlock(document, pin=PIN, purpose="p")


def test_another_purpose_or_damage_is_refused(module: HardwareModule) -> None:
    """Nonce, ciphertext and purpose count."""
    document = _locked(module)
    fields = json.loads(document)
    damaged = [
        json.dumps(fields | {"ciphertext": fields["ciphertext"][4:]}).encode(),
        json.dumps(fields | {"nonce": "AAAAAAAAAAAAAAAA"}).encode(),
        json.dumps(fields | {"nonce": "no base64"}).encode(),
        b"{}",
        b"[]",
    ]
    for each, purpose in [(document, "q"), *((one, "p") for one in damaged)]:
        with pytest.raises(UnsealError):
            module.unlock(each, pin=PIN, purpose=purpose)


@pytest.mark.parametrize("document", [b"\xff", b"[]", b"{}", b'{"format": "idvault/passphrase/v1"}'])
def test_other_files_are_not_the_modules(document: bytes) -> None:
    """A file under a passphrase is opened as ever."""
    assert not pkcs11_lock.is_locked(document)


def _load(path: Path, words: bytes, module: HardwareModule | None) -> LocalKeyProvider:
    return LocalKeyProvider.load(path, passphrase=words, entropy=CountingEntropy(), module=module)


def test_a_key_file_moves_into_the_module(module: HardwareModule, tmp_path: Path) -> None:
    """From then on the module opens it, also after changes; the passphrase no longer does."""
    path = tmp_path / "service.keys"
    LocalKeyProvider.create(path, keys=SETS, passphrase=b"p", entropy=CountingEntropy(), cost=CHEAP)
    _load(path, b"p", module).put(Purpose.REQUEST, "1", b"l" * 32)  # still under its passphrase
    _load(path, b"p", None).move_into(module, pin=PIN)
    assert pkcs11_lock.is_locked(path.read_bytes())
    keys = _load(path, PIN, module)
    keys.put(Purpose.REQUEST, "2", b"m" * 32)
    assert _load(path, PIN, module).keys(Purpose.REQUEST) == keys.keys(Purpose.REQUEST)
    with pytest.raises(KeyFileError, match="its PIN is changed there"):
        keys.change_passphrase(b"new")
    with pytest.raises(KeyFileLockedError, match="set IDVAULT_PKCS11_URI"):
        _load(path, PIN, None)
    with pytest.raises(KeyFileLockedError, match="refuses the PIN"):
        _load(path, b"0000", module)


def test_a_module_that_fails_changes_nothing(module: HardwareModule, tmp_path: Path) -> None:
    """The file stays under its passphrase."""
    path = tmp_path / "service.keys"
    LocalKeyProvider.create(path, keys=SETS, passphrase=b"p", entropy=CountingEntropy(), cost=CHEAP)
    with pytest.raises(KeyFileLockedError, match="cannot be written"):
        _load(path, b"p", None).move_into(replace(module, label="another"), pin=PIN)
    assert _load(path, b"p", None).keys(Purpose.REQUEST) == SETS[Purpose.REQUEST]
