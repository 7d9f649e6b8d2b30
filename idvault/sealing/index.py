"""Recognises a person without storing an ID number: a chain of keyed hashes.

- index_0 = HMAC-SHA256(key_0, encode("idvault/index/v1", relying party, document type, normalised number)).
- index_n = HMAC-SHA256(key_n, index_(n-1)): a stored index can be re-keyed without the ID number.
- limiter key of a day = HMAC-SHA256(sub-key of key_n, encode("idvault/limiter/v1", index_n, day)): without
  the keys it cannot be linked to an index or to another day's limiter key.
"""

import hmac
from datetime import date, timedelta

from idvault.domain import seal
from idvault.domain.claim import Identity
from idvault.ports.claim import PersonKey
from idvault.sealing.key_set import KeySet

_DAY = timedelta(days=1)


class ChainedIndexer:
    """Indexes under every version of the chain up to the primary one (ports.sealing.Indexer)."""

    def __init__(self, *, keys: KeySet) -> None:
        """Derive the limiter key; raises ValueError if a version from 0 to the primary one is missing."""
        self._version = int(keys.primary)
        try:
            self._chain = tuple(keys.versions[str(number)] for number in range(self._version + 1))
        except KeyError as error:
            raise ValueError("the index chain has a gap") from error
        self._limiter = hmac.digest(self._chain[-1], seal.encode("idvault/limiter-key/v1"), "sha256")

    def person(self, *, relying_party: str, identity: Identity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index under the current and previous version, and the limiter keys."""
        document = identity.document
        value = seal.encode("idvault/index/v1", relying_party, document.type.value, document.number)
        indexes = []
        for key in self._chain:
            value = hmac.digest(key, value, "sha256")
            indexes.append(value)
        return PersonKey(
            index_version=self._version,
            index=value,
            previous=indexes[-2] if len(indexes) > 1 else None,
            person_id=person_id,
            limiter_key=self._limit(value, today),
            yesterday_key=self._limit(value, today - _DAY),
        )

    def _limit(self, index: bytes, day: date) -> bytes:
        message = seal.encode("idvault/limiter/v1", index, day.isoformat())
        return hmac.digest(self._limiter, message, "sha256")
