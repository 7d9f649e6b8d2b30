"""Turns what drivers raise into words that carry no value, and tells what is worth another try."""

import sqlite3

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# Whatever a driver or SQLAlchemy raises; OSError covers refused connections and time-outs.
FOREIGN = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error, OSError)

# Serialization failure, deadlock, lock not available: PostgreSQL undid the step and asks to repeat it.
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03"})
_PRIMARY_CODE = 0xFF


class DriverError(Exception):
    """A database refused a statement; the text is the kind of refusal and its code, never a value.

    transient: whether the database surely did nothing and the same step may pass when repeated.
    """

    def __init__(self, kind: str, code: str, *, transient: bool) -> None:
        """Keep what an operator needs in order to look the failure up."""
        super().__init__(f"{kind} {code}".strip())
        self.transient = transient


def describe(error: BaseException) -> DriverError:
    """Return the failure without its text: drivers quote rows and parameters in theirs."""
    origin = _origin(error)
    state = getattr(origin, "sqlstate", None)
    if isinstance(state, str):
        return DriverError(type(origin).__name__, state, transient=state in _TRANSIENT_STATES)
    code = getattr(origin, "sqlite_errorcode", None)
    if isinstance(code, int):
        busy = code & _PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        return DriverError(type(origin).__name__, str(code), transient=busy)
    return DriverError(type(origin).__name__, "", transient=False)


def _origin(error: BaseException) -> BaseException:
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig
    return error
