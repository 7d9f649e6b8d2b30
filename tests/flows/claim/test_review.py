"""Reviewed documents over both databases: who signs, what is refused, what is kept, and who dies in between.

The reviewers' keys sign in the client; attacks change what was signed, who calls, or where.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from idvault.claim.review import rules
from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims, persons, reviews
from idvault_client import FailureReason, IdentityDocument, resident_id
from idvault_client.reviews import ReviewState, SeenDocument, mainland_travel_permit, passport
from idvault_verify.account import Assurance
from idvault_verify.attest import review as attest_review
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, Reason
from idvault_verify.session import Proof
from tests.support.refusal import fields_of, reason_of, refused, states_of
from tests.support.review_world import CONSENT, NAME, PASSPORT, PERMIT, ReviewWorld, numbered, seen
from tools.support import sql
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import PARTY
from tools.support.sanction_world import signing

OTHER = "platform-b"
HOURS = 3600
DAYS = 24 * HOURS
Keys = tuple[ModeratorKey, ModeratorKey, ModeratorKey]


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[ReviewWorld]:
    """Return the flows with a new database of each kind, of a platform that demands two reviewers."""
    made = ReviewWorld(main_database)
    await made.accept(Proof.TWO_REVIEWERS)
    yield made
    await made.claims.verification.drain()


@pytest_asyncio.fixture
async def keys(world: ReviewWorld) -> Keys:
    """Return three moderators."""
    return await world.moderator(1), await world.moderator(2), await world.moderator(3)


class LyingDocument(SeenDocument):
    """Sends something else than what is signed: the usual person."""

    def marked(self) -> bytes:
        return attest_review.mark(identity(), salt=seen().salt)


def identity(document: Document | None = None, name: str = NAME) -> Identity:
    """Return the person as she is sealed."""
    return Identity(name, document or Document(DocumentType.PASSPORT, PASSPORT.number))


def _again(world: ReviewWorld) -> dict[str, Any]:
    """Return the request of a call that is repeated."""
    return {"request_id": world.new_id()}


async def test_two_reviewers_verify_a_person(world: ReviewWorld, keys: Keys) -> None:
    """From the first signature to the account: one claim, no registry, and both ids sealed."""
    first = await world.sign(keys[0])
    assert (first.state, first.account_token, first.verification) == (ReviewState.PROPOSED, "", None)
    assert first.lapse_time is not None
    assert await sql.count(world.database, accounts) == 0
    done = await world.countersign(first, keys[1])
    assert (done.state, done.lapse_time) == (ReviewState.SIGNED, None)
    assert done.verification is not None
    assert done.verification.succeeded
    assert done.account_token == done.verification.account_token
    assert done.verification.status.assurances == (Assurance.DOCUMENT_SEEN,)
    assert (done.reviewer_id, done.confirm_reviewer_id) == (keys[0].moderator_id, keys[1].moderator_id)
    assert world.claims.registry.checks == []
    assert world.claims.records.sealed == [(done.account_token, identity())]
    (sealed,) = world.claims.records.reviews
    assert sealed is not None
    assert [each.reviewer_id for each in sealed.papers] == [keys[0].moderator_id, keys[1].moderator_id]
    attest_review.check(
        sealed,
        identity=identity(),
        relying_party=PARTY,
        account_token=done.account_token,
        policy_version="terms-3",
    )
    again = await world.claims.client().get_verification(done.verification.request_id)
    assert again.account_token == done.account_token


async def test_one_reviewer_suffices_where_the_platform_says_so(world: ReviewWorld, keys: Keys) -> None:
    """The first signature makes the claim, and there is nothing to confirm."""
    await world.accept(Proof.ONE_REVIEWER)
    done = await world.sign(keys[0], seen(document=PERMIT))
    assert done.state is ReviewState.SIGNED
    assert done.verification is not None
    assert done.verification.succeeded
    (sealed,) = world.claims.records.reviews
    assert sealed is not None
    assert [each.reviewer_id for each in sealed.papers] == [keys[0].moderator_id]
    late = world.countersign(done, keys[1], seen(document=PERMIT))
    assert await states_of(late) == ("SIGNED", "SIGNED")


@pytest.mark.parametrize("accepted", [(Proof.NUMBER_MATCH, Proof.HOLDER), (Proof.RESULT_ONLY,)])
async def test_a_platform_must_accept_reviews(
    world: ReviewWorld, keys: Keys, accepted: tuple[Proof, ...]
) -> None:
    """One kind of proof for each platform: others are refused, also between the two signatures."""
    first = await world.sign(keys[0])
    await world.accept(*accepted)
    assert await reason_of(world.sign(keys[0])) is Reason.PROOF_NOT_OFFERED
    assert await reason_of(world.countersign(first, keys[1])) is Reason.PROOF_NOT_OFFERED
    assert await sql.count(world.database, accounts) == 0


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (resident_id("11010519491231002X"), "document.type"),
        (IdentityDocument(DocumentType.RESIDENCE_PERMIT, "810000199408230021"), "document.type"),
        (IdentityDocument(DocumentType.PASSPORT, "11010519491231002X"), "document.number"),
        (IdentityDocument(DocumentType.PASSPORT, "CHN11010519491231002X"), "document.number"),
        (mainland_travel_permit("110105194912310"), "document.number"),
    ],
)
async def test_a_resident_number_is_never_reviewed(
    world: ReviewWorld, keys: Keys, document: IdentityDocument, field: str
) -> None:
    """The error names the field and says why; nothing is stored, and nothing quotes the number."""
    error = await refused(world.sign(keys[0], seen(document=document)))
    assert dict(error.fields) == {field: FieldCode.RESIDENT_NUMBER}
    assert document.number not in str(error)
    assert await sql.count(world.database, reviews) == 0


async def test_every_wrong_field_is_named_at_once(world: ReviewWorld, keys: Keys) -> None:
    """A mistyped check digit and an empty name are one error; a short salt is refused too."""
    wrong = seen("", passport("GBR", "L898902C3", "7"))
    assert await fields_of(world.sign(keys[0], wrong)) == ["real_name", "document.number"]
    assert await fields_of(world.sign(keys[0], seen(salt=b"short"))) == ["salt"]
    credit = IdentityDocument(DocumentType.UNIFIED_SOCIAL_CREDIT_CODE, "91350100M000100Y43")
    assert await reason_of(world.sign(keys[0], seen(document=credit))) is Reason.UNSUPPORTED_DOCUMENT


async def test_nothing_that_was_altered_is_accepted(world: ReviewWorld, keys: Keys) -> None:
    """A signature is of one name, one document, one account, one version of the terms and one platform."""
    honest = seen()
    await world.accept(Proof.TWO_REVIEWERS, party=OTHER)
    token = await world.account()

    lies = [
        world.sign(keys[0], LyingDocument("ANNA OTHER", PASSPORT, honest.salt)),
        world.sign(keys[0], LyingDocument(NAME, passport("USA", "L898902C3", "6"), honest.salt)),
        world.sign(keys[0], LyingDocument(NAME, PERMIT, honest.salt)),
        world.sign(keys[0], LyingDocument(NAME, PASSPORT, b"\x0a" * 32)),
    ]
    for lie in lies:
        assert await fields_of(lie) == ["signature.signature"]
    assert await reason_of(world.sign(keys[0], party=OTHER)) is Reason.MODERATOR_NOT_FOUND
    stranger = ModeratorKey(PARTY, keys[1].private_key, keys[0].moderator_id)
    assert await fields_of(world.sign(stranger)) == ["signature.signature"]
    assert await sql.count(world.database, reviews) == 0
    foreign = world.sign(keys[0], account_token=token, party=OTHER)
    assert await reason_of(foreign) is Reason.MODERATOR_NOT_FOUND


async def test_the_second_reviewer_must_read_the_same(world: ReviewWorld, keys: Keys) -> None:
    """Another name, document or salt is refused, and the review still waits for who reads it right."""
    first = await world.sign(keys[0])
    for other in (seen("ANNA CANARY ERIKSON"), seen(document=PERMIT), seen(salt=b"\x0a" * 32)):
        error = await refused(world.countersign(first, keys[1], other))
        assert error.fields == {"document": "OTHER_DOCUMENT"}
    wrong = world.countersign(first, keys[1], paper_digest=b"\x01" * 32)
    assert await fields_of(wrong) == ["paper_digest"]
    done = await world.countersign(first, keys[1], seen(NAME))
    assert done.state is ReviewState.SIGNED


async def test_a_signature_is_for_one_review(world: ReviewWorld, keys: Keys) -> None:
    """What confirms one review confirms no other, even of the same document; nobody signs twice."""
    one, other = await world.sign(keys[0]), await world.sign(keys[1])
    moved = world.countersign(replace(one, review_id=other.review_id), keys[2])
    assert await fields_of(moved) == ["paper_digest"]
    assert await reason_of(world.countersign(one, keys[0])) is Reason.SELF_APPROVAL
    assert (await world.countersign(one, keys[1])).state is ReviewState.SIGNED
    assert await states_of(world.countersign(one, keys[2])) == ("SIGNED", "SIGNED")
    unknown = world.countersign(replace(one, review_id="0" * 32), keys[2])
    assert await reason_of(unknown) is Reason.REVIEW_NOT_FOUND
    await world.accept(Proof.TWO_REVIEWERS, party=OTHER)
    there = await world.moderator(9, party=OTHER)
    assert await reason_of(world.countersign(other, there, party=OTHER)) is Reason.REVIEW_NOT_FOUND


async def test_a_desk_relays_its_own_signature_alone(world: ReviewWorld, keys: Keys) -> None:
    """A moderator's certificate reviews with its own key, and carries nobody else's signature."""
    own = world.as_moderator(keys[0])
    other = own.reviews.sign(seen(), consent=CONSENT, key=signing(keys[1], 0))
    assert await reason_of(other) is Reason.ACCESS_DENIED
    first = await own.reviews.sign(seen(), consent=CONSENT, key=signing(keys[0], 0))
    assert [each.review_id for each in (await own.reviews.list_page(open_only=True)).reviews] == [
        first.review_id
    ]


async def test_a_signature_is_fresh(world: ReviewWorld, keys: Keys) -> None:
    """What was signed eleven minutes ago is refused."""
    old = world.reviewing(660).sign(seen(), consent=CONSENT, key=signing(keys[0], 0))
    assert await fields_of(old) == ["signature.sign_time"]


async def test_a_revoked_reviewer_signs_nothing(world: ReviewWorld, keys: Keys) -> None:
    """Nor is what he proposed confirmed; what he signed before is counted and listed for whoever must act."""
    settled = await world.countersign(await world.sign(keys[0]), keys[1])
    waiting = await world.sign(keys[0], numbered(1), seconds=1)
    await world.asks().revoke_moderator(keys[0].moderator_id)
    assert await reason_of(world.sign(keys[0], numbered(2))) is Reason.MODERATOR_REVOKED
    assert await reason_of(world.countersign(waiting, keys[1], numbered(1))) is Reason.MODERATOR_REVOKED
    page = await world.reviewing().list_page(reviewer_id=keys[0].moderator_id)
    assert page.count == 2
    assert [each.review_id for each in page.reviews] == [settled.review_id, waiting.review_id]
    assert [each.account_token for each in page.reviews] == [settled.account_token, ""]
    second = await world.reviewing().list_page(reviewer_id=keys[1].moderator_id)
    assert (second.count, len(second.reviews)) == (1, 1)
    nobody = world.reviewing().list_page(reviewer_id="0" * 32)
    assert await reason_of(nobody) is Reason.MODERATOR_NOT_FOUND
    both = world.reviewing().list_page(reviewer_id=keys[0].moderator_id, open_only=True)
    assert await fields_of(both) == ["open"]
    assert await fields_of(world.reviewing().list_page(page_token="x")) == ["page_token"]


async def test_the_cap_of_a_day(world: ReviewWorld, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both kinds of signature count for their reviewer alone, in any 24 hours, and each refusal says when."""
    monkeypatch.setattr(rules, "PER_DAY", 3)
    made = [await world.sign(keys[0], numbered(number), seconds=number * HOURS) for number in (1, 2)]
    other = await world.sign(keys[1], numbered(3))
    await world.countersign(other, keys[0], numbered(3), seconds=3 * HOURS)
    error = await refused(world.sign(keys[0], numbered(4), seconds=4 * HOURS))
    assert error.reason == Reason.TOO_MANY_REVIEWS
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() == 21 * HOURS
    waits = world.countersign(await world.sign(keys[2], numbered(5)), keys[0], numbered(5), seconds=4 * HOURS)
    assert await reason_of(waits) is Reason.TOO_MANY_REVIEWS
    assert (
        await world.countersign(made[0], keys[1], numbered(1), seconds=5 * HOURS)
    ).verification is not None
    assert await world.sign(keys[0], numbered(4), seconds=25 * HOURS)


