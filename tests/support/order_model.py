"""A second, simple implementation of authorities' orders and operations, as their page describes them.

Times are in seconds, None for what has not happened.
"""

from dataclasses import dataclass, field


@dataclass
class ModelOrder:
    """An order. target: the place of what it names; least: how hard what carries it out must be.

    on_paper: whether the platform recorded it: then anything that names it carries it out, and its authority
    cannot withdraw it here.
    """

    target: int
    least: int
    deadline: int
    on_paper: bool = False
    read: bool = False
    objected: bool = False
    carried_out: int | None = None
    withdrawn: int | None = None

    def state(self, now: int) -> str:
        """Return the state at a time."""
        if self.withdrawn is not None:
            return "WITHDRAWN"
        if self.carried_out is not None:
            return "CARRIED_OUT" if self.carried_out <= self.deadline else "CARRIED_OUT_LATE"
        if now >= self.deadline:
            return "OVERDUE"
        return "OBJECTED" if self.objected else "ACKNOWLEDGED" if self.read else "OPEN"

    def missed(self, now: int) -> bool:
        """Return whether the deadline passed first."""
        ends = [each for each in (self.carried_out, self.withdrawn) if each is not None]
        return min(ends) > self.deadline if ends else now >= self.deadline

    def carry_out(self, target: int, hardness: int, now: int) -> None:
        """Note what names the order, if it is the first that does what the order says."""
        fits = self.on_paper or (target == self.target and hardness >= self.least)
        if fits and self.carried_out is None:
            self.carried_out = now


@dataclass
class ModelOperation:
    """A joint operation. begin, end: between which it counts; ended: whether its end is stored.

    sanctions: at a platform, degrees and times; reported: times.
    """

    begin: int
    end: int
    ended: bool = False
    sanctions: list[tuple[str, int]] = field(default_factory=list)
    reported: list[int] = field(default_factory=list)

    def impose(self, degree: str, now: int) -> bool:
        """Note a sanction that names it; False if that is refused."""
        if now < self.end:
            self.sanctions.append((degree, now))
        return now < self.end

    def report(self, now: int) -> bool:
        """Note a report that names it; False if that is refused."""
        if now < self.end:
            self.reported.append(now)
        return now < self.end

    def shown(self) -> dict[str, int | None]:
        """Return how many sanctions of each degree its authority reads, None for a few."""
        within = [degree for degree, at in self.sanctions if self.begin <= at < self.end]
        return {degree: shown(within.count(degree)) for degree in within}

    def reports(self) -> list[int]:
        """Return when it was reported within its days."""
        return [at for at in self.reported if self.begin <= at < self.end]


def shown(count: int) -> int | None:
    """Return a count as an authority reads it: 1 to 4 could be about one person."""
    return None if 1 <= count <= 4 else count
