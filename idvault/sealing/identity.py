"""What the service keeps of an identity: keyed hashes that recognise it, and the sealed record.

Nothing in this folder can open a record. The hashes are HMAC-SHA256:

- `ChainedIndexer` recognises a person without the ID number, or without a provider's id;
- `MemoryPairMarker` recognises a pair of number and name that is tried again, within one process;
- `KeyedReferencer` recognises a platform's reference;
- `KeyedPairwise` gives an account another subject for each audience.

`QuorumRecordSealer` seals a confirmed identity for the custodians.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import count, takewhile

from idvault.core.entropy import Entropy
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import PersonKey, ShredStore
from idvault_verify import seal, sharing
from idvault_verify.attest import hpke, payload, record_key, status_token
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.review import SealedReview
from idvault_verify.claim import AnyIdentity, Consent, Identity, OpaqueIdentity
from idvault_verify.record import FORMAT_VERSION, SealedRecord, check_confirmed
from idvault_verify.registry import RegistryAnswer

_DAY = timedelta(days=1)
_PAIR_PURPOSE, _OPAQUE_PURPOSE = "idvault/attempt/v1", "idvault/opaque-attempt/v1"
_PAIR_KEY_SIZE = 32


class ChainedIndexer:
    """Indexes under every version of the chain (sealing.ports.Indexer).

    - index_0 = HMAC-SHA256(key_0, encode("idvault/index/v1", relying party, document type, normalised
      number)).
    - Of a person without a number, index_0 = HMAC-SHA256(key_0, encode("idvault/opaque-index/v1", relying
      party, provider, opaque id)).
    - index_n = HMAC-SHA256(key_n, index_(n-1)): a stored index can be re-keyed without the ID number.
    - A chain needs its first keys for ever: without them, no index can be computed from a number. A person is
      looked for under each of them: a machine that slept may have written under one that is over.
    - digest_n of a representative = HMAC-SHA256(sub-key of key_n, digest_(n-1)), and digest_0 that of
      encode("idvault/representative/v1", relying party, account token, document type, number, name).
    - limiter key of a day = HMAC-SHA256(sub-key of key_n, encode("idvault/limiter/v1", index_n, day)):
      without the keys it cannot be linked to an index or to another day's limiter key.
    """

    def __init__(self, *, keys: KeySet) -> None:
        """Derive the limiter key; raises ValueError if a version from 0 to the primary one is missing."""
        self.version = int(keys.primary)
        self._chain = _chain(keys)
        if self.version >= len(self._chain):
            raise ValueError("the index chain has a gap")
        newest_first = range(len(self._chain) - 1, -1, -1)
        self._others = tuple(each for each in newest_first if each != self.version)
        limiter = self._chain[self.version]
        self._limiter = hmac.digest(limiter, seal.encode("idvault/limiter-key/v1"), "sha256")

    def person(self, *, relying_party: str, identity: AnyIdentity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index under the version in use and others, and the limiter keys."""
        value = _told(relying_party, identity)
        indexes = []
        for key in self._chain:
            value = hmac.digest(key, value, "sha256")
            indexes.append(value)
        index = indexes[self.version]
        return PersonKey(
            index_version=self.version,
            index=index,
            others=tuple(indexes[version] for version in self._others),
            person_id=person_id,
            limiter_key=self._limit(index, today),
            yesterday_key=self._limit(index, today - _DAY),
        )

    def representative(
        self, *, relying_party: str, account_token: str, identity: Identity
    ) -> tuple[bytes, ...]:
        """Return the digests of a representative, which cannot be compared with an index."""
        document = identity.document
        value = seal.encode(
            "idvault/representative/v1",
            relying_party,
            account_token,
            document.type.value,
            document.number,
            identity.name,
        )
        digests = []
        for key in self._chain:
            own = hmac.digest(key, seal.encode("idvault/representative-key/v1"), "sha256")
            value = hmac.digest(own, value, "sha256")
            digests.append(value)
        return (digests[self.version], *(digests[version] for version in self._others))

    def rekeyed(self, index: bytes, *, version: int) -> bytes:
        """Return what a stored index of a version is under the version in use."""
        for key in self._chain[version + 1 : self.version + 1]:
            index = hmac.digest(key, index, "sha256")
        return index

    def _limit(self, index: bytes, day: date) -> bytes:
        message = seal.encode("idvault/limiter/v1", index, day.isoformat())
        return hmac.digest(self._limiter, message, "sha256")


