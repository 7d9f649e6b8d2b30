"""Encrypts the texts of appeals and reports at rest (AES-256-GCM), each under a data key of its own.

A sealed text is: format version 1 (1 byte); the data key under the moderation-text key (12 random bytes, the
GCM output of 48); the padded text under the data key (12 random bytes, the GCM output). The version of the
moderation-text key is stored beside it, which allows key rotation. Both are bound to the platform, the case,
the field and that version.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault.core.entropy import Entropy
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import KEY_SIZE, Purpose
from idvault.sealing.moderation_text_ports import CaseField, SealedModerationText
from idvault_verify import seal
from idvault_verify.attest import payload
from idvault_verify.attest.hpke import UnsealError

_FORMAT = b"\x01"
_NONCE_SIZE = 12
_TAG_SIZE = 16
_WRAPPED_SIZE = _NONCE_SIZE + KEY_SIZE + _TAG_SIZE


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedModerationTextSealer:
    """Seals under the keys of one key file (sealing.moderation_text_ports.ModerationTextSealer)."""

    keys: LocalKeyProvider
    entropy: Entropy

    def __post_init__(self) -> None:
        """Raise KeyMissingError at the start for a key file without these keys."""
        self.keys.keys(Purpose.MODERATION_TEXT)

    def seal(self, place: CaseField, text: str) -> SealedModerationText:
        """Return the sealed text."""
        version = self.keys.keys(Purpose.MODERATION_TEXT).primary
        data_key = self.entropy.random(KEY_SIZE)
        wrapped = self._encrypted(self._key(version), data_key, _key_info(place, version))
        sealed = self._encrypted(data_key, payload.pad(text.encode()), _text_info(place, version))
        return SealedModerationText(version, _FORMAT + wrapped + sealed)

    def open(self, place: CaseField, sealed: SealedModerationText) -> str:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        version, data = sealed.key_version, sealed.data
        if data[:1] != _FORMAT:
            raise UnsealError
        wrapped, encrypted = data[1 : 1 + _WRAPPED_SIZE], data[1 + _WRAPPED_SIZE :]
        try:
            data_key = _decrypted(self._key(version), wrapped, _key_info(place, version))
            padded = _decrypted(data_key, encrypted, _text_info(place, version))
        except (InvalidTag, ValueError, KeyMissingError) as error:
            raise UnsealError from error
        return payload.unpad(padded).decode()

    def _key(self, version: str) -> bytes:
        return self.keys.version(Purpose.MODERATION_TEXT, version)

    def _encrypted(self, key: bytes, plaintext: bytes, info: bytes) -> bytes:
        nonce = self.entropy.random(_NONCE_SIZE)
        return nonce + AESGCM(key).encrypt(nonce, plaintext, info)


def _decrypted(key: bytes, sealed: bytes, info: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], info)


def _key_info(place: CaseField, version: str) -> bytes:
    return seal.moderation_text_key_info(
        relying_party=place.relying_party, case_id=place.case_id, field=place.name, key_version=version
    )


def _text_info(place: CaseField, version: str) -> bytes:
    return seal.moderation_text_info(
        relying_party=place.relying_party, case_id=place.case_id, field=place.name, key_version=version
    )
