"""Status tokens and credentials for third parties: who may have one, and how long it is valid.

- An account is attested as valid iff its state is VERIFIED today and its standing is not CLOSED.
- A credential is issued only for such an account; a status token is issued for any state.
- Neither is valid beyond the account's expire_date.
- An audience is 1 to 200 printable ASCII characters without spaces: a URL or an agreed name.
"""

from datetime import date, datetime, time, timedelta, tzinfo

from idvault.domain import account as account_rules
from idvault.domain.account import Account, AccountState, Standing
from idvault.domain.clock import ClockReading
from idvault.domain.error import FieldCode, InvalidError, PreconditionError, Reason, Violation

_LONGEST_AUDIENCE = 200


def check_audience(audience: str) -> str:
    """Return the audience unchanged; raises InvalidError (INVALID_MESSAGE) naming the field."""
    if not audience:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("audience", FieldCode.REQUIRED))
    if len(audience) > _LONGEST_AUDIENCE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("audience", FieldCode.LENGTH))
    if not all("!" <= character <= "~" for character in audience):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("audience", FieldCode.CHARACTER))
    return audience


def holds(*, account: Account, today: date) -> bool:
    """Return whether an account is attested as valid on a day."""
    shown = account_rules.expire(account=account, today=today)
    return shown.state is AccountState.VERIFIED and shown.standing is not Standing.CLOSED


def admit(*, account: Account, today: date) -> None:
    """Raise PreconditionError unless a credential may be issued for an account.

    Reasons: ACCOUNT_CLOSED, ACCOUNT_ERASED, or ILLEGAL_TRANSITION if the account is not VERIFIED.
    """
    if account.standing is Standing.CLOSED:
        raise PreconditionError(Reason.ACCOUNT_CLOSED)
    if account.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if not holds(account=account, today=today):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def expires_at(*, expire_date: date | None, lifetime: timedelta, now: ClockReading, zone: tzinfo) -> datetime:
    """Return when (real time) something issued now expires: after its lifetime, or at expire_date if sooner.

    Verifiers use real time even if business time is shifted here.
    """
    if expire_date is None:
        return now.real + lifetime
    left = datetime.combine(expire_date, time(), zone) - now.business
    return now.real + max(min(lifetime, left), timedelta(0))
