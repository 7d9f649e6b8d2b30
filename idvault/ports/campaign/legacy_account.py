"""The import of accounts from before the rule, and how their references are made unreadable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A row to import: the token it gets if it is new, and the keyed hash of its reference, 32 bytes."""

    account_token: str
    reference: bytes = field(repr=False)
    create_date: date


@dataclass(frozen=True, slots=True)
class ImportChunk:
    """Rows to import in one step; no two have the same reference.

    import_id: 32 hex digits, the same for the same request.
    """

    request: Request
    import_id: str
    label: str
    rows: tuple[NewAccount, ...]
    now: ClockReading


@dataclass(frozen=True, slots=True)
class Imported:
    """The account of a row, and whether this very import created it."""

    account_token: str
    created: bool


class LegacyAccountStore(Protocol):
    """Imported accounts. Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def import_chunk(self, chunk: ImportChunk, *, event: Event) -> list[Imported]:
        """Create an account for each reference that the relying party has none for; answer in row order.

        In one atomic step, durable before it returns:

        - The request row comes first. If it exists the fingerprints must be equal
          (domain.request.check_same), nothing is written, and each row says again if this import made it.
        - Each new reference gets a domain.legacy_account.imported account under the row's token. A reference
          that is known keeps its account; import, label and day of opening stay as they were.
        - `event` is written once for the chunk, with fields count (accounts created) and references_hash
          (SHA-256 over their keyed references, in order).

        Concurrent imports of one reference: exactly one creates it.
        """
        ...


class Referencer(Protocol):
    """Recognises a platform's reference again without keeping it."""

    def references(self, *, relying_party: str, references: Sequence[str]) -> list[bytes]:
        """Return the keyed hash of each reference, 32 bytes."""
        ...
