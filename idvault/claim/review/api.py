"""The methods of ReviewService, and their messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.claim import api as claim_api
from idvault.claim.acts import claim as claim_acts
from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.acts.verification import ClaimContext
from idvault.claim.review import acts, rules
from idvault.claim.review.acts import ReviewedClaim
from idvault.claim.review.rules import EnteredDocument, NewReview, Review
from idvault.core.act import Vault
from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.moderator.api import an_id, invalid
from idvault_verify import token
from idvault_verify.attest import review as attest_review
from idvault_verify.attest import sanction as papers
from idvault_verify.claim import ReviewState
from idvault_verify.clock import ClockReading
from idvault_verify.document import DocumentType
from idvault_verify.error import FieldCode
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import review_pb2 as pb

_STATES = numbers(ReviewState, pb.Review.State.Value, "STATE_")
_TYPES: Mapping[int, DocumentType] = {
    number: word
    for word, number in numbers(DocumentType, common_pb2.DocumentType.Value, "DOCUMENT_TYPE_").items()
}


@dataclass(kw_only=True, eq=False, repr=False)
class ReviewMethods:
    """The methods of ReviewService. patience: for how many seconds a repeat waits for the first call."""

    vault: Vault
    context: ClaimContext
    receipts: ReceiptContext
    patience: float

    async def ReviewDocument(
        self, request: pb.ReviewDocumentRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Review:
        """Store what the first reviewer signed."""
        seen = _seen(request, now=now)
        account_token = token.check(request.account_token) if request.account_token else None
        new = NewReview(
            account_token,
            convert.consent(request.consent, now=now),
            convert.invitation_code_hash(request.invitation_code, account_token=request.account_token),
        )
        fields = attest_review.first_fields(
            account_token=request.account_token,
            policy_version=request.consent.policy_version,
            marked=seen.marked,
        )
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        patience = convert.patience(remaining, longest=self.patience)
        made = await acts.sign(self.vault, call, now, seen, new, context=self.context, patience=patience)
        return await self._answer(made, now)

    async def ConfirmReview(
        self, request: pb.ConfirmReviewRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Review:
        """Store what the second reviewer signed."""
        review_id, seen = an_id(request.review_id, "review_id"), _seen(request, now=now)
        fields = attest_review.second_fields(
            review_id=review_id, paper_digest=request.paper_digest, marked=seen.marked
        )
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        confirmed = await acts.confirm(
            self.vault,
            call,
            now,
            review_id,
            seen,
            paper_digest=request.paper_digest,
            context=self.context,
            patience=convert.patience(remaining, longest=self.patience),
        )
        return await self._answer(confirmed, now)

    async def ListReviews(
        self, request: pb.ListReviewsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListReviewsResponse:
        """Return a page of reviews."""
        reviewer_id = an_id(request.reviewer_id, "reviewer_id") if request.reviewer_id else ""
        if reviewer_id and request.open:
            raise invalid("open", FieldCode.CHARACTER)
        if request.page_token:
            an_id(request.page_token, convert.PAGE_FIELD)
        found = await acts.page(
            self.vault,
            caller.name,
            reviewer_id=reviewer_id,
            only_open=request.open,
            after=request.page_token,
            limit=convert.page_size(request.page_size),
            now=now,
        )
        return pb.ListReviewsResponse(
            reviews=[message(each, now=now.business) for each in found.reviews],
            next_page_token=found.following,
            count=found.count,
        )

    async def _answer(self, made: ReviewedClaim, now: ClockReading) -> pb.Review:
        answer = message(made.review, now=now.business)
        if made.claim is not None:
            receipt = await claim_acts.receipt_of(self.vault, made.claim, context=self.receipts)
            answer.verification.CopyFrom(claim_api.claim_message(made.claim, now=now, receipt=receipt))
        return answer


def message(value: Review, *, now: datetime) -> pb.Review:
    """Return the message of a review, without its claim."""
    state = rules.state(review=value, now=now)
    waits = state is ReviewState.PROPOSED
    return pb.Review(
        review_id=value.review_id,
        account_token=value.signed_token if state is not ReviewState.SIGNED else value.account_token,
        state=_STATES[state],
        reviewer_id=value.reviewer_id,
        review_time=_time(value.reviewed_at),
        confirm_reviewer_id=value.confirmed_by or "",
        confirm_time=_time(value.confirmed_at),
        lapse_time=_time(rules.lapses_at(review=value) if waits else None),
        paper_digest=value.paper_digest,
    )


def _time(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp


def _seen(
    request: pb.ReviewDocumentRequest | pb.ConfirmReviewRequest, *, now: ClockReading
) -> EnteredDocument:
    """Return what a reviewer entered; raises InvalidError naming every invalid field."""
    if request.document.type == common_pb2.DOCUMENT_TYPE_UNSPECIFIED:
        raise invalid("document.type", FieldCode.REQUIRED)
    identity = rules.check_document(
        real_name=request.real_name,
        document_type=_TYPES.get(request.document.type),
        number=request.document.number,
        now=now,
    )
    if len(request.salt) != papers.SALT_SIZE:
        raise invalid("salt", FieldCode.LENGTH)
    return EnteredDocument(identity, request.salt, attest_review.mark(identity, salt=request.salt))
