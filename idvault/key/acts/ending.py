"""Counts what is stored under a former version of a key and cannot be sealed again: it ends by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from idvault.key.ports.key import EndingStore
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import SETTLED, KeyVersion


class Ending(Protocol):
    """What ends by itself under a version. known: all versions of the purpose."""

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return how much there is."""
        ...


@dataclass(frozen=True, slots=True)
class NothingEnds:
    """Everything that is stored can be sealed again."""

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return 0."""
        return 0


@dataclass(kw_only=True, eq=False, repr=False)
class RequestsEnd:
    """Requests are deleted 7 days after they were made; nobody wrote under a version after its successor."""

    store: EndingStore
    table: str

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return how many requests may be under the version."""
        later = next(each for each in known if each.version > version.version)
        before = rules.usable_from(known, later) + SETTLED
        return await self.store.requests_before(table=self.table, before=before)


@dataclass(kw_only=True, eq=False, repr=False)
class ReportsEnd:
    """Secrets of reports end with them; ids of reporters are under the first version, which never ends."""

    store: EndingStore

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return how many reports and reporters are under the version."""
        return (await self.store.tip_offs()).get(version.version, 0)
