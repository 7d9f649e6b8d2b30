"""What the service accepts in roster proposals and signatures before it verifies a signature.

- A proposal is identified by its hash: SHA-256 of the signed content, in hex.
- At most eight proposals wait at a time, each for 30 days, so that they cannot fill the database.
- Only the signatures decide whether a roster is valid (attest.people.roster_signature), never this module.

What an authority signs beside that (attest.order) is at most ten minutes old, or as far ahead. It names the
roster version in force: a key that is no more in the roster signs nothing that counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.error import (
    ExhaustedError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    Violation,
)

MOST_PROPOSALS = 8
PROPOSAL_LIFETIME = timedelta(days=30)
SIGNATURE_SIZE = 64
CLOCK_DIFFERENCE = timedelta(minutes=10)
_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """An adopted version as stored; it must not be trusted until its signatures have been verified."""

    version: int
    digest: str
    file: bytes


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposed version. file: without signatures; signatures: the name and 64 bytes of each one so far."""

    version: int
    digest: str
    file: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()


def check_signature(signature: bytes) -> bytes:
    """Return a 64-byte signature unchanged, or raise InvalidError (INVALID_MESSAGE)."""
    if len(signature) != SIGNATURE_SIZE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signature", FieldCode.LENGTH))
    return signature


def check_room(*, waiting: int) -> None:
    """Raise ExhaustedError (TOO_MANY_ATTEMPTS) if the maximum number of proposals is waiting."""
    if waiting >= MOST_PROPOSALS:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)


def check_fresh(*, created_at: datetime, now: datetime, field: str) -> None:
    """Raise InvalidError (INVALID_MESSAGE) unless a paper was signed recently (real time)."""
    if abs(now - created_at) > CLOCK_DIFFERENCE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))


def check_roster(*, named: str, in_force: str) -> None:
    """Raise PreconditionError (ROSTER_INVALID) unless a paper names the version in force."""
    if named != in_force:
        raise PreconditionError(Reason.ROSTER_INVALID)


def check_signed(signed: bytes, authority: str, member: RosterMember, field: str) -> None:
    """Raise PaperError unless a member signed a paper that names it as the authority."""
    if authority != member.name:
        raise PaperError(field, "the paper names another authority")
    papers.check_signature(signed, roster_member=member, field=field)
