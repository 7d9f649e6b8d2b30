"""The acts of a review, interrupted at each statement and at the commit: as the others (test_torn_acts)."""

from collections.abc import Sequence

import pytest

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


@pytest.mark.parametrize(("prepare", "name"), ACTS.items())
async def test_an_act_that_breaks_at_any_statement_leaves_no_trace(
    world: World, prepare: Prepare, name: str
) -> None:
    """Whatever error the n-th statement gets, nothing changes; then the same act passes."""
    await torn.leaves_no_trace(world, name, await prepare(world))


@pytest.mark.parametrize(("prepare", "name"), ACTS.items())
async def test_a_commit_that_was_never_sent_leaves_no_trace(
    world: World, prepare: Prepare, name: str
) -> None:
    """The act is rolled back and can be repeated."""
    await torn.was_never_sent(world, name, await prepare(world))


@pytest.mark.parametrize(("prepare", "name"), ACTS.items())
async def test_a_commit_whose_answer_is_lost_has_done_everything_once(
    world: World, prepare: Prepare, name: str
) -> None:
    """The caller gets STORE_UNAVAILABLE and repeats: the act is found done, and nothing is added."""
    await torn.is_done_once(world, name, await prepare(world))
