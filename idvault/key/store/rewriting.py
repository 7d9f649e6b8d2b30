"""Writes PostgreSQL's shred keys anew without those of erased accounts, and ends the WAL that had them.

A deleted row stays in its page, in the page's hole after a vacuum, and in the write-ahead log. So:

1. The keys are in 64 parts, by the hash of the token. The part of a deleted key is copied into a spare table,
   which takes its place. The spare, by now the former part, is truncated. Each is an act of its own. A crash
   leaves rows in the spare at most, and the next rewriting truncates it before it begins. If a part were
   copied into a new table, a crash of the server would leave a file that belongs to no table.
2. The log is switched to a file that did not exist before, and a checkpoint deletes the files up to there.
   They are looked up afterwards: a replication slot, or an archive that is behind, may keep them.

Whether the second works depends on settings and grants (docs/operations.md); `unmet` names those that lack.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Integer, String, column, text

from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.failure import DriverError
from idvault.core.db.statement import Statement, scalar, statement
from idvault.verify.error import UnavailableError

PARTS = 64
# More than PostgreSQL keeps for reuse by default (min_wal_size), after wal_recycle was switched off.
_MOST_SWITCHES = 100
_SPARE = "shred_keys_spare"

_PARTS_OF = statement(
    text(
        "SELECT token, part FROM unnest(string_to_array(CAST(:tokens AS text), ',')) AS token, "  # noqa: S608
        f"generate_series(0, {PARTS - 1}) AS part WHERE satisfies_hash_partition("
        f"CAST('shred_keys' AS regclass), {PARTS}, part, CAST(token AS varchar))"
    ).columns(column("token", String), column("part", Integer))
)
# Whoever holds a lock on the keys for longer, such as a dump, must not make sign-ups wait behind this one.
_HASTE = statement(text("SET LOCAL lock_timeout = '100ms'"))
_LOCK_SPARE = statement(text(f"LOCK TABLE {_SPARE} IN ACCESS EXCLUSIVE MODE"))
_SPARE_SIZE: Statement[int] = statement(
    text(f"SELECT pg_relation_size('{_SPARE}')").columns(column("size", Integer)), scalar
)
_EMPTY_SPARE = statement(text(f"TRUNCATE {_SPARE}"))
_SUPERUSER = "EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)"
_CHECKPOINTER = "EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'usage'))"
_QUIET = (
    "current_setting('log_statement') IN ('none', 'ddl') "
    "AND current_setting('log_min_duration_statement') = '-1' "
    "AND current_setting('log_min_duration_sample') = '-1' "
    "AND CAST(current_setting('log_transaction_sample_rate') AS float) = 0"
)
_CONDITIONS = {
    "wal_recycle = off": "current_setting('wal_recycle') = 'off'",
    "wal_keep_size = 0": "current_setting('wal_keep_size') IN ('0', '0MB')",
    "log_parameter_max_length = 0, or no statement logged": (
        f"current_setting('log_parameter_max_length') IN ('0', '0B') OR ({_QUIET})"
    ),
    # A key that the repeated statement then stores: its values would be beside the error in the server's log.
    "log_parameter_max_length_on_error = 0": (
        "current_setting('log_parameter_max_length_on_error') IN ('0', '0B')"
    ),
    "EXECUTE on pg_switch_wal()": "has_function_privilege('pg_switch_wal()', 'EXECUTE')",
    "EXECUTE on pg_ls_waldir()": "has_function_privilege('pg_ls_waldir()', 'EXECUTE')",
    "the role pg_checkpoint": f"{_SUPERUSER} OR {_CHECKPOINTER}",
    "no statistics of the column shred_key": (
        "NOT EXISTS (SELECT FROM pg_stats WHERE attname = 'shred_key' AND tablename LIKE 'shred\\_keys%')"
    ),
}
_MET: Statement[Sequence[bool]] = statement(
    text("SELECT " + ", ".join(f"({each}) AS c{at}" for at, each in enumerate(_CONDITIONS.values()))).columns(
        *(column(f"c{at}", Boolean) for at in range(len(_CONDITIONS)))
    )
)
# The files' names without the timeline: one of another timeline may hold the same stretch of the log.
_WAL = "SELECT substr(name, 9, 16) AS place FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}'"
_NEWEST: Statement[str] = statement(
    text(f"SELECT max(place) FROM ({_WAL}) AS files").columns(column("place", String)),  # noqa: S608 - constants
    scalar,
)
_OLDEST: Statement[str] = statement(
    text(f"SELECT min(place) FROM ({_WAL}) AS files").columns(column("place", String)),  # noqa: S608 - constants
    scalar,
)
_CURRENT: Statement[str] = statement(
    text("SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 9, 16)").columns(
        column("place", String)
    ),
    scalar,
)
_STARTED: Statement[str] = statement(
    text("SELECT CAST(pg_postmaster_start_time() AS text)").columns(column("at", String)), scalar
)
# A switch does nothing unless something was written since the last one.
_NOTE = statement(
    text("SELECT CAST(pg_logical_emit_message(false, 'idvault', '') AS text)").columns(column("at", String))
)
_SWITCH = statement(text("SELECT CAST(pg_switch_wal() AS text)").columns(column("at", String)))
_CHECKPOINT = statement(text("CHECKPOINT"))


@cache
def _exchange(part: int) -> tuple[Statement[Any], ...]:
    """Return what puts the spare, with the keys of a part, in its place."""
    name = f"shred_keys_{part}"
    return tuple(
        statement(text(each))
        for each in (
            f"LOCK TABLE ONLY shred_keys, ONLY {name} IN ACCESS EXCLUSIVE MODE",
            # Whatever columns a later version has added, to both.
            f"INSERT INTO {_SPARE} SELECT * FROM {name}",  # noqa: S608 - constants
            f"ALTER TABLE shred_keys DETACH PARTITION {name}",
            f"ALTER TABLE shred_keys ATTACH PARTITION {_SPARE} "
            f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})",
            f"ALTER TABLE {name} RENAME TO shred_keys_former",
            f"ALTER TABLE {_SPARE} RENAME TO {name}",
            f"ALTER TABLE shred_keys_former RENAME TO {_SPARE}",
        )
    )


@dataclass(kw_only=True, eq=False, repr=False)
class KeyRewriting:
    """Removes the bytes of deleted keys from a PostgreSQL shred database."""

    database: Database
    _ends: dict[str, str] = field(default_factory=dict, init=False)
    """By account: the newest file of the log after its part was rewritten."""
    _started: str = field(default="", init=False)

    async def remove(self, account_tokens: Sequence[str]) -> tuple[bool, frozenset[str]]:
        """Return whether anything can be promised, and for which accounts it is done."""
        await self._forget(account_tokens)
        written = await self._rewrite([token for token in account_tokens if token not in self._ends])
        if await self.unmet():
            return False, frozenset(written | self._ends.keys())
        if written:
            newest = await self._text("wal.newest", _NEWEST)
            self._ends |= dict.fromkeys(written, newest)
        return True, await self._ended()

    async def unmet(self) -> list[str]:
        """Return the settings and grants without which nothing can be promised."""
        met = await self._met()
        return [name for name, is_met in zip(_CONDITIONS, met, strict=True) if not is_met]

    @read("shred.conditions")
    async def _met(self, connection: Connection) -> Sequence[bool]:
        return await connection.only(_MET)

    async def _forget(self, account_tokens: Sequence[str]) -> None:
        """Begin again with everything if another server answers, which has files of its own."""
        started = await self._text("server.started", _STARTED)
        asked = set(account_tokens) if started == self._started else set()
        self._ends = {token: place for token, place in self._ends.items() if token in asked}
        self._started = started

    async def _rewrite(self, account_tokens: Sequence[str]) -> set[str]:
        """Write the parts of these accounts anew; return the accounts for which nothing prevented it."""
        if not account_tokens:
            return set()
        written: set[str] = set()
        parts: dict[int, set[str]] = {}
        for token, part in await self._parts(tokens=",".join(account_tokens)):
            parts.setdefault(part, set()).add(token)
        for part, tokens in sorted(parts.items()):
            try:
                await self._empty_spare()
                replaced = await self._replace(part)
                await self._empty_spare()
            except UnavailableError as error:
                if isinstance(error.__cause__, DriverError) and error.__cause__.conflict:
                    continue  # somebody else holds a lock
                raise
            written |= tokens if replaced else set()
        return written

    @read("shred.parts")
    async def _parts(self, connection: Connection, *, tokens: str) -> Sequence[tuple[str, int]]:
        return await connection.all(_PARTS_OF, tokens=tokens)

    @act("shred.empty_spare")
    async def _empty_spare(self, connection: Connection) -> None:
        await connection.all(_HASTE)
        await connection.all(_EMPTY_SPARE)

    @act("shred.replace_part")
    async def _replace(self, connection: Connection, part: int) -> bool:
        """Put a copy of a part in its place; False if another process has just filled the spare."""
        await connection.all(_HASTE)
        await connection.all(_LOCK_SPARE)
        if await connection.only(_SPARE_SIZE):
            return False
        for each in _exchange(part):
            await connection.all(each)
        return True

    async def _ended(self) -> frozenset[str]:
        """Switch the log to a new file, and return the accounts before whose end no file is left."""
        if not self._ends:
            return frozenset()
        last = max(self._ends.values())
        if await self._text("wal.oldest", _OLDEST) <= last:
            await self._pass(last)
            await self.database.write("wal.checkpoint", _CHECKPOINT)
        oldest = await self._text("wal.oldest", _OLDEST)
        return frozenset(token for token, place in self._ends.items() if place < oldest)

    async def _pass(self, place: str) -> None:
        for _ in range(_MOST_SWITCHES):
            if await self._text("wal.current", _CURRENT) > place:
                return
            await self.database.write("wal.note", _NOTE)
            await self.database.write("wal.switch", _SWITCH)

    async def _text(self, name: str, query: Statement[str]) -> str:
        found = await self.database.one(name, query)
        if found is None:
            raise LookupError("a server said nothing about its log")
        return found
