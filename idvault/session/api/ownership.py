"""The methods by which an owner changes public accounts on the page "my identity"."""

from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.public_account import api as public_account_api
from idvault.session.acts import ownership as acts
from idvault.session.acts.identity import IdentityContext
from idvault.session.acts.ownership import OF_ANOTHER, OwnerChange, WantedChange
from idvault.session.api import convert
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.v1 import identity_pb2 as pb
from idvault_verify.v1 import public_account_pb2

_CHANGES: dict[int, OwnerChange] = {
    number: word
    for word, number in numbers(
        OwnerChange, pb.ChangePublicAccountFromSessionRequest.Change.Value, "CHANGE_"
    ).items()
}


@dataclass(kw_only=True, eq=False, repr=False)
class OwnershipMethods:
    """The methods of owners of public accounts."""

    vault: Vault
    identity: IdentityContext

    async def ChangePublicAccountFromSession(
        self,
        request: pb.ChangePublicAccountFromSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> public_account_pb2.PublicAccount:
        """Change a public account of the session's account."""
        browser, wanted = convert.browser(request), _wanted(request)
        call = repetition.asked(request, caller)
        changed = await acts.change(self.vault, self.identity, call, now, browser, wanted=wanted)
        return public_account_api.public_account(changed)

    async def GetPublicAccountFromSession(
        self,
        request: pb.GetPublicAccountFromSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> public_account_pb2.PublicProfile:
        """Return what readers see of a public account."""
        browser, found = convert.browser(request), public_account_api.check(request.public_account_id)
        shown = await acts.get(self.vault, self.identity, browser, found, now=now)
        return public_account_api.profile(shown.profile)


def _wanted(message: pb.ChangePublicAccountFromSessionRequest) -> WantedChange:
    change = _CHANGES.get(message.change)
    if change is None:
        raise _invalid("change", message.change)
    found, other = message.public_account_id, message.account_token
    if change is OwnerChange.APPLY:
        if found:
            raise _invalid("public_account_id", found)
    else:
        public_account_api.check(found)
    if change in OF_ANOTHER:
        token.check(other)
    elif other:
        raise _invalid("account_token", other)
    return WantedChange(change, found, other)


def _invalid(field: str, given: object) -> InvalidError:
    code = FieldCode.CHARACTER if given else FieldCode.REQUIRED
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
