"""What becomes of verifications, contests and narrowings, said plainly. Times are in seconds."""

from collections import Counter
from dataclasses import dataclass, field

from tests.support.appeal_model import end_of_day

HOURS, DAYS = 3_600, 86_400
CONFIRM_WITHIN, KEPT, DUE = 72 * HOURS, 180 * DAYS, 15 * DAYS
APPEAL_DAYS = 15
LIMIT = 5
IMPOSED_BY = {0, 1}


@dataclass
class ModelClaim:
    """A success. contest: None until it is contested."""

    ended: int
    withdrawn: bool = False


@dataclass
class ModelContest:
    """A contest of a claim; rejected_by: of the one whose place it took."""

    account: int
    claim: ModelClaim
    filed: int
    state: str = "FILED"
    proposed_by: int | None = None
    proposed: int = 0
    rejected_by: int | None = None
    decided_by: int | None = None
    withdrew: "ModelWithdrawal | None" = None

    def shown(self, now: int) -> str:
        """Return the state as of now."""
        waits = self.proposed_by is not None and now < self.proposed + CONFIRM_WITHIN
        return "PROPOSED" if self.state == "FILED" and waits else self.state


@dataclass
class ModelWithdrawal:
    """What an account was, and by whom it was withdrawn. ended: verified again; kept: whose is known."""

    account: int
    person: int
    at: int
    by: tuple[int | None, int | None]
    claims: list[ModelClaim]
    ended: bool = False
    kept: bool = True
    appeal: "ModelAppealOfWithdrawal | None" = None


@dataclass
class ModelAppealOfWithdrawal:
    """An appeal against a withdrawal. reinstated: None until it is upheld."""

    withdrawal: ModelWithdrawal
    state: str = "FILED"
    proposed_by: int | None = None
    proposed: int = 0
    decided_by: int | None = None
    reinstated: bool | None = None

    def shown(self, now: int) -> str:
        """Return the state as of now."""
        waits = self.proposed_by is not None and now < self.proposed + CONFIRM_WITHIN
        return "PROPOSED" if self.state == "FILED" and waits else self.state


@dataclass
class ModelSanction:
    """A sanction of a person. narrowing: None, or its state, proposer and time of the proposal."""

    account: int
    person: int
    state: str = "IN_FORCE"
    scope: str = "PERSON"
    narrowing: str | None = None
    proposed_by: int | None = None
    proposed: int = 0

    def narrowed(self, now: int) -> str | None:
        """Return the state of the narrowing as of now."""
        lapsed = self.narrowing == "PROPOSED" and now >= self.proposed + CONFIRM_WITHIN
        return "OPEN" if lapsed else self.narrowing


