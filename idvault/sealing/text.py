"""Texts that the service encrypts at rest, because they describe cases, and the secrets of reports.

The version of the key is stored beside each text, which allows key rotation.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault.core.entropy import Entropy
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import KEY_SIZE, Purpose
from idvault.sealing.ports import CaseField, KeyedProof, NewSecret, SealedModerationText, SealedText
from idvault_verify import seal
from idvault_verify.attest import payload
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.seal import Part
from idvault_verify.tip_off import SECRET_DIGITS, TipOff

_FORMAT = b"\x01"
_NONCE_SIZE = 12


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedCaseTextSealer:
    """Seals under the primary case-text key of one key file (disclosure.ports.CaseTextSealer).

    A sealed text is: format version 1 (1 byte), a random nonce (12 bytes), the GCM output. The key's version
    is stored beside it, which allows key rotation.
    """

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


_TAG_SIZE = 16
_WRAPPED_SIZE = _NONCE_SIZE + KEY_SIZE + _TAG_SIZE


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedModerationTextSealer:
    """Seals under the keys of one key file (sealing.ports.ModerationTextSealer).

    A sealed text is: format version 1 (1 byte); the data key under the moderation-text key (12 random bytes,
    the GCM output of 48); the padded text under the data key (12 random bytes, the GCM output). The version
    of the moderation-text key is stored beside it, which allows key rotation. Both are bound to the platform,
    the case, the field and that version.
    """

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


_SECRET = "idvault/tip-off-secret/v1"  # noqa: S105 - a purpose
_PROOF = "idvault/tip-off-proof/v1"
_REPORTER = "idvault/tip-off-reporter/v1"
_PROVED = "idvault/contact-proved/v1"
FIRST_VERSION = 0
_SECRET_BYTES, _ID_BYTES = 8, 16


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedTipOffSecrets:
    """Secrets and ids under the keys of one key file (tip_off.ports.TipOffSecrets).

    - secret = the first 8 bytes of HMAC(key, encode("idvault/tip-off-secret/v1", relying party, report id,
      request id)) as a number modulo 10^16, in 16 digits. The request id is not stored, so the key alone
      leads to no secret.
    - The stored hash = HMAC(key, encode("idvault/tip-off-proof/v1", relying party, report id, secret)).
    - Reporter id = the first 16 bytes of HMAC(key, encode("idvault/tip-off-reporter/v1", relying party, kind,
      value)), always under the first version of the key: a new version must not make a known reporter
      unknown.
    - The mark of a proved address = HMAC(key, encode("idvault/contact-proved/v1", relying party, proof id,
      reporter id, when it ends)): without the key a row becomes neither a proof nor another reporter's.
    """

    keys: LocalKeyProvider

    def __post_init__(self) -> None:
        """Raise KeyMissingError at the start for a key file without these keys."""
        self.keys.keys(Purpose.TIP_OFF)

    def secret(
        self, *, relying_party: str, tip_off_id: str, request_id: str, version: str | None
    ) -> NewSecret:
        """Return the secret of a report that a request files, with its hash."""
        chosen = version or self.keys.keys(Purpose.TIP_OFF).primary
        derived = self._digest(chosen, _SECRET, relying_party, tip_off_id, request_id)
        number = int.from_bytes(derived[:_SECRET_BYTES], "big") % 10**SECRET_DIGITS
        digits = f"{number:0{SECRET_DIGITS}}"
        return NewSecret(digits, self._digest(chosen, _PROOF, relying_party, tip_off_id, digits), chosen)

    def check(self, tip_off: TipOff, *, secret: str) -> None:
        """Raise NotFoundError (TIP_OFF_NOT_FOUND) unless this is the report's secret."""
        expected = self._digest(tip_off.secret_key, _PROOF, tip_off.relying_party, tip_off.tip_off_id, secret)
        if not hmac.compare_digest(expected, tip_off.secret_hash):
            raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)

    def reporter_id(self, *, relying_party: str, kind: str, value: str) -> str:
        """Return the id of a reporter at a platform."""
        return self._digest(str(FIRST_VERSION), _REPORTER, relying_party, kind, value)[:_ID_BYTES].hex()

    def proved_mark(self, proof: KeyedProof) -> bytes:
        """Return the mark of a proof that is done; raises KeyMissingError."""
        return self._digest(
            proof.key_version,
            _PROVED,
            proof.relying_party,
            proof.proof_id,
            proof.reporter_id,
            hashed_time(proof.expires_at),
        )

    def is_proved(self, proof: KeyedProof) -> bool:
        """Tell whether a proof has its mark; none has once its key is gone."""
        try:
            expected = self.proved_mark(proof)
        except KeyMissingError:
            return False
        return hmac.compare_digest(expected, proof.code_hash)

    def _digest(self, version: str, purpose: str, *parts: Part) -> bytes:
        key = self.keys.version(Purpose.TIP_OFF, version)
        return hmac.digest(key, seal.encode(purpose, *parts), "sha256")


def hashed_time(time: datetime) -> str:
    """Return a time as it is hashed: to the microsecond, as it is stored."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")
