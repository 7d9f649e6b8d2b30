"""Erasure of an account: how it is asked for, when it takes effect, and when its keys are destroyed.

| from | verb | to |
|---|---|---|
| (none), CANCELLED | request | REQUESTED |
| REQUESTED | cancel, before erase_at | CANCELLED |
| REQUESTED | erase, from erase_at on | ERASED |
| ERASED | destroy, from destroy_at on | DESTROYED |

- While it is REQUESTED, the account's status says when it will be erased, and nothing else about it changes.
- Each step is a revision of the account's status, so that the change feed tells of it.
- A request waits for the operator's time, in which it can be cancelled. One that was made on a page of the
  vault's own, where nobody but the browser vouches for the owner, waits for 30 days unless the account was
  verified (a match) within the last hour. So does one of an account that cannot be verified at all, and any
  request about an account whose verification was withdrawn (REVOKED): who asks need not be whose record it
  is.
- ERASED is final. The account's status says so, its open claim ends, and no new request about it is taken.
- Record, shares, shred key and opening keys are destroyed ERASURE_DELAY_DAYS later, which is the same for
  every account and longer than any disclosure request lives. So an erasure ends no disclosure, and its time
  tells of none.
- DESTROYED is said only after the bytes of the shred key are in no file of the running databases, or without
  any promise about files if the database cannot keep one.
- A former version of the record that a hold keeps stays with its key until the hold ends. The receipt of the
  destruction says so. Only then are the opening keys of its entries destroyed.
- A sanction does not prevent an erasure and is not ended by it. While one is in force or proposed, the erased
  account keeps its place among its person's accounts, and so the person's blind index stays.
- The shred database has a memo of each account that is ERASED. If the main database was restored from before,
  the erasure is carried out again from the memo, with its former times.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from idvault.account import rules as account_rules
from idvault.claim.rules import ClaimOutcome
from idvault_verify.account import NO_ASSURANCE, Account, AccountState
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.error import NotFoundError, PreconditionError, Reason, TransitionError

ERASURE_DELAY_DAYS = 8
"""The fewest whole days that no disclosure request outlives: an owner's keys go as soon as they may."""
DELAY = timedelta(days=ERASURE_DELAY_DAYS)
RECENT = timedelta(hours=1)
"""How long a match counts for a request on the vault's own page."""
CLAIM_ENDED = ClaimOutcome(ClaimState.FAILED, FailureReason.ERASED)


@dataclass(frozen=True, slots=True)
class ErasureTerms:
    """How long an erasure can be cancelled: waiting is a setting.

    unproved: how long a request waits that nobody but a browser vouches for.
    """

    waiting: timedelta = timedelta(days=7)
    unproved: timedelta = timedelta(days=30)

    def __post_init__(self) -> None:
        """Refuse to wait longer for what is proved than for what is not; raises ValueError."""
        if not timedelta(0) <= self.waiting <= self.unproved:
            raise ValueError("a request that is proved waits for 30 days at most")


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure of one account. erasure_id: 16 random bytes in hex.

    erase_at: when the account becomes ERASED. destroy_at: when its keys are destroyed; computed from erase_at
    until the account is ERASED. entry_id: the log entry of the last step, which a receipt proves. origin: who
    asked. absent_from: from when on the bytes of the shred key are in no file of the running databases; None
    without this promise. kept_until: the end of the last hold of a former version that the destruction left;
    None without one.
    """

    erasure_id: str
    relying_party: str
    account_token: str
    state: ErasureState
    requested_at: datetime
    erase_at: datetime
    destroy_at: datetime
    entry_id: str
    origin: ErasureOrigin
    cancelled_at: datetime | None = None
    erased_at: datetime | None = None
    destroyed_at: datetime | None = None
    absent_from: datetime | None = None
    kept_until: datetime | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the next step is due; None if there is none."""
        return {ErasureState.REQUESTED: self.erase_at, ErasureState.ERASED: self.destroy_at}.get(self.state)


@dataclass(frozen=True, slots=True)
class ErasureMemo:
    """What the shred database remembers of the erasure of an account; fields as those of the erasure.

    destroyed_at: when the shred key was deleted, which is before DESTROYED is said.
    """

    account_token: str
    erasure_id: str
    origin: ErasureOrigin
    requested_at: datetime
    erase_at: datetime
    erased_at: datetime
    destroy_at: datetime
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ErasureLevels:
    """What the operator watches.

    waiting: requested, and can be cancelled. undestroyed: erased, with keys that are not destroyed yet. held:
    destroyed, and kept among the person's accounts by a sanction. first_due_at: the oldest step that is due.
    """

    waiting: int
    undestroyed: int
    held: int
    first_due_at: datetime | None


def is_recent(*, matched_at: datetime | None, now: datetime) -> bool:
    """Return whether a match of an account, None without one, counts for a request on the vault's page."""
    return matched_at is not None and now - RECENT < matched_at <= now


def waiting(
    *,
    origin: ErasureOrigin,
    state: AccountState,
    matched_at: datetime | None,
    terms: ErasureTerms,
    now: datetime,
) -> timedelta:
    """Return how long a request waits. matched_at: when the account's last verification succeeded."""
    if state is AccountState.REVOKED:
        return terms.unproved
    vouched = origin is ErasureOrigin.PLATFORM or is_recent(matched_at=matched_at, now=now)
    return terms.waiting if vouched else terms.unproved


