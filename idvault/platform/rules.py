"""The names that a platform can have, how the hosted pages present one, and the proofs that it accepts.

- A name is registered once and never changes: by it the public log says whose deadline passed. What the
  pages call a platform, its title, may change.
- A platform accepts the proofs of people that it states; without a statement, those that name a person by
  number. Organisations are always matched by name and code.
- A person known by number, one known by a provider's id and one known by a reviewed document are persons of
  their own to the vault, each with its own places and sanctions. So a platform accepts proofs of one of these
  kinds, unless it says that its closings may be evaded.
- A platform demands one reviewer or two: it states one of these proofs, never both.
"""

from collections.abc import Collection
from dataclasses import dataclass

from idvault.core.platform import Platform
from idvault_verify.attest.drill import RELYING_PARTY
from idvault_verify.error import (
    AlreadyExistsError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    Violation,
)
from idvault_verify.event import PLATFORM_NAME
from idvault_verify.session import REVIEWS, Proof

_LONGEST = 63
_KINDS = (frozenset({Proof.NUMBER_MATCH, Proof.HOLDER}), frozenset({Proof.RESULT_ONLY}), REVIEWS)
"""Proofs under which a person is the same one."""


@dataclass(frozen=True, slots=True)
class PlatformPages:
    """How the hosted pages present a platform. title: empty for its name.

    origins: where its sessions may send a browser. colour: #rrggbb, empty for none (verify.return_address).
    """

    title: str = ""
    origins: tuple[str, ...] = ()
    colour: str = ""


@dataclass(frozen=True, slots=True)
class PresentedPlatform:
    """A platform that the hosted pages present, as they call it."""

    name: str
    title: str


def check_platform(name: str) -> None:
    """Raise InvalidError (INVALID_MESSAGE) for a name of another form, and the relying party name of drills.

    The form: 1 to 63 letters of a to z, digits and hyphens, no hyphen at either end.
    """
    if not 0 < len(name) <= _LONGEST:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("name", FieldCode.LENGTH))
    if name == RELYING_PARTY or not PLATFORM_NAME.fullmatch(name):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("name", FieldCode.CHARACTER))


def check_key(*, name: str, role: str, role_of_name: str | None, stored: Platform | None) -> None:
    """Raise AlreadyExistsError (ILLEGAL_TRANSITION) for a key that cannot be registered for a name in a role.

    role_of_name: None for a new name. stored: the key as it is registered, None if it is not.
    """
    if role_of_name not in (None, role):
        raise AlreadyExistsError(Reason.ILLEGAL_TRANSITION)
    if stored is not None and (stored.name != name or stored.revoked_at is not None):
        raise AlreadyExistsError(Reason.ILLEGAL_TRANSITION)


def check_proofs(*, proofs: Collection[Proof], separate_persons: bool) -> frozenset[Proof]:
    """Return the proofs that a platform wants to accept; raises InvalidError (INVALID_MESSAGE, proof).

    separate_persons: it says that one human may be two persons there.
    """
    if not proofs:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.REQUIRED))
    if REVIEWS.issubset(proofs):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.LENGTH))
    if not separate_persons and not any(kind.issuperset(proofs) for kind in _KINDS):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.CHARACTER))
    return frozenset(proofs)


def reviewers(*, accepted: Collection[Proof]) -> int:
    """Return how many reviewers a platform demands; raises PreconditionError (PROOF_NOT_OFFERED)."""
    if Proof.TWO_REVIEWERS in accepted:
        return 2
    check_accepted(proof=Proof.ONE_REVIEWER, accepted=accepted)
    return 1


def check_accepted(*, proof: Proof, accepted: Collection[Proof]) -> None:
    """Raise PreconditionError (PROOF_NOT_OFFERED) unless a platform accepts a kind of proof."""
    if proof not in accepted:
        raise PreconditionError(Reason.PROOF_NOT_OFFERED)
