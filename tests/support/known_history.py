"""Disclosure histories of a test's choice, in the log of its world, that a client can check."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from idvault.core import log_entry
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.disclosure import disclosure_openings, disclosures
from idvault.core.tables.log import log_checkpoints
from idvault.disclosure.acts.history import HistoryContext
from idvault.log import store
from idvault.log.acts import stored_log
from idvault.log.acts.stored_log import LogProofs
from idvault.log.store import NEWEST
from idvault_verify.event import Event, EventType
from tests.support.fakes.memory_log import MemoryDatabase
from tests.support.sealed_rows import synthetic_row
from tools.support import logs
from tools.support.statements import KnownStatements

AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
LEGAL_BASIS = "第一条 <b>(synthetic)</b>"
_EMBARGO = timedelta(days=9)
_MORE: dict[str, Any] = {"auditor_actor_id": "66" * 16, "legal_basis": LEGAL_BASIS}
_DISCLOSE, _OPEN = (statement(insert(table)) for table in (disclosures, disclosure_openings))


class KnownHistories:
    """A log that is signed once something was disclosed; until then its checkpoint is the empty log's."""

    def __init__(self, main: Database, *, zone: ZoneInfo) -> None:
        self.main, self.shred = main, MemoryDatabase(log_checkpoints)
        proofs = LogProofs(main=main, shred=self.shred)
        self.context = HistoryContext(
            proofs=proofs, zone=zone, embargo=_EMBARGO, statements=KnownStatements()
        )
        self._count = 0
        self.shred.now(store.set_note(self.shred.connection, NEWEST, logs.signed([])))

    async def disclose(self, token: str, *, digest: bytes = b"d" * 32, at: datetime = AT) -> None:
        """Let an account have one disclosure, and its opening. digest: of the record; at: when both were."""
        self._count += 1
        given: dict[str, Any] = {"disclosure_id": f"{self._count:032x}", "record_digest": digest}
        made = (
            _event(EventType.DISCLOSURE_DISCLOSE, token, f"d{self._count:031x}", at, **given, **_MORE),
            _event(EventType.DISCLOSURE_OPEN, token, f"e{self._count:031x}", at, **given, decision=b"signed"),
        )
        row = {**given, **_MORE, "account_token": token, "disclosed_at": at}
        disclosed = synthetic_row(disclosures, self._count, disclose_entry_id=made[0].entry_id, **row)
        opened = synthetic_row(
            disclosure_openings,
            self._count,
            account_token=token,
            entry_id=made[1].entry_id,
            opened_at=at,
            auditor_actor_id=_MORE["auditor_actor_id"],
            **given,
        )

        async def work(connection: Connection) -> None:
            for event in made:
                await log_entry.append(connection, event)
            await connection.run(_DISCLOSE, **disclosed)
            await connection.run(_OPEN, **opened)

        await self.main.act("test", work)
        await logs.sequence(self.main)
        leaves = await stored_log.read_leaves(self.main, start=0, limit=10_000)
        await store.set_note(self.shred.connection, NEWEST, logs.signed(leaves))


def _event(kind: EventType, account_token: str, entry_id: str, at: datetime, **fields: Any) -> Event:
    return Event(kind, "55" * 16, account_token, at, at, entry_id, b"k" * 32, fields)
