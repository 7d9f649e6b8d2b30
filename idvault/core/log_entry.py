"""The event of an act, its log entry, written within the act's own transaction, and that entry as proved.

- An event has a random id and a random opening key.
- The act makes the event when it knows every field, and writes it with what it changes (`tx.log`).
- A missed deadline names the platform, in the leaf and for ever; all other events name none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import insert

from idvault.core.db.connection import Connection
from idvault.core.db.statement import statement, upsert
from idvault.core.entropy import Entropy
from idvault.core.tables.log import log_entries, log_misses, log_openings, moderator_papers
from idvault_verify.attest import sanction as papers
from idvault_verify.clock import ClockReading
from idvault_verify.event import Event, EventType, names_platform
from idvault_verify.seal import Part
from idvault_verify.transparency import entry

_ID_SIZE = 16
_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class Late:
    """Whose deadline passed. platform: its registered name. filed_at: when the case was filed or received."""

    platform: str
    filed_at: datetime


@dataclass(kw_only=True, eq=False, repr=False)
class EventFactory:
    """Makes events; draws their ids and opening keys from the entropy source."""

    entropy: Entropy

    def event(
        self,
        kind: EventType,
        *,
        actor_id: str,
        now: ClockReading,
        account_token: str = "",
        platform: str = "",
        fields: Mapping[str, Part] = MappingProxyType({}),
    ) -> Event:
        """Return a new event; account_token: empty if no account is concerned.

        platform: whose deadline passed. Raises ValueError if a missed deadline names none, or another event
        names one.
        """
        if names_platform(kind.value) != bool(platform):
            raise ValueError(f"{kind.value} names a platform exactly if it is a missed deadline")
        return Event(
            kind,
            actor_id,
            account_token,
            now.business,
            now.real,
            self.new_id(),
            self.entropy.random(_KEY_SIZE),
            dict(fields),
            platform,
        )

    def new_id(self) -> str:
        """Return 16 random bytes in hex."""
        return self.entropy.random(_ID_SIZE).hex()


_ADD_ENTRY = statement(insert(log_entries))
_ADD_OPENING_KEY = statement(insert(log_openings))
_ADD_MISS = statement(insert(log_misses))
_ADD_PAPER = statement(
    upsert(moderator_papers).on_conflict_do_nothing(index_elements=[moderator_papers.c.digest])
)


async def append(connection: Connection, event: Event, late: Late | None = None) -> None:
    """Write the entry, not yet indexed, its opening key, and what a moderator signed for it.

    late: of a missed deadline, kept so that a report can count it by the month of filing, too.
    """
    await connection.later(
        _ADD_ENTRY,
        entry_id=event.entry_id,
        log_index=None,
        leaf=entry.encode_leaf(event),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )
    await connection.later(
        _ADD_OPENING_KEY,
        account_token=event.account_token,
        entry_id=event.entry_id,
        opening_key=event.opening_key,
    )
    if late is not None:
        filed_at = late.filed_at.replace(second=0, microsecond=0)
        await connection.later(_ADD_MISS, entry_id=event.entry_id, filed_at=filed_at)
    for paper in papers.kept(event.fields.values()):
        await connection.later(_ADD_PAPER, digest=papers.digest(paper).hex(), paper=paper)


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry with its audit path for a tree size; hashes: None if no checkpoint covers it yet."""

    leaf: bytes
    opening_key: bytes = field(repr=False)
    index: int | None
    size: int
    hashes: tuple[bytes, ...] | None