async def test_a_repeat_makes_nothing_again(world: ReviewWorld, keys: Keys) -> None:
    """The same ids and the same document are the same review and one claim; another document is refused."""
    ids = _again(world)
    first = await world.sign(keys[0], **ids)
    assert await world.sign(keys[0], seconds=60, **ids) == first
    assert await reason_of(world.sign(keys[0], numbered(1), **ids)) is Reason.REQUEST_ID_REUSED
    again = _again(world)
    done = await world.countersign(first, keys[1], **again)
    assert await world.countersign(first, keys[1], seconds=60, **again) == done
    counts = [await sql.count(world.database, table) for table in (reviews, claims, accounts)]
    assert counts == [1, 1, 1]


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
@pytest.mark.parametrize("step", ["sign", "confirm", "open", "settle"])
async def test_who_dies_between_two_acts_loses_nothing(
    world: ReviewWorld, keys: Keys, step: str, fault: Fault
) -> None:
    """Whichever act is the process's last one, the next process ends the same review with one claim."""
    ids, again = _again(world), _again(world)
    world.claims.claims.plant(step, fault)
    lost = world.sign(keys[0], **ids) if step == "sign" else None
    if lost is not None:
        assert await reason_of(lost) == Reason.STORE_UNAVAILABLE
    first = await world.sign(keys[0], **ids)
    if lost is None:
        assert await reason_of(world.countersign(first, keys[1], **again)) == Reason.STORE_UNAVAILABLE
    after = ReviewWorld(world.database, life=1)
    # The lease of the process that died is over.
    done = await after.countersign(first, keys[1], seconds=60, **again)
    assert done.verification is not None
    assert done.verification.succeeded
    counts = [await sql.count(world.database, table) for table in (reviews, claims, accounts)]
    assert counts == [1, 1, 1]
    await after.claims.verification.drain()


