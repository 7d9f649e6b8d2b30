"""A passport that two reviewers of platform-a signed to have seen, as it is sealed."""

from idvault_verify.attest import review
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.review import ReviewerPaper, SealedReview
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.seal import Part
from tools.support import builders
from tools.support.sanction_world import key_of

WHO = Identity("ANNA ERIKSSON", Document(DocumentType.PASSPORT, "GBRL898902C36"))
FIRST, SECOND = key_of(1).of("a" * 32), key_of(2).of("b" * 32)
_REVIEW, _SALT = "1" * 32, b"\x09" * 32


def signed(key: ModeratorKey, method: str, *fields: Part) -> ReviewerPaper:
    """Return the paper of a key."""
    text = papers.act(key.occasion("request", now=builders.NOW), method=method, fields=fields)
    return ReviewerPaper(key.public_key, text + key.sign(text))


def seen(who: Identity = WHO) -> SealedReview:
    """Return what two reviewers signed of a person at a sign-up."""
    marked, terms = review.mark(who, salt=_SALT), builders.consent().policy_version
    one = review.first_fields(account_token="", policy_version=terms, marked=marked)
    first = signed(FIRST, review.FIRST, *one)
    digest = papers.digest(first.paper)
    two = review.second_fields(review_id=_REVIEW, paper_digest=digest, marked=marked)
    return SealedReview(_REVIEW, "", _SALT, (first, signed(SECOND, review.SECOND, *two)))
