"""Turns what drivers raise into words that carry no value, and tells what may be tried again."""

import sqlite3

import asyncpg  # type: ignore[import-untyped]

# Whatever a driver raises; OSError covers refused connections and time-outs.
FOREIGN = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sqlite3.Error,
    OSError,
)

# Serialization failure, deadlock, lock not available: PostgreSQL undid the step and asks to repeat it.
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
# Shut down, crashed, starting up, no such connection; a former leader that became read-only.
_LOST = frozenset({"57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "25006"})
_PRIMARY_CODE = 0xFF


class DriverError(Exception):
    """A database refused a statement; the text is the kind of refusal and its code, never a value.

    conflict: the database surely did nothing, and the same step may pass when repeated at once.
    lost: the connection is of no more use; another one may be.
    """

    def __init__(self, kind: str, code: str = "", *, conflict: bool = False, lost: bool = False) -> None:
        """Keep what an operator needs in order to look the failure up."""
        super().__init__(f"{kind} {code}".strip())
        self.code = code
        self.conflict = conflict
        self.lost = lost


def describe(error: BaseException) -> DriverError:
    """Return the failure without its text: drivers quote rows and parameters in theirs."""
    kind = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        void = isinstance(error, asyncpg.InvalidCachedStatementError)  # a migration changed what a plan reads
        return DriverError(kind, state, conflict=state in _CONFLICTS, lost=void or state in _LOST)
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        busy = code & _PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        return DriverError(kind, str(code), conflict=busy)
    return DriverError(kind, lost=_is_lost(error))


def _is_lost(error: BaseException) -> bool:
    # A time-out is not repeated: the next one would take as long, and the caller has waited.
    if isinstance(error, TimeoutError):
        return False
    # asyncpg says in this very class that a connection is closed; its subclasses are about wrong values. It
    # says InternalClientError where the server's last word has come, and the end of the connection has not.
    return isinstance(error, OSError | asyncpg.InternalClientError) or type(error) is asyncpg.InterfaceError
