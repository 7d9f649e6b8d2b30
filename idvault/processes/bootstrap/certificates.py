"""The certificate files of an edge, which are followed while it serves (certificate_files)."""

from idvault.core.certificate_files import CertificateFiles, Pem
from idvault.core.config import Settings
from idvault.core.edge.certificates import Tls


def edge_files(settings: Settings) -> CertificateFiles:
    """Return the files of an edge."""
    return CertificateFiles.of_settings(
        "IDVAULT_TLS_", settings.tls_certificate, settings.tls_key, settings.tls_ca
    )


def tls_of(found: Pem) -> Tls:
    """Return what an edge's servers take."""
    return Tls(found.certificate, found.key, found.ca)
