"""Who must have signed a roster: its custodians make it valid, not the server that hands it out (RFC 8032).

- Version 1: every custodian of every quorum.
- A later version is the next one, and is signed by M custodians of each quorum of the version before.
- A signature counts only of somebody who stays in the new version with the same key, and for a quorum that
  goes on only of somebody who keeps the own place in it with the same keys: whoever is replaced does not sign
  the own replacement, also where the person is named still in order to hand over.
- A signature that is wrong, or of somebody who has none to give, makes the whole file invalid.
- A version that is not for development never becomes one for development.
- What a later version may not do to a quorum: attest.roster_change.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault.attest import roster_change
from idvault.attest.quorum import Quorum
from idvault.attest.reading import RosterError
from idvault.attest.roster import Roster
from idvault.attest.roster_member import RosterMember


class RosterSignatureError(RosterError):
    """A roster whose signatures do not make it valid."""


def sign(roster: Roster, *, name: str, signer: Callable[[bytes], bytes]) -> Roster:
    """Return the roster with one more signature.

    signer: returns the 64-byte Ed25519 signature of what it is given, with the person's own key. Raises
    RosterSignatureError if it is another key than the roster names.
    """
    signature = signer(roster.canonical())
    _check(roster.member(name), signature, roster.canonical())
    return roster.with_signature(name, signature)


def verify(roster: Roster, *, previous: Roster | None) -> None:
    """Raise RosterError (RosterSignatureError) unless a roster follows the one before it, None for the first.

    The one before must have been verified itself.
    """
    check_follows(roster, previous=previous)
    signers = _signers(roster, previous or roster)
    for quorum in (previous or roster).quorums:
        entitled = signers & _staying(quorum, roster)
        _check_enough(quorum, entitled, threshold=quorum.threshold if previous else len(quorum.custodians))


def check_follows(roster: Roster, *, previous: Roster | None) -> None:
    """Raise RosterError unless a roster may follow the one before it, if only enough custodians sign."""
    expected = previous.version + 1 if previous else 1
    if roster.version != expected:
        raise RosterError(f"version {expected} was expected, this is version {roster.version}")
    if previous and roster.development and not previous.development:
        raise RosterError("the version before was not for development, so this one must not be")
    if previous:
        roster_change.check(roster, previous=previous)


def check_signatures(roster: Roster, *, previous: Roster | None) -> None:
    """Raise RosterSignatureError unless each signature is in order; there may be too few of them."""
    _signers(roster, previous or roster)


def _signers(roster: Roster, electorate: Roster) -> set[str]:
    """Return who has signed with a right to it; raises on any signature that is not in order."""
    custodians = {
        roster_member.name: roster_member
        for quorum in electorate.quorums
        for roster_member in quorum.custodians
    }
    present = {roster_member.name: roster_member for roster_member in roster.people}
    canonical, signers = roster.canonical(), set()
    for signature in roster.signatures:
        roster_member = custodians.get(signature.name)
        if roster_member is None:
            raise RosterSignatureError(f"{signature.name} signed, but is no custodian who may")
        _check(roster_member, signature.signature, canonical)
        stays = present.get(roster_member.name)
        if stays is not None and stays.ed25519 == roster_member.ed25519:
            signers.add(roster_member.name)
    return signers


def _staying(quorum: Quorum, roster: Roster) -> set[str]:
    """Return whose word counts for a quorum: who keeps the own place, or anybody of it where it has ended."""
    after = roster_change.going_on(quorum, roster)
    if after is None:
        return {roster_member.name for roster_member in quorum.custodians}
    kept = zip(quorum.custodians, after.custodians, strict=False)
    return {before.name for before, now in kept if roster_change.is_same(before, now)}


def _check(roster_member: RosterMember, signature: bytes, canonical: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(roster_member.ed25519).verify(signature, canonical)
    except (InvalidSignature, ValueError) as error:
        raise RosterSignatureError(f"the signature of {roster_member.name} does not verify") from error


def _check_enough(quorum: Quorum, signers: set[str], *, threshold: int) -> None:
    have = sum(roster_member.name in signers for roster_member in quorum.custodians)
    if have < threshold:
        raise RosterSignatureError(f"quorum {quorum.name}: {have} of its custodians signed, {threshold} must")
