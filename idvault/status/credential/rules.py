"""Status tokens and credentials for third parties: who may have one, and how long it is valid.

- An account is attested as valid iff its state is VERIFIED today and its standing is not CLOSED.
- A credential is issued only for such an account; a status token is issued for any state.
- Neither is valid beyond the account's expire_date.
- A live credential of an account and audience is handed out again instead of a new one, unless the new one
  would be valid for at least 20 days longer.
- A platform has a quota of new credentials per day of the deployment's time zone.
- A credential whose audience demands a minimum is attested only while the account meets it, too.
- An audience is 1 to 200 printable ASCII characters without spaces: a URL or an agreed name.

When a list says what an account has become (ADR 0059). Entries of one account that changed at one moment
would show that their subjects are one person: so most changes wait for a time that is drawn for each entry.

| TurningEntry | its account has become | it is published |
|---|---|---|
| VALID | closed, or is not there any more | at once: others rely on it |
| VALID | withdrawn (REVOKED) | at its drawn time, within an hour |
| VALID | erased, not attested, or without the minimum | at its drawn time, within 24 hours |
| INVALID, of a new credential | attested | at once |
| INVALID, of an account that was closed | attested again | at its drawn time, or when it is asked for again |
| a public account's, whose id is in its credentials | anything but withdrawn | at once |

- A change that is undone before its time is never published.
- A time that passed while no worker ran is drawn again, within an hour: else all that an outage held back
  would turn at its end, and each account's entries together.
- A credential of a verification that was withdrawn is INVALID for good, whatever becomes of its account.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from idvault.account import rules as account_rules
from idvault_verify.account import Account, AccountState, MinimumAssurance, Standing, Status
from idvault_verify.clock import ClockReading
from idvault_verify.error import ExhaustedError, FieldCode, InvalidError, PreconditionError, Reason, Violation

LONGEST_TURN = timedelta(hours=24)
LONGEST_WITHDRAWN_TURN = timedelta(hours=1)
LONGEST_LATE_TURN = timedelta(hours=1)
MISSED_AFTER = timedelta(minutes=1)
"""How late a worker may be that runs: it looks every second."""
AT_ONCE = datetime.fromtimestamp(0, UTC)
"""The time of an entry that somebody has asked for; it is never missed."""
TURN_SEED_SIZE = 8
"""How many random bytes a drawn time needs."""
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
    minimum: MinimumAssurance = MinimumAssurance.ANY


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
    minimum: MinimumAssurance = MinimumAssurance.ANY


@dataclass(frozen=True, slots=True)
class StoredList:
    """The entries of a list, one bit each, as the draft's byte array; version grows with every change."""

    number: int
    version: int
    entries: bytes


@dataclass(frozen=True, slots=True)
class TurningEntry:
    """An entry of a list. turns_at: when its next change is published (real time), None if there is none."""

    valid: bool
    turns_at: datetime | None


def longest_turn(*, turns_at: datetime | None, withdrawn: bool, now: datetime) -> timedelta:
    """Return how long a change may wait. withdrawn: of a credential whose verification was withdrawn."""
    if _is_missed(turns_at, now):
        return LONGEST_LATE_TURN
    return LONGEST_WITHDRAWN_TURN if withdrawn else LONGEST_TURN


def _is_missed(turns_at: datetime | None, now: datetime) -> bool:
    return turns_at is not None and turns_at != AT_ONCE and turns_at + MISSED_AFTER < now


def turn(
    *, entry: TurningEntry, holds: bool, at_once: bool, longest: timedelta, now: datetime
) -> TurningEntry | None:
    """Return the entry at a real time, None if a time must be drawn for it (`turn_delay`).

    holds: whether its account is attested now. at_once: whether a change of that waits for nothing. longest:
    how long it may wait: a time that was drawn for another change, and is later, does not count.
    """
    if entry.valid == holds or at_once:
        return TurningEntry(holds, None)
    if entry.turns_at is None or entry.turns_at > now + longest or _is_missed(entry.turns_at, now):
        return None
    return entry if now < entry.turns_at else TurningEntry(holds, None)


def turn_delay(seed: bytes, *, longest: timedelta) -> timedelta:
    """Return the delay that random bytes stand for: 0 to the longest one."""
    microseconds = longest // timedelta(microseconds=1) + 1
    return timedelta(microseconds=int.from_bytes(seed, "big") % microseconds)


def protects_others(*, account: Account, today: date, now: datetime) -> bool:
    """Return whether third parties must know at once that an account is no longer attested."""
    shown = account_rules.project(account=account, today=today, now=now)
    return shown.standing is Standing.CLOSED


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


def holds(*, account: Account, minimum: MinimumAssurance, today: date, now: datetime) -> bool:
    """Return whether an account is attested as valid, with a minimum, at a business time."""
    shown = account_rules.project(account=account, today=today, now=now)
    return attests(shown) and minimum.holds(shown.assurances)


def check_minimum(*, status: Status, minimum: MinimumAssurance) -> MinimumAssurance:
    """Return the minimum that may be stated of a status: ANY unless the account is attested.

    Raises PreconditionError (ASSURANCE_MISSING) if the account is attested and does not meet it.
    """
    if not attests(status):
        return MinimumAssurance.ANY
    if not minimum.holds(status.assurances):
        raise PreconditionError(Reason.ASSURANCE_MISSING)
    return minimum


def admit(*, account: Account, minimum: MinimumAssurance, today: date, now: datetime) -> None:
    """Raise PreconditionError unless a credential may be issued for an account.

    Reasons: ACCOUNT_CLOSED, ACCOUNT_ERASED, ILLEGAL_TRANSITION if the account is not VERIFIED, or
    ASSURANCE_MISSING if it does not meet the minimum.
    """
    shown = account_rules.project(account=account, today=today, now=now)
    if shown.standing is Standing.CLOSED:
        raise PreconditionError(Reason.ACCOUNT_CLOSED)
    if shown.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if not attests(shown):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    check_minimum(status=shown, minimum=minimum)


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
