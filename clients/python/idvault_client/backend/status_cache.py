"""The statuses that a client has received from the feed, and their age; pure rules, no clock, no network.

- Each message says how long the stream had run when the vault read its state. The stream started after the
  client requested it, so by the client's clock that read is at least as late as the request plus this
  duration. No two clocks are compared.
- The cache answers only if it knows all changes up to max_age seconds ago; otherwise the vault is asked.
- Of two statuses of an account the one with the higher revision is kept, in whatever order they arrive.
- A VERIFIED status expires by the vault's current date, which comes with each message.
- A status whose standing has an end is not answered once that end may have come: the vault is asked, which
  knows what follows. The vault's time is the one of the last message and what has passed here since the
  vault wrote it; the client's own clock does not matter.
- A public account is kept by the same rules. It is not answered from the day of its next change on, nor
  before the statuses of all its operators are known.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from idvault_client.backend.public_account import OwnedPublicAccount, ShownOperator
from idvault_client.backend.status import Status
from idvault_verify.account import AccountState as State

MAX_AGE = 10.0
"""How many seconds old an answer of the cache may be."""


class StatusCache:
    """The statuses of one feed. Times are seconds of one monotonic clock."""

    def __init__(self, *, max_age: float = MAX_AGE) -> None:
        """max_age: how many seconds old an answer may be."""
        self._max_age = max_age
        self._known: dict[str, Status] = {}
        self._public: dict[str, OwnedPublicAccount] = {}
        self._began = 0.0
        self._known_until: float | None = None
        self._today: date | None = None
        self._time: datetime | None = None
        self._timed_at = 0.0
        self.cursor = ""

    def __len__(self) -> int:
        """Return how many accounts are known."""
        return len(self._known)

    def begin(self, *, now: float) -> str:
        """Record that a stream is requested now; return the cursor for the request."""
        self._began = now
        return self.cursor

    def apply(
        self,
        statuses: list[Status],
        removed: list[str],
        *,
        cursor: str,
        elapsed: float,
        caught_up: bool,
        today: date | None,
        time: datetime | None = None,
        public_accounts: Iterable[OwnedPublicAccount] = (),
    ) -> None:
        """Apply a message of the stream that was requested last."""
        for public_account in public_accounts:
            self._take_public(public_account)
        for status in statuses:
            self._take(status)
        for token in removed:
            self._known.pop(token, None)
        self.cursor = cursor
        if today is not None and (self._today is None or today > self._today):
            self._today = today
        if time is not None:
            # The vault wrote the message at this time or later.
            self._time, self._timed_at = time, self._began + elapsed
        if caught_up:
            # A new stream may have been read earlier than the previous one.
            self._known_until = max(self._began + elapsed, self._known_until or float("-inf"))

    def reset(self) -> None:
        """Forget everything: the feed cannot continue from the cursor."""
        self._known.clear()
        self._public.clear()
        self._known_until = None
        self.cursor = ""

    def saw(self, status: Status) -> None:
        """Apply a status that the vault answered outside the feed, if the account is known.

        An unknown account may have been removed since; only the feed shows that.
        """
        if status.account_token in self._known:
            self._take(status)

    def get(self, token: str, *, now: float) -> Status | None:
        """Return an account's status; None if the vault must be asked."""
        if self.age(now=now) > self._max_age:
            return None
        found = self._known.get(token)
        if found is None or self._may_have_fallen(found, now):
            return None
        return self._as_of_today(found)

    def public_account(self, public_account_id: str, *, now: float) -> OwnedPublicAccount | None:
        """Return a public account; None if the vault must be asked."""
        found = self._public.get(public_account_id)
        if found is None or self.age(now=now) > self._max_age:
            return None
        profile = found.profile
        change = profile.next_change_date
        if change is not None and (self._today is None or change <= self._today):
            return None
        if self._may_have_come(profile.standing_until, now):
            return None
        # What an operator may do now depends on the operator's own status, too.
        known = [self.get(each.account_token, now=now) for each in found.operators]
        if None in known:
            return None
        operators = tuple(
            ShownOperator(status.account_token, may_publish=profile.publishes and status.may_operate)
            for status in known
            if status is not None
        )
        return replace(found, operators=operators)

    def age(self, *, now: float) -> float:
        """Return how many seconds ago the cache was complete; infinity if it never was."""
        return float("inf") if self._known_until is None else now - self._known_until

    def _take(self, status: Status) -> None:
        former = self._known.get(status.account_token)
        if former is None or former.revision <= status.revision:
            self._known[status.account_token] = status

    def _may_have_fallen(self, found: Status, now: float) -> bool:
        """Return whether the end of the standing may have come by the vault's clock."""
        return self._may_have_come(found.standing_until, now)

    def _may_have_come(self, end: datetime | None, now: float) -> bool:
        if end is None:
            return False
        return self._time is None or end <= self._time + timedelta(seconds=now - self._timed_at)

    def _take_public(self, public_account: OwnedPublicAccount) -> None:
        former = self._public.get(public_account.public_account_id)
        if former is None or former.profile.revision <= public_account.profile.revision:
            self._public[public_account.public_account_id] = public_account

    def _as_of_today(self, found: Status) -> Status:
        due = found.expire_date is not None and self._today is not None and found.expire_date <= self._today
        if found.state is State.VERIFIED and due:
            return replace(found, state=State.EXPIRED, revision=found.revision + 1)
        return found
