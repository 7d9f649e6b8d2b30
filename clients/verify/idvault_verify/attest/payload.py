"""The content of a sealed record or a waiting claim: a SealedIdentity, padded to hide its size.

The form is a 4-byte big-endian length, the protobuf message, and zeros up to the next multiple of 512.
"""

from dataclasses import dataclass, field
from datetime import UTC

from google.protobuf.message import DecodeError

from idvault_verify.attest.hpke import UnsealError
from idvault_verify.claim import Consent, Identity
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

    assertion: what a provider signed (attest.assertion), "" if a registry was asked.
    """

    identity: Identity
    answer: RegistryAnswer | None = None
    consent: Consent | None = None
    assertion: str = field(default="", repr=False)


def encode(payload: Payload) -> bytes:
    """Return the padded message, a multiple of 512 bytes."""
    document = payload.identity.document
    message = SealedIdentity(
        document_type=_number(document.type),
        document_number=document.number,
        real_name=payload.identity.name,
        registry_outcome=payload.answer.value if payload.answer else "",
        assertion=payload.assertion,
    )
    if (representative := payload.identity.representative) is not None:
        message.representative.document_type = _number(representative.document.type)
        message.representative.document_number = representative.document.number
        message.representative.real_name = representative.name
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
        Identity(
            message.real_name,
            _document(message),
            _representative(message.representative) if message.HasField("representative") else None,
        ),
        RegistryAnswer(message.registry_outcome) if message.registry_outcome else None,
        _consent(message) if message.HasField("consent") else None,
        message.assertion,
    )


def _representative(message: SealedRepresentative) -> Identity:
    return Identity(message.real_name, _document(message))


def _number(kind: DocumentType) -> common_pb2.DocumentType.ValueType:
    return common_pb2.DocumentType.Value(_PREFIX + kind.name)


def _document(message: SealedIdentity | SealedRepresentative) -> Document:
    kind = common_pb2.DocumentType.Name(message.document_type).removeprefix(_PREFIX)
    return Document(DocumentType(kind), message.document_number)


def _consent(message: SealedIdentity) -> Consent:
    return Consent(message.consent.policy_version, message.consent.agree_time.ToDatetime(tzinfo=UTC))
