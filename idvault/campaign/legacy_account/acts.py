"""Imports accounts that predate the verification rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from idvault.campaign.legacy_account import rules as legacy_account_rules
from idvault.campaign.legacy_account import store
from idvault.campaign.legacy_account.rules import Imported, LegacyRow, NewAccount
from idvault.campaign.ports import Referencer
from idvault.core import account_request
from idvault.core.act import Tx, Vault, act
from idvault.core.request import Asked, Request
from idvault_verify import seal, token
from idvault_verify.campaign import ImportResult
from idvault_verify.clock import ClockReading
from idvault_verify.error import Violation
from idvault_verify.event import EventType

_TOKEN_SIZE = 16
_HASH_PURPOSE = "idvault/import-references/v1"


@dataclass(frozen=True, slots=True)
class RowResult:
    """The result of a row; violation: set only if it failed."""

    result: ImportResult
    account_token: str = ""
    violation: Violation | None = None


@act("legacy_account.import")
async def _import(
    tx: Tx, request: Request, import_id: str, label: str, rows: Sequence[NewAccount]
) -> Mapping[bytes, Imported]:
    """Create an account for each new reference; a known one keeps account, import, label and date.

    A repeat writes nothing, and says again which accounts this import created.
    """
    repeated = await account_request.remember(tx.connection, request, made=import_id, now=tx.now.business)
    if repeated is not None:
        tx.unchanged("the chunk was imported before")
        return await store.find(tx.connection, tx.party, import_id, rows)
    found = await store.create(tx.connection, tx.party, import_id, label, rows)
    created = sorted(reference for reference, one in found.items() if one.created)
    await tx.log(
        EventType.LEGACY_IMPORT,
        import_id=import_id,
        label=label,
        count=len(created),
        references_hash=sha256(seal.encode(_HASH_PURPOSE, *created)).digest(),
    )
    return found


async def import_chunk(
    vault: Vault,
    asked: Asked,
    now: ClockReading,
    *,
    referencer: Referencer,
    label: str,
    rows: Sequence[LegacyRow | Violation],
) -> list[RowResult]:
    """Create an account for each new reference; return the result of each row, in order.

    rows: each valid row, or the violation of an invalid one. Raises AlreadyExistsError and UnavailableError.
    """
    await vault.guard.check(now=now)
    valid = [row for row in rows if isinstance(row, LegacyRow)]
    hashes = referencer.references(
        relying_party=asked.relying_party, references=[row.reference for row in valid]
    )
    first: dict[bytes, date] = {}
    for reference, row in zip(hashes, valid, strict=True):
        first.setdefault(reference, row.create_date)
    request, import_id = asked.request(vault.fingerprinter), asked.request_id.replace("-", "")
    known = await _import(vault, asked, now, request, import_id, label, _accounts(vault, first))
    return _results(rows, hashes, known)


def _accounts(vault: Vault, first: Mapping[bytes, date]) -> list[NewAccount]:
    random = vault.events.entropy.random(_TOKEN_SIZE * len(first))
    return [
        NewAccount(token.make(random[place * _TOKEN_SIZE : (place + 1) * _TOKEN_SIZE]), reference, day)
        for place, (reference, day) in enumerate(first.items())
    ]


def _results(
    rows: Sequence[LegacyRow | Violation], hashes: Sequence[bytes], known: Mapping[bytes, Imported]
) -> list[RowResult]:
    results, seen, rest = [], set[bytes](), iter(hashes)
    for row in rows:
        if isinstance(row, Violation):
            results.append(RowResult(ImportResult.FAILED, violation=row))
            continue
        reference = next(rest)
        if reference not in known:
            # A repeat on a later day: when the chunk was imported, the row's day was in the future.
            results.append(RowResult(ImportResult.FAILED, violation=legacy_account_rules.IN_FUTURE))
            continue
        created = known[reference].created and reference not in seen
        seen.add(reference)
        result = ImportResult.CREATED if created else ImportResult.REPEATED
        results.append(RowResult(result, known[reference].account_token))
    return results
