"""PublicAccountService, for platforms: the methods of public accounts, and their messages."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date

from idvault.core.act import Vault
from idvault.core.day import read_day
from idvault.core.edge import convert as convert_common
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.core.edge.repetition import RepeatableRequest
from idvault.core.policy import OperatorPolicy
from idvault.moderator import api as moderator_api
from idvault.moderator.acts import ModerationCall
from idvault.public_account.acts import public_account as acts
from idvault.public_account.acts.public_account import FilingChunk
from idvault.public_account.acts.step import PublicAccountCall, ShownPublicAccount
from idvault.public_account.rules.owner import OFFER_LIFETIME
from idvault.public_account.rules.public_account import PublicAccount, PublicProfile
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.public_account import (
    Licence,
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)
from idvault_verify.seal import Part
from idvault_verify.v1 import public_account_pb2 as pb

ID = re.compile(r"[0-9a-f]{32}")


def check(text: str) -> str:
    """Return a public account's id unchanged; raises InvalidError (INVALID_MESSAGE, public_account_id)."""
    if not ID.fullmatch(text):
        code = FieldCode.CHARACTER if text else FieldCode.REQUIRED
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("public_account_id", code))
    return text


_LONGEST, _USUAL = 366, 60
_KINDS = numbers(PublicAccountKind, pb.PublicProfile.Kind.Value, "KIND_")
_CATEGORIES = numbers(PublicAccountCategory, pb.PublicProfile.Category.Value, "CATEGORY_")
_STATES = numbers(PublicAccountState, pb.PublicProfile.State.Value, "STATE_")
_REASONS = numbers(RejectReason, pb.PublicAccount.RejectReason.Value, "REJECT_REASON_")
_CATEGORY_OF: dict[int, PublicAccountCategory] = {number: word for word, number in _CATEGORIES.items()}
_STATE_OF: dict[int, PublicAccountState] = {number: word for word, number in _STATES.items()}
_REASON_OF: dict[int, RejectReason] = {number: word for word, number in _REASONS.items()}


def read_call(
    message: RepeatableRequest, caller: Caller, *, decision: ModerationCall | None = None
) -> PublicAccountCall:
    """Return a mutation's caller and content; raises InvalidError (INVALID_REQUEST_ID)."""
    asked = repetition.asked(message, caller)
    return PublicAccountCall(
        asked.relying_party, asked.actor_id, asked.request_id, asked.method, asked.content, decision
    )


def read_decision(
    message: pb.DecidePublicAccountRequest | pb.RenewPublicAccountRequest, *fields: Part, caller: Caller
) -> ModerationCall | None:
    """Return what a moderator signed, None if the platform decides by itself; raises InvalidError."""
    signature = message.signature if message.HasField("signature") else None
    return moderator_api.signed_if_given(message, *fields, caller=caller, signature=signature)


def read_licence(message: pb.ApplyPublicAccountRequest | pb.RenewPublicAccountRequest) -> Licence | None:
    """Return the licence of a request; raises InvalidError naming each part that is missing or not a date."""
    if not message.HasField("licence"):
        return None
    given = message.licence
    category, day = _CATEGORY_OF.get(given.category), read_day(given.expire_date)
    wrong = []
    if category is None:
        wrong.append(Violation("licence.category", _code(given.category)))
    if day is None:
        wrong.append(Violation("licence.expire_date", _code(given.expire_date)))
    if category is None or day is None:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
    return Licence(category, given.reference, day)


def reject_reason(message: pb.DecidePublicAccountRequest) -> RejectReason | None:
    """Return the reason of a rejection, None for an approval; raises InvalidError."""
    kind = pb.DecidePublicAccountRequest
    if message.decision == kind.DECISION_APPROVE:
        if message.reason:
            raise _invalid("reason", FieldCode.CHARACTER)
        return None
    if message.decision != kind.DECISION_REJECT:
        raise _invalid("decision", _code(message.decision))
    reason = _REASON_OF.get(message.reason)
    if reason is None:
        raise _invalid("reason", _code(message.reason))
    return reason


def state(number: int) -> PublicAccountState | None:
    """Return the state to list, None for all; raises InvalidError (INVALID_MESSAGE, state)."""
    found = _STATE_OF.get(number)
    if number and found is None:
        raise _invalid("state", FieldCode.CHARACTER)
    return found


def page(message: pb.ListPublicAccountsRequest) -> tuple[str | None, str, int]:
    """Return the owner, the id to continue after, and the length of a page; raises InvalidError."""
    owner = token.check(message.account_token) if message.account_token else None
    # The caller has seen the public account, so the token may be its id.
    if message.page_token and not ID.fullmatch(message.page_token):
        raise _invalid("page_token", FieldCode.CHARACTER)
    return owner, message.page_token, convert_common.page_size(message.page_size)


