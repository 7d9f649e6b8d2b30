"""The signatures that a roster requires of a checkpoint: the log's, and those of K of its witnesses."""

from idvault.attest.roster import Roster
from idvault.transparency.checkpoint import CosignaturePolicy
from idvault.transparency.note import Algorithm, VerifierKey


def of_log(log_key: VerifierKey) -> CosignaturePolicy:
    """Return the policy that demands the log's signature alone."""
    return CosignaturePolicy(log_key.name, (log_key,))


def of_roster(roster: Roster, log_key: VerifierKey) -> CosignaturePolicy:
    """Return the policy of one version of the roster.

    Raises RosterError if a witness has the log's key or a name under the log's, PolicyError for the log's key
    in a development roster.
    """
    if roster.witness is None:
        return of_log(log_key)
    roster.check_apart(origin=log_key.name, keys=(log_key.public_key,))
    witnesses = tuple(
        VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in roster.witness.witnesses
    )
    return CosignaturePolicy(log_key.name, (log_key,), witnesses, roster.witness.threshold)
