"""The signed papers of a disclosure: an auditor's request, a custodian's approval or denial (RFC 8032).

- A paper is encode(purpose, its parts), followed by the 64-byte Ed25519 signature of these bytes.
- Request: purpose "idvault/disclosure-request/v1", then the fields of Terms in their order; times are seconds
  since 1970.
- Approval: purpose "idvault/disclosure-approval/v1", then SHA-256 of the signed request, custodian, share
  index, SHA-256 of the re-sealed share.
- Denial: purpose "idvault/disclosure-denial/v2", then SHA-256 of the signed request, custodian, share index,
  the reason, which is not empty.
- Parsing is strict: the parsed content must encode to exactly the same bytes.
"""

from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify import disclosure, seal
from idvault_verify.attest import hpke
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.disclosure import Verdict
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

SIGNATURE_SIZE = 64
LONGEST_REQUEST = 16 * 1024
LONGEST_DECISION = 1024
LONGEST_DENIAL = 4 * 1024
_REQUEST = "idvault/disclosure-request/v1"
_APPROVAL = "idvault/disclosure-approval/v1"
_DENIAL = "idvault/disclosure-denial/v2"
_DECISIONS = {Verdict.APPROVE: _APPROVAL, Verdict.DENY: _DENIAL}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799  # the last second of the year 9999


