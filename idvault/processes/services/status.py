"""StatusService: published statuses, for platforms."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.disclosure.acts import history as history_acts
from idvault.disclosure.acts.history import HistoryContext
from idvault.disclosure.api import convert_history as disclosure_convert_history
from idvault.status import api as status_api
from idvault.status.acts import StatusTexts
from idvault.status.api import Hub, Serialised, SerialisedStatuses, StatusBatches
from idvault.status.credential import acts as credential_acts
from idvault.status.credential import rules as credential_rules
from idvault.status.credential.acts import TokenContext
from idvault.v1 import status_pb2
from idvault.verify import token
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class StatusServicer:
    """Converts, calls one flow, converts back."""

    vault: Vault
    flow: StatusTexts
    histories: HistoryContext
    tokens: TokenContext
    watches: Hub
    statuses: SerialisedStatuses

    def __post_init__(self) -> None:
        """Make what answers batches."""
        self._batches = StatusBatches(flow=self.flow, statuses=self.statuses)

    async def GetStatus(
        self,
        request: status_pb2.GetStatusRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> Serialised:
        """Return the status of one account."""
        account_token = token.check(request.account_token)
        packed = await self.flow.packed(relying_party=caller.name, account_token=account_token)
        return self.statuses.one(packed, now=now)

    async def BatchGetStatuses(
        self,
        request: status_pb2.BatchGetStatusesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> Serialised:
        """Return the statuses of up to 1,000 accounts."""
        account_tokens = convert.account_tokens(request.account_tokens)
        return await self._batches.read(relying_party=caller.name, account_tokens=account_tokens, now=now)

    def WatchStatuses(
        self,
        request: status_pb2.WatchStatusesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> AsyncGenerator[Serialised, None]:
        """Stream the caller's accounts, then each change."""
        place = status_api.place(request.cursor, relying_party=caller.name)
        return self.watches.watch(relying_party=caller.name, place=place)

    async def IssueStatusToken(
        self,
        request: status_pb2.IssueStatusTokenRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> status_pb2.IssueStatusTokenResponse:
        """Return a signed statement of an account's current status."""
        issued = await credential_acts.issue_token(
            self.vault,
            caller.name,
            token.check(request.account_token),
            now,
            audience=credential_rules.check_audience(request.audience),
            context=self.tokens,
        )
        return status_api.status_token(issued)

    async def IssueStatusCredential(
        self,
        request: status_pb2.IssueStatusCredentialRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> status_pb2.IssueStatusCredentialResponse:
        """Return a credential with an entry in a public list."""
        command = status_api.credential_command(request, caller=caller)
        issued = await credential_acts.issue_credential(self.vault, command, now, context=self.tokens)
        return status_api.status_credential(issued)

    async def GetDisclosureHistory(
        self,
        request: status_pb2.GetDisclosureHistoryRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> status_pb2.DisclosureHistory:
        """Return the openings of an account's records, with proofs."""
        account_token = token.check(request.account_token)
        found = await history_acts.of(self.vault, caller.name, account_token, now, context=self.histories)
        return disclosure_convert_history.history(found)
