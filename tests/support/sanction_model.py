"""A second, simple implementation of sanctions: what a walk over the real one must agree with.

It knows no periods and no schedule: at any time it looks at every sanction there is.
"""

from dataclasses import dataclass, field

ORDER = ["GOOD", "WARNED", "PUBLISHING_LIMITED", "RENEWAL_SUSPENDED", "CLOSED"]
PLACES = {"WARN": 1, "LIMIT": 2, "SUSPEND": 3, "CLOSE": 4}
THREE_DAYS = 72 * 3_600


@dataclass
class ModelSanction:
    """A sanction; times are seconds. ended_at: by a lift. confirmed_at: None while it is proposed."""

    account: int
    degree: str
    by: int
    imposed_at: int
    end: int | None
    confirmed_at: int | None = None
    ended_at: int | None = None
    confirmed_by: int | None = None
    overturned: bool = False

    def state(self, now: int) -> str:
        """Return the state at a time."""
        if self.overturned:
            return "OVERTURNED"
        if self.ended_at is not None:
            return "LIFTED"
        if self.end is not None and self.end <= now:
            return "LAPSED"
        if self.degree != "CLOSE" or self.confirmed_at is not None:
            return "IN_FORCE"
        return "LAPSED" if self.imposed_at + THREE_DAYS <= now else "PROPOSED"


@dataclass
class ModelPlatform:
    """All sanctions of a platform, in the order in which they were imposed."""

    sanctions: list[ModelSanction] = field(default_factory=list)

    def impose(self, account: int, degree: str, *, by: int, end: int | None, now: int) -> str:
        """Return the state of the new sanction, or why it is refused."""
        if end is not None and end <= now:
            return "INVALID_MESSAGE"
        self.sanctions.append(ModelSanction(account, degree, by, now, end))
        return self.sanctions[-1].state(now)

    def confirm(self, place: int, *, by: int, now: int) -> str:
        """Return the state after a confirmation, or why it is refused."""
        sanction = self.sanctions[place]
        state = sanction.state(now)
        if state != "PROPOSED":
            return f"{state} -> IN_FORCE"
        if by == sanction.by:
            return "SELF_APPROVAL"
        sanction.confirmed_at, sanction.confirmed_by = now, by
        return "IN_FORCE"

    def lift(self, place: int, *, now: int) -> str:
        """Return the state after a lift, or why it is refused."""
        sanction = self.sanctions[place]
        state = sanction.state(now)
        if state not in ("PROPOSED", "IN_FORCE"):
            return f"{state} -> LIFTED"
        sanction.ended_at = now
        return "LIFTED"

    def standing(self, account: int, now: int) -> str:
        """Return the standing of an account at a time."""
        own = [each for each in self.sanctions if each.account == account]
        in_force = [PLACES[each.degree] for each in own if each.state(now) == "IN_FORCE"]
        return ORDER[max(in_force, default=0)]

    def until(self, account: int, now: int) -> int | None:
        """Return when the standing changes if nobody acts."""
        ends = {each.end for each in self.sanctions if each.account == account and each.end is not None}
        standing = self.standing(account, now)
        changes = [end for end in ends if end > now and self.standing(account, end) != standing]
        return min(changes, default=None)
