"""Which cosignatures a checkpoint needs: the roster requires them, the settings name the witnesses to ask."""

import pytest

from idvault.core.config import ConfigError
from idvault.processes.bootstrap.witness import check_asked, log_policy
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.transparency.note import VerifierKey
from tools.support import merkle

ORIGIN = "log.example/idvault"
LOG_KEY = merkle.signer(ORIGIN, seed=1).key.public_key
ONE, TWO, OTHER = (
    merkle.witness(name, seed=seed).key for name, seed in (("one", 2), ("two", 3), ("other", 4))
)


def _roster(threshold: int, *witnesses: VerifierKey) -> Roster:
    demanded = WitnessPolicy(threshold, tuple((key.name, key.public_key) for key in witnesses))
    return Roster(1, True, (), (), demanded if witnesses else None)


@pytest.mark.parametrize(
    ("asked", "roster", "keys", "quorum"),
    [
        ((), _roster(0), (), 0),
        ((ONE,), _roster(0), (ONE,), 0),
        ((ONE,), _roster(1, ONE), (ONE,), 1),
        ((ONE, OTHER), _roster(1, ONE), (ONE,), 1),
        ((ONE, TWO), _roster(2, ONE, TWO, OTHER), (ONE, TWO, OTHER), 2),
    ],
)
def test_what_is_demanded_and_asked(
    asked: tuple[VerifierKey, ...], roster: Roster, keys: tuple[VerifierKey, ...], quorum: int
) -> None:
    """Only the roster's witnesses count towards its quorum; without a policy, a witness is optional."""
    check_asked(roster, asked)
    policy = log_policy(ORIGIN, roster, LOG_KEY, asked=asked)
    assert policy.log_keys == (VerifierKey(ORIGIN, LOG_KEY),)
    assert (policy.witness_keys, policy.quorum) == (keys, quorum)


@pytest.mark.parametrize(
    ("asked", "roster"),
    [((), _roster(1, ONE)), ((OTHER,), _roster(1, ONE)), ((ONE, OTHER), _roster(2, ONE, TWO))],
)
def test_a_demand_that_nobody_meets_stops_the_start(asked: tuple[VerifierKey, ...], roster: Roster) -> None:
    """With no witness, another witness, or too few of the roster's, no checkpoint could be complete."""
    with pytest.raises(ConfigError, match="IDVAULT_WITNESSES must name"):
        check_asked(roster, asked)