@dataclass
class ModelVictims:
    """Accounts and whose they are.

    kept: of each withdrawal account, person and time. held: of an account, until when its records are.
    """

    owners: list[int | None]
    claims: list[list[ModelClaim]]
    contests: list[ModelContest] = field(default_factory=list)
    sanctions: list[ModelSanction] = field(default_factory=list)
    kept: list[tuple[int, int, int]] = field(default_factory=list)
    former: dict[int, int | None] = field(default_factory=dict)
    held: dict[int, list[int]] = field(default_factory=dict)
    withdrawals: list[ModelWithdrawal] = field(default_factory=list)
    appeals: list[ModelAppealOfWithdrawal] = field(default_factory=list)

    def present(self, account: int) -> ModelWithdrawal | None:
        """Return because of which withdrawal an account is REVOKED."""
        found = [each for each in self.withdrawals if each.account == account and not each.ended]
        return found[0] if found else None

    def barred(self, contest: ModelContest) -> set[int | None]:
        """Return who decides nothing about a contest: its former rejecter, and who reinstated the account."""
        found = {contest.rejected_by}
        for each in self.withdrawals:
            if each.account == contest.account and each.appeal is not None and each.appeal.reinstated:
                found |= {each.appeal.proposed_by, each.appeal.decided_by}
        return found - {None}

    def state(self, account: int) -> str:
        """Return the state of an account."""
        return "REVOKED" if self.owners[account] is None else "VERIFIED"

    def verify(self, account: int, person: int, *, holder: bool, follows: bool, now: int) -> str:
        """Verify an account as a person. follows: whether it follows a sanction now."""
        owner = self.owners[account]
        if owner is not None and owner != person:
            return "DIFFERENT_OWNER"
        if owner is None:
            open_ = follows or any(
                each.account == account and each.state == "IN_FORCE" for each in self.sanctions
            )
            if self.former.get(account) != person and open_:
                return "DIFFERENT_OWNER"
            if not holder and any(each == person for _, each, _ in self.kept):
                return "HOLDER_REQUIRED"
            self._end_withdrawal(account)
        self.owners[account] = person
        self.claims[account].append(ModelClaim(now))
        return "SUCCEEDED"

    def _end_withdrawal(self, account: int) -> None:
        """Let an account be verified that was REVOKED: nothing of it must be narrowed any more."""
        self.former.pop(account, None)
        found = self.present(account)
        if found is not None:
            found.ended = True
        for each in self.sanctions:
            if each.account == account and each.narrowing != "NARROWED":
                each.narrowing = None

    def contest(self, account: int, now: int) -> str:
        """Contest the last verification of an account."""
        claim = self.claims[account][-1]
        former = next((each for each in self.contests if each.claim is claim), None)
        if former is None:
            self.contests.append(ModelContest(account, claim, now))
            return "FILED"
        overruled = None if former.withdrew is None else former.withdrew.appeal
        if former.state == "REJECTED":
            former.rejected_by = former.decided_by
        elif former.state == "UPHELD" and overruled is not None and overruled.reinstated:
            former.rejected_by, former.withdrew = None, None
        else:
            return "CONTEST_EXISTS"
        former.decided_by = None
        former.state, former.filed, former.proposed_by = "FILED", now, None
        return "FILED"

    def appeal(self, account: int, now: int) -> str:
        """Appeal against the withdrawal because of which an account is REVOKED."""
        found = self.present(account)
        if found is None:
            return f"{self.state(account)} -> FILED"
        if end_of_day(found.at, APPEAL_DAYS) <= now:
            return "REINSTATEMENT_TOO_LATE"
        if found.appeal is not None:
            return "REINSTATEMENT_EXISTS"
        found.appeal = ModelAppealOfWithdrawal(found)
        self.appeals.append(found.appeal)
        return "FILED"

    def decide_appeal(self, place: int, by: int, now: int, *, upholds: bool) -> str:
        """Reject an appeal, or propose to uphold it."""
        appeal = self.appeals[place]
        wanted = "PROPOSED" if upholds else "REJECTED"
        found = appeal.shown(now) if upholds else appeal.state
        if found != "FILED":
            return f"{found} -> {wanted}"
        if by in appeal.withdrawal.by:
            return "SELF_APPROVAL"
        if upholds:
            appeal.proposed_by, appeal.proposed = by, now
        else:
            appeal.state, appeal.proposed_by = "REJECTED", None
        return wanted

    def confirm_appeal(self, place: int, by: int, now: int) -> str:
        """Confirm a proposal; it may give a verification back."""
        appeal = self.appeals[place]
        if appeal.shown(now) != "PROPOSED":
            return f"{appeal.shown(now)} -> UPHELD"
        if by in (*appeal.withdrawal.by, appeal.proposed_by):
            return "SELF_APPROVAL"
        appeal.state, appeal.decided_by = "UPHELD", by
        appeal.reinstated = self._reinstate(appeal.withdrawal, now)
        return "UPHELD"

    def _reinstate(self, found: ModelWithdrawal, now: int) -> bool:
        full = sum(each == found.person for each in self.owners) >= LIMIT
        if found.ended or full or not found.kept or now >= found.at + KEPT:
            return False
        self._end_withdrawal(found.account)
        self.owners[found.account] = found.person
        self.held[found.account].remove(found.at + KEPT)
        for claim in found.claims:
            claim.withdrawn = False
        return True

    def reject(self, place: int, by: int) -> str:
        """Reject a contest."""
        contest = self.contests[place]
        if contest.state != "FILED":
            return f"{contest.state} -> REJECTED"
        if by in self.barred(contest):
            return "SELF_APPROVAL"
        contest.state, contest.decided_by, contest.proposed_by = "REJECTED", by, None
        return "REJECTED"

    def propose(self, place: int, by: int, now: int) -> str:
        """Propose to uphold a contest."""
        contest = self.contests[place]
        if contest.shown(now) != "FILED":
            return f"{contest.shown(now)} -> PROPOSED"
        if by in self.barred(contest):
            return "SELF_APPROVAL"
        contest.proposed_by, contest.proposed = by, now
        return "PROPOSED"

    def confirm(self, place: int, by: int, now: int) -> str:
        """Confirm a proposal; it may withdraw a verification."""
        contest = self.contests[place]
        if contest.shown(now) != "PROPOSED":
            return f"{contest.shown(now)} -> UPHELD"
        if by in self.barred(contest) | {contest.proposed_by}:
            return "SELF_APPROVAL"
        contest.state, contest.decided_by = "UPHELD", by
        account = contest.account
        live = [each for each in self.claims[account] if not each.withdrawn and each.ended <= contest.filed]
        owner = self.owners[account]
        newest = max((each.ended for each in live), default=None)
        if owner is not None and contest.claim in live and contest.claim.ended == newest:
            contest.withdrew = self._withdraw(account, owner, now, (contest.proposed_by, by))
        return "UPHELD"

    def _withdraw(
        self, account: int, owner: int, now: int, by: tuple[int | None, int | None]
    ) -> ModelWithdrawal:
        taken = [each for each in self.claims[account] if not each.withdrawn]
        for each in taken:
            each.withdrawn = True
        self.owners[account], self.former[account] = None, owner
        self.kept.append((account, owner, now))
        self.held.setdefault(account, []).append(now + KEPT)
        made = ModelWithdrawal(account, owner, now, by, taken)
        self.withdrawals.append(made)
        for sanction in self.sanctions:
            falls = sanction.state == "IN_FORCE" and sanction.scope == "PERSON"
            if sanction.account == account and falls:
                sanction.narrowing, sanction.proposed_by = "OPEN", None
        return made

    def impose(self, account: int) -> str:
        """Sanction the owner of an account, by the first two moderators."""
        owner = self.owners[account]
        if owner is None:
            return "PERSON_UNKNOWN"
        self.sanctions.append(ModelSanction(account, owner))
        return "IN_FORCE"

    def lift(self, place: int) -> str:
        """Lift a sanction."""
        sanction = self.sanctions[place]
        if sanction.state != "IN_FORCE":
            return "LIFTED -> LIFTED"
        sanction.state = "LIFTED"
        return "LIFTED"

    def narrow(self, place: int, by: int, now: int, *, confirms: bool) -> str:
        """Propose or confirm a narrowing."""
        sanction = self.sanctions[place]
        found, wanted = sanction.narrowed(now), "NARROWED" if confirms else "PROPOSED"
        if found is None:
            return "NARROWING_NOT_DUE"
        if found != ("PROPOSED" if confirms else "OPEN"):
            return f"{found} -> {wanted}"
        if sanction.state != "IN_FORCE":
            return "NARROWING_NOT_DUE"
        if by in IMPOSED_BY or (confirms and by == sanction.proposed_by):
            return "SELF_APPROVAL"
        sanction.narrowing = wanted
        if confirms:
            sanction.scope = "ACCOUNT"
        else:
            sanction.proposed_by, sanction.proposed = by, now
        return wanted

    def forget(self, now: int) -> int:
        """Free whose verifications were withdrawn long ago; return how many. Nobody has what is open then."""
        gone = [each for each in self.kept if each[2] + KEPT <= now]
        for found in self.withdrawals:
            found.kept = found.kept and found.at + KEPT > now
        self.kept = [each for each in self.kept if each not in gone]
        for account, person, _ in gone:
            still = any(each[:2] == (account, person) for each in self.kept)
            if self.former.get(account) == person and not still:
                self.former[account] = None
        return len(gone)

    def counts(self) -> list[tuple[int, int, int]]:
        """Return what is counted of each person of whom anything is known."""
        accounts = Counter(each for each in self.owners if each is not None)
        falls = [each for each in self.sanctions if (each.state, each.scope) == ("IN_FORCE", "PERSON")]
        sanctions, kept = Counter(each.person for each in falls), Counter(each[1] for each in self.kept)
        people = accounts.keys() | sanctions.keys() | kept.keys()
        return sorted(((accounts[each], sanctions[each], kept[each]) for each in people), reverse=True)