async def test_a_review_lapses(world: ReviewWorld, keys: Keys) -> None:
    """After 72 hours nobody signs second; a week later nothing is left of it, and what verified stays."""
    kept = await world.countersign(await world.sign(keys[0]), keys[1])
    first = await world.sign(keys[0], numbered(1), seconds=1)
    late = world.countersign(first, keys[1], numbered(1), seconds=72 * HOURS + 1)
    assert await states_of(late) == ("LAPSED", "SIGNED")
    listed = (await world.reviewing(72 * HOURS + 1).list_page()).reviews
    assert [each.state for each in listed] == [ReviewState.SIGNED, ReviewState.LAPSED]
    assert (await world.reviewing(72 * HOURS + 1).list_page(open_only=True)).reviews == ()
    assert await world.forget(seconds=10 * DAYS + 1) == 0
    assert await world.forget(seconds=10 * DAYS + 2) == 1
    (left,) = (await world.reviewing().list_page()).reviews
    assert left.review_id == kept.review_id


async def test_each_type_of_document_has_its_own_index(world: ReviewWorld, keys: Keys) -> None:
    """The same person by the same document is one, by another document another one."""
    first = await world.countersign(await world.sign(keys[0]), keys[1])
    again = await world.countersign(await world.sign(keys[0]), keys[1])
    assert first.account_token != again.account_token
    assert await sql.count(world.database, persons) == 1
    await world.countersign(await world.sign(keys[0], seen(document=PERMIT)), keys[1], seen(document=PERMIT))
    usa = seen(document=passport("USA", "L898902C3", "6"))
    await world.countersign(await world.sign(keys[0], usa), keys[1], usa)
    assert await sql.count(world.database, persons) == 3


