"""The certificates of the hosted pages, as a client and of their https, replaced while they serve."""

import ssl
from datetime import UTC, datetime

from idvault.core import certificate_files
from idvault.core.certificate_files import CertificateFiles, CertificateReplacer, Pem
from idvault.core.config import Settings
from idvault.web.edge import EdgeConnections
from idvault_client import Tls


def now() -> datetime:
    """Return the real time."""
    return datetime.now(UTC)


def of_client(settings: Settings, vault: EdgeConnections) -> CertificateReplacer:
    """Return what follows the files with which the edge knows the pages; raises ConfigError."""
    tls = Tls(settings.tls_ca, settings.tls_certificate, settings.tls_key)
    files = CertificateFiles.of_settings(
        "IDVAULT_TLS_", settings.tls_certificate, settings.tls_key, settings.tls_ca
    )

    async def use(_found: Pem) -> None:
        await vault.use_certificate(tls)

    return CertificateReplacer(files=files, current=files.read(now=now()), use=use)


def of_pages(settings: Settings) -> tuple[ssl.SSLContext | None, list[CertificateReplacer]]:
    """Return the context of https, None for http, and what follows its files; raises ConfigError."""
    if not settings.web_tls_key.name:
        return None, []
    files = CertificateFiles.of_settings(
        "IDVAULT_WEB_TLS_", settings.web_tls_certificate, settings.web_tls_key
    )
    current, context = files.read(now=now()), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    use = certificate_files.into(context, files)
    return context, [CertificateReplacer(files=files, current=current, use=use)]
