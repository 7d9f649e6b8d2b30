"""Seals a waiting claim to the newest key of a day, and opens it where the private half is held.

A sealed claim is: format version 1 (1 byte), the HPKE KEM id (2 bytes, big-endian), the HPKE message.
"""

from dataclasses import dataclass

from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.ports import DayKeyStore, Intake
from idvault_verify import seal
from idvault_verify.attest import hpke, payload
from idvault_verify.attest.hpke import HpkeKeyError, UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.claim import Identity
from idvault_verify.error import Reason, UnavailableError

_FORMAT = 1
_HEADER_SIZE = 3


@dataclass(kw_only=True, eq=False, repr=False)
class DayIntakeSealer:
    """Seals to the published public key; holds no secret (sealing.ports.IntakeSealer)."""

    store: DayKeyStore

    async def seal(
        self, *, relying_party: str, account_token: str, claim_id: str, identity: Identity, day: str
    ) -> Intake:
        """Return the intake; raises UnavailableError (STORE_UNAVAILABLE) without a key of that day."""
        # Not cached: the newest key is short-lived, and queuing a claim accesses the database anyway.
        key = await self.store.newest(day=day)
        if key is None:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        info = seal.intake_info(
            relying_party=relying_party, account_token=account_token, claim_id=claim_id, day=key.day
        )
        plaintext = payload.encode(Payload(identity))
        try:
            sealed = hpke.seal(suite=key.suite, public_key=key.public_key, plaintext=plaintext, info=info)
        except HpkeKeyError as error:
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from error
        header = bytes([_FORMAT]) + hpke.kem_id(key.suite).to_bytes(2, "big")
        return Intake(key.day, header + sealed)


@dataclass(kw_only=True, eq=False, repr=False)
class DayIntakeOpener:
    """Opens with the private key of the day (sealing.ports.IntakeOpener)."""

    keys: LocalKeyProvider

    def open(self, *, relying_party: str, account_token: str, claim_id: str, intake: Intake) -> Identity:
        """Return the identity; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        header, sealed = intake.ciphertext[:_HEADER_SIZE], intake.ciphertext[_HEADER_SIZE:]
        if header[:1] != bytes([_FORMAT]):
            raise UnsealError
        try:
            suite = hpke.suite_of(int.from_bytes(header[1:], "big"))
            private_key = self.keys.version(Purpose.INTAKE, intake.day)
        except (HpkeKeyError, KeyMissingError) as error:
            raise UnsealError from error
        info = seal.intake_info(
            relying_party=relying_party, account_token=account_token, claim_id=claim_id, day=intake.day
        )
        padded = hpke.unseal(suite=suite, private_key=private_key, sealed=sealed, info=info)
        return payload.decode(padded).identity
