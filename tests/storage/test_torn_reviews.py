"""The acts of a review, interrupted at each statement and at the commit: as the others (test_torn_acts)."""

from collections.abc import Sequence

from idvault.claim.review import acts as review_acts
from idvault.claim.review.rules import EnteredDocument, NewReview
from idvault_verify.attest import review as attest_review
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.session import Proof
from tests.storage import torn
from tests.storage.test_torn_acts import CALLER, Prepare
from tests.storage.torn import Act
from tests.support.review_world import ReviewWorld
from tools.support import builders
from tools.support.storage_world import World, at

WHO = Identity("ANNA", Document(DocumentType.PASSPORT, "GBRL898902C36"))
REVIEW = "1" * 32


async def _reviewed(world: World) -> tuple[ReviewWorld, Sequence[ModeratorKey], EnteredDocument]:
    """Return a platform of two reviewers, and what they see."""
    owners = ReviewWorld(world.database)
    await owners.accept(Proof.TWO_REVIEWERS)
    keys = [await owners.moderator(number) for number in (1, 2)]
    return owners, keys, EnteredDocument(WHO, bytes(32), attest_review.mark(WHO, salt=bytes(32)))


async def _sign(world: World) -> Act:
    owners, keys, entered = await _reviewed(world)
    new, request = NewReview(None, builders.consent(), None), world.request()
    return lambda: review_acts.store_first.act.run(
        owners.vault,
        CALLER,
        at(),
        request,
        REVIEW,
        b"paper",
        new,
        entered,
        drawn=builders.TOKEN,
        signer=keys[0].moderator_id,
    )


async def _confirm(world: World) -> Act:
    sign = await _sign(world)
    await sign()
    owners = ReviewWorld(world.database, life=1)
    (found,) = (await owners.reviewing().list_page()).reviews
    second, request = await owners.moderator(2), world.request()
    entered = EnteredDocument(WHO, bytes(32), attest_review.mark(WHO, salt=bytes(32)))
    return lambda: review_acts.store_second.act.run(
        owners.vault,
        CALLER,
        at(),
        request,
        REVIEW,
        b"second",
        entered,
        paper_digest=found.paper_digest,
        signer=second.moderator_id,
    )


ACTS: dict[Prepare, str] = {_sign: "review.sign", _confirm: "review.confirm"}


class TestTornReviews(torn.UnsentActs):
    """Two signatures and the verification: all of them or nothing."""

    acts = ACTS
