"""Row locks: a row that an act has locked cannot change until the act ends."""

from typing import Any

from sqlalchemy import Select, Table


def for_change(query: Select[Any], *, of: Table | None = None) -> Select[Any]:
    """Lock the rows of a query, or only those of one table; other acts must wait to change them.

    No effect on SQLite, which has one writer at a time.
    """
    return query.with_for_update(key_share=True, of=of)


def for_change_unless_locked(query: Select[Any], *, of: Table | None = None) -> Select[Any]:
    """Lock the rows of a query, skipping rows that another act has locked."""
    return query.with_for_update(key_share=True, skip_locked=True, of=of)
