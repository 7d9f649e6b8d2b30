"""Runs a platform's repeat under the version of the request key that the first call had.

- So what the call derives from the key, a link or a code, is the same. That it is a repeat is found without
  this, too, by the request under every version (core.request), also where pages ask in a platform's name.
- Requests are kept for 7 days, so a version is looked under for that long after its successor came into use.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from idvault.core import account_request
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.sealing.request import RequestKeys

T = TypeVar("T")


@dataclass(kw_only=True, eq=False, repr=False)
class RepeatedPlatformRequests:
    """Requests whose ids are keyed: the id under each version is looked up."""

    keys: RequestKeys
    main: Database

    async def answer(self, work: Callable[[], Awaitable[T]], *, caller: str, request_id: str) -> T:
        """Do the work under the version of the first time (core.request.RepeatedRequests)."""
        version = await self._version(caller, request_id) if request_id else None
        if version is None:
            return await work()
        with self.keys.under(version):
            return await work()

    async def _version(self, caller: str, request_id: str) -> str | None:
        ids = {
            each.kept_id(relying_party=caller, request_id=request_id): version
            for version, each in self.keys.others()
        }
        if not ids:
            return None

        async def kept(connection: Connection) -> list[str]:
            return await account_request.kept(connection, caller=caller, request_ids=list(ids))

        found = await self.main.read("request.kept", kept)
        return next((ids[each] for each in found), None)
