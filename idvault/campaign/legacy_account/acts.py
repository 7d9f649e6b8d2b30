"""Imports accounts that predate the verification rule."""

from dataclasses import dataclass, field
from datetime import date

from idvault.campaign.legacy_account.ports import (
    ImportChunk,
    Imported,
    LegacyAccountStore,
    NewAccount,
    Referencer,
)
from idvault.campaign.legacy_account.rules import ImportResult, LegacyRow
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.guard import LogGuard
from idvault.verify import token
from idvault.verify.clock import ClockReading
from idvault.verify.error import Violation
from idvault.verify.event import EventType
from idvault.verify.seal import Part

_TOKEN_SIZE = 16


@dataclass(frozen=True, slots=True)
class ImportCommand:
    """A chunk as a relying party sent it. rows: each valid row, or the violation of an invalid one.

    fields: all fields of the request except request_id, in field-number order, as received.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    fields: tuple[Part, ...] = field(repr=False)
    label: str
    rows: tuple[LegacyRow | Violation, ...]


@dataclass(frozen=True, slots=True)
class RowResult:
    """The result of a row; violation: set only if it failed."""

    result: ImportResult
    account_token: str = ""
    violation: Violation | None = None


class LegacyAccountFlow:
    """Imports by relying parties."""

    def __init__(
        self,
        *,
        store: LegacyAccountStore,
        referencer: Referencer,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
    ) -> None:
        """Initialise with the ports."""
        self._store = store
        self._referencer = referencer
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._entropy = entropy
        self._events = EventFactory(entropy=entropy)

    async def import_chunk(self, command: ImportCommand, *, now: ClockReading) -> list[RowResult]:
        """Create an account for each new reference; return the result of each row, in order.

        Raises AlreadyExistsError and UnavailableError.
        """
        await self._guard.check(now=now)
        hashes = self._hashes(command)
        chunk = self._chunk(command, hashes, now)
        event = self._events.event(
            EventType.LEGACY_IMPORT,
            actor_id=command.actor_id,
            now=now,
            import_id=chunk.import_id,
            label=command.label,
        )
        imported = await self._store.import_chunk(chunk, event=event)
        known = dict(zip((row.reference for row in chunk.rows), imported, strict=True))
        return _results(command, hashes, known)

    def _hashes(self, command: ImportCommand) -> list[bytes]:
        """Return the keyed hash of each valid row, in order."""
        return self._referencer.references(
            relying_party=command.relying_party,
            references=[row.reference for row in command.rows if isinstance(row, LegacyRow)],
        )

    def _chunk(self, command: ImportCommand, hashes: list[bytes], now: ClockReading) -> ImportChunk:
        days = (row.create_date for row in command.rows if isinstance(row, LegacyRow))
        first: dict[bytes, date] = {}
        for reference, day in zip(hashes, days, strict=True):
            first.setdefault(reference, day)
        random = self._entropy.random(_TOKEN_SIZE * len(first))
        rows = tuple(
            NewAccount(token.make(random[place * _TOKEN_SIZE : (place + 1) * _TOKEN_SIZE]), reference, day)
            for place, (reference, day) in enumerate(first.items())
        )
        fingerprint = self._fingerprinter.fingerprint(method=command.method, fields=command.fields)
        kept_id = self._fingerprinter.kept_id(
            relying_party=command.relying_party, request_id=command.request_id
        )
        request = Request(command.relying_party, kept_id, fingerprint)
        return ImportChunk(request, command.request_id.replace("-", ""), command.label, rows, now)


def _results(command: ImportCommand, hashes: list[bytes], known: dict[bytes, Imported]) -> list[RowResult]:
    results, seen, rest = [], set[bytes](), iter(hashes)
    for row in command.rows:
        if isinstance(row, Violation):
            results.append(RowResult(ImportResult.FAILED, violation=row))
            continue
        reference = next(rest)
        created = known[reference].created and reference not in seen
        seen.add(reference)
        result = ImportResult.CREATED if created else ImportResult.REPEATED
        results.append(RowResult(result, known[reference].account_token))
    return results
