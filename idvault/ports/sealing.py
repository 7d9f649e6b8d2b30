"""What the flows need of the service's half of the sealing: it seals, it never opens a record."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from idvault.domain.record import SealedRecord
from idvault.domain.registry import Answer
from idvault.domain.seal import Part
from idvault.domain.verification import Consent, Identity
from idvault.ports.verification import Intake, PersonKey


@dataclass(frozen=True, slots=True)
class DayKey:
    """The public intake key of one UTC day (YYYY-MM-DD) in the suite's raw encoding."""

    day: str
    suite: str
    public_key: bytes


class DayKeyStore(Protocol):
    """The published day keys. Raises UnavailableError like every store."""

    async def publish(self, key: DayKey) -> DayKey:
        """Insert if absent; return the key that is published for that day. Durable before it returns."""
        ...

    async def get(self, *, day: str) -> DayKey | None:
        """Return the published key of a day."""
        ...

    async def forget(self, *, before: str) -> None:
        """Delete the public keys of days before a day."""
        ...


class DayKeyring(Protocol):
    """The intake day keys with their private halves; held by the worker alone."""

    async def rotate(self, *, now: datetime) -> None:
        """Publish the keys of today and tomorrow (UTC, real time), destroy those 72 h after their day.

        Safe to call in any number of processes that share one key file. Raises UnavailableError.
        """
        ...


class ShredStore(Protocol):
    """Shred keys, in a database of their own."""

    async def obtain(self, *, account_token: str, candidate: bytes) -> bytes:
        """Insert the 32-byte candidate if absent and read back what is stored; never overwrites; durable."""
        ...


class Indexer(Protocol):
    """Recognises a person again without keeping a number."""

    def person(self, *, relying_party: str, identity: Identity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index under the present and former version, and the limiter keys."""
        ...


class Fingerprinter(Protocol):
    """Recognises a request again without keeping its body."""

    def fingerprint(self, *, method: str, fields: tuple[Part, ...]) -> bytes:
        """Return the 32-byte keyed hash of a method and every field but request_id, in field-number order."""
        ...


class RecordSealer(Protocol):
    """Seals an identity for the custodians of the quorum in force."""

    async def seal(
        self,
        *,
        relying_party: str,
        account_token: str,
        identity: Identity,
        answer: Answer,
        consent: Consent,
    ) -> SealedRecord:
        """Return a new record version; the account's shred key is durable before it returns."""
        ...


class IntakeSealer(Protocol):
    """Seals a waiting claim to the day key; held by the edge and the worker."""

    async def seal(
        self, *, relying_party: str, account_token: str, claim_id: str, identity: Identity, day: str
    ) -> Intake:
        """Return the intake; UnavailableError (STORE_UNAVAILABLE) if no key of that day is published."""
        ...


class IntakeOpener(Protocol):
    """Opens waiting claims; held by the worker alone."""

    def open(self, *, relying_party: str, account_token: str, claim_id: str, intake: Intake) -> Identity:
        """Return the identity; raises DamagedError (RECORD_DAMAGED) if it does not open."""
        ...
