"""A development certificate authority (RFC 5280, SPIFFE X.509-SVID); one URI SAN has role and name."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from idvault_verify import durable_file

_LIFETIME = timedelta(days=365)
_RENEW_BEFORE = timedelta(days=30)
# The clock of a container may be slightly behind.
_BACKDATE = timedelta(minutes=5)
_ORGANIZATION = "idvault development, not for production"


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority's certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def open(cls, *, certificate: Path, key: Path, now: datetime) -> "Authority":
        """Return the authority stored in two files; create it if it is missing or expires soon."""
        if certificate.exists() and key.exists():
            found = x509.load_pem_x509_certificate(certificate.read_bytes())
            if found.not_valid_after_utc - _RENEW_BEFORE > now:
                return cls(found, _load_key(key))
        authority = cls._make(now=now)
        durable_file.replace(key, _key_pem(authority.key))
        durable_file.replace(certificate, _pem(authority.certificate))
        return authority

    @classmethod
    def _make(cls, *, now: datetime) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("idvault development authority")
        builder = _builder(subject=name, issuer=name, key=key.public_key(), now=now)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    def issue_client(self, *, uris: Sequence[str], certificate: Path, key: Path, now: datetime) -> None:
        """Issue or renew a caller's certificate; the key is created once, because it is pinned."""
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        common = uris[0].rpartition("/")[2] if uris else "nobody"
        self._issue(
            common=common,
            names=names,
            usage=ExtendedKeyUsageOID.CLIENT_AUTH,
            certificate=certificate,
            key=key,
            now=now,
        )

    def issue_server(self, *, hosts: Sequence[str], certificate: Path, key: Path, now: datetime) -> None:
        """Issue or renew the server's certificate for host names and addresses."""
        self._issue(
            common=hosts[0],
            names=[_host(host) for host in hosts],
            usage=ExtendedKeyUsageOID.SERVER_AUTH,
            certificate=certificate,
            key=key,
            now=now,
        )

    def _issue(
        self,
        *,
        common: str,
        names: Sequence[x509.GeneralName],
        usage: x509.ObjectIdentifier,
        certificate: Path,
        key: Path,
        now: datetime,
    ) -> None:
        if not key.exists():
            durable_file.replace(key, _key_pem(ec.generate_private_key(ec.SECP256R1())))
        elif certificate.exists() and self._is_current(certificate, now):
            return
        public = _load_key(key).public_key()
        issuer = self.certificate.subject
        builder = _builder(subject=_name(common), issuer=issuer, key=public, now=now)
        issued = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        durable_file.replace(certificate, _pem(issued))

    def _is_current(self, path: Path, now: datetime) -> bool:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        if found.not_valid_after_utc - _RENEW_BEFORE <= now:
            return False
        issuer = found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        return issuer == x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())


def real_now() -> datetime:
    """Return the real time; certificates never use the shifted clock."""
    return datetime.now(UTC)


def _builder(
    *, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a development key must be an elliptic-curve key")
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
