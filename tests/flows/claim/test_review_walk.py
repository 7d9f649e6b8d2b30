"""Reviewed documents against a reference model: a state machine on both databases."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from idvault.claim.review import rules
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault.core.tables.claim import claims, persons
from idvault_client.errors import InvalidFields, VaultError
from idvault_client.reviews import DocumentReview, SeenDocument
from idvault_client.sanctions import AccountSanction
from idvault_verify import document
from idvault_verify.account import AccountState, Assurance, Standing
from idvault_verify.attest import review as attest_review
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import Identity
from idvault_verify.sanction import Degree
from idvault_verify.session import Proof
from tests.support.erasure_model import ModelAccount
from tests.support.refusal import outcome, states_or_reason
from tests.support.review_model import CONFIRM_WITHIN, DAY, HOUR, LIMIT, ModelReviews
from tests.support.review_world import CONSENT, ReviewWorld, numbered
from tests.support.steps import DatabaseSteps, take_steps
from tools.support import builders, sql
from tools.support.databases import Maker
from tools.support.erasure_world import ErasureWorld
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import PARTY, at

REVIEWERS, DOCUMENTS, PER_DAY = 4, 3, 6
LONGEST_DELAY = 72 * HOUR  # of what follows a lifted sanction
STRANGER = -1  # the person who is known by number
PROOFS = {0: Proof.NUMBER_MATCH, 1: Proof.ONE_REVIEWER, 2: Proof.TWO_REVIEWERS}
DEATHS = list(product(("first", "open", "settle"), (Fault.REFUSE, Fault.LOSE_ANSWER)))
AWAY = ("open", Fault.REFUSE)
Death = tuple[str, Fault]
BETWEEN = ["lapses", "revoked first", "revoked second", "accepts 0", "accepts 1", "erased", "closed"]
"""What happens between two signatures."""
BY, PLACE, PERSON = st.integers(0, 99), st.integers(0, 99), st.integers(0, DOCUMENTS - 1)
RENEWED = st.none() | PLACE


class ReviewWalk:
    """The real platform and the model side by side."""

    def __init__(self, main: Database, shred: Database) -> None:
        self.erasures, self.world = ErasureWorld(main, shred), ReviewWorld(main, life=1)
        self.world.claims.settlement.policy = OperatorPolicy(LIMIT, 365, 90, builders.ZONE)
        self.model = ModelReviews(PER_DAY)
        self.keys: list[ModeratorKey] = []
        self.tokens: list[str] = []
        self.made: list[DocumentReview] = []
        self.closings: dict[int, AccountSanction] = {}
        self.now = 0
        self.told: Counter[str] = Counter()

    async def begin(self) -> None:
        await self.world.accept(Proof.TWO_REVIEWERS)
        self.keys = [await self.world.moderator(number + 1) for number in range(REVIEWERS)]
        await self._known(await self.world.account())
        self.model.vault.accounts.append(ModelAccount(STRANGER))
        self.model.by_number.add(0)

    async def _known(self, token: str) -> None:
        self.tokens.append(token)
        await self.erasures.give_key(token, bytes([len(self.tokens)]) * 32)

    async def accept(self, reviewers: int) -> None:
        self.model.demanded = reviewers
        await self.world.accept(PROOFS[reviewers])

    async def sign(self, by: int, person: int, account: int | None, **options: Any) -> None:
        known = len(self.model.reviews)
        ids = {"request_id": self.world.new_id()}
        token = "" if account is None else self.tokens[account]

        def call() -> Awaitable[DocumentReview]:
            key = self.keys[by]
            return self.world.sign(key, numbered(person), account_token=token, seconds=self.now, **ids)

        found = await self._kept(
            call,
            lambda now, away: self.model.sign(by, person, account, now, away=away),
            step="sign",
            **options,
        )
        if len(self.model.reviews) > known:
            listed = found or await self._listed_last()
            self.made.append(listed)
        await self._account_of(known, found)

    async def confirm(
        self, place: int, by: int, *, reads: int | None = None, names: int | None = None, **options: Any
    ) -> None:
        expected = self.model.reviews[place]
        right = 0 if expected is None else expected.document
        read = right if reads is None else reads
        named = place if names is None else names
        ids = {"request_id": self.world.new_id()}

        def call() -> Awaitable[DocumentReview]:
            return self.world.countersign(
                self.made[place],
                self.keys[by],
                numbered(read),
                paper_digest=self.made[named].paper_digest,
                seconds=self.now,
                **ids,
            )

        found = await self._kept(
            call,
            lambda now, away: self.model.confirm(place, by, now, reads=read, names=named, away=away),
            step="confirm",
            **options,
        )
        await self._account_of(place, found)

    async def _kept(
        self,
        call: Callable[[], Awaitable[DocumentReview]],
        model: Callable[[int, bool], str],
        *,
        step: str,
        death: Death | None = None,
        away: bool = False,
    ) -> DocumentReview | None:
        """Return the answer of a call as the model expects it; after a death it is repeated, unless away."""
        begun, faults = self.now, self.world.claims.claims
        if death is not None:
            faults.plant(step if death[0] == "first" else death[0], death[1])
        found = await outcome(call())
        faults.faults.clear()
        if _said(found) == "STORE_UNAVAILABLE" and not away:
            self.now += 60  # the lease of the process that died is over
            found = await outcome(call())
            begun = self.now if death == ("first", Fault.REFUSE) else begun
        said = _said(found)
        expected = model(begun, away)
        assert said == expected
        self.told[said] += 1
        return None if isinstance(found, VaultError) else found

    async def _listed_last(self) -> DocumentReview:
        """Return a review whose claim was refused, so that no answer has shown it."""
        known = {each.review_id for each in self.made}
        (found,) = [each for each in await self._listed() if each.review_id not in known]
        return found

    async def _account_of(self, place: int, found: DocumentReview | None) -> None:
        """Keep the account that a review has made, and check what was sealed."""
        if found is None or found.verification is None or not found.verification.succeeded:
            return
        review = self.model.reviews[place]
        assert review is not None
        if not review.renews:
            await self._known(found.account_token)
        assert found.account_token == self.tokens[review.account or 0]
        assert found.verification.status.assurances == (Assurance.DOCUMENT_SEEN,)
        records = self.world.claims.records
        (token, identity), sealed = records.sealed[-1], records.reviews[-1]
        assert (token, identity) == (found.account_token, _identity(numbered(review.document)))
        assert sealed is not None
        signers = [review.by] if review.second is None else [review.by, review.second]
        assert [each.reviewer_id for each in sealed.papers] == [self.keys[by].moderator_id for by in signers]
        attest_review.check(
            sealed,
            identity=identity,
            relying_party=PARTY,
            account_token=token,
            policy_version=CONSENT.policy_version,
        )

    async def full(self, by: int) -> None:
        """Compare when a reviewer who signed enough for a day can sign again."""
        if self.model.refused(by, self.now) != "TOO_MANY_REVIEWS":
            return
        found = await outcome(self.world.sign(self.keys[by], numbered(0), seconds=self.now))
        assert isinstance(found, VaultError)
        assert found.reason == "TOO_MANY_REVIEWS"
        assert found.retry_after == timedelta(seconds=self.model.retry_after(by, self.now))

    def waits(self, place: int) -> bool:
        """Return whether a review was made at this place that waits for its second signature."""
        found = self.model.reviews[place] if place < len(self.made) else None
        return found is not None and found.state == "PROPOSED"

    async def revoke(self, by: int) -> None:
        """End a reviewer's key; two of the others are left to decide."""
        if len(self._live()) > 2 or by in self.model.revoked:
            await self.world.revoke(self.keys[by], seconds=self.now)
            self.model.revoked.add(by)

    async def join(self) -> None:
        self.keys.append(await self.world.moderator(len(self.keys) + 1, seconds=self.now))

    def _live(self) -> list[ModeratorKey]:
        return [key for by, key in enumerate(self.keys) if by not in self.model.revoked]

    async def close(self, place: int) -> None:
        if place in self.closings:
            return
        expected = self.model.vault.close(place)
        two = (self._live()[0], self._live()[1])
        found = await outcome(self.world.of_person(self.tokens[place], Degree.CLOSE, two, seconds=self.now))
        if isinstance(found, VaultError):
            assert found.reason == expected
            return
        assert expected == "IN_FORCE"
        self.closings[place] = found

    async def lift(self, place: int) -> None:
        if (sanction := self.closings.pop(place, None)) is not None:
            await self.world.lift(sanction, key=self._live()[0], seconds=self.now)
            self.model.vault.lift(place)

    async def erase(self, place: int) -> None:
        expected = self.model.vault.request(place, now=self.now)
        found = await outcome(self.erasures.request(self.tokens[place], seconds=self.now))
        assert (states_or_reason(found) if isinstance(found, VaultError) else found.state) == expected

    async def work(self) -> None:
        await self.world.release(seconds=self.now + LONGEST_DELAY)
        await self.erasures.work(seconds=self.now)
        await self.world.forget(seconds=self.now)
        self.model.work(self.now)

    async def agree(self) -> None:
        """Compare every review, account and person, what was logged, and that no registry was asked."""
        await self._reviews_agree()
        vault = self.model.vault
        for token, expected in zip(self.tokens, vault.accounts, strict=True):
            status = await self.world.status(token, seconds=self.now)
            assert (status.state is AccountState.ERASED) == (expected.erased_at is not None)
            if expected.erased_at is None:
                assert (status.standing is Standing.CLOSED) == (expected.closed or expected.follows)
        used = [vault.used(person) for person in range(STRANGER, DOCUMENTS)]
        rows = await sql.rows(self.world.database, select(persons.c.accounts).where(persons.c.accounts > 0))
        assert sorted(row.accounts for row in rows) == sorted(count for count in used if count)
        assert await sql.count(self.world.database, claims) == self.model.claims + 1
        assert len(await self.world.events("verification:document:")) == self.model.signatures
        assert len(self.world.claims.registry.checks) == 1

    async def _reviews_agree(self) -> None:
        listed = {each.review_id: each for each in await self._listed()}
        waiting = {each.review_id for each in await self._listed(open_only=True)}
        kept = 0
        for made, expected in zip(self.made, self.model.reviews, strict=True):
            if expected is None:
                assert made.review_id not in listed
                continue
            kept += 1
            found, state = listed[made.review_id], expected.shown(self.now)
            assert found.state is not None
            assert found.state.value == state
            assert (made.review_id in waiting) == (state == "PROPOSED")
            assert found.reviewer_id == self.keys[expected.by].moderator_id
            second = "" if expected.second is None else self.keys[expected.second].moderator_id
            assert found.confirm_reviewer_id == second
            lapses = at(expected.at + CONFIRM_WITHIN).business if state == "PROPOSED" else None
            assert found.lapse_time == lapses
            if expected.renews:
                assert found.account_token == self.tokens[expected.account or 0]
            elif state != "SIGNED":
                assert found.account_token == ""
        assert len(listed) == kept
        for by, key in enumerate(self.keys):
            page = await self.world.reviewing(self.now).list_page(reviewer_id=key.moderator_id, page_size=100)
            assert page.count == len(page.reviews) == self.model.count(by)

    async def _listed(self, **options: Any) -> list[DocumentReview]:
        """Return all reviews, each of which is on one page; a long walk has more than one."""
        reviewing = self.world.reviewing(self.now)
        page = await reviewing.list_page(page_size=100, **options)
        found, tokens = list(page.reviews), set[str]()
        while page.next_page_token:
            assert page.next_page_token not in tokens
            tokens.add(page.next_page_token)
            page = await reviewing.list_page(page_size=100, page_token=page.next_page_token, **options)
            found += page.reviews
        assert len({each.review_id for each in found}) == len(found)
        return found


