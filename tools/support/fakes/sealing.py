"""The service's half of the cryptography without any: it hides nothing."""

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from idvault.sealing.ports import Intake, PersonKey, WaitingIdentity
from idvault_verify.attest.review import SealedReview
from idvault_verify.claim import AnyIdentity, Consent, Identity, OpaqueIdentity
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import DamagedError, Reason, UnavailableError
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer
from idvault_verify.seal import encode
from tools.support import builders


class CountingEntropy:
    """Returns bytes that differ between calls but are the same in every run."""

    def __init__(self, *, start: int = 0) -> None:
        """Start counting; two sources in one database start far apart."""
        self._calls = start

    def random(self, size: int) -> bytes:
        """Return hashes of a counter and a block index, cut to size."""
        self._calls += 1
        blocks = (self._calls.to_bytes(8, "big") + bytes(place) for place in range(size // 32 + 1))
        return b"".join(sha256(block).digest() for block in blocks)[:size]


class FakeIndexer:
    """Indexes by a plain hash of the number."""

    def person(self, *, relying_party: str, identity: AnyIdentity, person_id: str, today: date) -> PersonKey:
        told = identity.opaque_id if isinstance(identity, OpaqueIdentity) else identity.document.number
        index = sha256(encode("index", relying_party, told)).digest()
        days = [
            sha256(encode("limiter", index, day)).digest()
            for day in (today.toordinal(), today.toordinal() - 1)
        ]
        return PersonKey(1, index, (), person_id, days[0], days[1])

    def representative(
        self, *, relying_party: str, account_token: str, identity: Identity
    ) -> tuple[bytes, ...]:
        told = (identity.document.number, identity.name)
        return (sha256(encode("representative", relying_party, account_token, *told)).digest(),)


class FakePairMarker:
    """Marks pairs by a plain hash."""

    def mark(self, *, relying_party: str, identity: AnyIdentity) -> bytes:
        if isinstance(identity, OpaqueIdentity):
            return sha256(encode("opaque", relying_party, identity.opaque_id)).digest()
        people = [identity] if identity.representative is None else [identity, identity.representative]
        told = [part for each in people for part in (each.document.number, each.name)]
        return sha256(encode("pair", relying_party, *told)).digest()


class FakeFingerprinter:
    """Fingerprints by a plain hash."""

    def fingerprint(self, *, method: str, content: bytes) -> bytes:
        """Return SHA-256 of everything."""
        return sha256(encode(method, content)).digest()

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Return a derived UUID, always the same."""
        return str(UUID(bytes=sha256(encode("id", relying_party, request_id)).digest()[:16]))

    def former(self) -> tuple["FakeFingerprinter", ...]:
        """Return none."""
        return ()


class FakeRecordSealer:
    """Creates records whose ciphertext is the outcome; can refuse."""

    def __init__(self) -> None:
        self.refuse = False
        self.sealed: list[tuple[str, Any]] = []
        self.assertions: list[str] = []
        self.reviews: list[SealedReview | None] = []
        self.numbered = False
        """Whether each record has an id of its own, as a real one has; else all have the same."""

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
        """Return a record of the account, or raise UnavailableError."""
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        self.sealed.append((account_token, identity))
        self.assertions.append(assertion)
        self.reviews.append(review)
        made = builders.record(account_token=account_token, relying_party=relying_party)
        if self.numbered:
            return replace(made, record_id=f"{len(self.sealed):032x}")
        if isinstance(identity, OpaqueIdentity) or identity.representative is None:
            return made
        # Two versions of one account are stored beside each other.
        return replace(made, record_id=sha256(encode(made.record_id, len(self.sealed))).hexdigest()[:32])


class FakeIntakeSealer:
    """Stores an intake as JSON and opens it again; can refuse."""

    def __init__(self) -> None:
        self.refuse = False
        self.damage = False

    async def seal(
        self, *, relying_party: str, account_token: str, claim_id: str, waiting: WaitingIdentity, day: str
    ) -> Intake:
        """Return the intake, or raise UnavailableError."""
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        identity = waiting.identity
        body = {**_body(identity), "claim": claim_id, "guarded": waiting.guarded}
        if identity.representative is not None:
            body["representative"] = _body(identity.representative)
        return Intake(day, json.dumps(body).encode())

    def open(
        self, *, relying_party: str, account_token: str, claim_id: str, intake: Intake
    ) -> WaitingIdentity:
        """Return what waits, or raise DamagedError."""
        body = json.loads(intake.ciphertext)
        if self.damage or body["claim"] != claim_id:
            raise DamagedError(Reason.RECORD_DAMAGED)
        person = _identity(body["representative"]) if "representative" in body else None
        return WaitingIdentity(replace(_identity(body), representative=person), body["guarded"])


def _body(identity: Identity) -> dict[str, Any]:
    return {
        "name": identity.name,
        "number": identity.document.number,
        "type": identity.document.type.value,
    }


def _identity(body: dict[str, Any]) -> Identity:
    return Identity(body["name"], Document(DocumentType(body["type"]), body["number"]))
