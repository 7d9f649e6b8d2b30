"""Acts of platforms, interrupted at each statement and at the commit, on both databases."""

import pytest

from idvault.core.act import SYSTEM
from idvault.platform import acts as platform_acts
from idvault_verify.session import Proof
from tests.storage import test_torn_acts as torn
from tests.storage.test_torn_acts import Act, Prepare
from tools.support.storage_world import World, at


async def _accept(world: World) -> Act:
    name = "platform-a"
    await platform_acts.register(world.vault, SYSTEM, at(), name=name, role="platform", spki="a" * 64)
    return lambda: platform_acts.accept(world.vault, SYSTEM, at(), name, proofs=[Proof.RESULT_ONLY])


ACTS = [_accept]


@pytest.mark.parametrize("prepare", ACTS)
async def test_an_act_that_breaks_at_any_statement_leaves_no_trace(world: World, prepare: Prepare) -> None:
    """Whatever error the n-th statement gets, nothing changes; then the same act passes."""
    await torn.test_an_act_that_breaks_at_any_statement_leaves_no_trace(world, prepare)


@pytest.mark.parametrize("prepare", ACTS)
async def test_a_commit_that_was_never_sent_leaves_no_trace(world: World, prepare: Prepare) -> None:
    """The act is rolled back and can be repeated."""
    await torn.test_a_commit_that_was_never_sent_leaves_no_trace(world, prepare)


@pytest.mark.parametrize("prepare", ACTS)
async def test_a_commit_whose_answer_is_lost_has_done_everything_once(world: World, prepare: Prepare) -> None:
    """Who repeats finds the act done, and nothing is added."""
    await torn.test_a_commit_whose_answer_is_lost_has_done_everything_once(world, prepare)
