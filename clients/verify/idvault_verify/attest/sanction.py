"""What a moderator signs: a registration, a sanction, its confirmation, its end (Ed25519, RFC 8032).

- A paper is encode(purpose, relying party, request id, moderator id, time in seconds since 1970, its parts),
  followed by the 64-byte signature of these bytes. The registration has an empty moderator id.
- Registration, purpose "idvault/moderator/v1": the public key. Two other moderators countersign it under the
  same request id, purpose "idvault/moderator-countersignature/v1": the public key.
- Sanction, purpose "idvault/sanction/v2": account token, scope, degree, measure, operation id, public account
  id, then the statement of reasons with the pieces of evidence as one text of bytes; what a statement does
  not have is empty.
- Confirmation, purpose "idvault/sanction-confirmation/v1": sanction id, SHA-256 of the paper of the sanction.
- Lift, purpose "idvault/sanction-lift/v1": the same, and the reason.
- Measure on content, purpose "idvault/content-measure/v1": reference of the content, kind, then the statement
  of reasons. Its reversal, purpose "idvault/content-reversal/v1": measure id, SHA-256 of the paper of the
  measure, reason. The decision of an appeal, purpose "idvault/content-appeal-decision/v1": the same with the
  verdict before the reason.
- Any other decision, purpose "idvault/moderator-act/v1": the method, and the fields of its request. A text
  that the vault deletes later is signed as SHA-256 of a random salt and the text, and deleted together with
  the salt: what is kept of the paper tells nothing about it.

The vault builds the signed bytes from the fields of the call, so it stores nothing that was not signed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify import seal
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import Degree, Scope, StatementOfReasons
from idvault_verify.seal import Part

ACT = "idvault/moderator-act/v1"
"""The purpose of a decision that has no paper of its own kind."""
SIGNATURE_SIZE = 64
SALT_SIZE = 32


@dataclass(frozen=True, slots=True)
class SigningOccasion:
    """What every paper begins with. signed_at: real time, by the moderator's clock."""

    relying_party: str
    request_id: str
    moderator_id: str
    signed_at: datetime

    def parts(self) -> tuple[Part, ...]:
        """Return the parts of the paper."""
        return self.relying_party, self.request_id, self.moderator_id, int(self.signed_at.timestamp())


# The purposes of the papers that nothing but the log's events has.
_KEPT = tuple(
    seal.encode(f"idvault/{name}/v1") for name in ("moderator-act", "moderator", "moderator-countersignature")
)


def registration(occasion: SigningOccasion, *, public_key: bytes) -> bytes:
    """Return what registers a moderator's key."""
    return seal.encode("idvault/moderator/v1", *occasion.parts(), public_key)


def countersignature(occasion: SigningOccasion, *, public_key: bytes) -> bytes:
    """Return what another moderator signs of a new one's key."""
    return seal.encode("idvault/moderator-countersignature/v1", *occasion.parts(), public_key)


class SignedSanction(Protocol):
    """What is signed of a sanction to impose; an id is None or empty if there is none."""

    @property
    def account_token(self) -> str:
        """The account."""

    @property
    def scope(self) -> Scope:
        """Whom it concerns."""

    @property
    def degree(self) -> Degree:
        """How hard it is."""

    @property
    def measure(self) -> str:
        """How publishing is limited."""

    @property
    def operation_id(self) -> str | None:
        """The operation that it belongs to."""

    @property
    def public_account_id(self) -> str | None:
        """The target, if it is not the account."""

    @property
    def statement(self) -> StatementOfReasons:
        """Why."""


def imposition(occasion: SigningOccasion, wanted: SignedSanction) -> bytes:
    """Return what imposes or proposes a sanction."""
    return seal.encode(
        "idvault/sanction/v2",
        *occasion.parts(),
        wanted.account_token,
        wanted.scope.value,
        wanted.degree.value,
        wanted.measure,
        wanted.operation_id or "",
        wanted.public_account_id or "",
        *_stated(wanted.statement),
    )


