"""What reviewers sign of a document that they saw, as it is sealed (formats.md, section 7)."""

from dataclasses import dataclass
from hashlib import sha256

from tools.support.reference import moderation
from tools.support.reference.encoding import check, encode, unpack
from tools.support.reference.moderation import Occasion

REVIEWED = ("PASSPORT", "MAINLAND_TRAVEL_PERMIT")
_SIGNATURE = 64


@dataclass(frozen=True)
class Review:
    """What is sealed of a review. papers: the key and the signed paper of each reviewer."""

    review_id: str
    account_token: str
    salt: bytes
    papers: tuple[tuple[bytes, bytes], ...]


def mark(salt: bytes, document_type: str, number: str, name: str) -> bytes:
    """Return what is signed of name and document."""
    return sha256(encode("idvault/reviewed-document/v1", salt, document_type, number, name)).digest()


def first(occasion: Occasion, account_token: str, terms: str, marked: bytes) -> bytes:
    """Return the signed bytes of the first reviewer."""
    return moderation.act(occasion, "ReviewDocument", (account_token, terms, marked))


def second(occasion: Occasion, review_id: str, paper: bytes, marked: bytes) -> bytes:
    """Return the signed bytes of the second reviewer. paper: the first one's, signature included."""
    return moderation.act(occasion, "ConfirmReview", (review_id, sha256(paper).digest(), marked))


def verify(
    review: Review | None, document: tuple[str, str, str], *, platform: str, account_token: str, terms: str
) -> None:
    """Check what is sealed of a review. document: type, number and name; terms: of the sealed consent."""
    check((review is not None) == (document[0] in REVIEWED), "a review, or none, of another document")
    if review is None:
        return
    check(len(review.salt) == 32 and len(review.papers) in (1, 2), "another salt or number of papers")
    check(review.account_token in ("", account_token), "a review of another account")
    marked = mark(review.salt, *document)
    (key, signed), *others = review.papers
    expected = first(_occasion(signed, platform), review.account_token, terms, marked)
    moderation.check(signed, key, expected)
    for other, also in others:
        by = _occasion(also, platform)
        check(other != key and by.moderator_id != _occasion(signed, platform).moderator_id, "signed twice")
        moderation.check(also, other, second(by, review.review_id, signed, marked))


def _occasion(signed: bytes, platform: str) -> Occasion:
    parts = unpack(signed[:-_SIGNATURE])
    check(len(parts) > 4, "no paper")
    request_id, reviewer, time = (each.decode("utf-8", "replace") for each in parts[2:5])
    check(time.isascii() and time.isdigit(), "no time")
    return Occasion(platform, request_id, reviewer, int(time))
