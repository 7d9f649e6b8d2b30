"""The service's part of the sealing: it seals records and never opens one."""

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

    day: the key's name, a UTC day (YYYY-MM-DD) for the first key of the day and a minute (YYYY-MM-DDTHH:MM)
    for each later one, so that the names of one day sort in order of use.
    """

    day: str
    suite: str
    public_key: bytes


class DayKeyStore(Protocol):
    """The published intake keys. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def publish(self, key: DayKey) -> DayKey:
        """Insert if absent; return the published key of that name. Durable before it returns."""
        ...

    async def newest(self, *, day: str) -> DayKey | None:
        """Return the newest key of a day (YYYY-MM-DD)."""
        ...

    async def names(self) -> list[str]:
        """Return the names of all published keys, in order."""
        ...

    async def is_needed(self, *, day: str) -> bool:
        """Return whether a waiting claim is sealed to the key of this name."""
        ...

    async def forget(self, *, day: str) -> None:
        """Delete the public key of this name."""
        ...


class DayKeyring(Protocol):
    """The intake keys with their private halves; only the worker has them."""

    async def publish(self, *, now: datetime) -> None:
        """Publish the keys of today and tomorrow and today's next key; days are UTC days in real time.

        Must be safe to call in any number of processes that share one key file. Raises UnavailableError.
        """
        ...

    async def destroy(self, *, now: datetime) -> None:
        """Destroy keys that are no longer needed.

        A key must be destroyed once it has been replaced for long enough and no waiting claim needs it, and
        in any case 72 h after its day. Must be as safe to call as `publish`. Raises UnavailableError.
        """
        ...


class ShredStore(Protocol):
    """Shred keys, in a separate database."""

    async def obtain(self, *, account_token: str, candidate: bytes) -> bytes:
        """Insert the 32-byte candidate if absent and return the stored key. Must never overwrite; durable."""
        ...


class Indexer(Protocol):
    """Recognises a person without storing a document number."""

    def person(self, *, relying_party: str, identity: Identity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index under the present and previous version, and the limiter keys."""
        ...


class PairMarker(Protocol):
    """Recognises a pair of number and name that is tried again."""

    def mark(self, *, relying_party: str, identity: Identity) -> bytes:
        """Return a 32-byte keyed hash. No key that is stored anywhere may lead to it.

        Otherwise a thief with every database and key could test names against it.
        """
        ...


class Fingerprinter(Protocol):
    """Recognises a repeated request without storing its body."""

    def fingerprint(self, *, method: str, fields: tuple[Part, ...]) -> bytes:
        """Return the 32-byte keyed hash of a method and the fields that its repetitions must share.

        The fields are in field-number order. If one is a name, request_id is included as the first field
        (flows.claim.verification explains why).
        """
        ...

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Return the UUID under which a request is stored; no key may lead from it back to request_id."""
        ...


class RecordSealer(Protocol):
    """Seals an identity for the custodians of the current quorum."""

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
    """Seals the intake of a claim to the day key; the edge and the worker have it."""

    async def seal(
        self, *, relying_party: str, account_token: str, claim_id: str, identity: Identity, day: str
    ) -> Intake:
        """Return the intake; raises UnavailableError (STORE_UNAVAILABLE) if that day has no published key."""
        ...


class IntakeOpener(Protocol):
    """Opens intakes; only the worker has it."""

    def open(self, *, relying_party: str, account_token: str, claim_id: str, intake: Intake) -> Identity:
        """Return the identity; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        ...


class Signer(Protocol):
    """One of the service's Ed25519 keys."""

    @property
    def public_key(self) -> bytes:
        """The 32-byte public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        ...
