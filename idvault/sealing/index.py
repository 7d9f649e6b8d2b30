"""Recognises a person without storing an ID number: a chain of keyed hashes.

- index_0 = HMAC-SHA256(key_0, encode("idvault/index/v1", relying party, document type, normalised number)).
- index_n = HMAC-SHA256(key_n, index_(n-1)): a stored index can be re-keyed without the ID number.
- A chain needs its first keys for ever: without them, no index can be computed from a number. A person is
  looked for under each of them: a machine that slept may have written under one that is over.
- limiter key of a day = HMAC-SHA256(sub-key of key_n, encode("idvault/limiter/v1", index_n, day)): without
  the keys it cannot be linked to an index or to another day's limiter key.

Recognises a pair of number and name that is tried again: HMAC-SHA256 under a key that is never stored. The
mark is stored with the person's attempts; if its key were stored, a thief could test names against it. So
each process draws its own key and keeps it in memory; a pair therefore counts once per process.
"""

import hmac
from datetime import date, timedelta
from itertools import count, takewhile

from idvault.core.entropy import Entropy
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import PersonKey
from idvault_verify import seal
from idvault_verify.claim import Identity

_DAY = timedelta(days=1)
_PAIR_PURPOSE = "idvault/attempt/v1"
_PAIR_KEY_SIZE = 32


class ChainedIndexer:
    """Indexes under every version of the chain (sealing.ports.Indexer)."""

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

    def person(self, *, relying_party: str, identity: Identity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index under the version in use and others, and the limiter keys."""
        document = identity.document
        value = seal.encode("idvault/index/v1", relying_party, document.type.value, document.number)
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

    def person(self, *, relying_party: str, identity: Identity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index; raises KeyMissingError if the file lacks the version in use."""
        return self._current().person(
            relying_party=relying_party, identity=identity, person_id=person_id, today=today
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
    """Marks pairs under a key that only this process knows (sealing.ports.PairMarker)."""

    def __init__(self, *, entropy: Entropy) -> None:
        """Draw the key."""
        self._key = entropy.random(_PAIR_KEY_SIZE)

    def mark(self, *, relying_party: str, identity: Identity) -> bytes:
        """Return the keyed hash of relying party, document type, number and name."""
        document = identity.document
        message = seal.encode(
            _PAIR_PURPOSE, relying_party, document.type.value, document.number, identity.name
        )
        return hmac.digest(self._key, message, "sha256")


def _chain(keys: KeySet) -> tuple[bytes, ...]:
    """Return the keys from version 0 on, up to the first gap."""
    numbers = takewhile(lambda number: str(number) in keys.versions, count())
    return tuple(keys.versions[str(number)] for number in numbers)
