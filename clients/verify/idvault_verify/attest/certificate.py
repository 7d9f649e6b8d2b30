"""Reads a certificate's identity, spiffe://<trust domain>/<role>/<name>, and its key (RFC 5280, SPIFFE)."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

ROLES = frozenset(
    {"platform", "auditor", "custodian", "operator", "authority", "monitor", "web", "moderator", "registry"}
)
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
TRUST_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_SCHEME = "spiffe://"
_UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


class CertificateError(ValueError):
    """A certificate cannot be read or names no valid identity."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate's identity; trusted only once its key is found registered. spki: key hash in hex."""

    trust_domain: str
    role: str
    name: str
    spki: str
    not_before: datetime
    not_after: datetime

    @property
    def spiffe_id(self) -> str:
        """The URI in the certificate."""
        return f"{_SCHEME}{self.trust_domain}/{self.role}/{self.name}"

    def check_valid(self, *, now: datetime) -> None:
        """Raise CertificateError unless `now` (real time) is within the certificate's validity."""
        if now < self.not_before:
            raise CertificateError("the certificate is not valid yet")
        if now > self.not_after:
            raise CertificateError("the certificate has expired")


def read(pem: bytes) -> Certificate:
    """Return the identity in the first certificate of a PEM text; raises CertificateError with the cause."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        uris = _uris(certificate)
        public_key = certificate.public_key()
    except _UNREADABLE as error:
        raise CertificateError("this is not a certificate in PEM form") from error
    trust_domain, role, name = _parts(uris)
    return Certificate(
        trust_domain=trust_domain,
        role=role,
        name=name,
        spki=_pin(public_key),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def key_pin(pem: bytes) -> str:
    """Return the pin of a private key in PEM form: SHA-256 of its public half, in hex.

    Raises CertificateError.
    """
    try:
        public_key = load_pem_private_key(pem, password=None).public_key()
    except (TypeError, *_UNREADABLE) as error:
        raise CertificateError("this is not an unencrypted private key in PEM form") from error
    return _pin(public_key)


def _pin(public_key: PublicKeyTypes) -> str:
    return sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def first_pin(pem: bytes) -> str:
    """Return the pin of the first certificate's key, whatever its names; raises CertificateError."""
    try:
        return _pin(x509.load_pem_x509_certificate(pem).public_key())
    except _UNREADABLE as error:
        raise CertificateError("this is not a certificate in PEM form") from error


def ed25519_keys(pem: bytes) -> tuple[bytes, ...]:
    """Return the 32 bytes of each certificate's key that is an Ed25519 key; none if this is no PEM text."""
    try:
        keys = [each.public_key() for each in x509.load_pem_x509_certificates(pem)]
    except _UNREADABLE:
        return ()
    return tuple(key.public_bytes_raw() for key in keys if isinstance(key, Ed25519PublicKey))


def _uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _parts(uris: list[str]) -> tuple[str, str, str]:
    if len(uris) != 1:
        raise CertificateError(f"a certificate needs exactly one URI SAN, this one has {len(uris)}")
    if not uris[0].startswith(_SCHEME):
        raise CertificateError("the URI SAN does not start with spiffe://")
    parts = uris[0].removeprefix(_SCHEME).split("/")
    if len(parts) != 3:
        raise CertificateError("the URI SAN is not spiffe://<trust domain>/<role>/<name>")
    trust_domain, role, name = parts
    if not TRUST_DOMAIN.fullmatch(trust_domain):
        raise CertificateError("the trust domain has a character that is not allowed, or a wrong length")
    if role not in ROLES:
        raise CertificateError("the URI SAN does not name a known role")
    if not NAME.fullmatch(name):
        raise CertificateError("the name has a character that is not allowed, or a wrong length")
    return trust_domain, role, name
