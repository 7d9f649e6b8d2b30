"""The signatures that a roster requires of a checkpoint: the log's, and those of K of its witnesses."""

from idvault_verify.attest.people.roster import Roster
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import Algorithm, VerifierKey


def of_log(log_key: VerifierKey, *more: VerifierKey) -> CosignaturePolicy:
    """Return the policy that demands the log's signature alone. more: its other keys."""
    return CosignaturePolicy(log_key.name, (log_key, *more))


def of_roster(roster: Roster, log_key: VerifierKey, *more: VerifierKey) -> CosignaturePolicy:
    """Return the policy of one version of the roster. more: the log's other keys.

    Raises RosterError if a witness has the log's key or a name under the log's, PolicyError for the log's key
    in a development roster.
    """
    if roster.witness is None:
        return of_log(log_key, *more)
    roster.check_apart(origin=log_key.name, keys=[each.public_key for each in (log_key, *more)])
    witnesses = tuple(
        VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in roster.witness.witnesses
    )
    return CosignaturePolicy(log_key.name, (log_key, *more), witnesses, roster.witness.threshold)
