"""A second, simple implementation of reports: what a walk over the real one must agree with.

It stores no schedule and no merged state: at any time it looks at everything that was done.
"""

from dataclasses import dataclass, field

DAY, HALF_DAY = 86_400, 43_200  # the tests' time is noon on the operator's clock
CONFIRM_WITHIN = 72 * 3_600
ALIKE = ("UPHELD", "REFERRED")
"""The outcomes that say the same of the reporters of merged reports."""
SHARES = ((0.5, "HALF"), (0.8, "FOUR_FIFTHS"), (1.0, "OVERDUE"))


@dataclass
class ModelReport:
    """A report; times are seconds. into: the report that it was merged into."""

    filed_at: int
    reporter: int | None
    due_at: int
    assignee: int | None = None
    answered_at: int | None = None
    closed_at: int | None = None
    outcome: str | None = None
    into: int | None = None
    reply: str = ""
    proposal: "ModelProposal | None" = None
    referral: "ModelReferral | None" = None
    supplemented_at: int | None = None

    def waits(self, now: int) -> bool:
        """Return whether a proposed decision waits for a second moderator."""
        return self.proposal is not None and self.proposal.state(now) == "PROPOSED"

    def held(self, now: int) -> str | None:
        """Return why nothing else can be decided."""
        if self.waits(now):
            return "PROPOSAL_OPEN"
        is_open = self.referral is not None and self.referral.state(now) == "OPEN"
        return "REFERRAL_OPEN" if is_open else None

    def state(self) -> str:
        """Return the state."""
        if self.closed_at is not None:
            return "RESOLVED"
        if self.into is not None:
            return "MERGED"
        if self.answered_at is not None:
            return "ANSWERED"
        return "RECEIVED" if self.assignee is None else "ASSIGNED"

    def reminder(self, now: int) -> str | None:
        """Return the last reminder that must have been written at a time."""
        end = now if self.closed_at is None else min(now, self.closed_at)
        length = self.due_at - self.filed_at
        return next((name for share, name in reversed(SHARES) if end - self.filed_at >= share * length), None)

    def missed(self, now: int) -> tuple[bool, bool]:
        """Return whether the reply and the solution were late."""
        late = self.reminder(now) == "OVERDUE"
        return late and (self.answered_at is None or self.answered_at >= self.due_at), late


@dataclass
class ModelProposal:
    """A proposed closing that decides a report. until: when it lapses."""

    place: int
    by: int
    until: int
    reply: str
    stored: str = "PROPOSED"

    def state(self, now: int) -> str:
        """Return the state."""
        return "LAPSED" if self.stored == "PROPOSED" and self.until <= now else self.stored


@dataclass
class ModelReferral:
    """A referral to an authority. until: when it lapses."""

    place: int
    until: int
    reply: str
    stored: str = "OPEN"

    def state(self, now: int) -> str:
        """Return the state."""
        return "LAPSED" if self.stored == "OPEN" and self.until <= now else self.stored


