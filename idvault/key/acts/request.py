"""Recognises repeats of requests that were kept before the request key was rotated.

- A repeat runs under the version of the first time, so that its fingerprint and its answer are the same.
- Requests are kept for 7 days, so a version is looked under for that long after its successor came into use.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from idvault.core.account_request import kept
from idvault.core.db.database import Database
from idvault.key.ports import RequestKeyRing
from idvault.verify.error import AlreadyExistsError, Reason

T = TypeVar("T")


@dataclass(kw_only=True, eq=False, repr=False)
class RepeatedPlatformRequests:
    """Requests whose ids are keyed: the id under each version is looked up."""

    keys: RequestKeyRing
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
        found = await kept(self.main, caller=caller, request_ids=list(ids)) if ids else []
        return next((ids[each] for each in found), None)


@dataclass(kw_only=True, eq=False, repr=False)
class RepeatedMemberRequests:
    """Requests whose ids are kept as they are: only the fingerprint differs.

    A request whose fingerprint differs has written nothing and spent no one-time code, so it may run again.
    """

    keys: RequestKeyRing

    async def answer(self, work: Callable[[], Awaitable[T]], *, caller: str, request_id: str) -> T:
        """Do the work, and again under each other version while the id counts as reused."""
        try:
            return await work()
        except AlreadyExistsError as error:
            refused = error
        if refused.reason is not Reason.REQUEST_ID_REUSED:
            raise refused
        for version, _ in self.keys.others():
            try:
                with self.keys.under(version):
                    return await work()
            except AlreadyExistsError as error:
                refused = error
        raise refused
