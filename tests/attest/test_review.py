"""What reviewers sign binds name and document: every change of either, or of what was signed, is found."""

from dataclasses import replace

import pytest

from idvault_verify.attest import payload, review
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.review import ReviewerPaper, SealedReview
from idvault_verify.claim import AnyIdentity, Identity, OpaqueIdentity
from idvault_verify.document import Document, DocumentType
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.sanction_world import key_of

PARTY, TERMS = "platform-a", "terms-3"
WHO = Identity("ANNA ERIKSSON", Document(DocumentType.PASSPORT, "GBRL898902C36"))
PERMIT = Document(DocumentType.MAINLAND_TRAVEL_PERMIT, "H01234567")
SALT, REVIEW_ID = b"\x09" * 32, "1" * 32
FIRST, SECOND = key_of(1).of("a" * 32), key_of(2).of("b" * 32)


def signed(key: ModeratorKey, method: str, *fields: str | bytes, party: str = PARTY) -> ReviewerPaper:
    """Return the paper of a key."""
    occasion = replace(key, relying_party=party).occasion("request", now=builders.NOW)
    text = papers.act(occasion, method=method, fields=fields)
    return ReviewerPaper(key.public_key, text + key.sign(text))


def first(
    key: ModeratorKey = FIRST, *, token: str = "", who: Identity = WHO, party: str = PARTY
) -> ReviewerPaper:
    """Return what the first reviewer signed."""
    marked = review.mark(who, salt=SALT)
    fields = review.first_fields(account_token=token, policy_version=TERMS, marked=marked)
    return signed(key, review.FIRST, *fields, party=party)  # type: ignore[arg-type]


def second(
    key: ModeratorKey = SECOND, *, of: ReviewerPaper | None = None, who: Identity = WHO
) -> ReviewerPaper:
    """Return what the second reviewer signed."""
    fields = review.second_fields(
        review_id=REVIEW_ID,
        paper_digest=papers.digest((of or first()).paper),
        marked=review.mark(who, salt=SALT),
    )
    return signed(key, review.SECOND, *fields)  # type: ignore[arg-type]


def check(
    found: SealedReview | None,
    identity: AnyIdentity = WHO,
    *,
    party: str = PARTY,
    token: str = builders.TOKEN,
    terms: str = TERMS,
) -> None:
    """Check a record's review."""
    review.check(found, identity=identity, relying_party=party, account_token=token, policy_version=terms)


def sealed(*signatures: ReviewerPaper, token: str = "", salt: bytes = SALT) -> SealedReview:
    return SealedReview(REVIEW_ID, token, salt, signatures)


def test_what_was_signed_is_what_is_sealed() -> None:
    """By one reviewer or two, for a sign-up or an account; each is named by a pseudonymous id."""
    check(sealed(first()))
    check(sealed(first(token=builders.TOKEN), token=builders.TOKEN))
    both = sealed(first(), second())
    check(both)
    assert [each.reviewer_id for each in both.papers] == ["a" * 32, "b" * 32]
    assert repr(SALT) not in repr(both)


@pytest.mark.parametrize(
    "identity",
    [
        replace(WHO, name="EVE ERIKSSON"),
        replace(WHO, document=Document(DocumentType.PASSPORT, "USAL898902C36")),
        replace(WHO, document=PERMIT),
        builders.identity(),
        OpaqueIdentity("https://provider.example", "A" * 43),
    ],
)
def test_another_identity_is_found(identity: AnyIdentity) -> None:
    """An edge that changed the name after the signature sealed a record that opens for nobody."""
    for found in (sealed(first()), sealed(first(), second())):
        with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
            check(found, identity)


def test_only_a_reviewed_document_has_a_review() -> None:
    """A passport without a paper is refused, and so is a paper beside a resident number."""
    with pytest.raises(UnsealError):
        check(None)
    check(None, builders.identity())
    check(None, OpaqueIdentity("https://provider.example", "A" * 43))


@pytest.mark.parametrize(
    "found",
    [
        sealed(),
        sealed(first(), second(), second()),
        sealed(first(), salt=b"short"),
        sealed(first(), salt=b"\x0a" * 32),
        sealed(first(), token="acct_other"),
        sealed(first(token=builders.TOKEN)),
        sealed(first(), token=builders.TOKEN),
        sealed(first(party="platform-b")),
        sealed(first(who=replace(WHO, document=PERMIT))),
        sealed(replace(first(), public_key=SECOND.public_key)),
        sealed(replace(first(), public_key=b"short")),
        sealed(replace(first(), paper=b"")),
        sealed(replace(first(), paper=b"\x00\x00\x00\x01" + bytes(64))),
        sealed(replace(first(), paper=first().paper[:-1] + b"\x00")),
        sealed(second()),
        sealed(first(), first()),
        sealed(first(), second(FIRST)),
        sealed(first(), second(FIRST.of("b" * 32))),
        sealed(first(), second(SECOND.of("a" * 32))),
        sealed(first(), second(of=first(token=builders.TOKEN))),
        sealed(first(), second(who=replace(WHO, name="EVE"))),
        replace(sealed(first(), second()), review_id="2" * 32),
    ],
)
def test_what_was_not_signed_so_is_refused(found: SealedReview) -> None:
    """Another count, salt, account, platform, key, paper or order, or the same reviewer twice."""
    with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
        check(found)


@pytest.mark.parametrize(
    ("party", "token", "terms"),
    [
        ("platform-b", builders.TOKEN, TERMS),
        (PARTY, "acct_other", TERMS),
        (PARTY, builders.TOKEN, "terms-4"),
    ],
)
def test_another_record_is_refused(party: str, token: str, terms: str) -> None:
    """A review of one account, platform or version of the terms is none of another record."""
    with pytest.raises(UnsealError):
        check(
            sealed(first(token=builders.TOKEN), token=builders.TOKEN), party=party, token=token, terms=terms
        )


def test_a_review_is_sealed_with_the_identity() -> None:
    """The payload comes back with both papers."""
    whole = Payload(WHO, RegistryAnswer.MATCH, builders.consent(), "", sealed(first(), second()))
    assert payload.decode(payload.encode(whole)) == whole
