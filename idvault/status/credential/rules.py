"""Status tokens and credentials for third parties: who may have one, and how long it is valid.

- An account is attested as valid iff its state is VERIFIED today and its standing is not CLOSED.
- A credential is issued only for such an account; a status token is issued for any state.
- Neither is valid beyond the account's expire_date.
- A live credential of an account and audience is handed out again instead of a new one, unless the new one
  would be valid for at least 20 days longer.
- A platform has a quota of new credentials per day of the deployment's time zone.
- An audience is 1 to 200 printable ASCII characters without spaces: a URL or an agreed name.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from idvault.account import rules as account_rules
from idvault_verify.account import Account, AccountState, Standing, Status
from idvault_verify.clock import ClockReading
from idvault_verify.error import ExhaustedError, FieldCode, InvalidError, PreconditionError, Reason, Violation

_LONGEST_AUDIENCE = 200
_RENEWAL = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Credential:
    """An issued credential; times are real time, in whole seconds."""

    credential_id: str
    account_token: str
    audience: str
    list_number: int
    list_index: int
    issued_at: datetime
    expires_at: datetime
    public_account_id: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialIssue:
    """What is issued to whom. candidates: random list indices, tried in this order.

    quota: how many new credentials the relying party may get today. zone: the deployment's.
    public_account_id: what is attested in place of the account: a public account of it.
    """

    account_token: str
    audience: str
    candidates: tuple[int, ...]
    today: date
    issued_at: datetime
    expires_at: datetime
    quota: int
    zone: tzinfo
    public_account_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredList:
    """The entries of a list, one bit each, as the draft's byte array; version grows with every change."""

    number: int
    version: int
    entries: bytes


def check_audience(audience: str) -> str:
    """Return the audience unchanged; raises InvalidError (INVALID_MESSAGE) naming the field."""
    if not audience:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("audience", FieldCode.REQUIRED))
    if len(audience) > _LONGEST_AUDIENCE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("audience", FieldCode.LENGTH))
    if not all("!" <= character <= "~" for character in audience):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("audience", FieldCode.CHARACTER))
    return audience


def attests(status: Status) -> bool:
    """Return whether a published status is attested as valid to third parties."""
    return status.state is AccountState.VERIFIED and status.standing is not Standing.CLOSED


def holds(*, account: Account, today: date, now: datetime) -> bool:
    """Return whether an account is attested as valid at a business time."""
    return attests(account_rules.project(account=account, today=today, now=now))


def admit(*, account: Account, today: date, now: datetime) -> None:
    """Raise PreconditionError unless a credential may be issued for an account.

    Reasons: ACCOUNT_CLOSED, ACCOUNT_ERASED, or ILLEGAL_TRANSITION if the account is not VERIFIED.
    """
    shown = account_rules.project(account=account, today=today, now=now)
    if shown.standing is Standing.CLOSED:
        raise PreconditionError(Reason.ACCOUNT_CLOSED)
    if shown.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if not attests(shown):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def is_current(*, expires_at: datetime, renewed_until: datetime, now: datetime) -> bool:
    """Return whether an issued credential is handed out again. renewed_until: when a new one would expire."""
    return expires_at > now and renewed_until - expires_at < _RENEWAL


def check_quota(*, issued: int, quota: int, now: ClockReading, zone: tzinfo) -> None:
    """Raise ExhaustedError (CREDENTIAL_QUOTA_REACHED) unless another credential may be issued today.

    issued: how many new ones the platform has got today.
    """
    if issued >= quota:
        tomorrow = now.today(zone) + timedelta(days=1)
        retry_after = datetime.combine(tomorrow, time(), zone) - now.business
        raise ExhaustedError(Reason.CREDENTIAL_QUOTA_REACHED, retry_after=retry_after)


def expires_at(*, expire_date: date | None, lifetime: timedelta, now: ClockReading, zone: tzinfo) -> datetime:
    """Return when (real time) something issued now expires: after its lifetime, or at expire_date if sooner.

    Verifiers use real time even if business time is shifted here.
    """
    if expire_date is None:
        return now.real + lifetime
    left = datetime.combine(expire_date, time(), zone) - now.business
    return now.real + max(min(lifetime, left), timedelta(0))
