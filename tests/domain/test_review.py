"""Reviewed documents: which are, how many a day, who signs second and until when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.claim.review import rules
from idvault.claim.review.rules import EnteredDocument, NewReview, Review
from idvault_verify.claim import Identity, ReviewState
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import (
    DeniedError,
    ExhaustedError,
    FieldCode,
    InvalidError,
    Reason,
    TransitionError,
    Violation,
)
from tools.support import builders

NOW = builders.NOW
IDENTITY = Identity("ANNA ERIKSSON", Document(DocumentType.PASSPORT, "GBRL898902C36"))
SEEN = EnteredDocument(IDENTITY, b"\x09" * 32, b"\x08" * 32)
A, B = "a" * 32, "b" * 32


def review(*, reviewers: int = 2, account_token: str | None = None) -> Review:
    """Return a review that the first reviewer has signed."""
    return rules.sign(
        new=NewReview(account_token, builders.consent(), None),
        seen=SEEN,
        review_id="1" * 32,
        account_token=account_token or builders.TOKEN,
        relying_party="platform-a",
        reviewer_id=A,
        reviewers=reviewers,
        paper=b"paper",
        now=NOW,
    )


def confirm(found: Review, *, by: str = B, marked: bytes = SEEN.marked, **changes: object) -> Review:
    given = {"paper_digest": found.paper_digest, "paper": b"second", "now": NOW, **changes}
    seen = replace(SEEN, marked=marked)
    return rules.confirm(review=found, seen=seen, reviewer_id=by, **given)  # type: ignore[arg-type]


def test_who_must_sign() -> None:
    """One reviewer ends it, two leave it open; a sign-up's drawn token is not what was signed."""
    assert review(reviewers=1).state is ReviewState.SIGNED
    found = review()
    assert (found.state, found.sign_up, found.signed_token) == (ReviewState.PROPOSED, True, "")
    again = review(account_token=builders.TOKEN)
    assert (again.sign_up, again.signed_token) == (False, builders.TOKEN)
    done = confirm(found)
    assert (done.state, done.confirmed_by, done.confirmed_at, done.confirm_paper) == (
        ReviewState.SIGNED,
        B,
        NOW,
        b"second",
    )


def test_a_review_shows_no_person() -> None:
    """Neither what was entered nor the salt is in its repr."""
    shown = repr(SEEN) + repr(review())
    for canary in (IDENTITY.name, IDENTITY.document.number, repr(SEEN.salt)):
        assert canary not in shown


def test_until_when() -> None:
    """72 hours, to the second; what every reviewer has signed never lapses."""
    found, last = review(), NOW + timedelta(hours=72)
    assert rules.lapses_at(review=found) == last
    assert rules.state(review=found, now=last - timedelta(seconds=1)) is ReviewState.PROPOSED
    assert rules.state(review=found, now=last) is ReviewState.LAPSED
    assert rules.state(review=review(reviewers=1), now=last) is ReviewState.SIGNED
    confirm(found, now=last - timedelta(seconds=1))
    for closed, now in ((found, last), (review(reviewers=1), NOW), (confirm(found), NOW)):
        with pytest.raises(TransitionError):
            confirm(closed, now=now)


def test_who_signs_second_is_another_one_who_read_the_same() -> None:
    """Never the first one, nor for another paper or another document."""
    with pytest.raises(DeniedError) as own:
        confirm(review(), by=A)
    assert own.value.reason is Reason.SELF_APPROVAL
    for changes, violation in (
        ({"paper_digest": b""}, Violation("paper_digest", FieldCode.CHARACTER)),
        ({"marked": b""}, Violation("document", FieldCode.OTHER_DOCUMENT)),
    ):
        with pytest.raises(InvalidError) as refused:
            confirm(review(), **changes)  # type: ignore[arg-type]
        assert refused.value.violations == (violation,)


def test_how_many_a_day() -> None:
    """The hundredth passes; the next waits until the oldest of them is a day old."""
    oldest = NOW - timedelta(hours=20)
    rules.check_count(count=rules.PER_DAY - 1, oldest=oldest, now=NOW)
    rules.check_count(count=0, oldest=None, now=NOW)
    with pytest.raises(ExhaustedError) as refused:
        rules.check_count(count=rules.PER_DAY, oldest=oldest, now=NOW)
    assert refused.value.reason is Reason.TOO_MANY_REVIEWS
    assert refused.value.retry_after == timedelta(hours=4)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (DocumentType.RESIDENT_ID, FieldCode.RESIDENT_NUMBER),
        (DocumentType.RESIDENCE_PERMIT, FieldCode.RESIDENT_NUMBER),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, FieldCode.RESIDENT_NUMBER),
        (DocumentType.UNIFIED_SOCIAL_CREDIT_CODE, FieldCode.CHARACTER),
        (None, FieldCode.CHARACTER),
    ],
)
def test_no_other_document_is_reviewed(kind: DocumentType | None, code: FieldCode) -> None:
    """The error names the field; a name that is wrong, too, is named with it."""
    given = {"document_type": kind, "number": "11010519491231002X", "now": builders.reading()}
    with pytest.raises(InvalidError) as refused:
        rules.check_document(real_name="ANNA", **given)  # type: ignore[arg-type]
    assert refused.value.reason is Reason.UNSUPPORTED_DOCUMENT
    assert refused.value.violations == (Violation("document.type", code),)
    with pytest.raises(InvalidError) as both:
        rules.check_document(real_name="", **given)  # type: ignore[arg-type]
    assert [each.field for each in both.value.violations] == ["real_name", "document.type"]


def test_what_is_entered_is_normalised() -> None:
    """As everywhere; a wrong number is named."""
    entered = {"document_type": DocumentType.PASSPORT, "now": builders.reading()}
    found = rules.check_document(real_name=" ANNA ERIKSSON ", number="gbrl898902c36", **entered)  # type: ignore[arg-type]
    assert found == IDENTITY
    with pytest.raises(InvalidError) as refused:
        rules.check_document(real_name="ANNA", number="GBRL898902C37", **entered)  # type: ignore[arg-type]
    assert refused.value.violations == (Violation("document.number", FieldCode.CHECK_DIGIT),)