class CurrentIndexer:
    """Indexes under the version that is in use at the time (sealing.ports.Indexer)."""

    def __init__(self, *, keys: LocalKeyProvider) -> None:
        """Build the chain; raises KeyMissingError."""
        self._keys = keys
        self._seen: KeySet | None = None
        self._indexer = self._current()

    def person(self, *, relying_party: str, identity: AnyIdentity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index; raises KeyMissingError if the file lacks the version in use."""
        return self._current().person(
            relying_party=relying_party, identity=identity, person_id=person_id, today=today
        )

    def representative(
        self, *, relying_party: str, account_token: str, identity: Identity
    ) -> tuple[bytes, ...]:
        """Return the digests of a representative; raises KeyMissingError as `person` does."""
        return self._current().representative(
            relying_party=relying_party, account_token=account_token, identity=identity
        )

    def rekeyed(self, index: bytes, *, version: int) -> tuple[int, bytes]:
        """Return the version in use, and what an index stored under an older one is under it."""
        indexer = self._current()
        return indexer.version, indexer.rekeyed(index, version=version)

    def _current(self) -> ChainedIndexer:
        keys = self._keys.keys(Purpose.INDEX)
        if keys is not self._seen:
            try:
                self._indexer = ChainedIndexer(keys=keys)
            except ValueError as error:
                raise KeyMissingError("the key file lacks a version of the index chain") from error
            self._seen = keys
        return self._indexer


class MemoryPairMarker:
    """Marks pairs by HMAC-SHA256 under a key that only this process knows (sealing.ports.PairMarker).

    The mark is stored with the person's attempts; if its key were stored, a thief could test names against
    it. So each process draws its own key and keeps it in memory; a pair therefore counts once per process.
    """

    def __init__(self, *, entropy: Entropy) -> None:
        """Draw the key."""
        self._key = entropy.random(_PAIR_KEY_SIZE)

    def mark(self, *, relying_party: str, identity: AnyIdentity) -> bytes:
        """Return the keyed hash of relying party, and type, number and name, also of a representative.

        Of a person without them, that of provider and id.
        """
        if isinstance(identity, OpaqueIdentity):
            message = seal.encode(_OPAQUE_PURPOSE, relying_party, identity.provider, identity.opaque_id)
            return hmac.digest(self._key, message, "sha256")
        people = [identity] if identity.representative is None else [identity, identity.representative]
        elements = [
            part for each in people for part in (each.document.type.value, each.document.number, each.name)
        ]
        message = seal.encode(_PAIR_PURPOSE, relying_party, *elements)
        return hmac.digest(self._key, message, "sha256")


def _told(relying_party: str, identity: AnyIdentity) -> bytes:
    """Return what the first index of a person is computed from."""
    if isinstance(identity, OpaqueIdentity):
        return seal.encode("idvault/opaque-index/v1", relying_party, identity.provider, identity.opaque_id)
    document = identity.document
    return seal.encode("idvault/index/v1", relying_party, document.type.value, document.number)


def _chain(keys: KeySet) -> tuple[bytes, ...]:
    """Return the keys from version 0 on, up to the first gap."""
    numbers = takewhile(lambda number: str(number) in keys.versions, count())
    return tuple(keys.versions[str(number)] for number in numbers)


_KEY_SIZE = 32
_ID_SIZE = 16


@dataclass(kw_only=True, eq=False, repr=False)
class QuorumRecordSealer:
    """Seals for the quorum in force of a verified roster (sealing.ports.RecordSealer).

    - Each record version has a fresh data key, split among the custodians of the quorum in force and not
      stored.
    - The record's key also needs the version's shred key, which is stored durably in a separate database
      first.
    - Only an identity that the registry confirmed is sealed.
    - Nothing in this folder can open a record.
    """

    quorum: Callable[[], Quorum]
    shred_store: ShredStore
    entropy: Entropy

    async def seal(
        self,
        *,
        relying_party: str,
        account_token: str,
        identity: AnyIdentity,
        answer: RegistryAnswer,
        consent: Consent,
        assertion: str = "",
        review: SealedReview | None = None,
    ) -> SealedRecord:
        """Return a new record version; its shred key is durable before it returns.

        Raises UnconfirmedError, before anything is stored, unless the answer is a match.
        """
        check_confirmed(answer)
        shred_key, record_id = self.entropy.random(_KEY_SIZE), self.entropy.random(_ID_SIZE).hex()
        shred_key = await self.shred_store.obtain(
            account_token=account_token, record_id=record_id, candidate=shred_key
        )
        padded = payload.encode(Payload(identity, answer, consent, assertion, review))
        return self._seal(
            self.quorum(), relying_party, account_token, record_id, padded=padded, shred_key=shred_key
        )

    def _seal(
        self,
        quorum: Quorum,
        relying_party: str,
        account_token: str,
        record_id: str,
        *,
        padded: bytes,
        shred_key: bytes,
    ) -> SealedRecord:
        # One quorum for the whole record, even if a new one comes into force during the call.
        quorum_id = quorum.id
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


_PURPOSE = "idvault/reference/v1"


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedReferencer:
    """Hashes references under one key for all processes (campaign.ports.Referencer).

    The key has a separate purpose and is not derived from the request key: requests are deleted after 7 days
    and their key may then change, but a reference must be recognised for as long as its account exists.
    """

    key: bytes

    def references(self, *, relying_party: str, references: Sequence[str]) -> list[bytes]:
        """Return the keyed hash of each reference, 32 bytes."""
        # encode(a, b, c) equals encode(a, b) + encode(c), so the first part is computed once.
        head = seal.encode(_PURPOSE, relying_party)
        return [hmac.digest(self.key, head + seal.encode(one), "sha256") for one in references]


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedPairwise:
    """Subjects under one key. The key never changes, since every subject would change with it."""

    key: bytes

    def subject(self, *, audience: str, account_token: str) -> str:
        """Return the subject of an account for an audience; always the same."""
        return status_token.subject(key=self.key, audience=audience, account_token=account_token)
