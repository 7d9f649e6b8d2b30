"""A second, simple implementation of sanctions: what a walk over the real one must agree with.

It knows no periods and no schedule: at any time it looks at every sanction there is.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

ORDER = ["GOOD", "WARNED", "PUBLISHING_LIMITED", "RENEWAL_SUSPENDED", "CLOSED"]
PLACES = {"WARN": 1, "LIMIT": 2, "SUSPEND": 3, "CLOSE": 4}
THREE_DAYS = 72 * 3_600
_DAY = 86_400


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
    scope: str = "ACCOUNT"
    confirmed_by: int | None = None
    overturned: bool = False

    @property
    def needs_two(self) -> bool:
        """Return whether it is proposed first."""
        return self.degree == "CLOSE" or self.scope == "PERSON"

    def state(self, now: int) -> str:
        """Return the state at a time."""
        if self.overturned:
            return "OVERTURNED"
        if self.ended_at is not None:
            return "LIFTED"
        if self.end is not None and self.end <= now:
            return "LAPSED"
        if not self.needs_two or self.confirmed_at is not None:
            return "IN_FORCE"
        return "LAPSED" if self.imposed_at + THREE_DAYS <= now else "PROPOSED"


@dataclass
class ModelFollower:
    """An account that follows the sanction at a place. gone_at: when the worker may remove it."""

    place: int
    degree: str
    end: int | None
    delay: int
    gone_at: int | None


@dataclass
class ModelPlatform:
    """All sanctions of a platform, in the order in which they were imposed. owners: whose each account is.

    begin: the time of second 0.
    """

    owners: list[int]
    begin: datetime
    sanctions: list[ModelSanction] = field(default_factory=list)
    followers: dict[int, dict[int, ModelFollower]] = field(default_factory=dict)
    alive: list[int] = field(default_factory=list)

    def impose(
        self, account: int, degree: str, *, by: int, end: int | None, now: int, scope: str = "ACCOUNT"
    ) -> str:
        """Return the state of the new sanction, or why it is refused."""
        if end is not None and end <= now:
            return "INVALID_MESSAGE"
        self.sanctions.append(ModelSanction(account, degree, by, now, end, scope=scope))
        # What has ended never applies again; to look at all of it each time would be slow.
        ended = ("LIFTED", "LAPSED", "OVERTURNED")
        self.alive = [place for place in self.alive if self.sanctions[place].state(now) not in ended]
        self.alive.append(len(self.sanctions) - 1)
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
        self.release(place, now=now)
        return "LIFTED"

    def release(self, place: int, *, now: int) -> None:
        """Let the followers of a sanction end after their delays, unless they end before."""
        for held in self.followers.values():
            if place in held:
                late, end = now + held[place].delay, held[place].gone_at
                held[place].gone_at = late if end is None else min(late, end)

    def renew(self, account: int, *, now: int) -> str:
        """Return how a matching claim of an account ends; `follow` tells what it then follows."""
        refused = {"RENEWAL_SUSPENDED": "RENEWAL_SUSPENDED", "CLOSED": "ACCOUNT_CLOSED"}
        standing = self.standing(account, now)
        if standing in refused:
            return refused[standing]
        degrees = {self.sanctions[place].degree for place in self._of_person(account, now)}
        if "CLOSE" in degrees:
            return "PERSON_CLOSED"
        return "SANCTIONED" if "SUSPEND" in degrees else "SUCCEEDED"

    def follow(self, account: int, *, now: int, delays: dict[int, int]) -> None:
        """Follow what is in force and names another account. delays: what was drawn, by place."""
        held = self.followers.setdefault(account, {})
        wanted = {
            place for place in self._of_person(account, now) if self.sanctions[place].account != account
        }
        for place in held.keys() - wanted:
            del held[place]
        for place in wanted - held.keys():
            end = self._rounded(self.sanctions[place])
            held[place] = ModelFollower(place, self.sanctions[place].degree, end, delays[place], end)

    def work(self, now: int) -> None:
        """Remove the followers that are due."""
        for held in self.followers.values():
            for place, follower in list(held.items()):
                if follower.gone_at is not None and follower.gone_at <= now:
                    del held[place]

    def standing(self, account: int, now: int) -> str:
        """Return the standing of an account at a time."""
        own = [each for each in self._alive() if each.account == account]
        in_force = [PLACES[each.degree] for each in own if each.state(now) == "IN_FORCE"]
        followed = [
            PLACES[each.degree]
            for each in self.followers.get(account, {}).values()
            if each.end is None or each.end > now
        ]
        return ORDER[max(in_force + followed, default=0)]

    def until(self, account: int, now: int) -> int | None:
        """Return when the standing changes if nobody acts."""
        ends = {each.end for each in self._alive() if each.account == account and each.end is not None}
        ends |= {each.end for each in self.followers.get(account, {}).values() if each.end is not None}
        standing = self.standing(account, now)
        changes = [end for end in ends if end > now and self.standing(account, end) != standing]
        return min(changes, default=None)

    def _alive(self) -> list[ModelSanction]:
        return [self.sanctions[place] for place in self.alive]

    def _of_person(self, account: int, now: int) -> list[int]:
        return [
            place
            for place, each in zip(self.alive, self._alive(), strict=True)
            if each.scope == "PERSON"
            and self.owners[each.account] == self.owners[account]
            and each.state(now) == "IN_FORCE"
        ]

    def _rounded(self, sanction: ModelSanction) -> int | None:
        """Try every midnight from the end on."""
        if sanction.end is None or sanction.confirmed_at is None:
            return None
        days = (sanction.end - sanction.confirmed_at) / _DAY
        by_week, by_month = 30 < days <= 180, days > 180
        end = self.begin + timedelta(seconds=sanction.end)
        shown = datetime(end.year, end.month, end.day, tzinfo=UTC)
        while shown < end or (by_week and shown.weekday() > 0) or (by_month and shown.day > 1):
            shown += timedelta(days=1)
        return int((shown - self.begin).total_seconds())
