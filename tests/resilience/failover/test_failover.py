"""The leader of the main database is killed once; `scripts/torture failover` does it ten times to both."""

from tools.torture.campaign import Options
from tools.torture.failover import run


def test_a_killed_leader_takes_nothing_acknowledged_along() -> None:
    """Its successor has every answered claim once, the processes go on, and the log verifies.

    Needs Debian's etcd, Patroni and PostgreSQL; it installs them for root, otherwise fails and names them.
    """
    tally = run.run(Options(count=1))
    assert tally.complaints == []
    assert tally.faults == 1
    assert tally.acknowledged > 0
    assert tally.figures["sign_up_gap_slowest_s"] > 0
