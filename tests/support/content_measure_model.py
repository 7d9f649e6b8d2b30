"""A second, simple implementation of measures on content: what a walk over the real one must agree with.

Time is in seconds from noon of a day in a zone without changes of clocks.
"""

from collections import Counter
from dataclasses import dataclass, field

from tests.support.appeal_model import end_of_day
from tests.support.order_model import ModelOrder

CONFIRM_WITHIN = 72 * 3_600
KINDS = ("LABELLED", "RESTRICTED", "REMOVED")
"""The mildest first."""


@dataclass
class ModelContentAppeal:
    """An appeal. late: whether it was ever noted as overdue; text: whether its text is still stored."""

    filed: int
    due: int
    state: str = "FILED"
    decided_at: int | None = None
    late: bool = False
    text: bool = True

    def overdue(self, now: int) -> bool:
        """Return whether it waits for a decision that was due."""
        return self.state == "FILED" and self.due <= now

    def was_late(self, now: int) -> bool:
        """Return whether its decision came too late, or has not come in time."""
        return self.due <= (now if self.decided_at is None else self.decided_at)

    def readable(self, now: int) -> bool:
        """Return whether its text can still be read."""
        return self.decided_at is None or now < end_of_day(self.decided_at, 90)


@dataclass
class ModelMeasure:
    """A measure. kind: the place in KINDS. ended: when and by whom, None while it is in force."""

    content: int
    kind: int
    by: int
    at: int
    state: str = "IN_FORCE"
    ended: tuple[int, int] | None = None
    appeal: ModelContentAppeal | None = None


@dataclass
class ModelUpheld:
    """A report that a moderator works on. until: when its proposed closing lapses, None without one."""

    by: int
    closed: bool = False
    proposed_by: int = 0
    until: int | None = None

    def waits(self, now: int) -> bool:
        """Return whether a closing waits for a second moderator."""
        return not self.closed and self.until is not None and now < self.until

    def has_measure(self, now: int) -> bool:
        """Return whether it is decided by a measure, or will be if the closing beside it is confirmed."""
        return self.closed or self.waits(now)

    def refused(self, by: int, now: int) -> str | None:
        """Return why a moderator cannot decide it."""
        if self.closed:
            return "RESOLVED -> RESOLVED"
        if by != self.by:
            return "ASSIGNEE_CHANGED"
        return "PROPOSAL_OPEN" if self.waits(now) else None


@dataclass
class ModelContents:
    """The measures of a platform, the orders and the reports that lead to one, and what the log must say."""

    measures: list[ModelMeasure] = field(default_factory=list)
    orders: list[ModelOrder] = field(default_factory=list)
    reports: list[ModelUpheld] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)
    logged: Counter[str] = field(default_factory=Counter)

    def impose(self, content: int, kind: int, by: int, now: int, *, order: int | None = None) -> str:
        """Impose a measure, alone or as an order says."""
        if by in self.revoked:
            return "MODERATOR_REVOKED"
        if order is not None:
            named = self.orders[order]
            if named.withdrawn is not None:
                return "ORDER_WITHDRAWN"
            named.carry_out(content, kind, now)
        self.measures.append(ModelMeasure(content, kind, by, now))
        self._log(kind, "impose")
        return "IN_FORCE"

    def _log(self, kind: int, verb: str) -> None:
        self.logged[f"content:{KINDS[kind].lower()}:{verb}"] += 1

    def reverse(self, place: int, by: int, now: int) -> str:
        """Reverse a measure."""
        found = self.measures[place]
        if by in self.revoked:
            return "MODERATOR_REVOKED"
        if found.state != "IN_FORCE":
            return f"{found.state} -> REVERSED"
        found.state, found.ended = "REVERSED", (now, by)
        self._log(found.kind, "reverse")
        return "REVERSED"

    def file(self, place: int, now: int) -> str:
        """Appeal against a measure."""
        found = self.measures[place]
        if found.appeal is not None:
            return "APPEAL_EXISTS"
        if end_of_day(found.at, 180) <= now:
            return "APPEAL_TOO_LATE"
        found.appeal = ModelContentAppeal(now, end_of_day(now, 15))
        self.logged["contentappeal:case:file"] += 1
        return found.state

    def decide(self, place: int, verdict: str, by: int, now: int) -> str:
        """Decide an appeal."""
        found = self.measures[place]
        if by in self.revoked:
            return "MODERATOR_REVOKED"
        appeal = found.appeal
        if appeal is None:
            return "APPEAL_NOT_FOUND"
        if appeal.state != "FILED":
            return f"{appeal.state} -> {verdict}"
        if by == found.by:
            return "SELF_APPROVAL"
        self._note(appeal, now)
        appeal.state, appeal.decided_at = verdict, now
        self.logged[f"contentappeal:case:{'uphold' if verdict == 'UPHELD' else 'reject'}"] += 1
        if verdict == "UPHELD":
            if found.state == "IN_FORCE":
                self._log(found.kind, "overturn")
                found.ended = (now, by)
            found.state = "OVERTURNED"
        return found.state

    def _note(self, appeal: ModelContentAppeal, now: int) -> bool:
        if appeal.late or not appeal.overdue(now):
            return False
        appeal.late = True
        self.logged["contentappeal:case:overdue"] += 1
        return True

    def sweep(self, now: int) -> tuple[int, int]:
        """Note what is overdue and delete texts; return how many."""
        appeals = [each.appeal for each in self.measures if each.appeal is not None]
        late = sum(self._note(each, now) for each in appeals)
        bare = [each for each in appeals if each.text and not each.readable(now)]
        for appeal in bare:
            appeal.text = False
        self.logged["contentappeal:text:delete"] += len(bare)
        return late, len(bare)

    def uphold(
        self, place: int, content: int, kind: int, by: int, now: int, *, names: bool, sanction: str
    ) -> str:
        """Uphold a report by a measure. names: whether it names the report. sanction: beside it, or ""."""
        report = self.reports[place]
        if not names:
            return "content_measure.statement.tip_off CHARACTER"
        refused = "MODERATOR_REVOKED" if by in self.revoked else report.refused(by, now)
        if refused is not None:
            return refused
        self.impose(content, kind, by, now)
        if sanction == "CLOSE":
            report.proposed_by, report.until = by, now + CONFIRM_WITHIN
            return "ASSIGNED"
        report.closed = True
        return "RESOLVED"

    def end_proposal(self, place: int, by: int, now: int, *, confirms: bool) -> str:
        """Confirm or withdraw the closing that a report waits for; the measure beside it stays."""
        report = self.reports[place]
        wanted = "IN_FORCE" if confirms else "LIFTED"
        if by in self.revoked:
            return "MODERATOR_REVOKED"
        if not report.waits(now):
            return f"LAPSED -> {wanted}"
        if confirms and by == report.proposed_by:
            return "SELF_APPROVAL"
        if confirms and report.proposed_by in self.revoked:
            return "MODERATOR_REVOKED"
        report.closed, report.until = confirms, None
        return wanted

    def withdraw(self, place: int, now: int) -> str:
        """Let an authority withdraw its order; what carried it out stays in force."""
        if self.orders[place].withdrawn is not None:
            return "WITHDRAWN -> WITHDRAWN"
        self.orders[place].withdrawn = now
        return "WITHDRAWN"
