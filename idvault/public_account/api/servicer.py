"""PublicAccountService, for platforms."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from idvault.core.edge import convert as convert_common
from idvault.core.edge.call import Caller
from idvault.public_account.acts.filing import FilingExportFlow
from idvault.public_account.acts.ownership import OwnershipFlow
from idvault.public_account.acts.public_account import PublicAccountFlow
from idvault.public_account.api import convert, identifier
from idvault.v1 import public_account_pb2 as pb
from idvault.verify import token
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class PublicAccountServicer:
    """Converts, calls one flow, converts back."""

    flow: PublicAccountFlow
    ownership: OwnershipFlow
    filings: FilingExportFlow

    async def ApplyPublicAccount(
        self,
        request: pb.ApplyPublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """File an application."""
        fields = (request.account_token, request.HasField("licence"), *convert.licence_parts(request))
        asked = convert.asked(request.request_id, "ApplyPublicAccount", *fields, caller=caller)
        owner, licence = token.check(request.account_token), convert.licence(request)
        return convert.public_account(
            await self.flow.apply(asked, account_token=owner, licence=licence, now=now)
        )

    async def DecidePublicAccount(
        self,
        request: pb.DecidePublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """Approve or reject an application."""
        found, reason = identifier.check(request.public_account_id), convert.reject_reason(request)
        fields = (found, request.decision, request.reason)
        asked = convert.asked(request.request_id, "DecidePublicAccount", *fields, caller=caller)
        decision = convert.decision(request, "DecidePublicAccount", *fields, caller=caller)
        if reason is None:
            approved = await self.flow.approve(asked, public_account_id=found, now=now, decision=decision)
            return convert.public_account(approved)
        rejected = await self.flow.reject(
            asked, public_account_id=found, reason=reason, now=now, decision=decision
        )
        return convert.public_account(rejected)

    async def RenewPublicAccount(
        self,
        request: pb.RenewPublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """Begin another term."""
        found, licence = identifier.check(request.public_account_id), convert.licence(request)
        fields = (found, request.HasField("licence"), *convert.licence_parts(request))
        asked = convert.asked(request.request_id, "RenewPublicAccount", *fields, caller=caller)
        stated = convert.licence_parts(request)
        decision = convert.decision(request, "RenewPublicAccount", found, *stated, caller=caller)
        return convert.public_account(
            await self.flow.renew(asked, public_account_id=found, licence=licence, now=now, decision=decision)
        )

    async def ClosePublicAccount(
        self,
        request: pb.ClosePublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """Close a public account for good."""
        found = identifier.check(request.public_account_id)
        asked = convert.asked(request.request_id, "ClosePublicAccount", found, caller=caller)
        return convert.public_account(await self.flow.close(asked, public_account_id=found, now=now))

    async def AddOperator(
        self, request: pb.AddOperatorRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Name an operator."""
        found, other = identifier.check(request.public_account_id), token.check(request.account_token)
        asked = convert.asked(request.request_id, "AddOperator", found, other, caller=caller)
        return convert.public_account(
            await self.ownership.add_operator(asked, public_account_id=found, account_token=other, now=now)
        )

    async def RemoveOperator(
        self, request: pb.RemoveOperatorRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Remove an operator."""
        found, other = identifier.check(request.public_account_id), token.check(request.account_token)
        asked = convert.asked(request.request_id, "RemoveOperator", found, other, caller=caller)
        return convert.public_account(
            await self.ownership.remove_operator(asked, public_account_id=found, account_token=other, now=now)
        )

    async def OfferTransfer(
        self, request: pb.OfferTransferRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Offer a public account to another account."""
        found, other = identifier.check(request.public_account_id), token.check(request.account_token)
        asked = convert.asked(request.request_id, "OfferTransfer", found, other, caller=caller)
        return convert.public_account(
            await self.ownership.offer(asked, public_account_id=found, account_token=other, now=now)
        )

    async def AcceptTransfer(
        self, request: pb.AcceptTransferRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Move a public account to the account that accepts it."""
        found, other = identifier.check(request.public_account_id), token.check(request.account_token)
        agreed = convert_common.consent(request.consent, now=now)
        fields = (found, other, request.consent.policy_version)
        asked = convert.asked(request.request_id, "AcceptTransfer", *fields, caller=caller)
        return convert.public_account(
            await self.ownership.accept(
                asked, public_account_id=found, account_token=other, consent=agreed, now=now
            )
        )

    async def GetPublicAccount(
        self,
        request: pb.GetPublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """Return a public account as of now."""
        found = identifier.check(request.public_account_id)
        return convert.public_account(
            await self.flow.get(relying_party=caller.name, public_account_id=found, now=now)
        )

    async def GetPublicProfile(
        self,
        request: pb.GetPublicProfileRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicProfile:
        """Return what readers see of a public account."""
        found = identifier.check(request.public_account_id)
        shown = await self.flow.get(relying_party=caller.name, public_account_id=found, now=now)
        return convert.profile(shown.profile)

    async def ListPublicAccounts(
        self,
        request: pb.ListPublicAccountsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListPublicAccountsResponse:
        """Return a page of public accounts, the oldest application first."""
        owner, after, limit = convert.page(request)
        found, following = await self.flow.list(
            relying_party=caller.name,
            account_token=owner,
            state=convert.state(request.state),
            after=after,
            limit=limit,
            now=now,
        )
        return pb.ListPublicAccountsResponse(
            public_accounts=[convert.public_account(each) for each in found], next_page_token=following
        )

    async def ListExpiringPublicAccounts(
        self,
        request: pb.ListExpiringPublicAccountsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListExpiringPublicAccountsResponse:
        """Return a page of public accounts whose term ends soon."""
        days, after, limit = convert.expiring(request)
        found, following = await self.flow.expiring(
            relying_party=caller.name, days=days, after=after, limit=limit, now=now
        )
        return pb.ListExpiringPublicAccountsResponse(
            public_accounts=[convert.public_account(each) for each in found],
            next_page_token=convert.place_token(following),
        )

    async def ExportPublicAccountFilings(
        self,
        request: pb.ExportPublicAccountFilingsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> AsyncGenerator[pb.ExportPublicAccountFilingsResponse, None]:
        """Stream the filings of a day."""
        category, day = convert.filings_asked(request)
        chunks = self.filings.export(relying_party=caller.name, category=category, day=day, now=now)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield convert.filings(chunk)
