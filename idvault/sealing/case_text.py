"""Encrypts signed disclosure requests and denials at rest, because their texts describe cases (AES-256-GCM).

A sealed text is: format version 1 (1 byte), a random nonce (12 bytes), the GCM output. The key's version is
stored beside it, which allows key rotation.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault.core.entropy import Entropy
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.ports import SealedText
from idvault_verify import seal
from idvault_verify.attest.hpke import UnsealError

_FORMAT = b"\x01"
_NONCE_SIZE = 12


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedCaseTextSealer:
    """Seals under the primary case-text key of one key file (disclosure.ports.CaseTextSealer)."""

    keys: LocalKeyProvider
    entropy: Entropy

    def seal(self, *, disclosure_id: str, text: bytes, custodian: str = "") -> SealedText:
        """Return the sealed text."""
        nonce = self.entropy.random(_NONCE_SIZE)
        version = self.keys.keys(Purpose.CASE_TEXT).primary
        sealed = self._cipher(version).encrypt(nonce, text, _info(disclosure_id, custodian))
        return SealedText(version, _FORMAT + nonce + sealed)

    def open(self, *, disclosure_id: str, sealed: SealedText, custodian: str = "") -> bytes:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        data = sealed.data
        if data[:1] != _FORMAT:
            raise UnsealError
        nonce, encrypted = data[1 : 1 + _NONCE_SIZE], data[1 + _NONCE_SIZE :]
        try:
            cipher = self._cipher(sealed.key_version)
            return cipher.decrypt(nonce, encrypted, _info(disclosure_id, custodian))
        except (InvalidTag, ValueError, KeyMissingError) as error:
            raise UnsealError from error

    def _cipher(self, version: str) -> AESGCM:
        return AESGCM(self.keys.version(Purpose.CASE_TEXT, version))


def _info(disclosure_id: str, custodian: str) -> bytes:
    if custodian:
        return seal.denial_info(disclosure_id=disclosure_id, custodian=custodian)
    return seal.case_text_info(disclosure_id=disclosure_id)
