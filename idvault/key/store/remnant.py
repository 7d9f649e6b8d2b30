"""Removes the bytes of deleted shred keys from the files of the running databases (ports.erasure.Remnants).

- SQLite overwrites what it deletes, but keeps it in the write-ahead log: the logs of both databases are
  emptied, that of the shred database first.
- PostgreSQL: storage.key.rewriting.
- What is in copies of files, such as backups and snapshots, is out of reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.core.db.database import Database
from idvault.key.ports.absence import Absence
from idvault.key.store.rewriting import KeyRewriting


@dataclass(kw_only=True, eq=False, repr=False)
class SqlRemnants:
    """The remnants in a pair of databases."""

    main: Database
    shred: Database

    def __post_init__(self) -> None:
        """Begin without knowing what was removed before."""
        self._rewriting = KeyRewriting(database=self.shred)

    async def look(self, account_tokens: Sequence[str]) -> Absence:
        """Remove what can be removed, and return for whom everything is."""
        promised, gone = True, frozenset(account_tokens)
        if not self.shred.is_file:
            promised, gone = await self._rewriting.remove(account_tokens)
        elif not await self.shred.empty_log():
            gone = frozenset()
        if not await self.main.empty_log():
            gone = frozenset()
        return Absence(gone, promised)

    async def tidy(self) -> None:
        """Empty the main database's log, unless it is read."""
        await self.main.empty_log()
