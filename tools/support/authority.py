"""A certificate authority for tests; every name and key in it is synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TRUST_DOMAIN = "idvault.test"
_DAY = timedelta(days=1)
# Python 3.13 refuses an authority without this, and certificates without key identifiers (RFC 5280, 4.2.1).
_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key in PEM. spki: SHA-256 of the SubjectPublicKeyInfo, in hex."""

    certificate: bytes
    key: bytes
    spki: str


def spiffe(role: str, name: str, trust_domain: str = TRUST_DOMAIN) -> str:
    return f"spiffe://{trust_domain}/{role}/{name}"


class Authority:
    """Issues whatever certificate a test asks for, including invalid ones."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "synthetic test authority")])
        certificate = (
            self._builder(self._name, self._key.public_key(), -_DAY, _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca = certificate.public_bytes(serialization.Encoding.PEM)

    def server(self) -> Issued:
        """Return a certificate for a server on this host."""
        return self._issue([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))], -_DAY, _DAY)

    def client(
        self, *uris: str, starts: timedelta = -_DAY, ends: timedelta = _DAY, others: Sequence[str] = ()
    ) -> Issued:
        """Return a client certificate; others: DNS SANs; valid from now + starts to now + ends."""
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri) for uri in uris]
        return self._issue([*names, *(x509.DNSName(other) for other in others)], starts, ends)

    def _issue(self, names: list[x509.GeneralName], starts: timedelta, ends: timedelta) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "synthetic")])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = self._builder(subject, key.public_key(), starts, ends).add_extension(issuer, critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return Issued(
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
            sha256(spki).hexdigest(),
        )

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, starts: timedelta, ends: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts)
            .not_valid_after(now + ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
