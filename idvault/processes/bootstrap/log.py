"""The policy of cosignatures: which the roster requires, and which the settings can ask for."""

from idvault.core.config import ConfigError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import Algorithm, VerifierKey


def log_policy(
    origin: str,
    roster: Roster,
    public_key: bytes,
    *,
    asked: tuple[VerifierKey, ...],
    more: tuple[VerifierKey, ...] = (),
) -> CosignaturePolicy:
    """Return the signatures that a checkpoint of this deployment needs.

    The roster, which clients pin, decides which cosignatures are required; the settings name the witnesses to
    ask. A witness that is not in the roster is asked too, but its cosignature is optional. more: the log's
    other keys.
    """
    keys = witness_keys(roster) or asked
    quorum = 0 if roster.witness is None else roster.witness.threshold
    own = dict.fromkeys((VerifierKey(origin, public_key), *more))
    return CosignaturePolicy(origin, tuple(own), keys, quorum)


def witness_keys(roster: Roster) -> tuple[VerifierKey, ...]:
    """Return the keys of the witnesses that a roster names."""
    named = () if roster.witness is None else roster.witness.witnesses
    return tuple(VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in named)


def check_asked(roster: Roster, asked: tuple[VerifierKey, ...]) -> None:
    """Raise ConfigError unless the settings name enough of the witnesses that a roster requires."""
    quorum = 0 if roster.witness is None else roster.witness.threshold
    if len(set(witness_keys(roster)) & set(asked)) < quorum:
        raise ConfigError(
            f"IDVAULT_WITNESS_KEYS must name at least {quorum} of the witnesses that the roster requires"
        )