class PaperError(InvalidError):
    """A signed paper is malformed or has unexpected content; the text gives the cause."""

    def __init__(self, field: str, why: str) -> None:
        """Keep the cause beside the published reason and the field."""
        super().__init__(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
        self.why = why

    def __str__(self) -> str:
        """Return the cause."""
        return self.why


class SignatureError(PaperError):
    """A paper was not signed by the required roster member."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The content of an auditor's request.

    disclosure_id: 16 random bytes in hex. suite, public_key: the one-time HPKE key. openings: the number
    requested. create_time, expire_time: seconds since 1970 by the auditor's clock. roster_digest: the roster
    version that the auditor uses, in hex.
    """

    disclosure_id: str
    auditor: str
    account_token: str
    case_reference: str = field(repr=False)
    legal_basis: str = field(repr=False)
    purpose: str = field(repr=False)
    suite: str
    public_key: bytes
    openings: int
    create_time: int
    expire_time: int
    roster_digest: str

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(_REQUEST, *astuple(self))

    def check(self) -> None:
        """Raise InvalidError (INVALID_MESSAGE, INVALID_ACCOUNT_TOKEN) unless the terms are allowed."""
        disclosure.check_terms(
            disclosure_id=self.disclosure_id,
            account_token=self.account_token,
            case_reference=self.case_reference,
            legal_basis=self.legal_basis,
            purpose=self.purpose,
            openings=self.openings,
            lifetime=self.lifetime,
        )

    @property
    def lifetime(self) -> timedelta:
        """How long the request is valid."""
        return timedelta(seconds=self.expire_time - self.create_time)

    @property
    def created_at(self) -> datetime:
        """When the request was made."""
        return _EPOCH + timedelta(seconds=self.create_time)

    @property
    def expire_at(self) -> datetime:
        """When the request expires."""
        return _EPOCH + timedelta(seconds=self.expire_time)


@dataclass(frozen=True, slots=True)
class DecisionTerms:
    """The content of a decision. resealed_hash: SHA-256 of the re-sealed share, empty in a denial.

    reason: why the request was denied, empty in an approval.
    """

    verdict: Verdict
    request_digest: bytes
    custodian: str
    share_index: int
    resealed_hash: bytes = b""
    reason: str = field(default="", repr=False)

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        last = self.resealed_hash if self.verdict is Verdict.APPROVE else self.reason
        return seal.encode(
            _DECISIONS[self.verdict], self.request_digest, self.custodian, self.share_index, last
        )


def digest(signed: bytes) -> bytes:
    """Return SHA-256 of a signed request; decisions and re-sealed shares are bound to it."""
    return sha256(signed).digest()


def parse_request(signed: bytes, *, field: str = "signed_request") -> Terms:
    """Return the content of a signed request; raises PaperError. Does not check the signature."""
    if len(signed) > LONGEST_REQUEST:
        raise PaperError(field, "the request is too long")
    found = parts(signed[:-SIGNATURE_SIZE], field)
    if len(found) != 13 or found[0] != _REQUEST.encode():
        raise PaperError(field, "this is not a disclosure request")
    terms = Terms(
        disclosure_id=text(found[1], field),
        auditor=text(found[2], field),
        account_token=text(found[3], field),
        case_reference=text(found[4], field),
        legal_basis=text(found[5], field),
        purpose=text(found[6], field),
        suite=text(found[7], field),
        public_key=found[8],
        openings=integer(found[9], field),
        create_time=integer(found[10], field),
        expire_time=integer(found[11], field),
        roster_digest=text(found[12], field),
    )
    check_spelling(terms.canonical(), signed, field)
    try:
        hpke.check_public_key(suite=terms.suite, public_key=terms.public_key)
    except hpke.HpkeKeyError as error:
        raise PaperError(field, "the one-time key is invalid") from error
    return terms


def parse_decision(signed: bytes, *, verdict: Verdict, field: str = "signed_decision") -> DecisionTerms:
    """Return the content of a signed approval or denial; raises PaperError. Does not check the signature."""
    if len(signed) > (LONGEST_DENIAL if verdict is Verdict.DENY else LONGEST_DECISION):
        raise PaperError(field, "the decision is too long")
    found = parts(signed[:-SIGNATURE_SIZE], field)
    if len(found) != 5 or found[0] != _DECISIONS[verdict].encode():
        raise PaperError(field, "this paper has another purpose")
    is_denial = verdict is Verdict.DENY
    if is_denial and not 1 <= len(text(found[4], field)) <= disclosure.LONGEST_REASON:
        raise PaperError(field, f"the denial has no reason of 1 to {disclosure.LONGEST_REASON} characters")
    terms = DecisionTerms(
        verdict,
        found[1],
        text(found[2], field),
        integer(found[3], field),
        resealed_hash=b"" if is_denial else found[4],
        reason=text(found[4], field) if is_denial else "",
    )
    check_spelling(terms.canonical(), signed, field)
    return terms


def check_signature(signed: bytes, *, roster_member: RosterMember, field: str) -> None:
    """Raise SignatureError unless this roster member signed the paper."""
    check_key(signed, public_key=roster_member.ed25519, name=roster_member.name, field=field)


def check_key(signed: bytes, *, public_key: bytes, name: str, field: str) -> None:
    """Raise SignatureError unless the holder of a public key signed the paper."""
    paper, signature = signed[:-SIGNATURE_SIZE], signed[-SIGNATURE_SIZE:]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, paper)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(field, f"the signature is not that of {name}") from error


def check_spelling(canonical: bytes, signed: bytes, field: str) -> None:
    """Raise PaperError unless a paper's content encodes to its bytes."""
    if canonical != signed[:-SIGNATURE_SIZE]:
        raise PaperError(field, "the paper is not in canonical form")


def parts(data: bytes, field: str) -> list[bytes]:
    """Return the parts of a paper without its signature, the purpose first; raises PaperError."""
    try:
        return seal.split(data)
    except ValueError:
        raise PaperError(field, "the paper is truncated") from None


def text(data: bytes, field: str) -> str:
    """Return a text of a paper; raises PaperError."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        # The decoder's error would carry the bytes.
        raise PaperError(field, "a text of the paper is not UTF-8") from None


def integer(data: bytes, field: str) -> int:
    """Return a whole number of a paper, from 0 to the last second of the year 9999; raises PaperError."""
    if not data.isdigit() or len(data) > len(str(_LATEST)) or int(data) > _LATEST:
        raise PaperError(field, "the paper has an invalid number")
    return int(data)
