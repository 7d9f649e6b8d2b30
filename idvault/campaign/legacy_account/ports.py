"""The import of accounts that predate the verification rule, and the keyed hashes of their references."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A row to import. account_token: for a new account; reference: its keyed hash, 32 bytes."""

    account_token: str
    reference: bytes = field(repr=False)
    create_date: date


@dataclass(frozen=True, slots=True)
class ImportChunk:
    """Rows to import in one step, each with a different reference.

    import_id: 32 hex digits, the same for the same request.
    """

    request: Request
    import_id: str
    label: str
    rows: tuple[NewAccount, ...]
    now: ClockReading


@dataclass(frozen=True, slots=True)
class Imported:
    """The account of a row, and whether this import created it."""

    account_token: str
    created: bool


class LegacyAccountStore(Protocol):
    """Imported accounts. Raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def import_chunk(self, chunk: ImportChunk, *, event: Event) -> list[Imported]:
        """Create an account for each reference new to the relying party; return results in row order.

        In one atomic step, durable before it returns:

        - The request row comes first. If it exists, the fingerprints must be equal
          (core.request.check_same), nothing is written, and each row again says whether this import created
          it.
        - Each new reference gets a campaign.legacy_account.rules.imported account with the row's token. A
          known reference keeps its account, import id, label and creation date.
        - `event` is written once for the chunk, with fields count (accounts created) and references_hash
          (SHA-256 over their keyed references, in order).

        Of concurrent imports of one reference, exactly one must create the account.
        """
        ...


class Referencer(Protocol):
    """Recognises a platform's reference without storing it."""

    def references(self, *, relying_party: str, references: Sequence[str]) -> list[bytes]:
        """Return the keyed hash of each reference, 32 bytes."""
        ...
