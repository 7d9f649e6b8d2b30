"""The keyed hashes by which a reporter's address is recognised, and the letters that take codes there.

- Hashes are HMACs under the tip-off keys of the edge, each of a domain of its own: an address and an account
  never have one id.
- A letter is sealed by the edge to the worker's intake key, as waiting claims are: a thief of the database
  and of the edge's keys opens none. That key is destroyed within half an hour, so remnants of deleted letters
  in a write-ahead log or a backup stay closed. A sealed letter is: format version 2 (1 byte), the HPKE KEM id
  (2 bytes, big-endian), the HPKE message of the padded letter: JSON of address, code and language.
"""

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.ports import CodeLetter, DayKeyStore, Intake, KeyedProof
from idvault.sealing.text import FIRST_VERSION, KeyedTipOffSecrets, hashed_time
from idvault_verify import seal
from idvault_verify.attest import hpke, payload
from idvault_verify.attest.hpke import HpkeKeyError, UnsealError
from idvault_verify.error import Reason, UnavailableError

_CODE, _MAILBOX, _LETTER = (
    "idvault/contact-code/v1",
    "idvault/contact-mailbox/v1",
    "idvault/contact-letter/v1",
)
_ID_BYTES = 16


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedContactSecrets(KeyedTipOffSecrets):
    """Ids, marks and hashes under the keys of one key file (tip_off.contact.ports.ContactSecrets).

    - The hash of a code = HMAC(key, encode("idvault/contact-code/v1", relying party, proof id, reporter id,
      when it ends, code)): a code proves the address that it was sent to, whatever the row says later.
    - A mailbox = the first 16 bytes of HMAC(key, encode("idvault/contact-mailbox/v1", mailbox, day)), under
      the first version of the key: rows of two days cannot be joined.
    """

    def mailbox(self, *, value: str, day: str) -> str:
        """Return the mark of a mailbox on one day."""
        return self._digest(str(FIRST_VERSION), _MAILBOX, value, day)[:_ID_BYTES].hex()

    def code_hash(
        self, *, relying_party: str, proof_id: str, reporter_id: str, expires_at: datetime, code: str
    ) -> tuple[bytes, str]:
        """Return the hash of a code, and the version of the key."""
        version = self.keys.keys(Purpose.TIP_OFF).primary
        parts = (relying_party, proof_id, reporter_id, hashed_time(expires_at), code)
        return self._digest(version, _CODE, *parts), version

    def matches(self, proof: KeyedProof, code: str) -> bool:
        """Tell whether this is the code; no code is right once its key is gone."""
        parts = (proof.relying_party, proof.proof_id, proof.reporter_id, hashed_time(proof.expires_at), code)
        try:
            expected = self._digest(proof.key_version, _CODE, *parts)
        except KeyMissingError:
            return False
        return hmac.compare_digest(expected, proof.code_hash)


def _header(suite: str) -> bytes:
    return b"\x02" + hpke.kem_id(suite).to_bytes(2, "big")


def _info(mail_id: str, day: str) -> bytes:
    return seal.encode(_LETTER, mail_id, day)


@dataclass(kw_only=True, eq=False, repr=False)
class DayLetterSealer:
    """Seals to the published public key; holds no secret (sealing.ports.CodeLetterSealer)."""

    store: DayKeyStore

    async def seal(self, letter: CodeLetter, *, mail_id: str, day: str) -> Intake:
        """Return the letter; raises UnavailableError (STORE_UNAVAILABLE) without a key of that day."""
        key = await self.store.newest(day=day)
        if key is None:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        padded = payload.pad(json.dumps(asdict(letter)).encode())
        info = _info(mail_id, key.day)
        try:
            sealed = hpke.seal(suite=key.suite, public_key=key.public_key, plaintext=padded, info=info)
        except HpkeKeyError as error:
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from error
        return Intake(key.day, _header(key.suite) + sealed)


@dataclass(kw_only=True, eq=False, repr=False)
class DayLetterOpener:
    """Opens with the private key of the day (sealing.ports.CodeLetterOpener).

    suite: of all keys in the file: who can write to the database must not choose the KEM.
    """

    keys: LocalKeyProvider
    suite: str = hpke.X_WING

    def open(self, sealed: bytes, *, mail_id: str, day: str) -> CodeLetter:
        """Return the letter; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        header = _header(self.suite)
        if not sealed.startswith(header):
            raise UnsealError
        try:
            private_key = self.keys.version(Purpose.INTAKE, day)
        except KeyMissingError as error:
            raise UnsealError from error
        padded = hpke.unseal(
            suite=self.suite, private_key=private_key, sealed=sealed[len(header) :], info=_info(mail_id, day)
        )
        try:
            found = json.loads(payload.unpad(padded))
            return CodeLetter(*(str(found[name]) for name in ("address", "code", "language")))
        except (ValueError, KeyError, TypeError) as error:
            raise UnsealError from error
