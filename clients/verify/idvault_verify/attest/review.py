"""What a reviewer signs of a document that he saw with its holder, and what is sealed of it.

- mark = SHA-256(encode("idvault/reviewed-document/v1", salt, document type, number, name)). The salt has 32
  random bytes, and is kept nowhere but in the sealed record: without it no name can be tried.
- The first reviewer signs a paper of purpose "idvault/moderator-act/v1" (attest.sanction) for the method
  ReviewDocument: account token (empty at a sign-up), version of the terms agreed to, mark.
- A second one, who is another moderator with another key, signs one for the method ConfirmReview: review id,
  SHA-256 of the first paper with its signature, mark.
- Both papers are sealed beside name and document, with the keys that signed. Who opens a record recomputes
  the mark from name and document: a name that was changed after the signature is found.
- A document that only a reviewer sees is sealed with a paper, and no other document is.
"""

from dataclasses import dataclass, field
from hashlib import sha256

from idvault_verify import seal
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.claim import AnyIdentity, Identity, OpaqueIdentity
from idvault_verify.document import REVIEWED
from idvault_verify.error import InvalidError
from idvault_verify.seal import Part

SALT_SIZE = 32
MOST_REVIEWERS = 2
FIRST, SECOND = "ReviewDocument", "ConfirmReview"
_REVIEWER = 3  # the place of the reviewer's id in a paper


@dataclass(frozen=True, slots=True)
class ReviewerPaper:
    """What one reviewer signed. paper: with its signature. public_key: of the reviewer, 32 bytes."""

    public_key: bytes
    paper: bytes = field(repr=False)

    @property
    def reviewer_id(self) -> str:
        """The reviewer's pseudonymous id; raises UnsealError for what is no paper."""
        return _texts(self.paper)[_REVIEWER].decode(errors="replace")


@dataclass(frozen=True, slots=True)
class SealedReview:
    """What is sealed of a review, beside name and document.

    account_token: as it was signed, empty for a sign-up. salt: of the mark. papers: one or two, in the order
    in which they were signed.
    """

    review_id: str
    account_token: str
    salt: bytes = field(repr=False)
    papers: tuple[ReviewerPaper, ...]


def mark(identity: Identity, *, salt: bytes) -> bytes:
    """Return what is signed of a name and a document."""
    document = identity.document
    named = (document.type.value, document.number, identity.name)
    return sha256(seal.encode("idvault/reviewed-document/v1", salt, *named)).digest()


def first_fields(*, account_token: str, policy_version: str, marked: bytes) -> tuple[Part, ...]:
    """Return the fields of the first reviewer's paper."""
    return account_token, policy_version, marked


def second_fields(*, review_id: str, paper_digest: bytes, marked: bytes) -> tuple[Part, ...]:
    """Return the fields of the second reviewer's paper. paper_digest: of the first one's."""
    return review_id, paper_digest, marked


def check(
    review: SealedReview | None,
    *,
    identity: AnyIdentity,
    relying_party: str,
    account_token: str,
    policy_version: str,
) -> None:
    """Raise UnsealError unless a record says of its identity what its reviewers signed.

    account_token: the record's. policy_version: the one that is sealed.
    """
    reviewed = isinstance(identity, Identity) and identity.document.type in REVIEWED
    if reviewed is not (review is not None):
        raise UnsealError
    if review is None or isinstance(identity, OpaqueIdentity):
        return
    if len(review.salt) != SALT_SIZE or not 1 <= len(review.papers) <= MOST_REVIEWERS:
        raise UnsealError
    if review.account_token not in ("", account_token):
        raise UnsealError
    marked, first = mark(identity, salt=review.salt), review.papers[0]
    told = first_fields(account_token=review.account_token, policy_version=policy_version, marked=marked)
    _check_paper(first, relying_party, FIRST, told)
    for second in review.papers[1:]:
        if first.reviewer_id == second.reviewer_id or first.public_key == second.public_key:
            raise UnsealError
        digest = papers.digest(first.paper)
        again = second_fields(review_id=review.review_id, paper_digest=digest, marked=marked)
        _check_paper(second, relying_party, SECOND, again)


def _check_paper(signed: ReviewerPaper, relying_party: str, method: str, fields: tuple[Part, ...]) -> None:
    """Raise UnsealError unless a paper has these fields and the signature of its key."""
    head = _texts(signed.paper)[:5]
    text, signature = signed.paper[: -papers.SIGNATURE_SIZE], signed.paper[-papers.SIGNATURE_SIZE :]
    if text != seal.encode(papers.ACT, relying_party, *head[2:], method, *fields):
        raise UnsealError
    try:
        papers.signed(text, signature, public_key=signed.public_key)
    except InvalidError:
        raise UnsealError from None


def _texts(paper: bytes) -> list[bytes]:
    """Return the parts of a paper; raises UnsealError for what is none."""
    try:
        parts = seal.split(paper[: -papers.SIGNATURE_SIZE])
    except ValueError:
        raise UnsealError from None
    if len(parts) <= _REVIEWER:
        raise UnsealError
    return parts
