"""Public accounts: how one is opened, how its term runs out, and how it ends.

| from | verb | to |
|---|---|---|
| (none) | apply, by a VERIFIED account that may renew | APPLIED |
| APPLIED | approve; the owner is eligible | ACTIVE |
| APPLIED | approve, and the owner is not eligible; reject | REJECTED |
| ACTIVE | renew, from 60 days before its expire_date | ACTIVE |
| ACTIVE | its expire_date comes | GRACE |
| GRACE | renew | ACTIVE |
| GRACE | 30 days pass | EXPIRED |
| ACTIVE, GRACE | close, by its owner | CLOSED |
| ACTIVE, GRACE | a sanction closes it or its owner; its owner is erased, REVOKED | CLOSED, while that is so |

- Any other transition is refused, and the refusal names both states.
- What falls due on a day counts from that day on, whether it is stored or not. Each such step is a revision
  of its own.
- An owner who is not eligible is rejected with OWNER_NOT_ELIGIBLE, whatever the cause: no longer verified,
  suspended, closed, or at the limit per person or organisation (public_account.rules.owner).
- No public account is closed by its owner, and none changes its owner, while it or its owner's account is
  under a sanction, or a sanction is proposed or appealed: neither is a way out of a sanction.
- The published revision also grows with the owner's status, which closes a public account and reopens it.

For the standing of a public account, the rules are those of an account's (account.rules): the highest of
several sanctions in force counts, each ends only its own, and every end that has come is a revision.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from idvault.account import rules as account_rules
from idvault_verify import public_account as category
from idvault_verify.account import NO_ASSURANCE, Account, AccountState, Standing, StandingPeriod, SubjectKind
from idvault_verify.error import PreconditionError, Reason, TransitionError
from idvault_verify.public_account import (
    Licence,
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)

GRACE_DAYS = 30


LIVE = frozenset({PublicAccountState.ACTIVE, PublicAccountState.GRACE})
GONE = frozenset({AccountState.ERASED, AccountState.REVOKED})
"""The states of an owner's account that close its public accounts."""


@dataclass(frozen=True, slots=True)
class Application:
    """What a platform asks for. public_account_id: 32 lower-case hex digits."""

    public_account_id: str
    relying_party: str
    account_token: str
    licence: Licence | None


@dataclass(frozen=True, slots=True)
class TransferOffer:
    """An offer to another account of the same platform to take a public account over."""

    account_token: str
    offered_at: datetime


@dataclass(frozen=True, slots=True)
class PublicAccount:
    """A public account as the vault stores it.

    account_token, person_id: its owner. since: the day of its approval. expire_date: the first day in GRACE.
    owner_changed_on: the day of the last transfer. closed_at: when its owner closed it. standing,
    standing_until, later_standings: as of an account, by sanctions of the public account itself.
    """

    public_account_id: str
    relying_party: str
    account_token: str
    person_id: str
    kind: PublicAccountKind
    owner_category: PublicAccountCategory
    state: PublicAccountState
    revision: int
    applied_at: datetime
    closed_at: datetime | None = field(kw_only=True)
    licence: Licence | None = None
    reject_reason: RejectReason | None = None
    since: date | None = None
    expire_date: date | None = None
    owner_changed_on: date | None = None
    offer: TransferOffer | None = None
    standing: Standing = Standing.GOOD
    standing_until: datetime | None = None
    later_standings: tuple[StandingPeriod, ...] = ()

    @property
    def category(self) -> PublicAccountCategory:
        """The declared category, or else the owner's."""
        return self.owner_category if self.licence is None else self.licence.category

    @property
    def term_end(self) -> date | None:
        """The day on which the state changes by itself; None if it does not."""
        if self.expire_date is None or self.state not in LIVE:
            return None
        grace = self.state is PublicAccountState.GRACE
        return self.expire_date + timedelta(days=GRACE_DAYS) if grace else self.expire_date

    @property
    def due_on(self) -> date | None:
        """The next day on which anything changes by itself; None if there is none."""
        ends = [self.term_end]
        if self.licence is not None and (self.state in LIVE or self.state is PublicAccountState.APPLIED):
            ends.append(self.licence.expire_date)
        return min((end for end in ends if end is not None), default=None)


@dataclass(frozen=True, slots=True)
class PublicProfile:
    """Everything about a public account that readers see.

    next_change: the next day on which it changes by itself. standing_until: when the standing falls by
    itself.
    """

    public_account_id: str
    kind: PublicAccountKind
    category: PublicAccountCategory
    licence: Licence | None
    state: PublicAccountState
    standing: Standing
    since: date | None
    owner_changed_on: date | None
    revision: int
    next_change: date | None
    standing_until: datetime | None


def sanction(
    *, public_account: PublicAccount, sources: Iterable[StandingPeriod], now: datetime
) -> PublicAccount:
    """Return the public account under everything that sets its standing now."""
    after = account_rules.sanction(account=_carrier(public_account), sources=sources, now=now)
    return _with(public_account, after)


