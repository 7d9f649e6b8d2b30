"""Which cosignatures a checkpoint needs: the roster requires them, the settings name the witness."""

import pytest

from idvault.attest.roster import Roster
from idvault.attest.witness import WitnessPolicy
from idvault.bootstrap.log import log_policy
from idvault.config import ConfigError, Settings
from idvault.transparency.note import VerifierKey
from tests.support import merkle

ORIGIN = "log.example/idvault"
LOG_KEY = bytes(range(32))
ONE, OTHER = (merkle.witness(name, seed=seed).key for name, seed in (("one", 2), ("other", 3)))


def _settings(witness: VerifierKey | None) -> Settings:
    return Settings(log_origin=ORIGIN, witness_key="" if witness is None else str(witness))


def _roster(threshold: int, *witnesses: VerifierKey) -> Roster:
    demanded = WitnessPolicy(threshold, tuple((key.name, key.public_key) for key in witnesses))
    return Roster(1, True, (), (), demanded if witnesses else None)


@pytest.mark.parametrize(
    ("witness", "roster", "quorum"),
    [
        (None, _roster(0), 0),
        (ONE, _roster(0), 0),
        (ONE, _roster(1, ONE), 1),
        (ONE, _roster(1, OTHER, ONE), 1),
    ],
)
def test_what_is_demanded_and_asked(witness: VerifierKey | None, roster: Roster, quorum: int) -> None:
    """If the roster requires no witness, a witness is optional; otherwise it is needed."""
    policy = log_policy(_settings(witness), roster, LOG_KEY)
    assert policy.log_keys == (VerifierKey(ORIGIN, LOG_KEY),)
    assert (policy.witness_keys, policy.quorum) == (() if witness is None else (witness,), quorum)


@pytest.mark.parametrize(
    ("witness", "roster"),
    [(None, _roster(1, ONE)), (OTHER, _roster(1, ONE)), (ONE, _roster(2, ONE, OTHER))],
)
def test_a_demand_that_nobody_meets_stops_the_start(witness: VerifierKey | None, roster: Roster) -> None:
    """With no witness, another witness, or too few witnesses, no checkpoint could be complete."""
    with pytest.raises(ConfigError, match="IDVAULT_WITNESS_KEY"):
        log_policy(_settings(witness), roster, LOG_KEY)
