"""Secrets of one-time codes (RFC 6238, RFC 4226): creates them, seals them, and checks codes.

- At rest a secret is: format version 1 (1 byte), the key's version (1 byte length, text), a nonce of 12
  bytes, the AES-256-GCM output; its associated data names the roster member's actor id.
- It is sent to the member as an otpauth URI, HPKE-sealed to the member's roster key: no operator sees it.
- pyotp's verify() accepts full-width digits and replays. Therefore only codes that second_factor.rules has
  checked are compared, and the code's step is returned so that it can be spent.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp.exceptions import OTPVerificationError

from idvault.core.entropy import Entropy
from idvault.core.second_factor import STEP, WINDOW
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.ports import FreshSecret
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.people.roster_member import RosterMember

ISSUER = "idvault"
SECRET_SIZE = 20
DIGITS = 6
_FORMAT = 1
_NONCE_SIZE = 12


@dataclass(kw_only=True, eq=False, repr=False)
class TotpSealer:
    """The only code that sees a secret in plaintext (people.second_factor.ports.SecondFactorSealer)."""

    keys: LocalKeyProvider
    entropy: Entropy

    def fresh(self, *, roster_member: RosterMember, request_id: str) -> FreshSecret:
        """Return a new 160-bit secret for a roster member."""
        secret = self.entropy.random(SECRET_SIZE)
        uri = _totp(secret).provisioning_uri(name=roster_member.name, issuer_name=ISSUER)
        info = seal.second_factor_info(
            member=roster_member.name, actor_id=roster_member.actor_id, request_id=request_id
        )
        for_member = hpke.seal(
            suite=roster_member.suite,
            public_key=roster_member.hpke_public_key,
            plaintext=uri.encode(),
            info=info,
        )
        return FreshSecret(self._sealed(roster_member.actor_id, secret), for_member)

    def match(self, *, actor_id: str, at_rest: bytes, code: str, now: datetime) -> int | None:
        """Return the code's step within the window around a real time, or None if the code is wrong.

        Raises DamagedError (RECORD_DAMAGED) if the secret cannot be decrypted.
        """
        totp = _totp(self._opened(actor_id, at_rest))
        try:
            return totp.verify_and_get_timecode(code, for_time=now, valid_window=WINDOW)
        except OTPVerificationError:
            return None

    def resealed(self, *, actor_id: str, at_rest: bytes) -> bytes:
        """Return a stored secret under the version in use; raises DamagedError (RECORD_DAMAGED)."""
        return self._sealed(actor_id, self._opened(actor_id, at_rest))

    def _sealed(self, actor_id: str, secret: bytes) -> bytes:
        version = self.keys.keys(Purpose.SECOND_FACTOR).primary
        nonce = self.entropy.random(_NONCE_SIZE)
        cipher = AESGCM(self.keys.primary(Purpose.SECOND_FACTOR))
        named = version.encode()
        return (
            bytes([_FORMAT, len(named)])
            + named
            + nonce
            + cipher.encrypt(nonce, secret, seal.second_factor_at_rest_info(actor_id=actor_id))
        )

    def _opened(self, actor_id: str, at_rest: bytes) -> bytes:
        if len(at_rest) < 2 or at_rest[0] != _FORMAT:
            raise UnsealError
        place = 2 + at_rest[1]
        nonce, ciphertext = at_rest[place : place + _NONCE_SIZE], at_rest[place + _NONCE_SIZE :]
        try:
            key = self.keys.version(Purpose.SECOND_FACTOR, at_rest[2:place].decode())
            return AESGCM(key).decrypt(nonce, ciphertext, seal.second_factor_at_rest_info(actor_id=actor_id))
        except (InvalidTag, ValueError, KeyMissingError) as error:
            raise UnsealError from error


def version_of(at_rest: bytes) -> str:
    """Return the version of the key of a stored secret, "" if it does not tell."""
    if len(at_rest) < 2 or at_rest[0] != _FORMAT:
        return ""
    return at_rest[2 : 2 + at_rest[1]].decode("ascii", "replace")


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret).decode(), digits=DIGITS, interval=int(STEP.total_seconds()))
