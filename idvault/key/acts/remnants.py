"""Removes the bytes of deleted shred keys from the files of the running databases.

What is known of them may be lost with the process: a new one begins with everything again.

- SQLite overwrites what it deletes, but keeps it in the write-ahead log: the logs of both databases are
  emptied, that of the shred database first.
- PostgreSQL: key.store.rewriting.
- What is in copies of files, such as backups and snapshots, is out of reach.
- A deletion has a name: the account's token, or `name_of` one version of its record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from idvault.core.db.connection import DriverError
from idvault.core.db.database import Database
from idvault.key.store import rewriting as store
from idvault_verify.error import UnavailableError

# More than PostgreSQL keeps for reuse by default (min_wal_size), after wal_recycle was switched off.
_MOST_SWITCHES = 100


@dataclass(frozen=True, slots=True)
class Absence:
    """What a look at the files of both databases showed.

    names: the deletions that can be told. promised: whether the bytes of their keys are in no file; False if
    the database cannot promise it.
    """

    names: frozenset[str]
    promised: bool


_BETWEEN = "/"


def name_of(account_token: str, record_id: str) -> str:
    """Return the name of the deletion of one version's key."""
    return f"{account_token}{_BETWEEN}{record_id}"


@dataclass(kw_only=True, eq=False, repr=False)
class KeyRewriting:
    """Removes the bytes of deleted keys from a PostgreSQL shred database (key.store.rewriting)."""

    shred: Database
    _ends: dict[str, str] = field(default_factory=dict, init=False)
    """By deletion: the newest file of the log after its part was rewritten."""
    _started: str = field(default="", init=False)

    async def remove(self, names: Sequence[str]) -> tuple[bool, frozenset[str]]:
        """Return whether anything can be promised, and for which deletions it is done."""
        await self._forget(names)
        written = await self._rewrite([name for name in names if name not in self._ends])
        if await self.unmet():
            return False, frozenset(written | self._ends.keys())
        if written:
            newest = await self._text("wal.newest", store.NEWEST)
            self._ends |= dict.fromkeys(written, newest)
        return True, await self._ended()

    async def unmet(self) -> list[str]:
        """Return the settings and grants without which nothing can be promised."""
        met = await self.shred.read("shred.conditions", store.met)
        return [name for name, is_met in zip(store.CONDITIONS, met, strict=True) if not is_met]

    async def _forget(self, names: Sequence[str]) -> None:
        """Begin again with everything if another server answers, which has files of its own."""
        started = await self._text("server.started", store.STARTED)
        asked = set(names) if started == self._started else set()
        self._ends = {name: place for name, place in self._ends.items() if name in asked}
        self._started = started

    async def _rewrite(self, names: Sequence[str]) -> set[str]:
        """Write the parts of these accounts anew; return the deletions for which nothing prevented it."""
        if not names:
            return set()
        deleted: dict[str, set[str]] = {}
        for name in names:
            deleted.setdefault(name.partition(_BETWEEN)[0], set()).add(name)
        written: set[str] = set()
        parts: dict[int, set[str]] = {}
        for token, part in await self.shred.read("shred.parts", lambda one: store.parts(one, list(deleted))):
            parts.setdefault(part, set()).update(deleted[token])
        for part, done in sorted(parts.items()):
            try:
                replaced = [await self._replace(table, part) for table in store.TABLES]
            except UnavailableError as error:
                if isinstance(error.__cause__, DriverError) and error.__cause__.conflict:
                    continue  # somebody else holds a lock
                raise
            written |= done if all(replaced) else set()
        return written

    async def _replace(self, table: str, part: int) -> bool:
        empty = partial(store.empty_spare, table=table)
        if await self.shred.read("shred.is_empty", partial(store.is_empty, table=table, part=part)):
            # A process that was killed may have left rows in the spare.
            await self.shred.act("shred.empty_spare", empty)
            return True
        await self.shred.act("shred.empty_spare", empty)
        replaced = await self.shred.act(
            "shred.replace_part", partial(store.replace_part, table=table, part=part)
        )
        await self.shred.act("shred.empty_spare", empty)
        return replaced

    async def _ended(self) -> frozenset[str]:
        """Switch the log to a new file, and return the deletions before whose end no file is left."""
        if not self._ends:
            return frozenset()
        last = max(self._ends.values())
        if await self._text("wal.oldest", store.OLDEST) <= last:
            await self._pass(last)
            await self.shred.write("wal.checkpoint", store.CHECKPOINT)
        oldest = await self._text("wal.oldest", store.OLDEST)
        return frozenset(name for name, place in self._ends.items() if place < oldest)

    async def _pass(self, place: str) -> None:
        for _ in range(_MOST_SWITCHES):
            if await self._text("wal.current", store.CURRENT) > place:
                return
            await self.shred.write("wal.note", store.NOTE)
            await self.shred.write("wal.switch", store.SWITCH)

    async def _text(self, name: str, query: store.Question) -> str:
        found = await self.shred.one(name, query)
        if found is None:
            raise LookupError("a server said nothing about its log")
        return found


@dataclass(kw_only=True, eq=False, repr=False)
class Remnants:
    """The remnants in a pair of databases."""

    main: Database
    shred: Database

    def __post_init__(self) -> None:
        """Begin without knowing what was removed before."""
        self._rewriting = KeyRewriting(shred=self.shred)

    async def look(self, names: Sequence[str]) -> Absence:
        """Remove the bytes of deleted keys from every file; return for which deletions that is done.

        Leaves out one while a reader, or whatever else, keeps a file that may hold its key. Can be repeated.
        """
        promised, gone = True, frozenset(names)
        if not self.shred.is_file:
            promised, gone = await self._rewriting.remove(names)
        elif not await self.shred.empty_log():
            gone = frozenset()
        if not await self.main.empty_log():
            gone = frozenset()
        return Absence(gone, promised)

    async def tidy(self) -> None:
        """Empty the main database's log, unless it is read."""
        await self.main.empty_log()
