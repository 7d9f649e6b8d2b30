"""What offline checks say about the epochs of a log: what a proof shows, and what the log cannot confirm."""

import pytest

from idvault_verify.offline import disclosure_count
from idvault_verify.offline.disclosure_history import HistoryError
from idvault_verify.offline.log import epochs
from idvault_verify.transparency.tree import CompactRange
from tests.support.epoch_world import FIRST, in_epoch, tree

NEW = in_epoch(tree(8, kept=6), FIRST)


def test_a_proof_shows_the_epoch_of_its_checkpoint() -> None:
    """Receipts, histories and evidence have the same field; in the first epoch there is nothing to say."""
    assert epochs.told(tree(3)) == {}
    assert epochs.told(NEW)["log_epoch"].startswith("2: the log has lost entries before")


def test_a_history_of_lost_entries_is_not_called_a_fork() -> None:
    """The log's own statement says why it cannot be counted; within one epoch it is a fork."""
    other = CompactRange(1, [b"x" * 32])
    for newest, reason in ((NEW, "ENTRIES_LOST"), (tree(9), "LOG_FORKED")):
        with pytest.raises(HistoryError) as caught:
            disclosure_count._check_root(other, tree(1), newest)
        assert caught.value.reason == reason
