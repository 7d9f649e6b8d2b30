"""Status credentials, their status lists, and the keys whose signatures third parties verify."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Protocol

from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.signing_key import StatusKey


@dataclass(frozen=True, slots=True)
class Credential:
    """An issued credential; times are real time, in whole seconds."""

    credential_id: str
    account_token: str
    audience: str
    list_number: int
    list_index: int
    issued_at: datetime
    expires_at: datetime
    public_account_id: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialIssue:
    """Everything that act `issue` needs. candidates: random list indices, tried in this order.

    quota: how many new credentials the relying party may get today. zone: the deployment's.
    public_account_id: what is attested in place of the account: a public account of it.
    """

    request: Request
    credential_id: str
    account_token: str
    audience: str
    candidates: tuple[int, ...]
    today: date
    issued_at: datetime
    expires_at: datetime
    quota: int
    zone: tzinfo
    now: ClockReading
    public_account_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredList:
    """The entries of a list, one bit each, as the draft's byte array; version grows with every change."""

    number: int
    version: int
    entries: bytes


class CredentialStore(Protocol):
    """Credentials. Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def issue(self, issue: CredentialIssue, *, event: Event) -> Credential:
        """Issue a credential, or return the one that this request got, or one that the account has.

        One atomic step. The request row comes first, as in VerificationStore.open. The account must belong to
        the relying party, else NotFoundError (ACCOUNT_NOT_FOUND), and pass rules.admit; a public
        account must be the account's, else NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND), and pass
        public_account.rules.public_account.check_attested. If it has
        a credential for the audience that is current (rules.is_current), the request gets that
        one, and nothing else is written. Else the relying party's count of today must pass
        status.credential.rules.check_quota, also of concurrent calls, and grows by one.

        The entry gets an index that was never used in the newest list, else one in a new list; the mark that
        an index is used stays for ever and names no account. `event` has fields credential_id and list. A
        refusal must write nothing.
        """
        ...


class StatusListStore(Protocol):
    """The lists. Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def update(self, *, today: date, now: ClockReading, limit: int) -> int:
        """Update the entries of up to limit changed accounts, all entries of an account at once.

        An entry is VALID iff rules.holds. Returns how many accounts were processed. If that is
        less than limit, the lists include every change that was durable at the start. Must never undo a later
        change, even if several processes run it.
        """
        ...

    async def rebuild(self, number: int, *, today: date, now: ClockReading) -> None:
        """Rebuild a list from the current accounts; entries that expired before now (real) are deleted."""
        ...

    async def numbers(self) -> list[int]:
        """Return the numbers of the lists, in order."""
        ...

    async def get(self, number: int) -> StoredList:
        """Return a list; raises NotFoundError."""
        ...


class StatusKeyStore(Protocol):
    """The announced keys. Raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def announce(self, key: StatusKey) -> None:
        """Store a key if it is new; durable before it returns. A known key keeps its first announced_at."""
        ...

    async def vouch(self, public_key: bytes, *, note: bytes) -> None:
        """Store the note in which the log's key vouches for a key; durable before it returns."""
        ...

    async def all(self) -> list[StatusKey]:
        """Return every announced key."""
        ...


class StatusSigner(Protocol):
    """Signs for third parties with the key of its purpose that is current."""

    def sign(self, claims: dict[str, Any], *, typ: str, now: datetime) -> str:
        """Return the token; raises UnavailableError (STORE_UNAVAILABLE) if no key may sign yet."""
        ...


class Pairwise(Protocol):
    """Pairwise subject identifiers for third parties."""

    def subject(self, *, audience: str, account_token: str) -> str:
        """Return the subject of an account for an audience; must be stable."""
        ...