def confirmation(occasion: SigningOccasion, *, sanction_id: str, paper_digest: bytes) -> bytes:
    """Return what confirms a proposed sanction. paper_digest: of the signed imposition."""
    return seal.encode("idvault/sanction-confirmation/v1", *occasion.parts(), sanction_id, paper_digest)


def lift(occasion: SigningOccasion, *, sanction_id: str, paper_digest: bytes, reason: str) -> bytes:
    """Return what lifts a sanction."""
    return seal.encode("idvault/sanction-lift/v1", *occasion.parts(), sanction_id, paper_digest, reason)


def appeal_decision(
    occasion: SigningOccasion, *, appeal_id: str, paper_digest: bytes, verdict: str, reason: str
) -> bytes:
    """Return what decides an appeal. paper_digest: of the signed imposition of its sanction."""
    return seal.encode(
        "idvault/appeal-decision/v1", *occasion.parts(), appeal_id, paper_digest, verdict, reason
    )


def content_measure(
    occasion: SigningOccasion, *, content: str, kind: ContentMeasureKind, statement: StatementOfReasons
) -> bytes:
    """Return what imposes a measure on content."""
    return seal.encode(
        "idvault/content-measure/v1", *occasion.parts(), content, kind.value, *_stated(statement)
    )


def content_reversal(
    occasion: SigningOccasion, *, measure_id: str, paper_digest: bytes, reason: str
) -> bytes:
    """Return what reverses a measure on content. paper_digest: of the signed measure."""
    return seal.encode("idvault/content-reversal/v1", *occasion.parts(), measure_id, paper_digest, reason)


def content_appeal_decision(
    occasion: SigningOccasion, *, measure_id: str, paper_digest: bytes, verdict: str, reason: str
) -> bytes:
    """Return what decides an appeal against a measure on content. paper_digest: of the signed measure."""
    return seal.encode(
        "idvault/content-appeal-decision/v1", *occasion.parts(), measure_id, paper_digest, verdict, reason
    )


def act(occasion: SigningOccasion, *, method: str, fields: Iterable[Part]) -> bytes:
    """Return what decides anything else. fields: of the request, by field number; a text by its mark."""
    return seal.encode(ACT, *occasion.parts(), method, *fields)


def kept(parts: Iterable[Part]) -> Iterator[bytes]:
    """Yield the papers among the fields of an event that stand in no row of their own."""
    yield from (part for part in parts if isinstance(part, bytes) and part.startswith(_KEPT))


def text_mark(text: str, *, salt: bytes) -> bytes:
    """Return what is signed of a text that is deleted later; empty if there is none."""
    return sha256(salt + text.encode()).digest() if text else b""


def digest(paper: bytes) -> bytes:
    """Return SHA-256 of a paper with its signature; later papers are bound to it."""
    return sha256(paper).digest()


def signed(paper: bytes, signature: bytes, *, public_key: bytes, field: str = "signature") -> bytes:
    """Return the paper with its signature; raises InvalidError (INVALID_MESSAGE, field.signature)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, paper)
    except (InvalidSignature, ValueError):
        wrong = Violation(f"{field}.signature", FieldCode.CHARACTER)
        raise InvalidError(Reason.INVALID_MESSAGE, wrong) from None
    return paper + signature


def _stated(statement: StatementOfReasons) -> tuple[Part, ...]:
    order = statement.order
    return (
        statement.ground.value,
        statement.category.value,
        statement.rule_reference,
        statement.case_reference,
        b"".join(statement.evidence),
        statement.origin.value,
        statement.tip_off,
        statement.detection.value,
        statement.decision.value,
        "" if statement.end_at is None else int(statement.end_at.timestamp()),
        statement.territory,
        statement.redress,
        statement.issuer_kind.value,
        "" if order is None else order.authority,
        "" if order is None else order.reference,
        "" if order is None else order.issued_on.isoformat(),
        b"" if order is None else order.digest,
    )
