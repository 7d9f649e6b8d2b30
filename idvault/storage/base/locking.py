"""Row locks: what an act has read under one stays as it is until the act ends."""

from typing import Any

from sqlalchemy import Select, Table


def for_change(query: Select[Any], *, of: Table | None = None) -> Select[Any]:
    """Lock the rows of a query, or only those of one table; whoever else wants to change them waits.

    SQLite spells nothing, since a writer there is alone.
    """
    return query.with_for_update(key_share=True, of=of)


def for_change_unless_locked(query: Select[Any], *, of: Table | None = None) -> Select[Any]:
    """Lock the rows of a query and leave out those that somebody else has locked."""
    return query.with_for_update(key_share=True, skip_locked=True, of=of)
