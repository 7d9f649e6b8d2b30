"""What an owner does with public accounts on the page "my identity", for the account of the session.

- They are the acts of platforms. A licence is the platform's to declare, because it has seen one: an
  application has none, a renewal keeps the present one.
- Whoever sits at the owner's browser could close or give away what cannot be had back. So a CLOSE, an OFFER
  and an ACCEPT need a verification within the last hour, as an erasure does that is not to wait (ADR 0087).
  A repeat of one that was done does not: it is told what it did, also once the account has another owner.
- Whoever takes a public account over agrees to the terms that the platform gave the session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from idvault.account import acts as account_acts
from idvault.core.act import Vault
from idvault.core.request import Asked
from idvault.erasure import acts as erasure_acts
from idvault.public_account.acts import public_account as acts
from idvault.public_account.acts.step import (
    PublicAccountCall,
    PublicAccountStep,
    ShownPublicAccount,
    begin,
)
from idvault.public_account.rules import owner as owner_rules
from idvault.session.acts import identity as identity_acts
from idvault.session.acts.identity import IdentityContext
from idvault.session.acts.page import BrowserSession
from idvault.session.rules import VerificationSession
from idvault_verify.claim import Consent
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, PreconditionError, Reason, Violation


class OwnerChange(StrEnum):
    """What an owner does."""

    APPLY = "APPLY"
    RENEW = "RENEW"
    CLOSE = "CLOSE"
    ADD_OPERATOR = "ADD_OPERATOR"
    REMOVE_OPERATOR = "REMOVE_OPERATOR"
    OFFER = "OFFER"
    ACCEPT = "ACCEPT"


_FINAL: Mapping[OwnerChange, PublicAccountStep[...]] = {
    OwnerChange.CLOSE: acts.close,
    OwnerChange.OFFER: acts.offer,
    OwnerChange.ACCEPT: acts.accept,
}
FINAL = frozenset(_FINAL)
"""Those that take a recent verification."""
OF_ANOTHER = frozenset({OwnerChange.ADD_OPERATOR, OwnerChange.REMOVE_OPERATOR, OwnerChange.OFFER})
"""Those that name another account."""


@dataclass(frozen=True, slots=True)
class WantedChange:
    """public_account_id: "" for APPLY. account_token: of the operator or receiver, else ""."""

    change: OwnerChange
    public_account_id: str
    account_token: str


async def change(
    vault: Vault,
    context: IdentityContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    wanted: WantedChange,
) -> ShownPublicAccount:
    """Do it, for the session's account; raises NotFoundError, PreconditionError and as the platform's act."""
    session, token = await identity_acts.owned(vault, browser, now)
    asked = PublicAccountCall(
        session.relying_party, call.actor_id, call.request_id, call.method, call.content
    )
    final = _FINAL.get(wanted.change)
    if final is None:
        return await _change(vault, context, asked, now, session, token=token, wanted=wanted)
    try:
        await _check_recent(vault, context, session, token, now)
        return await _change(vault, context, asked, now, session, token=token, wanted=wanted)
    except (NotFoundError, PreconditionError):
        repeated = await final.known(vault, asked, now, context.policy)
        if repeated is None:
            raise
        return repeated


async def _change(
    vault: Vault,
    context: IdentityContext,
    asked: PublicAccountCall,
    now: ClockReading,
    session: VerificationSession,
    *,
    token: str,
    wanted: WantedChange,
) -> ShownPublicAccount:
    policy, found = context.policy, wanted.public_account_id
    if wanted.change is OwnerChange.APPLY:
        return await acts.apply(vault, asked, now, policy, account_token=token, licence=None)
    if wanted.change is OwnerChange.ACCEPT:
        return await acts.accept(vault, asked, now, found, policy, token, _consent(session, now))
    owned = await begin(vault, asked, now, found)
    # The act locks it as this owner's: one that was taken over meanwhile is not changed.
    if owned.public_account.account_token != token:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    if wanted.change is OwnerChange.RENEW:
        return await acts.renew(vault, asked, now, found, policy, licence=None)
    if wanted.change is OwnerChange.CLOSE:
        return await acts.close.run(vault, asked, now, owned, policy)
    another = {
        OwnerChange.ADD_OPERATOR: acts.add_operator,
        OwnerChange.REMOVE_OPERATOR: acts.remove_operator,
        OwnerChange.OFFER: acts.offer,
    }[wanted.change]
    return await another.run(vault, asked, now, owned, policy, wanted.account_token)


async def get(
    vault: Vault,
    context: IdentityContext,
    browser: BrowserSession,
    public_account_id: str,
    *,
    now: ClockReading,
) -> ShownPublicAccount:
    """Return a public account that is the session's account's or offered to it; raises NotFoundError."""
    session, token = await identity_acts.owned(vault, browser, now)
    zone = context.policy.zone
    found = await acts.get(vault, session.relying_party, public_account_id, zone=zone, now=now)
    one = found.public_account
    if token not in (one.account_token, owner_rules.offered_to(one, now=now.business)):
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    return found


async def _check_recent(
    vault: Vault, context: IdentityContext, session: VerificationSession, token: str, now: ClockReading
) -> None:
    account = await account_acts.find(vault.main, session.relying_party, token)
    if account is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    if not (await erasure_acts.offer(vault, account, now, terms=context.erasures.terms)).is_recent:
        raise PreconditionError(Reason.ASSURANCE_MISSING)


def _consent(session: VerificationSession, now: ClockReading) -> Consent:
    if not session.policy_version:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("policy_version", FieldCode.REQUIRED))
    return Consent(session.policy_version, now.business)
