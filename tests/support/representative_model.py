"""What becomes of organisations' accounts and who is awaited for them, said plainly. Times are in seconds."""

from dataclasses import dataclass, field
from datetime import date, timedelta

DAYS = 86_400
KEPT, TERM, CHANGED = 14 * DAYS, timedelta(days=365), timedelta(days=30)


@dataclass
class ModelWait:
    """A match that waits for its representative."""

    firm: int
    representative: int
    due: int


@dataclass
class ModelAccount:
    """An account. owner: the firm that was verified last; until: when that ends. asked: an open claim.

    ends: the days on which a notice ends the verification.
    """

    owner: int | None = None
    until: date | None = None
    waits: ModelWait | None = None
    asked: tuple[int, int] | None = None
    ends: list[date] = field(default_factory=list)

    def state(self, today: date) -> str:
        """Return the state as of a day."""
        if self.until is None:
            return "REJECTED"
        return "VERIFIED" if today < self.until else "EXPIRED"


@dataclass
class ModelFirms:
    """Accounts of a platform."""

    accounts: list[ModelAccount]

    def claim(self, account: int, firm: int, representative: int, *, answer: str, now: int) -> str | None:
        """Claim a firm with its representative; return why that fails, None while it waits."""
        one = self.accounts[account]
        one.asked = (firm, representative) if answer == "UNKNOWN" else None
        if one.asked is not None:
            return None
        if answer == "MISMATCH":
            return "ELEMENT_MISMATCH"
        one.waits = ModelWait(firm, representative, now + KEPT)
        return "REPRESENTATIVE_PENDING"

    def prove(self, account: int, person: int, *, denied: bool, now: int, today: date) -> str:
        """Let a person prove to be present; return how that ends."""
        one = self.accounts[account]
        if one.waits is None or one.waits.due <= now:
            return "ILLEGAL_TRANSITION"
        one.asked = None
        if denied or person != one.waits.representative:
            return "ELEMENT_MISMATCH"
        if one.owner not in (None, one.waits.firm):
            return "DIFFERENT_OWNER"
        one.owner, one.until, one.waits, one.ends = one.waits.firm, today + TERM, None, []
        return "SUCCEEDED"

    def change(self, firm: int, *, today: date) -> None:
        """Let the registry say that a firm has another representative."""
        for one in self.accounts:
            if one.waits is not None and one.waits.firm == firm:
                one.waits = None
            if one.owner == firm and one.until is not None:
                one.ends.append(today + CHANGED)

    def work(self, *, now: int, today: date) -> None:
        """Settle what waits for the registry, forget who came too late, and end what notices end."""
        for one in self.accounts:
            if one.asked is not None:
                one.waits, one.asked = ModelWait(*one.asked, now + KEPT), None
            if one.waits is not None and one.waits.due <= now:
                one.waits = None
            if any(day <= today for day in one.ends):
                one.ends = [day for day in one.ends if day > today]
                if one.state(today) == "VERIFIED":
                    one.until = today

    def rows(self) -> int:
        """Return of how many representatives something is kept."""
        return sum((one.waits is not None) + (one.asked is not None) for one in self.accounts)

    def places(self) -> list[int]:
        """Return how many accounts each firm has that has any."""
        owners = [one.owner for one in self.accounts if one.owner is not None]
        return sorted(owners.count(each) for each in set(owners))
