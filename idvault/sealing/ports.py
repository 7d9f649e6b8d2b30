"""The service's part of the sealing, which seals records and never opens one, and the texts of moderation."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from idvault_verify.attest.review import SealedReview
from idvault_verify.claim import AnyIdentity, Consent, Identity
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer


@dataclass(frozen=True, slots=True)
class PersonKey:
    """The blind index of a person at one relying party, under the index version in use and others.

    index: 32 bytes; others: the index under each other version under which the person may be stored, the
    newest first. person_id: the random id (16 bytes in hex) for a person who is new. limiter_key: 32 bytes,
    the key under which this person's attempts are charged today; yesterday_key: the same for yesterday.
    """

    index_version: int
    index: bytes
    others: tuple[bytes, ...]
    person_id: str
    limiter_key: bytes
    yesterday_key: bytes

    @property
    def number(self) -> int:
        """What processes lock while they look for one person, whichever version each writes under.

        Every process knows the index under the first version.
        """
        first = self.others[-1] if self.index_version else self.index
        return int.from_bytes(first[:8], "big", signed=True)


@dataclass(frozen=True, slots=True)
class Intake:
    """A waiting claim's identity, HPKE-sealed to a day key (day: its name, in UTC); opaque to the store."""

    day: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Stated:
    """The signature of a statement, and the note in which the log's key vouches for the key that made it."""

    signature: bytes
    note: bytes


class StatementSigner(Protocol):
    """Signs the vault's statements with a key that the log's key vouches for."""

    async def state(self, message: bytes, *, now: datetime) -> Stated:
        """Return the signature; raises UnavailableError (LOG_UNAVAILABLE) without a key that counts now."""
        ...


@dataclass(frozen=True, slots=True)
class SealedText:
    """A signed request sealed at rest, and the version of the sealing key; opaque to the store."""

    key_version: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsedVersions:
    """What a process does with a purpose's versions: seals under one, and need not look under those over.

    own: the versions of its file that are the vault's, as announced: it uses no others; None: all are.
    """

    version: int
    over: frozenset[int]
    own: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class SealedValue:
    """Something stored under a version of a key.

    where: its kind. row: what identifies it in its store. bound: what it is sealed for. version: "" if the
    data names it.
    """

    where: str
    row: tuple[str | int, ...]
    bound: tuple[str, ...]
    version: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FreshSecret:
    """A new secret. at_rest: as stored; for_member: the otpauth URI, HPKE-sealed to the roster member."""

    at_rest: bytes = field(repr=False)
    for_member: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A reporter's secret, its keyed hash, and the version of the key."""

    digits: str = field(repr=False)
    hash: bytes = field(repr=False)
    key_version: str


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

    async def obtain(self, *, account_token: str, record_id: str, candidate: bytes) -> bytes:
        """Insert the 32-byte candidate if the version has no key, and return the stored key.

        Must never overwrite; durable.
        """
        ...


class Indexer(Protocol):
    """Recognises a person without storing a document number."""

    def representative(
        self, *, relying_party: str, account_token: str, identity: Identity
    ) -> tuple[bytes, ...]:
        """Return the digests of an organisation's representative, the first under the version in use.

        Must be useless without the keys, and must not be comparable with an index, a limiter key or the
        digest at another account.
        """
        ...

    def person(self, *, relying_party: str, identity: AnyIdentity, person_id: str, today: date) -> PersonKey:
        """Return the person's blind index under the present and previous version, and the limiter keys."""
        ...


class PairMarker(Protocol):
    """Recognises a pair of number and name that is tried again."""

    def mark(self, *, relying_party: str, identity: AnyIdentity) -> bytes:
        """Return a 32-byte keyed hash. No key that is stored anywhere may lead to it.

        Otherwise a thief with every database and key could test names against it.
        """
        ...


class RecordSealer(Protocol):
    """Seals an identity for the custodians of the current quorum."""

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

        assertion, review: what a provider or reviewers signed, sealed with the rest.
        """
        ...


@dataclass(frozen=True, slots=True)
class WaitingIdentity:
    """What waits in an intake. guarded: whether an adult was confirmed in the session of a child."""

    identity: Identity = field(repr=False)
    guarded: bool = False


class IntakeSealer(Protocol):
    """Seals the intake of a claim to the day key; the edge and the worker have it."""

    async def seal(
        self, *, relying_party: str, account_token: str, claim_id: str, waiting: WaitingIdentity, day: str
    ) -> Intake:
        """Return the intake; raises UnavailableError (STORE_UNAVAILABLE) if that day has no published key."""
        ...


class IntakeOpener(Protocol):
    """Opens intakes; only the worker has it."""

    def open(
        self, *, relying_party: str, account_token: str, claim_id: str, intake: Intake
    ) -> WaitingIdentity:
        """Return what waits; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        ...


class KeyedProof(Protocol):
    """What is stored of a code, and of the proof that it leads to."""

    @property
    def relying_party(self) -> str:
        """The platform."""
        ...

    @property
    def proof_id(self) -> str:
        """What the code is for."""
        ...

    @property
    def reporter_id(self) -> str:
        """Whose address it is."""
        ...

    @property
    def expires_at(self) -> datetime:
        """Until when the code or the proof counts."""
        ...

    @property
    def code_hash(self) -> bytes:
        """The hash of the code; the mark of the proof once it is done."""
        ...

    @property
    def key_version(self) -> str:
        """The version of the key."""
        ...


@dataclass(frozen=True, slots=True)
class CodeLetter:
    """What a mail with a code says: to whom, the code, and the language (zh or en)."""

    address: str = field(repr=False)
    code: str = field(repr=False)
    language: str


class CodeLetterSealer(Protocol):
    """Seals a letter to the worker's key of the day; the edge, which seals, must not be able to open it."""

    async def seal(self, letter: CodeLetter, *, mail_id: str, day: str) -> Intake:
        """Return the sealed letter, of a size that tells nothing of it.

        Raises UnavailableError (STORE_UNAVAILABLE) if that day has no published key.
        """
        ...


class CodeLetterOpener(Protocol):
    """Opens letters; only the worker has it."""

    def open(self, sealed: bytes, *, mail_id: str, day: str) -> CodeLetter:
        """Return the letter; raises DamagedError (RECORD_DAMAGED) if decryption fails.

        day: the name of the key.
        """
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


@dataclass(frozen=True, slots=True)
class CaseField:
    """What a text is bound to. case_id: of the appeal or report; name: of the field, such as "text"."""

    relying_party: str
    case_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SealedModerationText:
    """A sealed text, and the version of the key that wraps its data key; opaque to the store."""

    key_version: str
    data: bytes = field(repr=False)


class ModerationTextSealer(Protocol):
    """Seals texts, and opens them for the platform whose staff must read them; only the platform edge has it.

    Every text must have a data key of its own, so that whoever destroys the stored bytes destroys the text.
    """

    def seal(self, place: CaseField, text: str) -> SealedModerationText:
        """Return the sealed text; its size must tell the length only roughly."""
        ...

    def open(self, place: CaseField, sealed: SealedModerationText) -> str:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if it was not sealed for this place."""
        ...
