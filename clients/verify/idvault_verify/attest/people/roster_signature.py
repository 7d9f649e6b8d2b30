"""Whose signatures make a roster valid: its custodians', not the server's that serves it (RFC 8032).

- Version 1: every custodian of every quorum must sign.
- A later version must have the next number and be signed by M custodians of each quorum of the previous one.
- A signature counts only if its signer stays in the new version with the same signing key. For a quorum that
  continues, the signer must also keep the same place in it with the same keys: a custodian who is replaced
  does not sign the replacement, even while still listed in order to hand over.
- A wrong signature, or one by somebody who may not sign, makes the whole file invalid.
- A version that is not for development is never followed by one that is.
- Rules for changing a quorum: verify.attest.people.roster_change.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify.attest.people import roster_change
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError


class RosterSignatureError(RosterError):
    """A roster's signatures are wrong or too few."""


def sign(roster: Roster, *, name: str, signer: Callable[[bytes], bytes]) -> Roster:
    """Return the roster with one more signature.

    signer: returns the 64-byte Ed25519 signature of a message by the member's key. Raises
    RosterSignatureError if it used a key other than the one in the roster.
    """
    signature = signer(roster.canonical())
    _check(roster.member(name), signature, roster.canonical())
    return roster.with_signature(name, signature)


def verify(roster: Roster, *, previous: Roster | None) -> None:
    """Raise RosterError (RosterSignatureError) unless a roster is valid after the one before it.

    previous: the version before, which must have been verified; None for version 1.
    """
    check_follows(roster, previous=previous)
    signers = _signers(roster, previous or roster)
    for quorum in (previous or roster).quorums:
        entitled = signers & _staying(quorum, roster)
        _check_enough(quorum, entitled, threshold=quorum.threshold if previous else len(quorum.custodians))


def check_follows(roster: Roster, *, previous: Roster | None) -> None:
    """Raise RosterError unless a roster may follow the one before it; does not check signatures."""
    expected = previous.version + 1 if previous else 1
    if roster.version != expected:
        raise RosterError(f"version {expected} was expected, this is version {roster.version}")
    if previous and roster.development and not previous.development:
        raise RosterError("the previous version was not for development, so this one must not be")
    if previous:
        roster_change.check(roster, previous=previous)


def check_signatures(roster: Roster, *, previous: Roster | None) -> None:
    """Raise RosterSignatureError unless each signature is valid; does not check how many there are."""
    _signers(roster, previous or roster)


def _signers(roster: Roster, electorate: Roster) -> set[str]:
    """Return the names of entitled signers; raises on any signature that is not valid."""
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
            raise RosterSignatureError(f"{signature.name} signed but is not a custodian of a quorum")
        _check(roster_member, signature.signature, canonical)
        stays = present.get(roster_member.name)
        if stays is not None and stays.ed25519 == roster_member.ed25519:
            signers.add(roster_member.name)
    return signers


def _staying(quorum: Quorum, roster: Roster) -> set[str]:
    """Return who may sign for a quorum: custodians who keep their place, or all if the quorum has ended."""
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
        raise RosterSignatureError(
            f"quorum {quorum.name}: {have} of its custodians signed, {threshold} are needed"
        )
