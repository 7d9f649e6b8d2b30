"""Status tokens and credentials for third parties: who may have one, and for how long it holds.

- An account is attested as valid iff its state is VERIFIED today and its standing is not CLOSED.
- A credential is issued for such an account only; a token tells whatever the state is.
- Neither holds beyond the first day on which the confirmation has run out.
- An audience is named by 1 to 200 printable ASCII characters without a space: a URL, or a name agreed upon.
"""

from datetime import date, datetime, time, timedelta, tzinfo

from idvault.domain import account as account_rules
from idvault.domain.account import Account, AccountState, Standing
from idvault.domain.clock import ClockReading
from idvault.domain.error import FieldCode, InvalidError, PreconditionError, Reason, Violation

_LONGEST_AUDIENCE = 200


def check_audience(audience: str) -> str:
    """Return the audience as it is; raises InvalidError (INVALID_MESSAGE) that names the field."""
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

    ACCOUNT_CLOSED, ACCOUNT_ERASED, or ILLEGAL_TRANSITION where nobody is verified.
    """
    if account.standing is Standing.CLOSED:
        raise PreconditionError(Reason.ACCOUNT_CLOSED)
    if account.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if not holds(account=account, today=today):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def expires_at(*, expire_date: date | None, lifetime: timedelta, now: ClockReading, zone: tzinfo) -> datetime:
    """Return until when (real time) something that is issued now may hold: its lifetime, or less.

    Whoever checks has the real time, also where business time is shifted.
    """
    if expire_date is None:
        return now.real + lifetime
    left = datetime.combine(expire_date, time(), zone) - now.business
    return now.real + max(min(lifetime, left), timedelta(0))
