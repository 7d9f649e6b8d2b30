"""Loads accounts by copying those that the product made: only ids, hashes and blobs differ from real rows.

For each verified account: the account, its person, claim, job, receipt, sealed record, shred key, feed row,
one status credential, two log entries with their opening keys, and in one of 50 a request of the last week.
Blobs are random bytes of the real length. One in eight has a live sanction. For four verified accounts there
is one legacy account.
"""

# ruff: noqa: S608 - every text is made of constants and numbers

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Table

from idvault.core.tables.account import accounts, records, status_feed
from idvault.core.tables.campaign import legacy_accounts
from idvault.core.tables.claim import claims, jobs, persons, receipts, requests
from idvault.core.tables.key import record_keys
from idvault.core.tables.log import log_entries, log_openings
from idvault.core.tables.sanction import sanctions
from idvault.status.credential import store as credential_store
from idvault_verify.attest.status_list import INVALID, LIST_SIZE, VALID, StatusList
from tools.bench.flows import PARTY, signing_up
from tools.bench.scale.sql import POOL_SIZE, Loader
from tools.support import sandbox
from tools.support.campaign_world import CampaignWorld
from tools.support.databases import Databases

VERIFIED_PER_LEGACY = 4
SANCTIONED = 8
"""How many verified accounts have one live sanction among them."""
_RECENT = 50
_STEP = 100_000
_TOKEN = "'acct_' || (n % 8) || substr(md5('{kind}' || n), 1, 25)"
_NUMBERS = (
    "WITH RECURSIVE numbers(n) AS ("
    "SELECT CAST({first} AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) "
)
_DAYS = 400
_NEVER = "9000000000000000"  # microseconds since 1970


@dataclass(frozen=True, slots=True)
class Template:
    """The accounts that are copied: one verified by a sign-up, one imported."""

    verified: str
    legacy: str


def token_of(number: int, kind: str = "v") -> str:
    """Return the token of the n-th loaded account; kind: v for verified, l for legacy."""
    import hashlib

    digest = hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest()
    return f"acct_{number % 8}{digest[:25]}"


async def begin(databases: Databases) -> Template:
    """Make the accounts to copy with the product's own flows."""
    async with signing_up(databases) as flow:
        claimed = await flow.sign_up(sandbox.invent())
        world = CampaignWorld(flow.main)
        (imported,) = await world.bring("template")
        return Template(claimed.account.account_token, imported.account_token)


