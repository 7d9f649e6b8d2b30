"""A second, simple implementation of erasures: what a walk over the real one must agree with.

It knows no slots and no rows: at any time it looks at everything that was ever asked for.
"""

from dataclasses import dataclass, field

WAITING, DELAY = 7 * 86_400, 8 * 86_400


@dataclass
class ModelAccount:
    """An account; times are seconds. erased_at: when the worker erased it.

    closed: by a sanction of its person. follows: such a sanction of another account.
    """

    person: int
    requested_at: int | None = None
    cancelled: bool = False
    erased_at: int | None = None
    destroyed: bool = False
    released: bool = False
    closed: bool = False
    follows: bool = False

    def state(self) -> str:
        """Return the state of the newest erasure, "" without one."""
        if self.destroyed:
            return "DESTROYED"
        if self.erased_at is not None:
            return "ERASED"
        if self.requested_at is None:
            return ""
        return "CANCELLED" if self.cancelled else "REQUESTED"


@dataclass
class ModelVault:
    """The accounts of a platform, and what their erasures lead to. most: how many a person may have."""

    most: int
    accounts: list[ModelAccount] = field(default_factory=list)

    def used(self, person: int) -> int:
        """Return how many accounts count for a person."""
        return sum(each.person == person and not each.released for each in self.accounts)

    def is_known(self, person: int) -> bool:
        """Return whether the blind index of a person is stored."""
        return self.used(person) > 0

    def sign_up(self, person: int) -> str:
        """Return how a sign-up ends."""
        mine = [each for each in self.accounts if each.person == person and not each.released]
        if self._is_closed(person):
            return "PERSON_CLOSED"
        if len(mine) >= self.most:
            return "ACCOUNT_LIMIT_REACHED"
        self.accounts.append(ModelAccount(person))
        return "SUCCEEDED"

    def request(self, place: int, *, now: int) -> str:
        """Return the state after a request, or why it is refused."""
        found = self.accounts[place]
        if found.erased_at is not None:
            return "ACCOUNT_ERASED"
        if found.state() == "REQUESTED":
            return "REQUESTED -> REQUESTED"
        found.requested_at, found.cancelled = now, False
        return "REQUESTED"

    def cancel(self, place: int, *, now: int) -> str:
        """Return the state after a cancellation, or why it is refused."""
        found = self.accounts[place]
        state = found.state()
        if not state:
            return "ERASURE_NOT_FOUND"
        if state == "REQUESTED" and now < (found.requested_at or 0) + WAITING:
            found.cancelled = True
            return "CANCELLED"
        return f"{'ERASED' if state == 'REQUESTED' else state} -> CANCELLED"

    def renew(self, place: int) -> str:
        """Return how another verification of an account ends; a refusal makes it follow the closing."""
        found = self.accounts[place]
        if found.erased_at is not None:
            return "ACCOUNT_ERASED"
        if found.closed or found.follows:
            return "ACCOUNT_CLOSED"
        found.follows = self._is_closed(found.person)
        return "PERSON_CLOSED" if found.follows else "SUCCEEDED"

    def _is_closed(self, person: int) -> bool:
        return any(each.closed for each in self.accounts if each.person == person and not each.released)

    def close(self, place: int) -> str:
        """Return the state after a person's account is closed, or why it is not."""
        found = self.accounts[place]
        if found.erased_at is not None:
            return "ACCOUNT_ERASED"
        found.closed = True
        return "IN_FORCE"

    def lift(self, place: int) -> None:
        """End the closing of an account."""
        self.accounts[place].closed = False

    def work(self, now: int) -> None:
        """Let the worker do what is due."""
        for each in self.accounts:
            each.follows = each.follows and self._is_closed(each.person)
        for each in self.accounts:
            if each.state() == "REQUESTED" and (each.requested_at or 0) + WAITING <= now:
                each.erased_at = now
            elif each.state() == "ERASED" and (each.erased_at or 0) + DELAY <= now:
                each.destroyed = True
            if each.destroyed and not each.closed and not each.follows:
                each.released = True
