"""What becomes of lists, disavowals and their accounts, said plainly. Times are in seconds from a noon."""

from dataclasses import dataclass, field

HOURS, DAYS = 3_600, 86_400
WAIT, KEPT, CONFIRM_WITHIN = 72 * HOURS, 14 * DAYS, 72 * HOURS
USUAL, NEAR = 1, 15 * DAYS
"""How many of a platform silence decides, of those told within this time before or after."""
_NOON = 12 * HOURS


def due(filed: int) -> int:
    """Return the end of the fifteenth day after that of a filing."""
    return ((filed + _NOON) // DAYS + 16) * DAYS - _NOON


@dataclass
class ModelDisavowal:
    """What a platform was told of an account."""

    account: int
    filed: int
    rejected_by: int | None
    state: str = "FILED"
    overdue: bool = False
    proposed_by: int | None = None
    proposed: int = 0
    decided_by: int | None = None

    def shown(self, now: int) -> str:
        """Return the state as of now."""
        waits = self.proposed_by is not None and now < self.proposed + CONFIRM_WITHIN
        return "PROPOSED" if self.state == "FILED" and waits else self.state


@dataclass
class ModelDisowning:
    """Accounts, whose they are, and what these people said of them.

    asked: of each person, since when a list waits. waiting: of each account, when its platform is told.
    """

    owners: list[int | None]
    asked: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)
    told: list[ModelDisavowal] = field(default_factory=list)
    warned: set[int] = field(default_factory=set)

    def prove(self, person: int, now: int) -> bool:
        """Prove to be present; return whether the list is shown."""
        asked = self.asked.get(person)
        if asked is None or now >= asked + WAIT + KEPT:
            self.asked[person] = now
            return False
        return now >= asked + WAIT

    def cancel(self, person: int) -> None:
        """Cancel the list, and what waits."""
        self.asked.pop(person, None)
        for account, owner in enumerate(self.owners):
            if owner == person:
                self.waiting.pop(account, None)

    def disown(self, account: int, tell_at: int) -> None:
        """Disown an account; nothing changes if that was said before."""
        if self.open_of(account) is None and account not in self.waiting:
            self.waiting[account] = tell_at

    def open_of(self, account: int) -> ModelDisavowal | None:
        """Return the one that nobody has decided."""
        found = [each for each in self.told if each.account == account and each.state == "FILED"]
        return found[0] if found else None

    def tell(self, now: int) -> int:
        """Tell the platform what is due."""
        due_now = sorted((at, account) for account, at in self.waiting.items() if at <= now)
        for _, account in due_now:
            del self.waiting[account]
            former = [each for each in self.told if each.account == account][-1:]
            by = former[0].decided_by if former and former[0].state == "REJECTED" else None
            self.told.append(ModelDisavowal(account, now, by))
        return len(due_now)

    def fall(self, now: int) -> int:
        """Let silence decide, or note what it must not."""
        count = 0
        for each in self.told:
            if each.state == "FILED" and not each.overdue and due(each.filed) <= now:
                count += 1
                near = sum(other.filed >= each.filed - NEAR for other in self.told)
                if each.account in self.warned or near > USUAL:
                    each.overdue = True
                else:
                    self._over(each, "SILENT")
                    self.owners[each.account] = None
        return count

    def reject(self, place: int, by: int, now: int) -> str:
        """Reject one."""
        one = self.told[place]
        if one.state != "FILED":
            return f"{one.state} -> REJECTED"
        if by == one.rejected_by:
            return "SELF_APPROVAL"
        self._over(one, "REJECTED", by)
        return one.shown(now)

    def propose(self, place: int, by: int, now: int) -> str:
        """Propose to uphold one."""
        one = self.told[place]
        if one.shown(now) != "FILED":
            return f"{one.shown(now)} -> PROPOSED"
        if by == one.rejected_by:
            return "SELF_APPROVAL"
        one.proposed_by, one.proposed = by, now
        return "PROPOSED"

    def confirm(self, place: int, by: int, now: int) -> str:
        """Confirm a proposal."""
        one = self.told[place]
        if one.shown(now) != "PROPOSED":
            return f"{one.shown(now)} -> UPHELD"
        if by in (one.rejected_by, one.proposed_by):
            return "SELF_APPROVAL"
        self._over(one, "UPHELD", by)
        self.owners[one.account] = None
        return "UPHELD"

    def answer(self, account: int, person: int) -> str:
        """Let the holder of an account prove to be a person, on "my identity"."""
        one = self.open_of(account)
        if one is None:
            return "DISAVOWAL_NOT_FOUND"
        if self.owners[account] != person:
            return "PROOF_REFUSED"
        self._over(one, "REJECTED")
        return "REJECTED"

    def verify(self, account: int, person: int) -> None:
        """Verify an account as the person who is present."""
        self.owners[account] = person
        self.waiting.pop(account, None)
        one = self.open_of(account)
        if one is not None:
            self._over(one, "REJECTED")

    def _over(self, one: ModelDisavowal, state: str, by: int | None = None) -> None:
        one.state, one.decided_by = state, by
