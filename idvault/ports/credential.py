"""Status credentials and the lists in which each has an entry; and the keys that sign what others check."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request
from idvault.domain.signing_key import StatusKey


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that was issued; times are real ones, to the second."""

    credential_id: str
    account_token: str
    audience: str
    list_number: int
    list_index: int
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CredentialIssue:
    """Everything that act `issue` needs. candidates: random places in a list, to be tried in this order."""

    request: Request
    credential_id: str
    account_token: str
    audience: str
    candidates: tuple[int, ...]
    today: date
    issued_at: datetime
    expires_at: datetime
    now: ClockReading


@dataclass(frozen=True, slots=True)
class StoredList:
    """The entries of a list, one bit each, as the array of the draft; version grows with every change."""

    number: int
    version: int
    entries: bytes


class CredentialStore(Protocol):
    """Credentials. Raises UnavailableError (STORE_UNAVAILABLE) like every store."""

    async def issue(self, issue: CredentialIssue, *, event: Event) -> Credential:
        """Issue a credential, or find the one that this request already issued.

        In one atomic step: the request row first, as in VerificationStore.open; the account must belong to
        the relying party, else NotFoundError (ACCOUNT_NOT_FOUND), and pass domain.credential.admit; a place
        that was never used in the newest list, else in a new one, whose mark stays for ever and names no
        account; the entry; `event` with fields credential_id and list. A refusal leaves nothing behind.
        """
        ...


class StatusListStore(Protocol):
    """The lists. Raises UnavailableError (STORE_UNAVAILABLE) like every store."""

    async def update(self, *, today: date, limit: int) -> int:
        """Bring the entries of up to limit changed accounts up to date, all of an account at once.

        An entry is VALID iff domain.credential.holds. Returns how many accounts were looked at; fewer than
        limit: every change that was durable when this began is in the lists. Never undoes a later change,
        whoever else runs.
        """
        ...

    async def rebuild(self, number: int, *, today: date, now: datetime) -> None:
        """Make a list anew from the accounts, whoever changed them; entries that ran out before now go."""
        ...

    async def numbers(self) -> list[int]:
        """Return the numbers of the lists, in order."""
        ...

    async def get(self, number: int) -> StoredList:
        """Return a list; raises NotFoundError."""
        ...


class StatusKeyStore(Protocol):
    """The announced keys. Raises UnavailableError (STORE_UNAVAILABLE) like every store."""

    async def announce(self, key: StatusKey) -> None:
        """Note a key unless it is there; durable before it returns. The first time stands."""
        ...

    async def all(self) -> list[StatusKey]:
        """Return every key that was ever announced."""
        ...


class StatusSigner(Protocol):
    """Signs what third parties check, with the key of its purpose that is in use at a time."""

    def sign(self, claims: dict[str, Any], *, typ: str, now: datetime) -> str:
        """Return the token; raises UnavailableError (STORE_UNAVAILABLE) where no key may sign yet."""
        ...


class Pairwise(Protocol):
    """Names accounts to third parties."""

    def subject(self, *, audience: str, account_token: str) -> str:
        """Return the subject of an account for an audience, the same every time."""
        ...
