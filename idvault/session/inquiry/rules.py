"""Inquiries: whoever proves to be a number's HOLDER sees, on the operator's page, the accounts in her name.

- An inquiry is of no platform and no account. It belongs to one browser, by whose key it is found, and has
  one proof. What is kept of it is a hash that binds the proof (attest.assertion), and for LIFETIME.
- The first proof asks for the list; nobody sees it for 72 hours, and then for KEPT only who proves again. In
  between another proof shows that it was asked for, and can cancel it: the first may have been a coerced
  face, or a borrowed phone.
- Who asked is kept by a blind index like that of a person at a platform, but of none: it leads to no
  account, and accounts are found anew with each proof, by the number in its assertion.
- The list has platform, month of verification and state of each account, and never a token. An account is
  named by a handle that means something in this browser alone.
- An account that is disowned waits 72 hours and a time of its own (session.disavowal.rules). Until then
  every proof shows how many wait, and cancels all of them, with the list.
- With the list come the releases and openings of records whose verification in this person's name was
  withdrawn: nobody else reads them. Those of a verification that stands are its owner's ("my identity").
  Here they would lead whoever passes for a person, and knows what a platform reads, from a name to a token.
- The list has accounts of the person whose number was proven, under every number of hers that a provider
  proved (account.store.joining). One that a notice alone pairs with it proves itself: an insider of the
  registry could pair an own number with a victim's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from idvault.session.disavowal.rules import WAIT
from idvault_verify.account import AccountState
from idvault_verify.error import PreconditionError, Reason

LIFETIME = timedelta(minutes=15)
"""How long an inquiry lasts; what is shown needs an assertion, which lives ten minutes at most."""
KEPT = timedelta(days=14)
"""How long a list that is ready can be read."""
PURGED_AFTER = timedelta(days=1)
NO_PLATFORM = ""
"""In place of a platform's name, which is never empty, in the index by which a list is found."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A look at the list. inquiry_id: verify.secret.inquiry_id. shown_at: when the list was first shown."""

    inquiry_id: str
    proof_hash: bytes = field(repr=False)
    began_at: datetime
    shown_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account of the person who was proven. person_id: of its platform.

    state: as it is stored, VERIFIED or EXPIRED. waits: whether its platform will be told that it is disowned;
    has_open: whether it was told, and nobody has decided.
    """

    account_token: str = field(repr=False)
    relying_party: str
    person_id: str = field(repr=False)
    state: AccountState
    verify_date: date | None
    expire_date: date | None
    waits: bool
    has_open: bool


@dataclass(frozen=True, slots=True)
class ToldDisclosure:
    """A release of a record, which its person reads. log_index: None if the log does not have its entry."""

    disclosure_id: str
    relying_party: str
    disclosed_at: datetime
    auditor_actor_id: str
    legal_basis: str
    log_index: int | None


@dataclass(frozen=True, slots=True)
class ToldAccess:
    """An opening of a record, which its person reads. log_index: None if the log does not have its entry."""

    disclosure_id: str
    relying_party: str
    opened_at: datetime
    auditor_actor_id: str
    log_index: int | None


def check_alive(*, inquiry: Inquiry, now: datetime) -> None:
    """Raise PreconditionError (SESSION_EXPIRED) once an inquiry is over."""
    if now >= inquiry.began_at + LIFETIME:
        raise PreconditionError(Reason.SESSION_EXPIRED)


def ready_at(*, asked_at: datetime) -> datetime:
    """Return when a list that was asked for can be read."""
    return asked_at + WAIT


def is_over(*, asked_at: datetime, now: datetime) -> bool:
    """Return whether a list can be read no more, and must be asked for anew."""
    return now >= ready_at(asked_at=asked_at) + KEPT


def over_before(*, now: datetime) -> datetime:
    """Return before when a list was asked for that is over now."""
    return now - KEPT - WAIT


def present(*, asked_at: datetime | None, now: datetime) -> datetime | None:
    """Return when a list was asked for; None if nobody did, or it can be read no more."""
    return None if asked_at is None or is_over(asked_at=asked_at, now=now) else asked_at


def is_ready(*, asked_at: datetime | None, now: datetime) -> bool:
    """Return whether the list can be read now. asked_at: None if nobody asked."""
    asked_at = present(asked_at=asked_at, now=now)
    return asked_at is not None and now >= ready_at(asked_at=asked_at)


def check_shown(*, inquiry: Inquiry, asked_at: datetime | None, now: datetime) -> None:
    """Raise PreconditionError (LIST_NOT_READY) unless this inquiry has shown a list that can be read."""
    if inquiry.shown_at is None or not is_ready(asked_at=asked_at, now=now):
        raise PreconditionError(Reason.LIST_NOT_READY)


def state(*, account: FoundAccount, today: date) -> AccountState:
    """Return the state of an account today."""
    is_over = account.expire_date is not None and account.expire_date <= today
    return AccountState.EXPIRED if is_over else account.state
