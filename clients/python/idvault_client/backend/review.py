"""`Vault.reviews`: people whose passport or travel permit a reviewer saw, who signs that.

request_id: as for `Vault.sanctions`. Name and number are signed by a hash with a random salt: the vault keeps
neither of the three but in the sealed record.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from idvault_client.backend.claim import Consent, IdentityDocument, Verification
from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.backend.signing import act
from idvault_client.codec import Id
from idvault_verify import document as documents
from idvault_verify import name as names
from idvault_verify.attest import review as attest_review
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import Identity, ReviewState
from idvault_verify.document import DocumentType
from idvault_verify.error import InvalidError
from idvault_verify.seal import Part
from idvault_verify.v1 import review_pb2 as pb
from idvault_verify.v1 import sanction_pb2

_SERVICE = pb.DESCRIPTOR.services_by_name["ReviewService"]
_NUMBER_LENGTH = 9


def passport(country: str, number: str, check_digit: str) -> IdentityDocument:
    """Return a passport as its machine-readable zone has it (ICAO 9303).

    country: that issued it, ISO 3166-1 alpha-3. number: its one to nine characters. check_digit: after them.
    """
    return IdentityDocument(
        DocumentType.PASSPORT, f"{country}{number.ljust(_NUMBER_LENGTH, '<')}{check_digit}"
    )


def mainland_travel_permit(number: str) -> IdentityDocument:
    """Return a travel permit of residents of Hong Kong and Macau (H or M, 8 digits) or Taiwan (8 digits)."""
    return IdentityDocument(DocumentType.MAINLAND_TRAVEL_PERMIT, number)


@dataclass(frozen=True, slots=True)
class SeenDocument:
    """What a reviewer read from a document. salt: 32 random bytes, the same for both reviewers of a review.

    Whoever has the salt and the vault's database can try names: delete it once the review is signed.
    """

    name: str = field(repr=False)
    document: IdentityDocument
    salt: bytes = field(default_factory=lambda: os.urandom(attest_review.SALT_SIZE), repr=False)

    def marked(self) -> bytes:
        """Return what is signed of it; zeros for what the vault will refuse, and say why."""
        try:
            name = names.parse(self.name, limit=names.LIMIT)
            read = documents.parse(type=self.document.type, number=self.document.number, today=date.max)
        except InvalidError:
            return bytes(attest_review.SALT_SIZE)
        return attest_review.mark(Identity(name, read), salt=self.salt)


@dataclass(frozen=True, slots=True)
class DocumentReview:
    """A review, without name and number; state is None if this client does not know it.

    account_token: empty for a sign-up that waits for its second reviewer. lapse_time: until when that one can
    sign. paper_digest: SHA-256 of what the first one signed. verification: the claim, once all have signed;
    None in a list.
    """

    review_id: Id
    account_token: str
    state: ReviewState | None
    reviewer_id: str
    review_time: datetime
    confirm_reviewer_id: str
    confirm_time: datetime | None
    lapse_time: datetime | None
    paper_digest: bytes
    verification: Verification | None = None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page of reviews, oldest first; next_page_token is empty at the end. count: of the asked reviewer."""

    reviews: tuple[DocumentReview, ...]
    next_page_token: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AioReviewClient:
    """Reviews of documents. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def sign(
        self,
        seen: SeenDocument,
        *,
        consent: Consent,
        key: ModeratorKey,
        account_token: str = "",
        invitation_code: str = "",
        request_id: RequestId = None,
    ) -> DocumentReview:
        """Sign that you saw a document and its holder; with one reviewer, that verifies the person.

        account_token: to verify again; empty at a sign-up. A repeat needs the same request_id and `seen`.
        Raises InvalidFields, NotFound, Exhausted, TooManyAttempts and PreconditionFailed.
        """
        marked = seen.marked()
        fields = attest_review.first_fields(
            account_token=account_token, policy_version=consent.policy_version, marked=marked
        )
        return await self.run(
            call(
                _SERVICE,
                "ReviewDocument",
                DocumentReview,
                request_id=chosen_id(request_id),
                real_name=seen.name,
                document=seen.document,
                consent=consent,
                account_token=account_token,
                invitation_code=invitation_code,
                salt=seen.salt,
                sign=_signing(key, fields),
            )
        )

    async def confirm(
        self,
        review_id: str,
        seen: SeenDocument,
        *,
        paper_digest: bytes,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> DocumentReview:
        """Sign within 72 hours that you saw the same document and its holder, too; that verifies the person.

        seen: as you read it yourself, with the first reviewer's salt. Raises as `sign` does, InvalidFields if
        you read something else, and AccessDenied (SELF_APPROVAL) for the first reviewer.
        """
        fields = attest_review.second_fields(
            review_id=review_id, paper_digest=paper_digest, marked=seen.marked()
        )
        return await self.run(
            call(
                _SERVICE,
                "ConfirmReview",
                DocumentReview,
                request_id=chosen_id(request_id),
                review_id=review_id,
                paper_digest=paper_digest,
                real_name=seen.name,
                document=seen.document,
                salt=seen.salt,
                sign=_signing(key, fields),
            )
        )

    async def list_page(
        self,
        *,
        reviewer_id: str = "",
        open_only: bool = False,
        page_size: int = 100,
        page_token: str = "",
    ) -> ReviewPage:
        """Return a page of reviews: all, those that wait for another reviewer, or one reviewer's, counted."""
        return await self.run(
            call(
                _SERVICE,
                "ListReviews",
                ReviewPage,
                reviewer_id=reviewer_id,
                open=open_only,
                page_size=page_size,
                page_token=page_token,
            )
        )


def _signing(
    key: ModeratorKey, fields: tuple[Part, ...]
) -> Callable[[str, Any], sanction_pb2.ModeratorSignature]:
    return lambda method, request: act(key, method, request, *fields)