@dataclass
class ModelReports:
    """All reports of a platform, in the order in which they were filed, and what their reporters did."""

    reports: list[ModelReport] = field(default_factory=list)
    judged: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    proposals: list[ModelProposal] = field(default_factory=list)
    referrals: list[ModelReferral] = field(default_factory=list)

    def file(self, *, reporter: int | None, due_at: int, now: int) -> str:
        """Return the state of a new report, or why it is refused."""
        if reporter is not None and self._is_limited(reporter, now):
            day = (now + HALF_DAY) // DAY
            if any(
                one.reporter == reporter and (one.filed_at + HALF_DAY) // DAY == day for one in self.reports
            ):
                return "TIP_OFF_LIMIT_REACHED"
        self.reports.append(ModelReport(now, reporter, due_at))
        return "RECEIVED"

    def assign(self, place: int, *, to: int, former: int | None, now: int) -> str:
        """Return the state after an assignment, or why it is refused."""
        one = self.reports[place]
        if one.state() in ("MERGED", "RESOLVED"):
            return f"{one.state()} -> ASSIGNED"
        if one.assignee != former:
            return "ASSIGNEE_CHANGED"
        if (held := one.held(now)) is not None:
            return held
        one.assignee = to
        return one.state()

    def hand_back(self, place: int, *, by: int, now: int) -> str:
        """Return the state after a report was handed back, or why it is refused."""
        if (refused := self._refused(place, by, "RECEIVED")) is not None:
            return refused
        if (held := self.reports[place].held(now)) is not None:
            return held
        self.reports[place].assignee = None
        return self.reports[place].state()

    def answer(self, place: int, *, by: int, reply: str, now: int) -> str:
        """Return the state after a reply, or why it is refused."""
        one = self.reports[place]
        if one.state() != "ASSIGNED":
            return f"{one.state()} -> ANSWERED"
        if one.assignee != by:
            return "ASSIGNEE_CHANGED"
        for each in self._with_merged(place):
            each.answered_at = now if each.answered_at is None else each.answered_at
        one.reply = reply
        return "ANSWERED"

    def supplement(self, place: int, *, now: int) -> str:
        """Let the reporter answer the reply, once, while the report is open and its own."""
        one = self.reports[place]
        if one.supplemented_at is not None:
            return "SUPPLEMENTED -> SUPPLEMENTED"
        if one.state() != "ANSWERED":
            return f"{one.state()} -> SUPPLEMENTED"
        one.supplemented_at = now
        return "ANSWERED"

    def propose(self, place: int, *, by: int, reply: str, now: int) -> str:
        """Return the state after a decision that a second moderator must confirm, or why it is refused."""
        one = self.reports[place]
        if (refused := self._undecidable(place, by, reply, now)) is not None:
            return refused
        one.proposal = ModelProposal(place, by, now + CONFIRM_WITHIN, reply)
        self.proposals.append(one.proposal)
        return one.state()

    def confirm(self, number: int, *, by: int, now: int) -> str:
        """Return the state of a sanction after its confirmation, or why that is refused."""
        proposal = self.proposals[number]
        if proposal.state(now) != "PROPOSED":
            return f"{proposal.state(now)} -> IN_FORCE"
        if proposal.by == by:
            return "SELF_APPROVAL"
        proposal.stored = "IN_FORCE"
        self._close(proposal.place, "UPHELD", proposal.reply, now)
        return "IN_FORCE"

    def lift(self, number: int, *, now: int) -> str:
        """Return the state of a sanction after it was lifted or withdrawn, or why that is refused."""
        proposal = self.proposals[number]
        if proposal.state(now) not in ("PROPOSED", "IN_FORCE"):
            return f"{proposal.state(now)} -> LIFTED"
        proposal.stored = "LIFTED"
        return "LIFTED"

    def refer(self, place: int, *, by: int, reply: str, now: int) -> str:
        """Return the state after a referral to an authority, or why it is refused."""
        if (refused := self._undecidable(place, by, reply, now)) is not None:
            return refused
        # The end of the seventh day after that of the referral, as of a report that is filed now.
        until = ((now + HALF_DAY) // DAY + 8) * DAY - HALF_DAY
        self.reports[place].referral = made = ModelReferral(place, until, reply)
        self.referrals.append(made)
        return self.reports[place].state()

    def answer_referral(self, number: int, *, accepted: bool, now: int) -> str:
        """Return the state of a referral after its authority's answer, or why that is refused."""
        referral, answer = self.referrals[number], "ACCEPTED" if accepted else "DECLINED"
        if referral.state(now) != "OPEN":
            return f"{referral.state(now)} -> {answer}"
        referral.stored = answer
        if accepted:
            self._close(referral.place, "REFERRED", referral.reply, now)
        return answer

    def resolve(self, place: int, *, by: int, outcome: str, reply: str, now: int) -> str:
        """Return the state after a decision, or why it is refused."""
        if (refused := self._undecidable(place, by, reply, now)) is not None:
            return refused
        self._close(place, outcome, reply, now)
        return "RESOLVED"

    def _undecidable(self, place: int, by: int, reply: str, now: int) -> str | None:
        if (refused := self._refused(place, by, "RESOLVED")) is not None:
            return refused
        if (held := self.reports[place].held(now)) is not None:
            return held
        return "INVALID_MESSAGE" if self.reports[place].answered_at is None and not reply else None

    def _close(self, place: int, outcome: str, reply: str, now: int) -> None:
        one = self.reports[place]
        one.reply = reply or one.reply
        for each in self._with_merged(place):
            each.answered_at = now if each.answered_at is None else each.answered_at
            each.closed_at = now
            each.outcome = outcome if each is one else "DUPLICATE"
            self._judge(each, outcome if each is one or outcome in ALIKE else "DISMISSED", now)

    def merge(self, place: int, others: list[int], *, by: int, now: int) -> str:
        """Return the state of the leading report after others were merged into it, or why that is refused."""
        into = self.reports[place]
        decided = into.state() == "RESOLVED" and into.outcome != "DUPLICATE"
        if not decided and (refused := self._refused(place, by, "MERGED")) is not None:
            return refused
        for other in others:
            one = self.reports[other]
            if one.state() in ("MERGED", "RESOLVED"):
                return f"{one.state()} -> MERGED"
            if one.assignee not in (None, by):
                return "ASSIGNEE_CHANGED"
            if (held := one.held(now)) is not None:
                return held
        for other in others:
            for each in self._with_merged(other):
                self._join(each, place, into, now)
        return into.state()

    def _join(self, one: ModelReport, place: int, into: ModelReport, now: int) -> None:
        one.into, one.assignee = place, None
        if into.answered_at is not None and one.answered_at is None:
            one.answered_at = now
        if into.closed_at is not None:
            one.closed_at, one.outcome = now, "DUPLICATE"
            self._judge(one, str(into.outcome) if into.outcome in ALIKE else "DISMISSED", now)

    def _refused(self, place: int, by: int, wanted: str) -> str | None:
        one = self.reports[place]
        if one.state() not in ("ASSIGNED", "ANSWERED"):
            return f"{one.state()} -> {wanted}"
        return None if one.assignee == by else "ASSIGNEE_CHANGED"

    def _with_merged(self, place: int) -> list[ModelReport]:
        return [
            self.reports[place],
            *(each for each in self.reports if each.into == place and each.closed_at is None),
        ]

    def _judge(self, one: ModelReport, outcome: str, now: int) -> None:
        if one.reporter is not None:
            self.judged.setdefault(one.reporter, []).append((now, outcome))

    def _is_limited(self, reporter: int, now: int) -> bool:
        abusive = [time for time, outcome in self.judged.get(reporter, []) if outcome == "ABUSIVE"]
        return len(abusive) > 1 and now < abusive[-1] + 30 * DAY

    def counts(self, now: int) -> tuple[int, int]:
        """Return how many replies and how many solutions were late at a time."""
        found = [each.missed(now) for each in self.reports]
        return sum(reply for reply, _ in found), sum(solution for _, solution in found)
