"""The signed papers of a disclosure: an auditor's request, a custodian's approval or denial (RFC 8032).

- A paper is encode(purpose, its parts) and the 64-byte Ed25519 signature of these bytes, one after the other.
- Request: purpose "idvault/disclosure-request/v1", then the fields of Terms in their order; times are seconds
  since 1970.
- Approval, denial: purpose "idvault/disclosure-approval/v1" or "idvault/disclosure-denial/v1", then SHA-256
  of the signed request, custodian, share index, SHA-256 of the re-sealed share (empty in a denial).
- A paper is read back strictly: what it says must encode to the very same bytes again.
"""

from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault.attest import hpke
from idvault.attest.roster_member import RosterMember
from idvault.domain import seal
from idvault.domain.disclosure import Verdict
from idvault.domain.error import FieldCode, InvalidError, Reason, Violation

SIGNATURE_SIZE = 64
LONGEST_REQUEST = 16 * 1024
LONGEST_DECISION = 1024
_REQUEST = "idvault/disclosure-request/v1"
_DECISIONS = {
    Verdict.APPROVE: "idvault/disclosure-approval/v1",
    Verdict.DENY: "idvault/disclosure-denial/v1",
}
_LENGTH = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799  # the last second of the year 9999


class PaperError(InvalidError):
    """A signed paper that is none, or that says something else than it must; the text says what."""

    def __init__(self, field: str, why: str) -> None:
        """Keep why, beside the published reason and the field."""
        super().__init__(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
        self.why = why

    def __str__(self) -> str:
        """Return why."""
        return self.why


class SignatureError(PaperError):
    """The signature of a paper is not that of the person whose it must be."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an auditor asks for.

    disclosure_id: 16 random bytes in hex. suite, public_key: the one-time HPKE key. openings: how many are
    wanted. create_time, expire_time: seconds since 1970 by the auditor's clock. roster_digest: the version
    that the auditor works under, in hex.
    """

    disclosure_id: str
    auditor: str
    account_token: str
    case_reference: str
    legal_basis: str
    purpose: str
    suite: str
    public_key: bytes
    openings: int
    create_time: int
    expire_time: int
    roster_digest: str

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(_REQUEST, *astuple(self))

    @property
    def lifetime(self) -> timedelta:
        """How long the request is meant to be good for."""
        return timedelta(seconds=self.expire_time - self.create_time)

    @property
    def created_at(self) -> datetime:
        """When the request was made."""
        return _EPOCH + timedelta(seconds=self.create_time)

    @property
    def expire_at(self) -> datetime:
        """Until when the request is good."""
        return _EPOCH + timedelta(seconds=self.expire_time)


@dataclass(frozen=True, slots=True)
class DecisionTerms:
    """What a custodian decided. resealed_hash: SHA-256 of the re-sealed share, empty in a denial."""

    verdict: Verdict
    request_digest: bytes
    custodian: str
    share_index: int
    resealed_hash: bytes = b""

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(
            _DECISIONS[self.verdict],
            self.request_digest,
            self.custodian,
            self.share_index,
            self.resealed_hash,
        )


def digest(signed: bytes) -> bytes:
    """Return SHA-256 of a signed request: what everything that belongs to it is bound to."""
    return sha256(signed).digest()


def parse_request(signed: bytes, *, field: str = "signed_request") -> Terms:
    """Return what a signed request says; raises PaperError. Its signature is not looked at."""
    if len(signed) > LONGEST_REQUEST:
        raise PaperError(field, "the request is too long")
    parts = _parts(signed[:-SIGNATURE_SIZE], field)
    if len(parts) != 13 or parts[0] != _REQUEST.encode():
        raise PaperError(field, "this is no request for a disclosure")
    terms = Terms(
        disclosure_id=_text(parts[1], field),
        auditor=_text(parts[2], field),
        account_token=_text(parts[3], field),
        case_reference=_text(parts[4], field),
        legal_basis=_text(parts[5], field),
        purpose=_text(parts[6], field),
        suite=_text(parts[7], field),
        public_key=parts[8],
        openings=_integer(parts[9], field),
        create_time=_integer(parts[10], field),
        expire_time=_integer(parts[11], field),
        roster_digest=_text(parts[12], field),
    )
    _check_spelling(terms.canonical(), signed, field)
    try:
        hpke.check_public_key(suite=terms.suite, public_key=terms.public_key)
    except hpke.HpkeKeyError as error:
        raise PaperError(field, "the one-time key is none") from error
    return terms


def parse_decision(signed: bytes, *, verdict: Verdict, field: str = "signed_decision") -> DecisionTerms:
    """Return what a signed approval or denial says; raises PaperError. Its signature is not looked at."""
    if len(signed) > LONGEST_DECISION:
        raise PaperError(field, "the decision is too long")
    parts = _parts(signed[:-SIGNATURE_SIZE], field)
    if len(parts) != 5 or parts[0] != _DECISIONS[verdict].encode():
        raise PaperError(field, "this paper has another purpose")
    terms = DecisionTerms(verdict, parts[1], _text(parts[2], field), _integer(parts[3], field), parts[4])
    _check_spelling(terms.canonical(), signed, field)
    return terms


def check_signature(signed: bytes, *, roster_member: RosterMember, field: str) -> None:
    """Raise SignatureError unless a paper is signed by this person."""
    paper, signature = signed[:-SIGNATURE_SIZE], signed[-SIGNATURE_SIZE:]
    try:
        Ed25519PublicKey.from_public_bytes(roster_member.ed25519).verify(signature, paper)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(field, f"the signature is not that of {roster_member.name}") from error


def _check_spelling(canonical: bytes, signed: bytes, field: str) -> None:
    if canonical != signed[:-SIGNATURE_SIZE]:
        raise PaperError(field, "the paper is not in its one spelling")


def _parts(data: bytes, field: str) -> list[bytes]:
    parts, rest = [], data
    while rest:
        size = int.from_bytes(rest[:_LENGTH], "big")
        if len(rest) < _LENGTH + size:
            raise PaperError(field, "the paper is cut short")
        parts.append(rest[_LENGTH : _LENGTH + size])
        rest = rest[_LENGTH + size :]
    return parts


def _text(data: bytes, field: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        # The decoder's own error would carry the bytes along.
        raise PaperError(field, "a text of the paper is not UTF-8") from None


def _integer(data: bytes, field: str) -> int:
    if not data.isdigit() or len(data) > len(str(_LATEST)) or int(data) > _LATEST:
        raise PaperError(field, "a number of the paper is none")
    return int(data)
