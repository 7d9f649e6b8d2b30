"""The announced versions of the service's keys (ports.key.KeyVersionStore)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.key import key_versions
from idvault.log.store import entry as log
from idvault.sealing.key_version import KeyVersion
from idvault.verify.event import Event


def _version(row: Any) -> KeyVersion:
    return KeyVersion(row.purpose, row.version, bytes(row.check_value), row.announced_at, row.over_at)


_ALL = statement(select(key_versions).order_by(key_versions.c.purpose, key_versions.c.version), _version)
_ANNOUNCE: Statement[int] = statement(
    upsert(key_versions)
    .on_conflict_do_nothing(index_elements=[key_versions.c.purpose, key_versions.c.version])
    .returning(key_versions.c.version),
    scalar,
)
_END = statement(
    update(key_versions)
    .where(
        key_versions.c.purpose == param("which_purpose"),
        key_versions.c.version == param("which_version"),
        key_versions.c.over_at.is_(None),
    )
    .values(over_at=param("over_at"))
)
_WITHDRAW = statement(
    delete(key_versions).where(
        key_versions.c.purpose == param("which_purpose"),
        key_versions.c.version == param("which_version"),
        key_versions.c.check_value == param("its_check"),
    )
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlKeyVersionStore:
    """Announced versions in the main database."""

    database: Database

    @read("key_version.all")
    async def all(self, connection: Connection) -> list[KeyVersion]:
        """Return every announced version."""
        return await connection.all(_ALL)

    @act("key_version.announce")
    async def announce(self, connection: Connection, key: KeyVersion, *, event: Event) -> bool:
        """Insert if absent, with the event; return whether it was absent."""
        added = await connection.one(
            _ANNOUNCE,
            purpose=key.purpose,
            version=key.version,
            check_value=key.check,
            announced_at=key.announced_at,
            over_at=None,
        )
        if added is not None:
            await log.append(connection, event)
        return added is not None

    @act("key_version.end")
    async def end(self, connection: Connection, key: KeyVersion, *, event: Event) -> bool:
        """Set `over_at` if it is not set, with the event; return whether it was not."""
        ended = await connection.run(
            _END, which_purpose=key.purpose, which_version=key.version, over_at=key.over_at
        )
        if ended:
            await log.append(connection, event)
        return bool(ended)

    @act("key_version.withdraw")
    async def withdraw(self, connection: Connection, key: KeyVersion, *, event: Event) -> bool:
        """Delete the version if it has this check value, with the event; return whether it was there."""
        withdrawn = await connection.run(
            _WITHDRAW, which_purpose=key.purpose, which_version=key.version, its_check=key.check
        )
        if withdrawn:
            await log.append(connection, event)
        return bool(withdrawn)
