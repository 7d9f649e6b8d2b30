"""The signatures that a roster requires of a checkpoint: the log's, and those of K of its witnesses."""

from collections.abc import Sequence
from dataclasses import replace

from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency.checkpoint import CosignaturePolicy, PolicyError
from idvault_verify.transparency.log_key import LogKeyChange
from idvault_verify.transparency.note import Algorithm, VerifierKey


def of_log(log_key: VerifierKey, *more: VerifierKey) -> CosignaturePolicy:
    """Return the policy that demands the log's signature alone. more: its other keys."""
    return CosignaturePolicy(log_key.name, (log_key, *more))


def of_roster(
    roster: Roster, log_key: VerifierKey, *more: VerifierKey, preceding: Sequence[LogKeyChange] = ()
) -> CosignaturePolicy:
    """Return the policy of one version of the roster. more: the log's other keys.

    preceding: how the log came to its keys; the former ones count for what the witnesses have cosigned.
    Raises RosterError if a witness has the log's key or a name under the log's, PolicyError for the log's key
    in a development roster.
    """
    if roster.witness is None:
        return of_log(log_key, *more)
    keys = (log_key, *more, *(each.former for each in preceding))
    roster.check_apart(origin=log_key.name, keys=[each.public_key for each in keys])
    witnesses = tuple(
        VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in roster.witness.witnesses
    )
    return CosignaturePolicy(
        log_key.name,
        (log_key, *more),
        witnesses,
        roster.witness.threshold,
        version=roster.version,
        preceding=tuple(preceding),
    )


def of_chain(
    versions: Sequence[Roster], *log_keys: VerifierKey, preceding: Sequence[LogKeyChange] = ()
) -> CosignaturePolicy:
    """Return the policy of the version in force, with those of the former ones for papers that were kept.

    versions: verified, from the first one on. preceding: of `of_roster`. A former version that was
    never fit to be in force demands nothing and is passed over, as is one for development before one that is
    not. Raises RosterError, PolicyError.
    """
    *before, newest = versions
    newest.check_in_force()
    policy = of_roster(newest, *log_keys, preceding=preceding)
    counting = [each for each in reversed(before) if each.development <= newest.development]
    former = (_former(each, log_keys, preceding) for each in counting)
    return replace(policy, former=tuple(each for each in former if each is not None and each.quorum))


def _former(
    roster: Roster, log_keys: Sequence[VerifierKey], preceding: Sequence[LogKeyChange]
) -> CosignaturePolicy | None:
    try:
        roster.check_in_force()
        return of_roster(roster, *log_keys, preceding=preceding)
    except (RosterError, PolicyError):
        return None
