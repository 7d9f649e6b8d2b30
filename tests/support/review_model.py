"""A second, simple implementation of reviewed documents: what a walk over the real one must agree with.

It knows no rows and no claims: who a person is, is the document's place. Times are in seconds.
"""

from dataclasses import dataclass, field

from tests.support.erasure_model import ModelVault

HOUR, DAY = 3_600, 86_400
CONFIRM_WITHIN, KEPT = 72 * HOUR, 10 * DAY
LIMIT = 2
"""How many accounts a person may have in the walk."""


@dataclass
class ModelSeen:
    """A document that a reviewer signed to have seen.

    account: the place of the account that it renews; at a sign-up, of the one that it made. claimed: whether
    a claim came of it.
    """

    document: int
    renews: bool
    account: int | None
    by: int
    at: int
    second: int | None = None
    second_at: int = 0
    state: str = "PROPOSED"
    claimed: bool = False

    def shown(self, now: int) -> str:
        """Return the state as of now."""
        lapsed = self.state == "PROPOSED" and now >= self.at + CONFIRM_WITHIN
        return "LAPSED" if lapsed else self.state

    def signed_by(self, reviewer: int) -> int | None:
        """Return when a reviewer signed it, first or second; None if that never was."""
        if self.by == reviewer:
            return self.at
        return self.second_at if self.second == reviewer else None


@dataclass
class ModelReviews:
    """A platform's reviewers and what they signed.

    demanded: how many must sign, none if the platform accepts no reviews. per_day: documents of a reviewer.
    revoked: reviewers. by_number: the places of accounts whose owners are known by number, not by document.
    signatures, claims: how many there ever were.
    """

    per_day: int
    demanded: int = 2
    revoked: set[int] = field(default_factory=set)
    reviews: list[ModelSeen | None] = field(default_factory=list)
    vault: ModelVault = field(default_factory=lambda: ModelVault(LIMIT))
    by_number: set[int] = field(default_factory=set)
    signatures: int = 0
    claims: int = 0

    def count(self, reviewer: int) -> int:
        """Return how many documents a reviewer signed, of what is kept."""
        return len(self._signed(reviewer))

    def _signed(self, reviewer: int) -> list[int]:
        found = [each.signed_by(reviewer) for each in self.reviews if each is not None]
        return [each for each in found if each is not None]

    def retry_after(self, reviewer: int, now: int) -> int:
        """Return in how many seconds a reviewer who signed as many as a day allows can sign again."""
        return min(each for each in self._signed(reviewer) if each > now - DAY) + DAY - now

    def refused(self, by: int, now: int) -> str | None:
        """Return why a reviewer can sign nothing."""
        if by in self.revoked:
            return "MODERATOR_REVOKED"
        if not self.demanded:
            return "PROOF_NOT_OFFERED"
        today = [each for each in self._signed(by) if each > now - DAY]
        return "TOO_MANY_REVIEWS" if len(today) >= self.per_day else None

    def sign(self, by: int, document: int, account: int | None, now: int, *, away: bool = False) -> str:
        """Sign first: for an account to renew, or for a new one. away: whether nobody makes the claim."""
        refused = self.refused(by, now)
        if refused is None and account is not None:
            refused = self._not_admitted(account)
        if refused is not None:
            return refused
        made = ModelSeen(document, account is not None, account, by, now)
        self.reviews.append(made)
        self.signatures += 1
        if self.demanded == 2:
            return "PROPOSED"
        made.state = "SIGNED"
        return self._claim(made, away)

    def confirm(self, place: int, by: int, now: int, *, reads: int, names: int, away: bool = False) -> str:
        """Sign second. reads: the document that the second reviewer read; names: the review whose paper."""
        refused = self.refused(by, now)
        if refused is not None:
            return refused
        found = self.reviews[place]
        if found is None:
            return "REVIEW_NOT_FOUND"
        refused = self._unfit(found, by, now, reads=reads, is_named=names == place)
        if refused is not None:
            return refused
        found.state, found.second, found.second_at = "SIGNED", by, now
        self.signatures += 1
        return self._claim(found, away)

    def _unfit(self, found: ModelSeen, by: int, now: int, *, reads: int, is_named: bool) -> str | None:
        if found.shown(now) != "PROPOSED":
            return f"{found.shown(now)} -> SIGNED"
        if by == found.by:
            return "SELF_APPROVAL"
        if not is_named:
            return "paper_digest CHARACTER"
        if reads != found.document:
            return "document OTHER_DOCUMENT"
        return "MODERATOR_REVOKED" if found.by in self.revoked else None

    def _claim(self, review: ModelSeen, away: bool) -> str:
        """Make the claim of a review that everybody has signed; it is refused, fails or succeeds."""
        if away:
            return "STORE_UNAVAILABLE"
        if review.renews and review.account is not None:
            refused = self._not_admitted(review.account)
            if refused is not None:
                return refused
        self.claims += 1
        review.claimed = True
        return f"SIGNED {self._outcome(review)}"

    def _outcome(self, review: ModelSeen) -> str:
        if not review.renews:
            ended = self.vault.sign_up(review.document)
            if ended == "SUCCEEDED":
                review.account = len(self.vault.accounts) - 1
            return ended
        assert review.account is not None
        if review.account in self.by_number:
            return "OTHER_PROOF"
        if self.vault.accounts[review.account].person != review.document:
            return "DIFFERENT_OWNER"
        return self.vault.renew(review.account)

    def _not_admitted(self, account: int) -> str | None:
        found = self.vault.accounts[account]
        if found.erased_at is not None:
            return "ACCOUNT_ERASED"
        return "ACCOUNT_CLOSED" if found.closed or found.follows else None

    def work(self, now: int) -> None:
        """Let the worker forget what nobody confirmed, erase and destroy."""
        self.vault.work(now)
        for place, review in enumerate(self.reviews):
            if review is not None and (self._is_old(review, now) or self._is_destroyed(review)):
                self.reviews[place] = None

    def _is_old(self, review: ModelSeen, now: int) -> bool:
        leads_nowhere = review.state == "PROPOSED" or not (review.renews or review.claimed)
        return leads_nowhere and review.at < now - KEPT

    def _is_destroyed(self, review: ModelSeen) -> bool:
        return review.account is not None and self.vault.accounts[review.account].destroyed
