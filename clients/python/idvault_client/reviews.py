"""The types that a backend or a reviewer needs for reviewed documents; `Vault.reviews` makes the calls."""

from idvault_client.backend.blocking.review import ReviewClient as Reviews
from idvault_client.backend.review import AioReviewClient as AioReviews
from idvault_client.backend.review import (
    DocumentReview,
    ReviewPage,
    SeenDocument,
    mainland_travel_permit,
    passport,
)
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import ReviewState

__all__ = [
    "AioReviews",
    "DocumentReview",
    "ModeratorKey",
    "ReviewPage",
    "ReviewState",
    "Reviews",
    "SeenDocument",
    "mainland_travel_permit",
    "passport",
]
