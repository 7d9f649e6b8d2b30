"""StatusService: published statuses, read by instant-messaging backends."""

from collections.abc import Sequence
from typing import Protocol

from idvault.api import convert, convert_disclosure
from idvault.api.call import Caller
from idvault.domain import token
from idvault.domain.moment import Moment
from idvault.domain.status import Status
from idvault.flows.disclosure_history import History
from idvault.v1 import common_pb2, status_pb2


class Statuses(Protocol):
    """What this edge needs of flows.status.StatusFlow."""

    async def get(self, *, relying_party: str, account_token: str, now: Moment) -> Status:
        """Return one status."""
        ...

    async def get_many(
        self, *, relying_party: str, account_tokens: Sequence[str], now: Moment
    ) -> tuple[list[Status], list[str]]:
        """Return statuses and unknown tokens, in the order asked."""
        ...


class Histories(Protocol):
    """What this edge needs of flows.disclosure_history.DisclosureHistoryFlow."""

    async def get(self, *, relying_party: str, account_token: str, now: Moment) -> History:
        """Return the openings of an account's records up to the horizon."""
        ...


class StatusServicer:
    """Converts, calls one flow, converts back."""

    def __init__(self, *, flow: Statuses, histories: Histories) -> None:
        """Take the flows."""
        self._flow = flow
        self._histories = histories

    async def GetStatus(
        self, request: status_pb2.GetStatusRequest, *, caller: Caller, now: Moment, remaining: float | None
    ) -> common_pb2.AccountStatus:
        """Answer the status of one account."""
        account_token = token.check(request.account_token)
        status = await self._flow.get(relying_party=caller.name, account_token=account_token, now=now)
        return convert.status(status)

    async def BatchGetStatuses(
        self,
        request: status_pb2.BatchGetStatusesRequest,
        *,
        caller: Caller,
        now: Moment,
        remaining: float | None,
    ) -> status_pb2.BatchGetStatusesResponse:
        """Answer the statuses of up to 1,000 accounts."""
        account_tokens = convert.account_tokens(request.account_tokens)
        known, unknown = await self._flow.get_many(
            relying_party=caller.name, account_tokens=account_tokens, now=now
        )
        return convert.statuses(known, unknown)

    async def GetDisclosureHistory(
        self,
        request: status_pb2.GetDisclosureHistoryRequest,
        *,
        caller: Caller,
        now: Moment,
        remaining: float | None,
    ) -> status_pb2.DisclosureHistory:
        """Answer the openings of an account's records, with proofs."""
        account_token = token.check(request.account_token)
        found = await self._histories.get(relying_party=caller.name, account_token=account_token, now=now)
        return convert_disclosure.history(found)
