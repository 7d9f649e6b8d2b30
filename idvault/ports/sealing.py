"""What the flows need of the service's half of the sealing: it seals, it never opens a record."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from idvault.domain.claim import Consent, Identity
from idvault.domain.record import SealedRecord
from idvault.domain.registry import RegistryAnswer
from idvault.domain.seal import Part
from idvault.ports.claim import Intake, PersonKey


@dataclass(frozen=True, slots=True)
class DayKey:
    """A public intake key in the suite's raw encoding.

    day: its name, a UTC day (YYYY-MM-DD) for the first one of the day, and a minute (YYYY-MM-DDTHH:MM) for
    those that take its place. So names of one day sort in the order in which they came into use.
    """

    day: str
    suite: str
    public_key: bytes


class DayKeyStore(Protocol):
    """The published intake keys. Raises UnavailableError like every store."""

    async def publish(self, key: DayKey) -> DayKey:
        """Insert if absent; return the key that is published under that name. Durable before it returns."""
        ...

    async def newest(self, *, day: str) -> DayKey | None:
        """Return the key of a day (YYYY-MM-DD) that came last."""
        ...

    async def names(self) -> list[str]:
        """Return the name of every published key, in order."""
        ...

    async def is_needed(self, *, day: str) -> bool:
        """Tell whether a waiting claim is sealed to the key of this name."""
        ...

    async def forget(self, *, day: str) -> None:
        """Delete the public key of this name."""
        ...


class DayKeyring(Protocol):
    """The intake keys with their private halves; held by the worker alone."""

    async def rotate(self, *, now: datetime) -> None:
        """Publish the keys of today and tomorrow and the next one of today; destroy what had its time.

        Days are those of UTC and of real time. A key must be destroyed once another one has taken its place
        for long enough and no claim that waits needs it, and 72 h after its day whatever waits. Safe to call
        in any number of processes that share one key file. Raises UnavailableError.
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
        """Return the 32-byte keyed hash of a method and every field but request_id, in field-number order.

        Where a field is a name, request_id comes first all the same (flows.claim.verification says why).
        """
        ...

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Return the UUID under which a request is kept; it must not lead back to request_id, by any key."""
        ...


class RecordSealer(Protocol):
    """Seals an identity for the custodians of the quorum in force."""

    async def seal(
        self,
        *,
        relying_party: str,
        account_token: str,
        identity: Identity,
        answer: RegistryAnswer,
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
