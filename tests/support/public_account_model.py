"""A second, simple implementation of public accounts: what a walk over the real one must agree with.

It stores what people did and computes everything else for each question. Days are numbers.
"""

from dataclasses import dataclass, field

TERM, GRACE, EARLY, OFFER = 365, 30, 60, 14


@dataclass
class ModelOwner:
    """An account: its person, when its verification ends, and whether its account is closed, until when."""

    person: int
    limit: int
    verified_until: int
    closed: bool = False
    closed_until: int | None = None
    # Whether that closed a public account.
    took: bool = False

    def is_closed(self, day: int) -> bool:
        return self.closed and (self.closed_until is None or day < self.closed_until)

    def refusal(self, day: int) -> str | None:
        """Return why it may not apply or renew; None if it may."""
        if self.is_closed(day):
            return "ACCOUNT_CLOSED"
        return "ACCOUNT_NOT_VERIFIED" if day >= self.verified_until else None


@dataclass
class ModelPublicAccount:
    """What happened to a public account."""

    owner: int
    licence_end: int | None
    rejected: bool = False
    closed: bool = False
    expire: int | None = None
    offered: tuple[int, int] | None = None

    def state(self, owner: ModelOwner, day: int) -> str:
        if self.rejected:
            return "REJECTED"
        if self.closed:
            return "CLOSED"
        if self.expire is None:
            return "APPLIED"
        if day >= self.expire + GRACE:
            return "EXPIRED"
        if owner.is_closed(day):
            return "CLOSED"
        return "GRACE" if day >= self.expire else "ACTIVE"

    def declared(self, day: int) -> bool:
        """Return whether the licence is shown; what has ended keeps the one that it had then."""
        if self.licence_end is None:
            return False
        over = None if self.expire is None else self.expire + GRACE
        return day < self.licence_end or (over is not None and over < self.licence_end)


@dataclass
class ModelRegister:
    """All owners and public accounts of a platform."""

    owners: list[ModelOwner] = field(default_factory=list)
    made: list[ModelPublicAccount] = field(default_factory=list)

    def state(self, place: int, day: int) -> str:
        return self.made[place].state(self.owners[self.made[place].owner], day)

    def apply(self, owner: int, licence_end: int | None, day: int) -> str:
        if licence_end is not None and licence_end <= day:
            return "INVALID_MESSAGE"
        refusal = self.owners[owner].refusal(day)
        if refusal is None:
            self.made.append(ModelPublicAccount(owner, licence_end))
        return refusal or "APPLIED"

    def approve(self, place: int, day: int) -> str:
        state = self.state(place, day)
        if state != "APPLIED":
            return f"{state} -> ACTIVE"
        owner = self.owners[self.made[place].owner]
        if owner.refusal(day) or self._is_full(owner, day):
            self.end(place, day, rejected=True)
            return "REJECTED"
        self.forget_licence(place, day)
        self.made[place].expire = day + TERM
        return "ACTIVE"

    def reject(self, place: int, day: int) -> str:
        state = self.state(place, day)
        if state != "APPLIED":
            return f"{state} -> REJECTED"
        self.end(place, day, rejected=True)
        return "REJECTED"

    def renew(self, place: int, day: int) -> str:
        state, made = self.state(place, day), self.made[place]
        if state not in ("ACTIVE", "GRACE") or made.expire is None:
            return f"{state} -> ACTIVE"
        refusal = self.owners[made.owner].refusal(day)
        if refusal is None and state == "ACTIVE" and day < made.expire - EARLY:
            refusal = "RENEWAL_TOO_EARLY"
        if refusal is None:
            self.forget_licence(place, day)
            made.expire = max(day, made.expire) + TERM
        return refusal or "ACTIVE"

    def close(self, place: int, day: int) -> str:
        state = self.state(place, day)
        if state not in ("ACTIVE", "GRACE"):
            return f"{state} -> CLOSED"
        self.end(place, day, rejected=False)
        return "CLOSED"

    def offer(self, place: int, to: int, day: int) -> str:
        made = self.made[place]
        if to == made.owner:
            return "INVALID_MESSAGE"
        refusal = self._unmoved(place, to, day)
        if refusal is None:
            made.offered = (to, day)
        return refusal or self.state(place, day)

    def accept(self, place: int, to: int, day: int) -> str:
        made, new = self.made[place], self.owners[to]
        if self.state(place, day) not in ("ACTIVE", "GRACE"):
            return "PUBLIC_ACCOUNT_NOT_LIVE"
        if made.offered is None or made.offered[0] != to or day >= made.offered[1] + OFFER:
            return "TRANSFER_NOT_OFFERED"
        refusal = self._unmoved(place, to, day)
        if refusal is None and self._is_full(new, day):
            refusal = "OWNER_NOT_ELIGIBLE"
        if refusal is None:
            made.owner, made.licence_end, made.offered = to, None, None
        return refusal or self.state(place, day)

    def _unmoved(self, place: int, to: int, day: int) -> str | None:
        """Return what keeps a public account where it is."""
        if self.state(place, day) not in ("ACTIVE", "GRACE"):
            return "PUBLIC_ACCOUNT_NOT_LIVE"
        refusal = self.owners[to].refusal(day)
        same = self.owners[to].limit == self.owners[self.made[place].owner].limit
        return refusal or (None if same else "KIND_DIFFERS")

    def close_owner(self, owner: int, until: int | None, day: int) -> None:
        known = self.owners[owner]
        known.took = any(
            made.owner == owner and made.state(known, day) in ("ACTIVE", "GRACE") for made in self.made
        )
        known.closed, known.closed_until = True, until

    def _is_full(self, owner: ModelOwner, day: int) -> bool:
        same = [place for place, each in enumerate(self.owners) if each.person == owner.person]
        live = sum(
            made.owner in same and self.state(place, day) in ("ACTIVE", "GRACE")
            for place, made in enumerate(self.made)
        )
        barred = any(self.owners[place].is_closed(day) and self.owners[place].took for place in same)
        return barred or live >= owner.limit

    def end(self, place: int, day: int, *, rejected: bool) -> None:
        self.forget_licence(place, day)
        made = self.made[place]
        made.rejected, made.closed = rejected, not rejected
        # From now on nothing falls due: a licence that is still shown stays.
        made.licence_end = None if made.licence_end is None else 10**9

    def forget_licence(self, place: int, day: int) -> None:
        if not self.made[place].declared(day):
            self.made[place].licence_end = None
