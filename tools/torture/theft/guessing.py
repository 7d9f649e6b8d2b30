"""What can be found by trying: numbers against the index, names against hashes of requests and attempts."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

from idvault.core.edge import repetition
from idvault.sealing.identity import ChainedIndexer, MemoryPairMarker
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import KeyedFingerprinter
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.v1 import common_pb2, verification_pb2
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot, Row

_BITS = 38
# The person index does not depend on it; only the limiter keys do.
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC).date()


def numbers(loot: Loot, candidates: Iterable[str], *, most: int) -> tuple[Finding, dict[str, str]]:
    """Try every number of a small range; return the finding, and the numbers by person id."""
    indexer = ChainedIndexer(keys=loot.keys[Purpose.INDEX])
    persons = {(row["relying_party"], bytes(row["person_index"])): row for row in loot.tables["persons"]}
    parties = sorted({row["relying_party"] for row in loot.tables["persons"]})
    found: dict[str, str] = {}
    tries, begun = 0, time.perf_counter()
    for number in candidates:
        identity = Identity("?", Document(DocumentType.RESIDENT_ID, number))
        for party in parties:
            tries += 1
            key = indexer.person(relying_party=party, identity=identity, person_id="", today=_ANY_DAY)
            person = persons.get((party, key.index))
            if person is not None:
                found[person["person_id"]] = number
    pace = tries / (time.perf_counter() - begun)
    days = 2**_BITS / pace / 86_400
    note = f"stated: {pace:,.0f} tries/s here, 2^{_BITS} in {days:,.0f} days; others are faster"
    finding = Finding(
        "numbers: index keys, all of one region and birthday", "numbers", tries, len(found), most, note
    )
    return finding, found


def names(loot: Loot, dictionary: list[str], known: dict[str, str]) -> Finding:
    """Try names against the hash of each request whose person's number was found."""
    fingerprinter = KeyedFingerprinter(
        key=loot.keys[Purpose.REQUEST].versions[loot.keys[Purpose.REQUEST].primary]
    )
    hashes = {(row["account_token"], row["claim_id"]): row for row in loot.tables["requests"]}
    found: set[str] = set()
    tries = 0
    for claim in loot.tables["claims"]:
        request = hashes.get((claim["account_token"], claim["claim_id"]))
        number = known.get(claim["person_id"])
        if request is None or number is None:
            continue
        wanted = bytes(request["fingerprint"])
        for name in dictionary:
            for content in _guesses(claim, request, name, number):
                tries += 1
                if fingerprinter.fingerprint(method="VerifyIndividual", content=content) == wanted:
                    found.add(name)
    return Finding(
        "names: a dictionary against the hashes of requests, with the key", "names", tries, len(found)
    )


def marks(loot: Loot, dictionary: list[str], known: dict[str, str]) -> Finding:
    """Try names and the numbers that were found against the marks of attempts, with every stolen key."""
    rows = [*loot.tables["attempts"], *loot.tables["account_attempts"], *loot.tables["jobs"]]
    stored = {bytes(row["pair"]) for row in rows if row["pair"] is not None}
    parties = sorted({row["relying_party"] for row in loot.tables["persons"]})
    found: set[str] = set()
    tries = 0
    for key in loot.every_key():
        marker = MemoryPairMarker(entropy=Stolen(key))
        for party, number, name in product(parties, sorted(set(known.values())), dictionary):
            tries += 1
            identity = Identity(name, Document(DocumentType.RESIDENT_ID, number))
            if marker.mark(relying_party=party, identity=identity) in stored:
                found.add(name)
    note = f"{len(stored)} marks"
    return Finding("names: a dictionary against the marks of attempts", "names", tries, len(found), 0, note)


@dataclass(frozen=True)
class Stolen:
    """A stolen key in the place of a drawn one."""

    key: bytes

    def random(self, size: int) -> bytes:
        """Return the key."""
        return self.key


def _guesses(claim: Row, request: Row, name: str, number: str) -> Iterator[bytes]:
    """Yield possible hash inputs: with the stored parts of the request's id, and without it."""
    for request_id in ("", claim["request_id"], request["request_id"]):
        yield repetition.content(
            verification_pb2.VerifyIndividualRequest(
                request_id=request_id,
                real_name=name,
                document=common_pb2.IdentityDocument(
                    type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=number
                ),
                consent=common_pb2.Consent(policy_version=claim["policy_version"]),
            )
        )
