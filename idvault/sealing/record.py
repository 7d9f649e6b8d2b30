"""Seals an identity so that only M of N custodians together can open it (HKDF, AES-GCM, HPKE).

- Each record version has a fresh data key, split among the custodians of the quorum in force and not stored.
- The record's key also needs the account's shred key, which is stored durably in a separate database first.
- Only an identity that the registry confirmed is sealed.
- Nothing in this folder can open a record.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from idvault.core.entropy import Entropy
from idvault.sealing.ports import ShredStore
from idvault_verify import seal, sharing
from idvault_verify.attest import hpke, payload, record_key
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.quorum import Quorum
from idvault_verify.claim import Consent, Identity
from idvault_verify.record import FORMAT_VERSION, SealedRecord, check_confirmed
from idvault_verify.registry import RegistryAnswer

_KEY_SIZE = 32
_ID_SIZE = 16


@dataclass(kw_only=True, eq=False, repr=False)
class QuorumRecordSealer:
    """Seals for the quorum in force of a verified roster (sealing.ports.RecordSealer)."""

    quorum: Callable[[], Quorum]
    shred_store: ShredStore
    entropy: Entropy

    async def seal(
        self,
        *,
        relying_party: str,
        account_token: str,
        identity: Identity,
        answer: RegistryAnswer,
        consent: Consent,
    ) -> SealedRecord:
        """Return a new record version; the account's shred key is durable before it returns.

        Raises UnconfirmedError, before anything is stored, unless the answer is a match.
        """
        check_confirmed(answer)
        shred_key = await self.shred_store.obtain(
            account_token=account_token, candidate=self.entropy.random(_KEY_SIZE)
        )
        padded = payload.encode(Payload(identity, answer, consent))
        return self._seal(self.quorum(), relying_party, account_token, padded=padded, shred_key=shred_key)

    def _seal(
        self, quorum: Quorum, relying_party: str, account_token: str, *, padded: bytes, shred_key: bytes
    ) -> SealedRecord:
        # One quorum for the whole record, even if a new one comes into force during the call.
        quorum_id = quorum.id
        record_id = self.entropy.random(_ID_SIZE).hex()
        salt, data_key = self.entropy.random(_KEY_SIZE), self.entropy.random(_KEY_SIZE)
        info = seal.record_info(
            format_version=FORMAT_VERSION,
            relying_party=relying_party,
            account_token=account_token,
            record_id=record_id,
            quorum_id=quorum_id,
        )
        shred_value = record_key.shred_value(shred_key=shred_key, record_id=record_id)
        key = record_key.derive(data_key=data_key, shred_value=shred_value, salt=salt, info=info)
        nonce = self.entropy.random(record_key.NONCE_SIZE)
        hashes, shares = self._shares(quorum, data_key, account_token, record_id)
        return SealedRecord(
            account_token=account_token,
            relying_party=relying_party,
            record_id=record_id,
            format_version=FORMAT_VERSION,
            sealing_quorum_id=quorum_id,
            present_quorum_id=quorum_id,
            suite=quorum.suite,
            salt=salt,
            commitment=key.commitment,
            ciphertext=key.encrypt(nonce=nonce, padded=padded, info=info),
            share_hashes=hashes,
            shares=shares,
        )

    def _shares(
        self, quorum: Quorum, data_key: bytes, account_token: str, record_id: str
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Return the hash of each share, and each share sealed to its custodian, in the quorum's order."""
        threshold, custodians, quorum_id = quorum.threshold, quorum.custodians, quorum.id
        shares = sharing.split(
            secret=data_key,
            threshold=threshold,
            count=len(custodians),
            coefficients=self.entropy.random(_KEY_SIZE * (threshold - 1)),
        )
        sealed = tuple(
            hpke.seal(
                suite=custodian.suite,
                public_key=custodian.hpke_public_key,
                plaintext=share,
                info=seal.share_info(
                    account_token=account_token,
                    record_id=record_id,
                    quorum_id=quorum_id,
                    custodian=custodian.name,
                ),
            )
            for custodian, share in zip(custodians, shares, strict=True)
        )
        return tuple(sha256(share).digest() for share in shares), sealed