async def test_an_account_is_renewed_by_the_same_document(world: ReviewWorld, keys: Keys) -> None:
    """Another document is somebody else's, and whoever was known by number is another person."""
    token = (await world.countersign(await world.sign(keys[0]), keys[1])).account_token
    first = await world.sign(keys[0], account_token=token)
    assert first.account_token == token
    renewed = await world.countersign(first, keys[1])
    assert renewed.verification is not None
    assert (renewed.verification.succeeded, renewed.account_token) == (True, token)
    other = await world.sign(keys[0], seen(document=PERMIT), account_token=token)
    failed = (await world.countersign(other, keys[1], seen(document=PERMIT))).verification
    assert failed is not None
    assert failed.failure_reason is FailureReason.DIFFERENT_OWNER
    by_number = await world.account()
    crossed = await world.countersign(await world.sign(keys[0], account_token=by_number), keys[1])
    assert crossed.verification is not None
    assert crossed.verification.failure_reason is FailureReason.OTHER_PROOF
    stranger = world.sign(keys[0], account_token="acct_" + "0" * 26)
    assert await reason_of(stranger) is Reason.ACCOUNT_NOT_FOUND


async def test_the_limit_of_accounts_holds(world: ReviewWorld, keys: Keys) -> None:
    """A person known by a document has as many places as one known by number."""
    for _ in range(5):
        await world.countersign(await world.sign(keys[0]), keys[1])
    sixth = (await world.countersign(await world.sign(keys[0]), keys[1])).verification
    assert sixth is not None
    assert sixth.failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED


async def test_no_name_is_left_in_clear(world: ReviewWorld, keys: Keys) -> None:
    """No table has name, number or salt: not between the signatures, and not after."""
    first = await world.sign(keys[0])
    canaries = (NAME, "CANARY", "L898902C3", seen().salt.hex(), repr(seen().salt))
    for step in range(2):
        stored = [
            text
            for table in main.sorted_tables
            for row in await sql.rows(world.database, select(table))
            for text in (repr(row), *(each.hex() for each in row if isinstance(each, bytes)))
        ]
        assert any(keys[0].moderator_id in text for text in stored)
        for canary in canaries:
            encoded = canary.encode().hex()
            assert not [text for text in stored if canary in text or encoded in text], step
        if not step:
            await world.countersign(first, keys[1])


async def test_an_edge_that_changes_the_name_afterwards_is_found(world: ReviewWorld, keys: Keys) -> None:
    """What is sealed binds what was signed: another name, another account, a missing paper do not open."""
    done = await world.countersign(await world.sign(keys[0]), keys[1])
    (sealed,) = world.claims.records.reviews
    assert sealed is not None
    of = {
        "relying_party": PARTY,
        "account_token": done.account_token,
        "policy_version": "terms-3",
    }
    attest_review.check(sealed, identity=identity(), **of)
    for lie in (identity(name="EVE"), identity(Document(DocumentType.MAINLAND_TRAVEL_PERMIT, "H01234567"))):
        with pytest.raises(UnsealError):
            attest_review.check(sealed, identity=lie, **of)
    with pytest.raises(UnsealError):
        attest_review.check(None, identity=identity(), **of)


async def test_every_signature_is_an_entry_of_the_log(world: ReviewWorld, keys: Keys) -> None:
    """The log has both signatures before the claim, each with its paper under the commitment."""
    await world.countersign(await world.sign(keys[0]), keys[1])
    assert await world.events("verification:") == [
        "verification:claim:open",
        "verification:claim:settle",
        "verification:document:countersign",
        "verification:document:sign",
    ]


async def test_a_review_of_a_removed_account_goes(world: ReviewWorld, keys: Keys) -> None:
    """Where no account came of it, or the account was removed, the worker deletes the review."""
    done = await world.countersign(await world.sign(keys[0]), keys[1])
    gone = update(reviews).values(account_token="acct_" + "0" * 26)
    await sql.change(world.database, gone)
    assert await world.forget(seconds=11 * DAYS) == 1
    assert done.account_token
    assert await sql.count(world.database, reviews) == 0