def schedule(*, public_account: PublicAccount, now: datetime) -> list[StandingPeriod]:
    """Return the standings that a public account has from now on, one after the other."""
    return account_rules.schedule(account=_carrier(public_account), now=now)


def let_standing_fall(*, public_account: PublicAccount, now: datetime) -> PublicAccount:
    """Return the public account after each standing whose end has come, with a revision for each."""
    if public_account.standing_until is None:
        return public_account
    return _with(public_account, account_rules.fall(account=_carrier(public_account), now=now))


def _carrier(public_account: PublicAccount) -> Account:
    """Return an account that has nothing but the standing and the revision."""
    return Account(
        public_account.account_token,
        public_account.relying_party,
        SubjectKind.INDIVIDUAL,
        AccountState.VERIFIED,
        public_account.standing,
        NO_ASSURANCE,
        public_account.revision,
        standing_until=public_account.standing_until,
        later_standings=public_account.later_standings,
    )


def _with(public_account: PublicAccount, carrier: Account) -> PublicAccount:
    return replace(
        public_account,
        standing=carrier.standing,
        standing_until=carrier.standing_until,
        later_standings=carrier.later_standings,
        revision=carrier.revision,
    )


RENEWAL_DAYS = 60


def admit(*, owner: Account, today: date, now: datetime) -> None:
    """Raise PreconditionError unless an owner may apply, renew or take over.

    Reasons: ACCOUNT_ERASED, ACCOUNT_CLOSED, RENEWAL_SUSPENDED, ACCOUNT_NOT_VERIFIED.
    """
    shown = account_rules.project(account=owner, today=today, now=now)
    admit_shown(state=shown.state, standing=shown.standing)
    if owner.person_id is None:
        raise PreconditionError(Reason.ACCOUNT_NOT_VERIFIED)


def admit_shown(*, state: AccountState | None, standing: Standing | None) -> None:
    """Raise what `admit` raises, by what is shown of an owner; None: a value that is not known here."""
    if state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if standing is Standing.CLOSED:
        raise PreconditionError(Reason.ACCOUNT_CLOSED)
    if standing is Standing.RENEWAL_SUSPENDED:
        raise PreconditionError(Reason.RENEWAL_SUSPENDED)
    if state is not AccountState.VERIFIED:
        raise PreconditionError(Reason.ACCOUNT_NOT_VERIFIED)


def apply(*, application: Application, owner: Account, today: date, now: datetime) -> PublicAccount:
    """Return the application of an owner; raises what `admit` raises."""
    admit(owner=owner, today=today, now=now)
    return PublicAccount(
        application.public_account_id,
        application.relying_party,
        application.account_token,
        owner.person_id or "",
        category.kind_of(owner),
        category.category_of(owner),
        PublicAccountState.APPLIED,
        revision=1,
        applied_at=now,
        closed_at=None,
        licence=application.licence,
    )


def fall(*, public_account: PublicAccount, today: date) -> PublicAccount:
    """Return the public account after every step that is due, with a revision for each."""
    due_on = public_account.due_on
    while due_on is not None and due_on <= today:
        public_account = step(public_account=public_account)
        due_on = public_account.due_on
    return public_account


def step(*, public_account: PublicAccount) -> PublicAccount:
    """Return the public account after its next step: its licence ends, GRACE begins, or it is EXPIRED."""
    due_on, licence = public_account.due_on, public_account.licence
    after = replace(public_account, revision=public_account.revision + 1)
    if licence is not None and licence.expire_date == due_on:
        return replace(after, licence=None)
    active = public_account.state is PublicAccountState.ACTIVE
    return replace(after, state=PublicAccountState.GRACE if active else PublicAccountState.EXPIRED)


def present(*, public_account: PublicAccount, owner: Account, today: date, now: datetime) -> PublicAccount:
    """Return the public account as of now: CLOSED if it, or its owner, is closed, erased or REVOKED."""
    shown = let_standing_fall(public_account=fall(public_account=public_account, today=today), now=now)
    closed = Standing.CLOSED in (shown.standing, account_rules.fall(account=owner, now=now).standing)
    ended = closed or owner.state in GONE
    return replace(shown, state=PublicAccountState.CLOSED) if ended and shown.state in LIVE else shown


def approve(
    *, public_account: PublicAccount, owner: Account, eligible: bool, days: int, today: date, now: datetime
) -> PublicAccount:
    """Return an application as ACTIVE for some days, or REJECTED if its owner is not eligible.

    Raises TransitionError, which does not depend on the owner's eligibility.
    """
    applied = _from(public_account, owner, today, now, PublicAccountState.ACTIVE, PublicAccountState.APPLIED)
    if not eligible:
        return _rejected(applied, RejectReason.OWNER_NOT_ELIGIBLE)
    return replace(
        applied,
        state=PublicAccountState.ACTIVE,
        since=today,
        expire_date=today + timedelta(days=days),
        revision=applied.revision + 1,
    )


