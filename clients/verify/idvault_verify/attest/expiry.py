"""When the certificates in a PEM file expire (RFC 5280, 4.1.2.5)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from idvault_verify import small_file
from idvault_verify.attest.certificate import CertificateError


def earliest_end(pem: bytes) -> datetime:
    """Return the earliest expiry of the certificates, in UTC; raises CertificateError if there are none."""
    return min(_ends(pem))


def end_of_first(pem: bytes) -> datetime:
    """Return the expiry of the first certificate, in UTC; raises CertificateError if there is none."""
    return _ends(pem)[0]


def latest_end(pem: bytes) -> datetime:
    """Return the latest expiry of the certificates, in UTC; raises CertificateError if there are none."""
    return max(_ends(pem))


def seconds_left(files: Mapping[str, Path], *, now: datetime) -> dict[str, float]:
    """Return for how long the certificates in each file are valid, by its name.

    It is negative once the first of them has expired. A file that cannot be read is left out.
    """
    found = {}
    for name, path in files.items():
        with suppress(CertificateError, OSError):
            found[name] = (earliest_end(small_file.read(path)) - now).total_seconds()
    return found


def _ends(pem: bytes) -> list[datetime]:
    try:
        found = x509.load_pem_x509_certificates(pem)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CertificateError("there is no certificate in PEM form") from error
    return [certificate.not_valid_after_utc for certificate in found]
