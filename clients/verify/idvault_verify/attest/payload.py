"""The content of a sealed record or a waiting claim: a SealedIdentity, padded to hide its size.

It names a person or an organisation, or who a provider says that it is, never both.

The form is a 4-byte big-endian length, the protobuf message, and zeros up to the next multiple of 512.
"""

from dataclasses import dataclass, field
from datetime import UTC

from google.protobuf.message import DecodeError

from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.review import ReviewerPaper, SealedReview
from idvault_verify.claim import AnyIdentity, Consent, Identity, OpaqueIdentity
from idvault_verify.document import Document, DocumentType
from idvault_verify.registry import RegistryAnswer
from idvault_verify.v1 import common_pb2
from idvault_verify.v1.sealed_identity_pb2 import SealedIdentity, SealedRepresentative

BLOCK = 512
_LENGTH = 4
_PREFIX = "DOCUMENT_TYPE_"


@dataclass(frozen=True, slots=True)
class Payload:
    """An identity, with the registry's answer and the consent; a waiting claim has neither yet.

    assertion: what a provider signed (attest.assertion), "" if a registry was asked. review: what reviewers
    signed who saw the document (attest.review), None for any other document.
    """

    identity: AnyIdentity
    answer: RegistryAnswer | None = None
    consent: Consent | None = None
    assertion: str = field(default="", repr=False)
    review: SealedReview | None = None

    @property
    def named(self) -> Identity:
        """The identity by name and number; raises UnsealError if the vault never had them."""
        if isinstance(self.identity, OpaqueIdentity):
            raise UnsealError
        return self.identity


def encode(payload: Payload) -> bytes:
    """Return the padded message, a multiple of 512 bytes."""
    message = SealedIdentity(
        registry_outcome=payload.answer.value if payload.answer else "", assertion=payload.assertion
    )
    if isinstance(payload.identity, OpaqueIdentity):
        message.provider, message.opaque_id = payload.identity.provider, payload.identity.opaque_id
    else:
        _name(message, payload.identity)
        if (representative := payload.identity.representative) is not None:
            _name(message.representative, representative)
    if (review := payload.review) is not None:
        message.review.review_id, message.review.account_token = review.review_id, review.account_token
        message.review.salt = review.salt
        for each in review.papers:
            message.review.papers.add(public_key=each.public_key, paper=each.paper)
    if payload.consent:
        message.consent.policy_version = payload.consent.policy_version
        message.consent.agree_time.FromDatetime(payload.consent.agree_time)
    return pad(message.SerializeToString())


def decode(padded: bytes) -> Payload:
    """Return the payload; raises UnsealError unless it has the form that `encode` produces."""
    data = unpad(padded)
    try:
        return _payload(SealedIdentity.FromString(data))
    except (DecodeError, ValueError):
        # The cause may quote what was sealed, so it is not chained.
        raise UnsealError from None


def pad(data: bytes) -> bytes:
    """Return data of any kind in the padded form."""
    framed = len(data).to_bytes(_LENGTH, "big") + data
    return framed + bytes(-len(framed) % BLOCK)


def unpad(padded: bytes) -> bytes:
    """Return the data; raises UnsealError unless it has the form that `pad` produces."""
    size = int.from_bytes(padded[:_LENGTH], "big")
    data, padding = padded[_LENGTH : _LENGTH + size], padded[_LENGTH + size :]
    if len(padded) % BLOCK or len(data) != size or len(padding) >= BLOCK or any(padding):
        raise UnsealError
    return data


def _payload(message: SealedIdentity) -> Payload:
    return Payload(
        _identity(message),
        RegistryAnswer(message.registry_outcome) if message.registry_outcome else None,
        _consent(message) if message.HasField("consent") else None,
        message.assertion,
        _review(message) if message.HasField("review") else None,
    )


def _review(message: SealedIdentity) -> SealedReview:
    found = message.review
    signed = tuple(ReviewerPaper(each.public_key, each.paper) for each in found.papers)
    return SealedReview(found.review_id, found.account_token, found.salt, signed)


def _identity(message: SealedIdentity) -> AnyIdentity:
    represented = message.HasField("representative")
    if message.opaque_id:
        if message.document_type or message.document_number or message.real_name or represented:
            raise ValueError
        return OpaqueIdentity(message.provider, message.opaque_id)
    representative = _representative(message.representative) if represented else None
    return Identity(message.real_name, _document(message), representative)


def _representative(message: SealedRepresentative) -> Identity:
    return Identity(message.real_name, _document(message))


def _name(message: SealedIdentity | SealedRepresentative, identity: Identity) -> None:
    message.document_type = common_pb2.DocumentType.Value(_PREFIX + identity.document.type.name)
    message.document_number, message.real_name = identity.document.number, identity.name


def _document(message: SealedIdentity | SealedRepresentative) -> Document:
    kind = common_pb2.DocumentType.Name(message.document_type).removeprefix(_PREFIX)
    return Document(DocumentType(kind), message.document_number)


def _consent(message: SealedIdentity) -> Consent:
    return Consent(message.consent.policy_version, message.consent.agree_time.ToDatetime(tzinfo=UTC))
