"""Keys, requests (RFC 2986) and certificates (RFC 5280) of hosts, and the authority of who has none."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

RENEW_BEFORE = timedelta(days=30)
_LIFETIME = timedelta(days=365)
_AUTHORITY_LIFETIME = timedelta(days=3_650)
# The clock of a caller may be slightly behind.
_BACKDATE = timedelta(minutes=5)
_SPIFFE = "spiffe://"
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


class WrongCertificateError(Exception):
    """A key, a request or a certificate is not what is expected; the text says why."""


class Usage(Enum):
    """What a certificate is for."""

    SERVER = ExtendedKeyUsageOID.SERVER_AUTH
    CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True)
class WantedCertificate:
    """What a certificate must say. names: host names and addresses, or one URI spiffe://…"""

    names: tuple[str, ...]
    usage: Usage

    @property
    def general(self) -> list[x509.GeneralName]:
        """The names as a certificate has them."""
        return [_general(name) for name in self.names]


def make_key() -> bytes:
    """Return a new private key, P-256, in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def make_request(key: bytes, wanted: WantedCertificate) -> bytes:
    """Return the request for a key's certificate; raises WrongCertificateError."""
    asked = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(_name(wanted.names[0]))
        .add_extension(x509.SubjectAlternativeName(wanted.general), critical=False)
        .sign(_key(key), hashes.SHA256())
    )
    return asked.public_bytes(serialization.Encoding.PEM)


def is_request(request: bytes, key: bytes, wanted: WantedCertificate) -> bool:
    """Tell whether a request is for a key and the wanted names; raises WrongCertificateError for the key."""
    try:
        asked = x509.load_pem_x509_csr(request)
        names = list(asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (*_UNREADABLE, x509.ExtensionNotFound):
        return False
    return asked.public_key() == _key(key).public_key() and names == wanted.general


def make_authority(key: bytes, *, name: str, now: datetime) -> bytes:
    """Return the certificate of a new authority for its key; raises WrongCertificateError."""
    own, subject = _key(key), _name(f"{name} authority")
    builder = _builder(subject, subject, own.public_key(), now=now, lifetime=_AUTHORITY_LIFETIME)
    made = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_authority=True), critical=True)
        .sign(own, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def certify(request: bytes, wanted: WantedCertificate, *, ca: bytes, ca_key: bytes, now: datetime) -> bytes:
    """Return a certificate for the key of a request, with the wanted names, whatever the request names.

    Raises WrongCertificateError.
    """
    try:
        asked = x509.load_pem_x509_csr(request)
        public, is_signed = asked.public_key(), asked.is_signature_valid
    except (*_UNREADABLE, InvalidSignature) as error:
        raise WrongCertificateError("is no request for a certificate in PEM form") from error
    if not is_signed:
        raise WrongCertificateError("is not signed by the key that it names")
    issuer, signer = _read(ca), _key(ca_key)
    if issuer.public_key() != signer.public_key():
        raise WrongCertificateError("cannot be certified: ca.key is not the key of ca.pem")
    name = wanted.names[0].rpartition("/")[2]
    builder = _builder(issuer.subject, _name(name), public, now=now, lifetime=_LIFETIME)
    issued = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([wanted.usage.value]), critical=False)
        .add_extension(x509.SubjectAlternativeName(wanted.general), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    return issued.public_bytes(serialization.Encoding.PEM)


def is_of(certificate: bytes, request: bytes) -> bool:
    """Tell whether a certificate is for a request's key; raises WrongCertificateError."""
    try:
        asked = x509.load_pem_x509_csr(request).public_key()
    except _UNREADABLE as error:
        raise WrongCertificateError("is no request for a certificate in PEM form") from error
    return _read(certificate).public_key() == asked


def check(certificate: bytes, key: bytes, wanted: WantedCertificate, *, now: datetime) -> None:
    """Raise WrongCertificateError unless a certificate is for a key, has the names, and is valid now."""
    found = _read(certificate)
    if found.public_key() != _key(key).public_key():
        raise WrongCertificateError("is for another key than this host's: send the request again")
    missing = [
        name
        for name, general in zip(wanted.names, wanted.general, strict=True)
        if general not in _names(found)
    ]
    if missing:
        raise WrongCertificateError(f"does not have the name {missing[0]}")
    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        raise WrongCertificateError("has expired, or is not valid yet")


def check_authority(certificate: bytes) -> None:
    """Raise WrongCertificateError unless this is a certificate."""
    _read(certificate)


def is_lasting(certificate: bytes, *, now: datetime) -> bool:
    """Tell whether a certificate is valid for more than a month; raises WrongCertificateError."""
    return _read(certificate).not_valid_after_utc - RENEW_BEFORE > now


def _read(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except _UNREADABLE as error:
        raise WrongCertificateError("is no certificate in PEM form") from error


def _key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except _UNREADABLE as error:
        raise WrongCertificateError("is no unencrypted private key in PEM form") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise WrongCertificateError("is no key of an elliptic curve")
    return key


def _names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, ValueError):
        return []


def _general(name: str) -> x509.GeneralName:
    if name.startswith(_SPIFFE):
        return x509.UniformResourceIdentifier(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common.rpartition("/")[2][:64])])


def _builder(
    issuer: x509.Name,
    subject: x509.Name,
    key: CertificatePublicKeyTypes,
    *,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