def expiring(
    message: pb.ListExpiringPublicAccountsRequest,
) -> tuple[int, tuple[date, str] | None, int]:
    """Return the days, the place to continue after, and the length of a page; raises InvalidError."""
    if not 0 <= message.within_days <= _LONGEST:
        raise _invalid("within_days", FieldCode.LENGTH)
    size = convert_common.page_size(message.page_size)
    return message.within_days or _USUAL, _place(message.page_token), size


def place_token(place: tuple[date, str] | None) -> str:
    """Return the page token of a place in the list of expiring ones: DAY.ID, which the caller knows."""
    return "" if place is None else f"{place[0].isoformat()}.{place[1]}"


def public_account(value: ShownPublicAccount) -> pb.PublicAccount:
    """Return the message of a public account, which must be as of now."""
    stored = value.public_account
    message = pb.PublicAccount(
        profile=profile(value.profile),
        account_token=stored.account_token,
        expire_date=_day(stored.expire_date),
        operators=[
            pb.PublicAccountOperator(account_token=each.account_token, may_publish=each.may_publish)
            for each in value.operators
        ],
    )
    if stored.offer is not None:
        message.offer.account_token = stored.offer.account_token
        message.offer.offer_time.FromDatetime(stored.offer.offered_at)
        message.offer.expire_time.FromDatetime(stored.offer.offered_at + OFFER_LIFETIME)
    message.apply_time.FromDatetime(stored.applied_at)
    if stored.closed_at is not None:
        message.close_time.FromDatetime(stored.closed_at)
    if stored.reject_reason is not None:
        message.reject_reason = _REASONS[stored.reject_reason]
    return message


def offered(value: ShownPublicAccount) -> pb.OfferedPublicAccount:
    """Return the message for whom a public account is offered to: what readers see, and until when."""
    message = pb.OfferedPublicAccount(profile=profile(value.profile))
    if value.public_account.offer is not None:
        message.expire_time.FromDatetime(value.public_account.offer.offered_at + OFFER_LIFETIME)
    return message


def profile(value: PublicProfile) -> pb.PublicProfile:
    """Return the message of a profile."""
    message = pb.PublicProfile(
        public_account_id=value.public_account_id,
        kind=_KINDS[value.kind],
        category=_CATEGORIES[value.category],
        state=_STATES[value.state],
        standing=convert_common.STANDINGS[value.standing],
        since=_day(value.since),
        owner_changed_on=_day(value.owner_changed_on),
        revision=value.revision,
        next_change_date=_day(value.next_change),
    )
    if value.standing_until is not None:
        message.standing_until.FromDatetime(value.standing_until)
    if value.licence is not None:
        message.licence.CopyFrom(_licence(value.licence))
    return message


def filings_asked(
    message: pb.ExportPublicAccountFilingsRequest,
) -> tuple[PublicAccountCategory | None, date | None]:
    """Return category and day of the filings to export, None for all and for today; raises InvalidError."""
    category = _CATEGORY_OF.get(message.category)
    if message.category and category is None:
        raise _invalid("category", FieldCode.CHARACTER)
    day = read_day(message.as_of) if message.as_of else None
    if message.as_of and day is None:
        raise _invalid("as_of", FieldCode.CHARACTER)
    return category, day


def filings(chunk: FilingChunk) -> pb.ExportPublicAccountFilingsResponse:
    """Return the message of some filings."""
    return pb.ExportPublicAccountFilingsResponse(
        as_of=chunk.day.isoformat(), filings=[_filing(each) for each in chunk.public_accounts]
    )


def _filing(value: PublicAccount) -> pb.PublicAccountFiling:
    return pb.PublicAccountFiling(
        public_account_id=value.public_account_id,
        account_token=value.account_token,
        kind=_KINDS[value.kind],
        category=_CATEGORIES[value.category],
        licence=None if value.licence is None else _licence(value.licence),
        state=_STATES[value.state],
        standing=convert_common.STANDINGS[value.standing],
        since=_day(value.since),
        expire_date=_day(value.expire_date),
        owner_changed_on=_day(value.owner_changed_on),
    )


def _licence(value: Licence) -> pb.Licence:
    return pb.Licence(
        category=_CATEGORIES[value.category],
        reference=value.reference,
        expire_date=value.expire_date.isoformat(),
    )


def _place(text: str) -> tuple[date, str] | None:
    if not text:
        return None
    day, _, last = text.partition(".")
    found = read_day(day)
    if found is None or not ID.fullmatch(last):
        raise _invalid("page_token", FieldCode.CHARACTER)
    return found, last


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _code(given: object) -> FieldCode:
    return FieldCode.CHARACTER if given else FieldCode.REQUIRED