def _identity(what: SeenDocument) -> Identity:
    """Return a person as she is sealed."""
    read = document.parse(type=what.document.type, number=what.document.number, today=date.max)
    return Identity(what.name, read)


def _said(found: DocumentReview | VaultError) -> str:
    """Return an answer as the model says it: states of review and claim, or why it was refused."""
    if isinstance(found, InvalidFields):
        ((field, code),) = found.items()
        return f"{field} {code}"
    if isinstance(found, VaultError):
        return states_or_reason(found)
    assert found.state is not None
    if found.verification is None:
        return found.state.value
    claim = found.verification
    return f"{found.state.value} {'SUCCEEDED' if claim.succeeded else claim.failure_reason.value}"


class ReviewSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.shred = Database(url=self._databases.shred_url)
        self.walk = ReviewWalk(self.database, self.shred)

    async def end(self) -> None:
        await self.walk.world.claims.verification.drain()
        await self.shred.close()

    def by(self, drawn: int) -> int:
        """Return a reviewer, mostly one who can sign."""
        revoked, everybody = self.walk.model.revoked, range(len(self.walk.keys))
        live = [by for by in everybody if by not in revoked] if drawn % 8 else [*everybody]
        return live[drawn % len(live)]

    def account(self, drawn: int | None, person: int) -> int | None:
        """Return an account to renew, mostly of the person; None for a new one."""
        if drawn is None:
            return None
        return self.account_of(person) if drawn % 3 else drawn % len(self.walk.tokens)

    def account_of(self, person: int) -> int:
        """Return the newest account of a person, another one if there is none."""
        accounts = self.walk.model.vault.accounts
        return max(place for place, each in enumerate(accounts) if each.person in (STRANGER, person))

    def review(self, drawn: int) -> int:
        """Return a review, mostly a new one."""
        return max(0, len(self.walk.made) - 1 - drawn % 6)

    @initialize()
    def begin(self) -> None:
        """Register the reviewers; somebody has an account by number."""
        self.run(self.walk.begin())

    @rule(by=BY, person=PERSON, account=RENEWED)
    def sign(self, by: int, person: int, account: int | None) -> None:
        """A reviewer signs first, for a new account or one to renew."""
        self.run(self.walk.sign(self.by(by), person, self.account(account, person)))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, by=BY)
    def confirm(self, place: int, by: int) -> None:
        """A reviewer signs second, or is refused."""
        self.run(self.walk.confirm(self.review(place), self.by(by)))

    @rule(first=BY, person=PERSON, other=PERSON)
    def read_something_else(self, first: int, person: int, other: int) -> None:
        """The second reviewer perhaps reads another document, and then the right one."""
        place, by = len(self.walk.made), self.by(first)
        self.run(self.walk.sign(by, person, None))
        if self.walk.waits(place):
            self.run(self.walk.confirm(place, self.by(by + 1), reads=other))
            self.run(self.walk.confirm(place, self.by(by + 1)))

    @rule(first=BY, person=PERSON, other=PLACE)
    def take_another_slip(self, first: int, person: int, other: int) -> None:
        """The second reviewer perhaps has the slip of another review."""
        place, by = len(self.walk.made), self.by(first)
        self.run(self.walk.sign(by, person, None))
        if self.walk.waits(place):
            self.run(self.walk.confirm(place, self.by(by + 1), names=self.review(other)))

    @rule(first=BY, second=BY, person=PERSON, account=RENEWED)
    def see(self, first: int, second: int, person: int, account: int | None) -> None:
        """The usual way: both sign, or one of them is refused."""
        self._see(self.by(first), self.by(second), person, self.account(account, person))

    @rule(person=PERSON, count=st.integers(2, 4))
    def come_again(self, person: int, count: int) -> None:
        """Somebody wants one account after the other."""
        for number in range(1, count + 1):
            self._see(self.by(number), self.by(number + 1), person, None)

    def _see(self, first: int, second: int, person: int, account: int | None) -> None:
        known = len(self.walk.made)
        self.run(self.walk.sign(first, person, account))
        if self.walk.waits(known):
            self.run(self.walk.confirm(known, second))

    @rule(first=BY, person=PERSON, account=RENEWED, event=st.sampled_from(BETWEEN))
    def wait(self, first: int, person: int, account: int | None, event: str) -> None:
        """Something happens between the two signatures."""
        known, by, own = len(self.walk.made), self.by(first), self.account_of(person)
        second, place = self.by(by + 1), self.account(account, person)
        if event == "erased":  # a week before
            place = own
            self.run(self.walk.erase(own))
            self.walk.now += 5 * DAY
        self.run(self.walk.sign(by, person, place))
        if event == "lapses":
            self.walk.now += CONFIRM_WITHIN
        elif event.startswith("revoked"):
            self.run(self.walk.revoke(by if event == "revoked first" else second))
        elif event.startswith("accepts"):
            self.run(self.walk.accept(int(event[-1])))
        elif event == "erased":
            self.walk.now += 2 * DAY
            self.run(self.walk.work())
        else:
            self.run(self.walk.close(own))
        if len(self.walk.made) > known:
            self.run(self.walk.confirm(known, second))
        self.run(self.walk.accept(2))

    @rule(first=BY, person=PERSON, account=RENEWED, death=st.sampled_from(DEATHS), which=st.booleans())
    def die(self, first: int, person: int, account: int | None, death: Death, which: bool) -> None:
        """A process dies in the first or the second call, which is repeated."""
        known, by = len(self.walk.made), self.by(first)
        self.run(self.walk.sign(by, person, self.account(account, person), death=death if which else None))
        if self.walk.waits(known):
            self.run(self.walk.confirm(known, self.by(first + 1), death=None if which else death))

    @rule(first=BY, person=PERSON, account=RENEWED, days=st.sampled_from([0, 10, 11]))
    def leave(self, first: int, person: int, account: int | None, days: int) -> None:
        """A process dies after the last signature, nobody comes back for the claim, and days pass."""
        known, by = len(self.walk.made), self.by(first)
        self.run(self.walk.sign(by, person, self.account(account, person), death=AWAY, away=True))
        if self.walk.waits(known):
            self.run(self.walk.confirm(known, self.by(first + 1), death=AWAY, away=True))
        self.walk.now += days * DAY
        self.run(self.walk.work())

    @rule(by=BY, person=PERSON)
    def fill_a_day(self, by: int, person: int) -> None:
        """A reviewer signs second, and then first until the day is full."""
        by, known = self.by(by), len(self.walk.made)
        self.run(self.walk.sign(self.by(by + 1), person, None))
        self.walk.now += HOUR
        if self.walk.waits(known):
            self.run(self.walk.confirm(known, by))
        for _ in range(PER_DAY + 1):
            self.run(self.walk.sign(by, person, None))
        self.run(self.walk.full(by))
        self.walk.now += DAY
        self.run(self.walk.sign(by, person, None))

    @rule(reviewers=st.sampled_from([0, 1, 1, 2, 2, 2]))
    def accept(self, reviewers: int) -> None:
        """The platform demands one reviewer or two, or no reviews."""
        self.run(self.walk.accept(reviewers))

    @rule(by=BY)
    def revoke(self, by: int) -> None:
        """A reviewer's key ends."""
        self.run(self.walk.revoke(self.by(by)))

    @precondition(lambda self: self.walk.model.revoked)
    @rule()
    def join(self) -> None:
        """Another reviewer comes."""
        self.run(self.walk.join())

    @rule(place=PLACE)
    def close(self, place: int) -> None:
        """Two moderators close a person."""
        self.run(self.walk.close(place % len(self.walk.tokens)))

    @precondition(lambda self: self.walk.closings)
    @rule(place=PLACE)
    def lift(self, place: int) -> None:
        """A moderator lifts a closing."""
        places = sorted(self.walk.closings)
        self.run(self.walk.lift(places[place % len(places)]))

    @rule(place=PLACE, waits=st.booleans())
    def erase(self, place: int, waits: bool) -> None:
        """An owner wants an account to be erased, and perhaps waits until its keys are destroyed."""
        self.run(self.walk.erase(place % len(self.walk.tokens)))
        for days in (7, 8) if waits else ():
            self.walk.now += days * DAY
            self.run(self.walk.work())

    @rule(hours=st.sampled_from([1, 23, 24, 71, 72, 8 * 24, 10 * 24]))
    def time_passes(self, hours: int) -> None:
        """Days end, reviews lapse, erasures come due."""
        self.walk.now += hours * HOUR

    @rule()
    def the_worker_works(self) -> None:
        """What is due is carried out."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Everything is as in the model."""
        if self.walk.tokens:
            self.run(self.walk.agree())


def test_any_steps_agree_with_the_model(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """On both databases: who signed what, which accounts came of it, and what each call is answered with."""
    monkeypatch.setattr(rules, "PER_DAY", PER_DAY)
    take_steps(ReviewSteps, maker)
