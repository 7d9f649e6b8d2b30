"""Converts driver exceptions into errors that carry no values, and says which may be retried."""

import sqlite3

import asyncpg  # type: ignore[import-untyped]

# Everything a driver raises; OSError covers refused connections and time-outs.
FOREIGN = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sqlite3.Error,
    OSError,
)

# Serialization failure, deadlock, lock not available: PostgreSQL undid the step and asks to repeat it.
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
# Shut down, crashed, starting up, no such connection; a former leader that became read-only; a transaction or
# a session that was idle for too long, which the server undid and whose connection it closed.
_LOST = frozenset(
    {"57P01", "57P02", "57P03", "57P05", "08000", "08001", "08003", "08004", "08006", "25006", "25P03"}
)
_STATEMENT_STOPPED = "57014"
_PRIMARY_CODE = 0xFF


class DriverError(Exception):
    """A statement failed; the text is the exception's class and code, never a value.

    conflict: the database rolled back, and an immediate retry may succeed.
    lost: this connection is unusable; a new one may work.
    late: the database did not answer in time.
    """

    def __init__(
        self, kind: str, code: str = "", *, conflict: bool = False, lost: bool = False, late: bool = False
    ) -> None:
        """Keep what an operator needs to look up the failure."""
        super().__init__(f"{kind} {code}".strip())
        self.code = code
        self.conflict = conflict
        self.lost = lost
        self.late = late


def describe(error: BaseException) -> DriverError:
    """Return the failure without the driver's text, which may quote rows and parameters."""
    kind = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        void = isinstance(error, asyncpg.InvalidCachedStatementError)  # a migration changed what a plan reads
        return DriverError(
            kind,
            state,
            conflict=state in _CONFLICTS,
            lost=void or state in _LOST,
            late=state == _STATEMENT_STOPPED,
        )
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        busy = code & _PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        return DriverError(kind, str(code), conflict=busy)
    # OpenSSL's number says why a certificate does not verify; it has no value of ours.
    verification = getattr(error, "verify_code", None)
    code = str(verification) if isinstance(verification, int) else ""
    return DriverError(kind, code, lost=_is_lost(error), late=isinstance(error, TimeoutError))


def _is_lost(error: BaseException) -> bool:
    # A time-out is not retried: the next try would take as long, and the caller has already waited.
    if isinstance(error, TimeoutError):
        return False
    # asyncpg raises InterfaceError itself for a closed connection; its subclasses report wrong values. It
    # raises InternalClientError if the server's last message arrived but the end of the connection did not.
    return isinstance(error, OSError | asyncpg.InternalClientError) or type(error) is asyncpg.InterfaceError
