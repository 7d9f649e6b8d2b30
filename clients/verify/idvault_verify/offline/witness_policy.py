"""The signatures that a roster requires of a checkpoint: the log's, and those of K of its witnesses."""

from collections.abc import Sequence
from dataclasses import replace

from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency.checkpoint import CosignaturePolicy, PolicyError
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


def of_chain(versions: Sequence[Roster], log_key: VerifierKey) -> CosignaturePolicy:
    """Return the policy of the version in force, with those of the former ones for papers that were kept.

    versions: verified, from the first one on. A former version that was never fit to be in force demands
    nothing and is passed over, as is one for development before one that is not. Raises RosterError,
    PolicyError.
    """
    *before, newest = versions
    newest.check_in_force()
    policy = of_roster(newest, log_key)
    former = (_former(each, log_key) for each in reversed(before) if each.development <= newest.development)
    return replace(policy, former=tuple(each for each in former if each is not None and each.quorum))


def _former(roster: Roster, log_key: VerifierKey) -> CosignaturePolicy | None:
    try:
        roster.check_in_force()
        return of_roster(roster, log_key)
    except (RosterError, PolicyError):
        return None
