"""A second, simple implementation of appeals beside that of sanctions: what a walk must agree with.

Time is in seconds from noon of a day in a zone without changes of clocks.
"""

from dataclasses import dataclass, field

from tests.support.sanction_model import ModelPlatform, ModelSanction

DAY = 86_400
NOON = DAY // 2


def end_of_day(now: int, days: int) -> int:
    """Return the midnight that ends the day `days` after that of a time."""
    return ((now + NOON) // DAY + days + 1) * DAY - NOON


@dataclass
class ModelAppeal:
    """An appeal. late: whether it was ever found overdue; text: whether its text is still stored."""

    sanction: int
    due: int
    state: str = "FILED"
    decided_at: int | None = None
    late: bool = False
    text: bool = True

    def overdue(self, now: int) -> bool:
        """Return whether it waits for a decision that was due."""
        return self.state == "FILED" and self.due <= now

    def readable(self, now: int) -> bool:
        """Return whether its text can still be read."""
        return self.decided_at is None or now < end_of_day(self.decided_at, 90)


@dataclass
class ModelCourt(ModelPlatform):
    """A platform with appeals: 180 days to appeal, 15 to decide."""

    appeals: list[ModelAppeal] = field(default_factory=list)

    def file(self, place: int, *, now: int) -> str:
        """Return the state of the new appeal, or why it is refused."""
        since = _since(self.sanctions[place])
        if since is None:
            return "SANCTION_NEVER_IN_FORCE"
        if end_of_day(since, 180) <= now:
            return "APPEAL_TOO_LATE"
        if any(each.sanction == place for each in self.appeals):
            return "APPEAL_EXISTS"
        self.appeals.append(ModelAppeal(place, end_of_day(now, 15)))
        return "FILED"

    def decide(self, place: int, verdict: str, *, by: int, now: int) -> str:
        """Return the state after a decision, or why it is refused."""
        appeal = self.appeals[place]
        sanction = self.sanctions[appeal.sanction]
        if appeal.state != "FILED":
            return f"{appeal.state} -> {verdict}"
        if by in (sanction.by, sanction.confirmed_by):
            return "SELF_APPROVAL"
        appeal.late |= appeal.overdue(now)
        appeal.state, appeal.decided_at = verdict, now
        if verdict == "UPHELD":
            sanction.overturned = True
            self.release(appeal.sanction, now=now)
        return verdict

    def sweep(self, now: int) -> tuple[int, int]:
        """Note what is overdue and delete texts; return how many."""
        late = [each for each in self.appeals if each.overdue(now) and not each.late]
        bare = [each for each in self.appeals if each.text and not each.readable(now)]
        for appeal in late:
            appeal.late = True
        for appeal in bare:
            appeal.text = False
        return len(late), len(bare)


def _since(sanction: ModelSanction) -> int | None:
    return sanction.confirmed_at if sanction.needs_two else sanction.imposed_at
