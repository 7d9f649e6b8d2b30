"""Checks both databases directly: each request has exactly one of everything, and all parts agree."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Table, select

from idvault.account.store import rows as account_rows
from idvault.core.db.database import Database
from idvault.core.tables.account import accounts, records
from idvault.core.tables.claim import claims, jobs, persons, receipts, requests
from idvault.core.tables.key import record_keys
from idvault.core.tables.log import log_entries, log_openings
from idvault.sealing.request import KeyedFingerprinter
from idvault_verify.claim import ClaimState
from idvault_verify.error import DamagedError
from idvault_verify.event import EventType
from idvault_verify.transparency import entry
from tools.support import sql
from tools.support.databases import Databases
from tools.torture.book import SignUp
from tools.torture.tally import Tally

_PLATFORM = "platform-a"
Rows = dict[str, list[Row[Any]]]
Entries = dict[tuple[str, str], list[Any]]
"""Rows of entries by account and type."""
_ONE_EACH = (requests, accounts, claims, jobs)
_OF_SUCCESS = (records, receipts)
_ENTRIES = (EventType.CLAIM_OPEN.value, EventType.CLAIM_SETTLE.value)


class Audit:
    """The content of both databases, read once; sign-ups only, so that each account has one claim."""

    def __init__(
        self, rows: dict[str, Rows], entries: Entries, slots: dict[str, int], request_key: bytes
    ) -> None:
        """Set the rows of each table by account, the log's claim entries, and the persons' slots."""
        self._kept = KeyedFingerprinter(key=request_key)
        self._rows = rows
        self._entries = entries
        self._slots = slots
        self._owned = Counter(row.person_id for found in rows["accounts"].values() for row in found)
        self._by_request = defaultdict(list)
        for found in rows["requests"].values():
            for row in found:
                self._by_request[row.request_id].append(row)

    @classmethod
    async def read(cls, databases: Databases, *, request_key: bytes) -> "Audit":
        """Read everything; request_key: the platform edge's key, which derives the stored request ids."""
        main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
        try:
            rows = {table.name: await _rows(main, table) for table in (*_ONE_EACH, *_OF_SUCCESS)}
            rows["record_keys"] = await _rows(shred, record_keys)
            slots = await _slots(main)
            return cls(rows, await _entries(main), slots, request_key)
        finally:
            await main.close()
            await shred.close()

    @property
    def resends(self) -> int:
        """How many checks idvault counted as sent a second time."""
        return sum(row.resends for found in self._rows["jobs"].values() for row in found)

    def count(self, table: str) -> int:
        return sum(len(found) for found in self._rows[table].values())

    def check(self, sign_ups: Sequence[SignUp], *, tally: Tally) -> None:
        """Compare the databases with the answers that a platform got; all claims must have ended."""
        for sign_up in sign_ups:
            self._check(sign_up, tally)
        known = {self._kept_id(sign_up) for sign_up in sign_ups}
        for request_id in self._by_request.keys() - known:
            tally.double(f"{request_id} is there and nobody sent it")
        for table in _ONE_EACH[1:]:
            if (surplus := self.count(table.name) - self.count("requests")) > 0:
                tally.double(f"{surplus} rows of {table.name} belong to no request", surplus)

    def _check(self, sign_up: SignUp, tally: Tally) -> None:
        found = self._by_request.get(self._kept_id(sign_up), [])
        if sign_up.answer is None or not found:
            # A request never acknowledged and never opened counts as never sent.
            if sign_up.answer is not None:
                tally.lose(f"{sign_up.request_id} has no row")
            return
        token = sign_up.answer.account_token
        if [row.account_token for row in found] != [token]:
            tally.double(f"{sign_up.request_id} is not one account")
            return
        succeeded = sign_up.answer.succeeded
        expected = {table.name: 1 for table in _ONE_EACH}
        expected |= {table.name: int(succeeded) for table in _OF_SUCCESS}
        self._count(token, expected, tally)
        if succeeded and not self._is_whole(token):
            tally.lose(f"the record of {token} is not what its entry and receipt say")

    def _kept_id(self, sign_up: SignUp) -> str:
        return self._kept.kept_id(relying_party=_PLATFORM, request_id=sign_up.request_id)

    def _count(self, token: str, expected: dict[str, int], tally: Tally) -> None:
        counts = {name: len(self._rows[name].get(token, [])) for name in expected}
        counts |= {f"entries {kind}": len(self._entries.get((token, kind), [])) for kind in _ENTRIES}
        for name, count in counts.items():
            wanted = expected.get(name, 1)
            if count < wanted:
                tally.lose(f"{token} has {count} {name}")
            elif count > wanted:
                tally.double(f"{token} has {count} {name}")

    def _is_whole(self, token: str) -> bool:
        """Whether account, claim, record, receipt, entry, shred key and slot agree on the same success."""
        of = {name: found[token][0] for name, found in self._rows.items() if found.get(token)}
        settled = self._entries.get((token, EventType.CLAIM_SETTLE.value), [])
        if len(of) != len(self._rows) or not settled:
            return False
        digest = account_rows.record_from_row(of["records"]).digest()
        fields = {
            "claim_id": of["claims"].claim_id,
            "state": ClaimState.SUCCEEDED.value,
            "failure_reason": "",
        }
        try:
            entry.check_opened(
                settled[0].leaf,
                type=EventType.CLAIM_SETTLE,
                opening_key=settled[0].opening_key,
                account_token=token,
                fields={**fields, "record_digest": digest},
            )
        except DamagedError:
            return False
        return bool(
            of["receipts"].record_digest == digest
            and of["receipts"].entry_id == settled[0].entry_id
            and of["claims"].state == ClaimState.SUCCEEDED.value
            and of["accounts"].state == "VERIFIED"
            and self._slots.get(of["accounts"].person_id) == self._owned[of["accounts"].person_id]
        )


async def _rows(database: Database, table: Table) -> Rows:
    found: Rows = defaultdict(list)
    for row in await sql.rows(database, select(table)):
        found[row.account_token].append(row)
    return found


async def _slots(database: Database) -> dict[str, int]:
    return {row.person_id: row.accounts for row in await sql.rows(database, select(persons))}


async def _entries(database: Database) -> Entries:
    query = select(
        log_openings.c.account_token, log_openings.c.opening_key, log_entries.c.entry_id, log_entries.c.leaf
    ).join(log_entries, log_entries.c.entry_id == log_openings.c.entry_id)
    found: Entries = defaultdict(list)
    for row in await sql.rows(database, query):
        found[row.account_token, entry.decode_leaf(row.leaf).type].append(row)
    return found
