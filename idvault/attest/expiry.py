"""When the certificates in a PEM file expire (RFC 5280, 4.1.2.5)."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from idvault.attest.certificate import CertificateError


def earliest_end(pem: bytes) -> datetime:
    """Return the earliest expiry of the certificates, in UTC; raises CertificateError if there are none."""
    return min(_ends(pem))


def latest_end(pem: bytes) -> datetime:
    """Return the latest expiry of the certificates, in UTC; raises CertificateError if there are none."""
    return max(_ends(pem))


def _ends(pem: bytes) -> list[datetime]:
    try:
        found = x509.load_pem_x509_certificates(pem)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CertificateError("there is no certificate in PEM form") from error
    return [certificate.not_valid_after_utc for certificate in found]
