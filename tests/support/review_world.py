"""Reviews of documents over a real database: what reviewers and platforms do, as short calls."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.review import acts
from idvault.claim.review.api import ReviewMethods
from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.log.acts.stored_log import LogProofs
from idvault.platform import acts as platform_acts
from idvault_client import Consent, IdentityDocument, aio
from idvault_client.reviews import (
    AioReviews,
    DocumentReview,
    SeenDocument,
    mainland_travel_permit,
    passport,
)
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import IdvaultError
from idvault_verify.session import Proof
from idvault_verify.v1 import review_pb2
from tools.support import builders
from tools.support.flow_world import PARTY, at
from tools.support.in_process import client
from tools.support.sanction_world import ACTOR, SanctionWorld, signing

NAME = "ANNA CANARY ERIKSSON"
PASSPORT = passport("GBR", "L898902C3", "6")
PERMIT = mainland_travel_permit("H01234567")
CONSENT = Consent("terms-3", builders.consent().agree_time)
_SERVICE = review_pb2.DESCRIPTOR.services_by_name["ReviewService"]


def seen(
    name: str = NAME, document: IdentityDocument = PASSPORT, *, salt: bytes = b"\x09" * 32
) -> SeenDocument:
    """Return what a reviewer read; the same salt unless another is given."""
    return SeenDocument(name, document, salt)


def _raise(error: IdvaultError) -> None:
    raise error


def review_methods(world: SanctionWorld, database: Database) -> ReviewMethods:
    """Return the methods over a world's claims."""
    verification = world.claims.verification
    receipts = ReceiptContext(LogProofs(main=database, shred=database), lambda _id: None, _raise)
    return ReviewMethods(
        vault=verification.vault, context=verification.context, receipts=receipts, patience=20.0
    )


class ReviewWorld(SanctionWorld):
    """The flows of reviews beside those of moderators and claims, over one database."""

    def __init__(self, database: Database, *, life: int = 0) -> None:
        """Build the flows. life: how often the same database was opened before."""
        super().__init__(database, life=life)
        self.reviews = review_methods(self, database)
        self.services.append(Service(_SERVICE, self.reviews))

    async def accept(self, *proofs: Proof, party: str = PARTY) -> None:
        """Let a platform accept these proofs of people."""
        spki = f"{sum(party.encode()):064x}"
        await platform_acts.register(self.vault, SYSTEM, at(0), name=party, role="platform", spki=spki)
        await platform_acts.accept(
            self.vault, SYSTEM, at(0), party, proofs=proofs, separate_persons=len(proofs) > 1
        )

    def reviewing(self, seconds: float = 0, *, party: str = PARTY) -> AioReviews:
        """Return the calls of a platform's client."""
        return self.platform(seconds, party=party).reviews

    def as_moderator(self, key: ModeratorKey, seconds: float = 0, *, party: str = PARTY) -> aio.Vault:
        """Return the client of one moderator's desk."""
        caller = Caller(party, "moderator", ACTOR, moderator_id=key.moderator_id)
        return client(self.services, caller, at(seconds))

    async def sign(
        self,
        key: ModeratorKey,
        what: SeenDocument | None = None,
        *,
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> DocumentReview:
        """Let a first reviewer sign."""
        options.setdefault("request_id", self.new_id())
        return await self.reviewing(seconds, party=party).sign(
            what or seen(), consent=CONSENT, key=signing(key, seconds), **options
        )

    async def countersign(
        self,
        review: DocumentReview,
        key: ModeratorKey,
        what: SeenDocument | None = None,
        *,
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> DocumentReview:
        """Let a second reviewer sign."""
        options.setdefault("request_id", self.new_id())
        options.setdefault("paper_digest", review.paper_digest)
        return await self.reviewing(seconds, party=party).confirm(
            review.review_id, what or seen(), key=signing(key, seconds), **options
        )

    async def forget(self, *, seconds: float) -> int:
        """Let the worker delete what nobody confirmed; return how many."""
        return await acts.forget(self.vault, at(seconds))


def numbered(number: int) -> SeenDocument:
    """Return another person's permit, with the same salt."""
    return replace(seen(), document=mainland_travel_permit(f"H{number:08}"))


def tokens(reviews: Iterable[DocumentReview]) -> set[str]:
    """Return the accounts of reviews."""
    return {each.account_token for each in reviews}