def grow(main: Loader, shred: Loader, template: Template, *, before: int, after: int) -> None:
    """Load verified accounts number before + 1 to after, and their share of legacy accounts."""
    for first in range(before + 1, after + 1, _STEP):
        last = min(first + _STEP - 1, after)
        _verified(main, shred, template.verified, first, last)
        _sanctioned(main, first, last)
    _credentials(main, before, after)
    per = VERIFIED_PER_LEGACY
    _legacy(main, template.legacy, before // per + 1, after // per)
    heads = f"(SELECT max(sequence) FROM status_feed WHERE relying_party = '{PARTY}')"
    main.run(
        f"INSERT INTO status_feed_heads (relying_party, head) VALUES ('{PARTY}', {heads}) "
        "ON CONFLICT (relying_party) DO UPDATE SET head = excluded.head"
    )


def _verified(main: Loader, shred: Loader, template: str, first: int, last: int) -> None:
    numbers = _NUMBERS.format(first=first, last=last)
    token, claim_id, person = _TOKEN.format(kind="v"), "md5('c' || n)", "md5('p' || n)"
    mine = f"account_token = '{template}'"
    day = _spread_day("n")
    entry = "md5('e' || n || t.entry_id)"
    of_template = f"SELECT entry_id FROM log_openings WHERE {mine}"
    copies: list[tuple[Table, str, Mapping[str, str]]] = [
        (accounts, mine, {"account_token": token, "person_id": person, "expire_date": day}),
        (claims, mine, {
            "account_token": token, "claim_id": claim_id, "person_id": person, "request_id": "md5('r' || n)",
        }),
        (jobs, mine, {"account_token": token, "claim_id": claim_id, "ais": "md5('a' || n)"}),
        (receipts, mine, {
            "account_token": token, "claim_id": claim_id, "record_digest": "bench_hash('d' || n)",
            "entry_id": entry,
        }),
        (records, mine, {
            "account_token": token, "record_id": "md5('d' || n)", "salt": _blob("salt", 1),
            "commitment": _blob("commitment", 2), "ciphertext": _blob("ciphertext", 3),
            "share_hashes": _blob("share_hashes", 4), "shares": _blob("shares", 5),
        }),
        (persons, f"person_id = (SELECT person_id FROM accounts WHERE {mine})", {
            "person_index": "bench_hash('p' || n)", "person_id": person,
        }),
        (status_feed, mine, {
            "account_token": token, "sequence": _next(first), "listed": "t.changes",
        }),
        (log_entries, f"entry_id IN ({of_template})", {
            "entry_id": entry, "leaf": "bench_leaf(t.leaf, 'l' || n)", "log_index": "NULL",
            "recorded_at": "t.recorded_at + n",
        }),
        (log_openings, mine, {
            "account_token": token, "entry_id": entry, "opening_key": "bench_hash('o' || n)",
        }),
    ]  # fmt: skip
    for table, where, changed in copies:
        _copy(main, table, where, changed, numbers)
    recent = {"request_id": "md5('r' || n)", "account_token": token, "claim_id": claim_id}
    _copy(main, requests, mine, recent, numbers, only=f"n % {_RECENT} = 0")
    keys = {"account_token": token, "record_id": "md5('d' || n)", "shred_key": _blob("shred_key", 6)}
    _copy(shred, record_keys, mine, keys, numbers)


def _sanctioned(main: Loader, first: int, last: int) -> None:
    """Limit some verified accounts until a distant day."""
    numbers = _NUMBERS.format(first=first, last=last)
    token, chosen = _TOKEN.format(kind="v"), f"n % {SANCTIONED} = 0"
    made: dict[str, str] = dict.fromkeys((column.name for column in sanctions.c if not column.nullable), "''")
    made |= dict.fromkeys(("evidence", "paper"), "bench_hash('s' || n)")
    made |= dict.fromkeys(("imposed_at", "started_at"), "n")
    made |= dict.fromkeys(("end_at", "due_at"), _NEVER)
    made |= {
        "account_token": token,
        "sanction_id": "md5('s' || n)",
        "relying_party": f"'{PARTY}'",
        "degree": "'LIMIT'",
        "state": "'IN_FORCE'",
        "scope": "'ACCOUNT'",
        "ground": "'AGAINST_TERMS'",
        "category": "'OTHER'",
        "origin": "'OWN_INITIATIVE'",
        "detection": "'NONE'",
        "decision": "'NONE'",
        "issuer_kind": "'PLATFORM'",
    }
    main.run(
        f"{numbers} INSERT INTO sanctions ({', '.join(made)}) SELECT {', '.join(made.values())} "
        f"FROM numbers WHERE {chosen}"
    )
    main.run(
        f"{numbers} UPDATE accounts SET standing = 'PUBLISHING_LIMITED', standing_until = {_NEVER} "
        f"WHERE account_token IN (SELECT {token} FROM numbers WHERE {chosen})"
    )


def _legacy(main: Loader, template: str, first: int, last: int) -> None:
    numbers = _NUMBERS.format(first=first, last=last)
    token, mine = _TOKEN.format(kind="l"), f"account_token = '{template}'"
    for table, changed in (
        (accounts, {"account_token": token}),
        (legacy_accounts, {"account_token": token, "reference": "bench_hash('f' || n)"}),
        (status_feed, {"account_token": token, "sequence": _next(first), "listed": "t.changes"}),
    ):
        _copy(main, table, mine, changed, numbers)


def _copy(
    loader: Loader,
    table: Table,
    where: str,
    changed: Mapping[str, str],
    numbers: str,
    *,
    only: str = "",
) -> None:
    """Insert a copy of the matching rows for each number, with these columns changed."""
    if unknown := changed.keys() - {column.name for column in table.c}:
        raise ValueError(f"{table.name} has no {sorted(unknown)}")
    names = [column.name for column in table.c]
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    loader.run(
        f"{numbers} INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} "
        f"FROM numbers CROSS JOIN (SELECT * FROM {table.name} WHERE {where}) AS t"
        f"{f' WHERE {only}' if only else ''}"
    )


def _blob(column: str, salt: int) -> str:
    """Return bytes of the template's length, cut from the pool at a place that depends on the number."""
    place = f"CAST(1 + (n * 7919 + {salt * 104_729}) % ({POOL_SIZE} - length(t.{column})) AS INTEGER)"
    return f"substr({{pool}}, {place}, length(t.{column}))"


def _spread_day(number: str) -> str:
    """Return a day of the next year; 336 days have the same number of accounts each."""
    year = date.today().year + 1
    month, day = (
        f"substr(CAST(101 + {each} AS TEXT), 2)" for each in (f"{number} % 12", f"{number} / 12 % 28")
    )
    return f"'{year}-' || {month} || '-' || {day}"


def _next(first: int) -> str:
    """Return the feed's next numbers for the accounts from this one on."""
    newest = f"SELECT coalesce(max(sequence), 0) FROM status_feed WHERE relying_party = '{PARTY}'"
    return f"({newest}) + n - {first - 1}"


def _credentials(main: Loader, before: int, after: int) -> None:
    """Give each verified account one credential, and fill the lists with their entries."""
    now = datetime.now(UTC)
    issued, expires = (int(when.timestamp() * 1e6) for when in (now, now + timedelta(days=_DAYS)))
    place = f"n / {LIST_SIZE}, n % {LIST_SIZE}"
    for first in range(before + 1, after + 1, _STEP):
        numbers = _NUMBERS.format(first=first, last=min(first + _STEP - 1, after))
        main.run(f"{numbers} INSERT INTO status_marks (number, place) SELECT {place} FROM numbers")
        main.run(
            f"{numbers} INSERT INTO status_credentials "
            "(account_token, credential_id, audience, number, place, issued_at, expires_at, turns_at) "
            f"SELECT {_TOKEN.format(kind='v')}, md5('k' || n), 'https://taxi.example', {place}, "
            f"{issued}, {expires}, NULL FROM numbers"
        )
    _lists(main, before, after)


def _lists(main: Loader, before: int, after: int) -> None:
    for number in range(before // LIST_SIZE, after // LIST_SIZE + 1):
        entries = StatusList.filled(INVALID)
        start = number * LIST_SIZE
        last = min(after, start + LIST_SIZE - 1)
        entries.set_all(range(1 if number == 0 else 0, last - start + 1), VALID)
        main.run(f"DELETE FROM status_lists WHERE number = {number}")
        main.insert(
            "INSERT INTO status_lists (number, version, entries) VALUES (?, ?, ?)",
            [(number, 1, credential_store.packed(entries))],
        )


def template_of(databases: Databases) -> Template:
    return asyncio.run(begin(databases))
