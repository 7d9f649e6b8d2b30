"""Encrypts a key file under a key that never leaves a hardware module (PKCS#11, AES-256-GCM).

The file is JSON: format, token and label, which name the key in the module, nonce and ciphertext in base64.
Whoever has the file and the PIN still needs the module.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idvault_verify import seal, strict_base64, strict_json
from idvault_verify.attest.hpke import UnsealError

if TYPE_CHECKING:
    from pkcs11 import Session

NONCE_SIZE = 12
_FORMAT = "idvault/pkcs11/v1"
_FIELDS = frozenset({"format", "token", "label", "nonce", "ciphertext"})
_MOST_BYTES = 4 * 1024 * 1024
_TAG_BITS, _KEY_BITS = 128, 256


class ModuleError(Exception):
    """The module cannot be used; the text gives the cause and names settings, never a PIN."""


@dataclass(frozen=True, slots=True)
class HardwareModule:
    """A token of a PKCS#11 module, and the label of the key in it. library: the module's shared library."""

    library: Path
    token: str
    label: str

    def lock(self, secret: bytes, *, pin: bytes, purpose: str, nonce: bytes) -> bytes:
        """Return the document with the encrypted secret; raises ModuleError. nonce: 12 fresh bytes."""
        with self._session(pin) as session:
            ciphertext: bytes = self._key(session).encrypt(secret, **_gcm(nonce, purpose))
        document = {
            "format": _FORMAT,
            "token": self.token,
            "label": self.label,
            "nonce": strict_base64.encode_standard(nonce),
            "ciphertext": strict_base64.encode_standard(ciphertext),
        }
        return json.dumps(document, indent=1).encode() + b"\n"

    def unlock(self, document: bytes, *, pin: bytes, purpose: str) -> bytes:
        """Return the secret; raises ModuleError, and UnsealError for damage or another key."""
        pkcs11 = _binding()
        try:
            fields = strict_json.parse_object(document, limit=_MOST_BYTES)
            nonce, ciphertext = (strict_base64.standard(fields[name]) for name in ("nonce", "ciphertext"))
        except (ValueError, KeyError) as error:
            raise UnsealError from error
        with self._session(pin) as session:
            try:
                secret: bytes = self._key(session).decrypt(ciphertext, **_gcm(nonce, purpose))
            except pkcs11.PKCS11Error as error:
                raise UnsealError from error
        return secret

    def make_key(self, *, pin: bytes) -> bool:
        """Create the key in the token unless it is there; return whether it was. Raises ModuleError."""
        pkcs11 = _binding()
        with self._session(pin, rw=True) as session:
            try:
                self._key(session)
            except ModuleError:
                # Neither readable nor extractable: not even a backup of this host leads to it.
                session.generate_key(
                    pkcs11.KeyType.AES,
                    _KEY_BITS,
                    label=self.label,
                    store=True,
                    template={
                        pkcs11.Attribute.SENSITIVE: True,
                        pkcs11.Attribute.EXTRACTABLE: False,
                        pkcs11.Attribute.ENCRYPT: True,
                        pkcs11.Attribute.DECRYPT: True,
                    },
                )
                return True
            return False

    @contextmanager
    def _session(self, pin: bytes, *, rw: bool = False) -> "Iterator[Session]":
        pkcs11 = _binding()
        try:
            token = pkcs11.lib(str(self.library)).get_token(token_label=self.token)
            with token.open(user_pin=pin.decode("utf-8", "replace"), rw=rw) as session:
                yield session
        except pkcs11.PinIncorrect as error:
            raise ModuleError("the module refuses the PIN in IDVAULT_KEY_PASSPHRASE_FILE") from error
        except pkcs11.NoSuchToken as error:
            raise ModuleError("the module has no token of the name in IDVAULT_PKCS11_URI") from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise ModuleError("the module in IDVAULT_PKCS11_URI cannot be used") from error

    def _key(self, session: "Session") -> Any:
        pkcs11 = _binding()
        try:
            return session.get_key(
                object_class=pkcs11.ObjectClass.SECRET_KEY, key_type=pkcs11.KeyType.AES, label=self.label
            )
        except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned) as error:
            raise ModuleError(
                "the token has not exactly one key of the name in IDVAULT_PKCS11_URI"
            ) from error


def is_locked(document: bytes) -> bool:
    """Return whether a key file is one that a module opens."""
    try:
        fields = strict_json.parse_object(document, limit=_MOST_BYTES)
    except ValueError:
        return False
    return fields.keys() == _FIELDS and fields["format"] == _FORMAT


def _binding() -> Any:
    """Return the package pkcs11, which only the extra brings."""
    try:
        return import_module("pkcs11")
    except ImportError as error:
        raise ModuleError("IDVAULT_PKCS11_URI needs the extra idvault[pkcs11]") from error


def _gcm(nonce: bytes, purpose: str) -> dict[str, Any]:
    pkcs11 = _binding()
    parameters = pkcs11.GCMParams(nonce, seal.encode(_FORMAT, purpose), _TAG_BITS)
    return {"mechanism": pkcs11.Mechanism.AES_GCM, "mechanism_param": parameters}
