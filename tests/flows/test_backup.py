"""Times of what a pair of databases has: only cosignatures have one."""

import pytest

from idvault.processes.backup.acts import KnownNote, signed_at
from tests.support.epoch_world import cosigned, tree


@pytest.mark.parametrize(("complete", "told"), [(10, True), (9, True), (8, False)])
def test_an_old_cosignature_is_no_time_of_a_newer_note(complete: int, told: bool) -> None:
    """While witnesses are away the complete note stays behind by more than the worker's own entry."""
    own = KnownNote("the shred database", cosigned(tree(10)))
    assert (signed_at(own, cosigned(tree(complete))) is not None) is told


def test_without_a_note_there_is_no_time() -> None:
    """Neither of a database that has signed nothing, nor without a complete note."""
    assert signed_at(None, cosigned(tree(1))) is None
    assert signed_at(KnownNote("the shred database", cosigned(tree(1))), None) is None