def _invalid(field: str, code: FieldCode) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))


@dataclass(kw_only=True, eq=False, repr=False)
class PublicAccountMethods:
    """The methods of PublicAccountService. policy: for its time zone, limits and terms."""

    vault: Vault
    policy: OperatorPolicy

    async def ApplyPublicAccount(
        self,
        request: pb.ApplyPublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """File an application."""
        call = read_call(request, caller)
        owner, licence = token.check(request.account_token), read_licence(request)
        return public_account(
            await acts.apply(self.vault, call, now, self.policy, account_token=owner, licence=licence)
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
        found, reason = check(request.public_account_id), reject_reason(request)
        fields = (found, request.decision, request.reason)
        call = read_call(request, caller, decision=read_decision(request, *fields, caller=caller))
        if reason is None:
            return public_account(await acts.approve(self.vault, call, now, found, self.policy))
        return public_account(await acts.reject(self.vault, call, now, found, self.policy, reason))

    async def RenewPublicAccount(
        self,
        request: pb.RenewPublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """Begin another term."""
        found, licence = check(request.public_account_id), read_licence(request)
        given = request.licence
        fields = (found, given.category, given.reference, given.expire_date)
        call = read_call(request, caller, decision=read_decision(request, *fields, caller=caller))
        return public_account(await acts.renew(self.vault, call, now, found, self.policy, licence=licence))

    async def ClosePublicAccount(
        self,
        request: pb.ClosePublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """Close a public account for good."""
        found = check(request.public_account_id)
        call = read_call(request, caller)
        return public_account(await acts.close(self.vault, call, now, found, self.policy))

    async def AddOperator(
        self, request: pb.AddOperatorRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Name an operator."""
        found, other = check(request.public_account_id), token.check(request.account_token)
        call = read_call(request, caller)
        return public_account(await acts.add_operator(self.vault, call, now, found, self.policy, other))

    async def RemoveOperator(
        self, request: pb.RemoveOperatorRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Remove an operator."""
        found, other = check(request.public_account_id), token.check(request.account_token)
        call = read_call(request, caller)
        return public_account(await acts.remove_operator(self.vault, call, now, found, self.policy, other))

    async def OfferTransfer(
        self, request: pb.OfferTransferRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Offer a public account to another account."""
        found, other = check(request.public_account_id), token.check(request.account_token)
        call = read_call(request, caller)
        return public_account(await acts.offer(self.vault, call, now, found, self.policy, other))

    async def AcceptTransfer(
        self, request: pb.AcceptTransferRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.PublicAccount:
        """Move a public account to the account that accepts it."""
        found, other = check(request.public_account_id), token.check(request.account_token)
        agreed = convert_common.consent(request.consent, now=now)
        call = read_call(request, caller)
        return public_account(await acts.accept(self.vault, call, now, found, self.policy, other, agreed))

    async def GetPublicAccount(
        self,
        request: pb.GetPublicAccountRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicAccount:
        """Return a public account as of now."""
        found = check(request.public_account_id)
        return public_account(await self._get(caller.name, found, now))

    async def GetPublicProfile(
        self,
        request: pb.GetPublicProfileRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.PublicProfile:
        """Return what readers see of a public account."""
        found = check(request.public_account_id)
        return profile((await self._get(caller.name, found, now)).profile)

    async def ListPublicAccounts(
        self,
        request: pb.ListPublicAccountsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListPublicAccountsResponse:
        """Return a page of public accounts, the oldest application first."""
        owner, after, limit = page(request)
        found, following = await acts.page(
            self.vault,
            caller.name,
            account_token=owner,
            state=state(request.state),
            after=after,
            limit=limit,
            zone=self.policy.zone,
            now=now,
        )
        return pb.ListPublicAccountsResponse(
            public_accounts=[public_account(each) for each in found], next_page_token=following
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
        days, after, limit = expiring(request)
        found, following = await acts.expiring(
            self.vault, caller.name, days=days, after=after, limit=limit, zone=self.policy.zone, now=now
        )
        return pb.ListExpiringPublicAccountsResponse(
            public_accounts=[public_account(each) for each in found],
            next_page_token=place_token(following),
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
        category, day = filings_asked(request)
        zone = self.policy.zone
        chunks = acts.export(self.vault, caller.name, category=category, day=day, zone=zone, now=now)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield filings(chunk)

    async def _get(self, party: str, public_account_id: str, now: ClockReading) -> ShownPublicAccount:
        return await acts.get(self.vault, party, public_account_id, zone=self.policy.zone, now=now)