def request(
    *,
    account: Account,
    newest: Erasure | None,
    erasure_id: str,
    entry_id: str,
    origin: ErasureOrigin,
    matched_at: datetime | None,
    terms: ErasureTerms,
    now: datetime,
) -> Erasure:
    """Return a new erasure of an account. newest: the account's newest one until now; others: see `waiting`.

    Raises PreconditionError (ACCOUNT_ERASED), and TransitionError if one is REQUESTED already.
    """
    if account.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if newest is not None and newest.state is ErasureState.REQUESTED:
        raise TransitionError(state=newest.state.value, wanted=ErasureState.REQUESTED.value)
    requested_at = now.replace(microsecond=0)
    waits = waiting(origin=origin, state=account.state, matched_at=matched_at, terms=terms, now=now)
    erase_at = requested_at + waits
    return Erasure(
        erasure_id,
        account.relying_party,
        account.account_token,
        ErasureState.REQUESTED,
        requested_at,
        erase_at,
        erase_at + DELAY,
        entry_id,
        origin,
    )


def newest_of(found: Erasure | None) -> Erasure:
    """Return the newest erasure of an account; raises NotFoundError (ERASURE_NOT_FOUND) without one."""
    if found is None:
        raise NotFoundError(Reason.ERASURE_NOT_FOUND)
    return found


def cancel(*, erasure: Erasure, entry_id: str, now: datetime) -> Erasure:
    """Return a REQUESTED erasure as cancelled; raises TransitionError, also once it is due."""
    if erasure.state is not ErasureState.REQUESTED or erasure.erase_at <= now:
        due = erasure.state is ErasureState.REQUESTED
        state = ErasureState.ERASED if due else erasure.state
        raise TransitionError(state=state.value, wanted=ErasureState.CANCELLED.value)
    return replace(
        erasure, state=ErasureState.CANCELLED, cancelled_at=now.replace(microsecond=0), entry_id=entry_id
    )


def erase(*, erasure: Erasure, entry_id: str, now: datetime) -> Erasure | None:
    """Return an erasure that is due as ERASED, its keys to be destroyed after the delay; None if it is not.

    The delay begins now, not when the erasure was due: until now, disclosures could be requested.
    """
    if erasure.state is not ErasureState.REQUESTED or erasure.erase_at > now:
        return None
    erased_at = now.replace(microsecond=0)
    return replace(
        erasure,
        state=ErasureState.ERASED,
        erased_at=erased_at,
        destroy_at=erased_at + DELAY,
        entry_id=entry_id,
    )


def memo(*, erasure: Erasure) -> ErasureMemo:
    """Return the memo of an erasure that has taken effect; raises ValueError for another one."""
    if erasure.erased_at is None:
        raise ValueError("only an erasure that has taken effect is remembered")
    return ErasureMemo(
        erasure.account_token,
        erasure.erasure_id,
        erasure.origin,
        erasure.requested_at,
        erasure.erase_at,
        erasure.erased_at,
        erasure.destroy_at,
        erasure.destroyed_at,
    )


def repeat(*, memo: ErasureMemo, relying_party: str, newest: Erasure | None, entry_id: str) -> Erasure:
    """Return the erasure of a memo as ERASED, of an account that a restored main database has not erased.

    newest: the account's newest erasure there. If that one still waits, it is the one that takes effect.
    """
    waits = newest is not None and newest.state is ErasureState.REQUESTED
    return Erasure(
        newest.erasure_id if newest is not None and waits else memo.erasure_id,
        relying_party,
        memo.account_token,
        ErasureState.ERASED,
        memo.requested_at,
        memo.erase_at,
        memo.destroy_at,
        entry_id,
        memo.origin,
        erased_at=memo.erased_at,
    )


def is_destroyable(*, erasure: Erasure, now: datetime) -> bool:
    """Return whether what an erasure destroys may go."""
    return erasure.state is ErasureState.ERASED and erasure.destroy_at <= now


def destroy(
    *,
    erasure: Erasure,
    entry_id: str,
    absent_from: datetime | None,
    kept_until: datetime | None = None,
    now: datetime,
) -> Erasure | None:
    """Return an erasure whose keys are destroyed; None if that is not due."""
    if not is_destroyable(erasure=erasure, now=now):
        return None
    return replace(
        erasure,
        state=ErasureState.DESTROYED,
        destroyed_at=now.replace(microsecond=0),
        entry_id=entry_id,
        absent_from=absent_from,
        kept_until=None if kept_until is None else kept_until.replace(microsecond=0),
    )


def told(*, account: Account, erasure: Erasure, now: datetime) -> Account:
    """Return the account after a step of its erasure, with the next revision."""
    waits = erasure.state is ErasureState.REQUESTED
    return replace(
        account_rules.renumber(account=account, now=now), erase_at=erasure.erase_at if waits else None
    )


def promised_from(*, now: datetime, passed: timedelta) -> datetime:
    """Return the first whole second after a look that ended when `passed` had passed since now."""
    return (now + passed).replace(microsecond=0) + timedelta(seconds=1)


def erased(*, account: Account, today: date, now: datetime) -> Account:
    """Return the account as ERASED: what it showed of its verification is gone, its standing stays."""
    present = account_rules.expire(account=account_rules.fall(account=account, now=now), today=today)
    return replace(
        present,
        state=AccountState.ERASED,
        assurances=NO_ASSURANCE,
        verify_date=None,
        expire_date=None,
        organization_category=None,
        open_claim_id=None,
        erase_at=None,
        revision=present.revision + 1,
    )
