"""What takes several steps is cut at each statement and commit of each step, on both databases.

Afterwards every table has what it has of somebody whom nothing befell: nothing is counted or charged twice,
the log has the same entries, and each repeat is told the same.
"""

import pytest

from idvault.core.db.database import Database
from tests.support import errands
from tests.support.cut_steps import Cuts
from tools.support.sampling import is_tried

# In full, and of one place in three.
_LEAST = 10 if is_tried(1, one_in=3) else 4
CUT = {
    "representative": {"representative.prove", "session.change", "session.create", "verification.deposit"},
    "expiry": {"job.advance", "job.lease", "job.take", "representative.forget"},
    "guardian": {"guardian.charge", "guardian.give_back"},
}
"""The acts of errands that no other test interrupts."""


@pytest.mark.parametrize("errand", errands.ALL)
async def test_whatever_is_cut_everything_happens_once(main_database: Database, errand: str) -> None:
    """Each place of each step fails once; rows, entries and answers are those without a fault."""
    people = await errands.prepared(main_database)
    begun = await people.seen()
    told = await getattr(people, errand)(errands.ONE)
    calmly = await people.seen()
    people.take = cuts = Cuts(main_database)
    assert await getattr(people, errand)(errands.OTHER) == told
    assert await people.seen() - calmly == calmly - begun
    assert cuts.cut > _LEAST
    assert CUT.get(errand, set()) <= cuts.acts
    await people.world.claims.verification.drain()