def reject(
    *, public_account: PublicAccount, owner: Account, reason: RejectReason, today: date, now: datetime
) -> PublicAccount:
    """Return an application as REJECTED; raises TransitionError."""
    applied = _from(
        public_account, owner, today, now, PublicAccountState.REJECTED, PublicAccountState.APPLIED
    )
    return _rejected(applied, reason)


def _rejected(applied: PublicAccount, reason: RejectReason) -> PublicAccount:
    return replace(
        applied, state=PublicAccountState.REJECTED, reject_reason=reason, revision=applied.revision + 1
    )


def renew(
    *,
    public_account: PublicAccount,
    owner: Account,
    licence: Licence | None,
    days: int,
    today: date,
    now: datetime,
) -> PublicAccount:
    """Return a public account whose term was renewed; a licence replaces the one that it has.

    Raises TransitionError, PreconditionError (RENEWAL_TOO_EARLY), and what `admit` raises.
    """
    live = _from(public_account, owner, today, now, PublicAccountState.ACTIVE, *LIVE)
    admit(owner=owner, today=today, now=now)
    if live.standing is Standing.RENEWAL_SUSPENDED:
        raise PreconditionError(Reason.RENEWAL_SUSPENDED)
    first = today
    if live.state is PublicAccountState.ACTIVE and live.expire_date is not None:
        first = live.expire_date
        if today < first - timedelta(days=RENEWAL_DAYS):
            raise PreconditionError(Reason.RENEWAL_TOO_EARLY)
    return replace(
        live,
        state=PublicAccountState.ACTIVE,
        licence=licence or live.licence,
        expire_date=first + timedelta(days=days),
        revision=live.revision + 1,
    )


def close(
    *, public_account: PublicAccount, owner: Account, disputed: bool, today: date, now: datetime
) -> PublicAccount:
    """Return a public account that its owner closes for good.

    disputed: a sanction of it or of its owner is proposed or appealed. Raises TransitionError and
    PreconditionError (SANCTION_OPEN).
    """
    live = _from(public_account, owner, today, now, PublicAccountState.CLOSED, *LIVE)
    check_clear(public_account=live, owner=owner, disputed=disputed, now=now)
    return replace(live, state=PublicAccountState.CLOSED, closed_at=now, revision=live.revision + 1)


def check_clear(*, public_account: PublicAccount, owner: Account, disputed: bool, now: datetime) -> None:
    """Raise PreconditionError (SANCTION_OPEN) while there is a sanction, a proposal or an appeal.

    public_account: as of now.
    """
    standings = {public_account.standing, account_rules.fall(account=owner, now=now).standing}
    if disputed or standings != {Standing.GOOD}:
        raise PreconditionError(Reason.SANCTION_OPEN)


def check_live(*, public_account: PublicAccount, owner: Account, today: date, now: datetime) -> PublicAccount:
    """Return a live public account as of now; raises PreconditionError (PUBLIC_ACCOUNT_NOT_LIVE)."""
    shown = present(public_account=public_account, owner=owner, today=today, now=now)
    if shown.state not in LIVE:
        raise PreconditionError(Reason.PUBLIC_ACCOUNT_NOT_LIVE)
    return shown


def attests(*, public_account: PublicAccount, owner: Account, today: date, now: datetime) -> bool:
    """Return whether a public account is attested as valid to third parties: while it is ACTIVE."""
    shown = present(public_account=public_account, owner=owner, today=today, now=now)
    return shown.state is PublicAccountState.ACTIVE


def check_attested(*, public_account: PublicAccount, owner: Account, today: date, now: datetime) -> None:
    """Raise PreconditionError (PUBLIC_ACCOUNT_NOT_LIVE) unless a credential may be issued."""
    if not attests(public_account=public_account, owner=owner, today=today, now=now):
        raise PreconditionError(Reason.PUBLIC_ACCOUNT_NOT_LIVE)


def _from(
    public_account: PublicAccount,
    owner: Account,
    today: date,
    now: datetime,
    wanted: PublicAccountState,
    *states: PublicAccountState,
) -> PublicAccount:
    """Return the public account as of now if it is in one of the states; raises TransitionError."""
    shown = present(public_account=public_account, owner=owner, today=today, now=now)
    if shown.state not in states:
        raise TransitionError(state=shown.state.value, wanted=wanted.value)
    return shown


def project(*, public_account: PublicAccount, owner: Account, today: date, now: datetime) -> PublicProfile:
    """Return the published profile of a public account."""
    shown = present(public_account=public_account, owner=owner, today=today, now=now)
    status = account_rules.project(account=owner, today=today, now=now)
    return PublicProfile(
        shown.public_account_id,
        shown.kind,
        shown.category,
        shown.licence,
        shown.state,
        shown.standing,
        shown.since,
        shown.owner_changed_on,
        shown.revision + status.revision,
        shown.due_on,
        shown.standing_until,
    )
