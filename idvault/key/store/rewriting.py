"""Writes PostgreSQL's shred keys anew without those of erased accounts, and ends the WAL that had them.

A deleted row stays in its page, in the page's hole after a vacuum, and in the write-ahead log. So:

1. Each of two tables (`TABLES`) is in 64 parts, by the hash of the token. The part of a deleted key is copied
   into the table's spare, which takes its place. The spare, by now the former part, is truncated. Each is an
   act of its own. A crash leaves rows in the spare at most, and the next rewriting truncates it before it
   begins. If a part were copied into a new table, a crash of the server would leave a file that belongs to no
   table. A part that is empty and has no file to speak of is left as it is.
2. The log is switched to a file that did not exist before, and a checkpoint deletes the files up to there.
   They are looked up afterwards: a replication slot, or an archive that is behind, may keep them.

Whether the second works depends on settings and grants (docs/operations.md); `CONDITIONS` names them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Integer, String, column, text

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, scalar, statement

PARTS = 64
TABLES = ("record_keys", "shred_keys")
"""The keys of versions, and those that the versions of before share by account."""

_PARTS_OF = statement(
    text(
        "SELECT token, part FROM unnest(string_to_array(CAST(:tokens AS text), ',')) AS token, "  # noqa: S608
        f"generate_series(0, {PARTS - 1}) AS part WHERE satisfies_hash_partition("
        f"CAST('record_keys' AS regclass), {PARTS}, part, CAST(token AS varchar))"
    ).columns(column("token", String), column("part", Integer))
)
# Whoever holds a lock on the keys for longer, such as a dump, must not make sign-ups wait behind this one.
_HASTE = statement(text("SET LOCAL lock_timeout = '100ms'"))
_SUPERUSER = "EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)"
_CHECKPOINTER = "EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'usage'))"
_QUIET = (
    "current_setting('log_statement') IN ('none', 'ddl') "
    "AND current_setting('log_min_duration_statement') = '-1' "
    "AND current_setting('log_min_duration_sample') = '-1' "
    "AND CAST(current_setting('log_transaction_sample_rate') AS float) = 0"
)
CONDITIONS = {
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
        "NOT EXISTS (SELECT FROM pg_stats WHERE attname = 'shred_key')"
    ),
}
_MET: Statement[Sequence[bool]] = statement(
    text("SELECT " + ", ".join(f"({each}) AS c{at}" for at, each in enumerate(CONDITIONS.values()))).columns(
        *(column(f"c{at}", Boolean) for at in range(len(CONDITIONS)))
    )
)
# The files' names without the timeline: one of another timeline may hold the same stretch of the log.
_WAL = "SELECT substr(name, 9, 16) AS place FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}'"
Question = Statement[str]
"""What is asked of a server about its log."""
NEWEST: Statement[str] = statement(
    text(f"SELECT max(place) FROM ({_WAL}) AS files").columns(column("place", String)),  # noqa: S608 - constants
    scalar,
)
OLDEST: Statement[str] = statement(
    text(f"SELECT min(place) FROM ({_WAL}) AS files").columns(column("place", String)),  # noqa: S608 - constants
    scalar,
)
CURRENT: Statement[str] = statement(
    text("SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 9, 16)").columns(
        column("place", String)
    ),
    scalar,
)
STARTED: Statement[str] = statement(
    text("SELECT CAST(pg_postmaster_start_time() AS text)").columns(column("at", String)), scalar
)
# A switch does nothing unless something was written since the last one.
NOTE = statement(
    text("SELECT CAST(pg_logical_emit_message(false, 'idvault', '') AS text)").columns(column("at", String))
)
SWITCH = statement(text("SELECT CAST(pg_switch_wal() AS text)").columns(column("at", String)))
CHECKPOINT = statement(text("CHECKPOINT"))


def _size(name: str) -> Statement[int]:
    return statement(text(f"SELECT pg_relation_size('{name}')").columns(column("size", Integer)), scalar)


@dataclass(frozen=True, slots=True)
class _Spare:
    """What is done with the spare of a table."""

    lock: Statement[Any]
    size: Statement[int]
    empty: Statement[Any]


@cache
def _spare(table: str) -> _Spare:
    name = f"{table}_spare"
    return _Spare(
        statement(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")),
        _size(name),
        statement(text(f"TRUNCATE {name}")),
    )


@cache
def _part_size(table: str, part: int) -> Statement[int]:
    return _size(f"{table}_{part}")


@cache
def _exchange(table: str, part: int) -> tuple[Statement[Any], ...]:
    """Return what puts the spare, with the keys of a part, in its place."""
    name, spare, former = f"{table}_{part}", f"{table}_spare", f"{table}_former"
    return tuple(
        statement(text(each))
        for each in (
            f"LOCK TABLE ONLY {table}, ONLY {name} IN ACCESS EXCLUSIVE MODE",
            # Whatever columns a later version has added, to both.
            f"INSERT INTO {spare} SELECT * FROM {name}",  # noqa: S608 - constants
            f"ALTER TABLE {table} DETACH PARTITION {name}",
            f"ALTER TABLE {table} ATTACH PARTITION {spare} "
            f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})",
            f"ALTER TABLE {name} RENAME TO {former}",
            f"ALTER TABLE {spare} RENAME TO {name}",
            f"ALTER TABLE {former} RENAME TO {spare}",
        )
    )


async def met(connection: Connection) -> Sequence[bool]:
    """Return of each condition whether it is met."""
    return await connection.only(_MET)


async def parts(connection: Connection, account_tokens: Sequence[str]) -> Sequence[tuple[str, int]]:
    """Return the part of each account."""
    return await connection.all(_PARTS_OF, tokens=",".join(account_tokens))


async def empty_spare(connection: Connection, table: str) -> None:
    """Truncate the spare of a table."""
    await connection.all(_HASTE)
    await connection.all(_spare(table).empty)


async def is_empty(connection: Connection, table: str, part: int) -> bool:
    """Return whether a part has no page that could hold a key; one that had a key has."""
    return not await connection.only(_part_size(table, part))


async def replace_part(connection: Connection, table: str, part: int) -> bool:
    """Put a copy of a part in its place; False if another process has just filled the spare."""
    await connection.all(_HASTE)
    spare = _spare(table)
    await connection.all(spare.lock)
    if await connection.only(spare.size):
        return False
    for each in _exchange(table, part):
        await connection.all(each)
    return True
