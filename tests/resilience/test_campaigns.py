"""Small campaigns: a few kills, one crowd; `scripts/torture` runs the full counts."""

import random
import threading
from pathlib import Path

from tools.support.databases import Databases
from tools.torture.besieged import besieging
from tools.torture.crowds import Crowds
from tools.torture.kills import Kills


def test_kills_under_load_lose_and_double_nothing(tmp_path: Path, sqlite_databases: Databases) -> None:
    """After kill -9 at random times, acknowledged claims exist once, and the log verifies."""
    with besieging(sqlite_databases, tmp_path) as vault:
        tally = Kills(vault, dice=random.SystemRandom(), stop=threading.Event()).run(1)
    assert tally.complaints == []
    assert tally.faults >= 1
    assert tally.acknowledged > 0


def test_crowds_get_one_answer_and_never_one_account_more(tmp_path: Path, databases: Databases) -> None:
    """One claim for one request id, five or two accounts for one person, five claims for one number."""
    with besieging(databases, tmp_path) as vault:
        tally = Crowds(vault, dice=random.SystemRandom(), stop=threading.Event()).run(1)
    assert tally.complaints == []
    assert tally.faults == 6
    assert tally.acknowledged == 2 * (1 + 64 + 5)
